//! Regular languages: whether all that matches one pattern matches another.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use mlp_plan::holds::whole;
use regex_automata::{
    Anchored, Input,
    dfa::{Automaton, dense},
    util::{primitives::StateID, syntax},
};

/// Beyond this many bytes of automaton, inclusion is not decided.
const SIZE_LIMIT: usize = 4 << 20;
/// Beyond this many pairs of states, inclusion is not decided.
const PAIR_LIMIT: usize = 200_000;

/// Whether every text that matches `narrow` matches `wide`; `None` where it was not decided.
#[must_use]
pub fn included(narrow: &str, wide: &str) -> Option<bool> {
    walk(narrow, wide, |narrow, wide| narrow && !wide).map(|counterexample| !counterexample)
}

/// Whether no text matches both; `None` where it was not decided.
#[must_use]
pub fn disjoint(a: &str, b: &str) -> Option<bool> {
    walk(a, b, |a, b| a && b).map(|common| !common)
}

/// A shortest text that matches `narrow` and not `wide`, of letters and digits where there is one; `None` where there is none, or none was found.
#[must_use]
pub fn witness(narrow: &str, wide: &str) -> Option<String> {
    let bytes = search(narrow, wide, |narrow, wide| narrow && !wide)??;
    String::from_utf8(bytes).ok()
}

/// A shortest text that matches a pattern.
#[must_use]
pub fn example(pattern: &str) -> Option<String> {
    let nothing = r"[^\s\S]";
    witness(pattern, nothing)
}

/// Whether some text brings the product of both automata to a pair of answers that `found` accepts.
fn walk(left: &str, right: &str, found: impl Fn(bool, bool) -> bool) -> Option<bool> {
    search(left, right, found).map(|text| text.is_some())
}

/// A shortest text that brings the product of both automata to a pair of answers that `found` accepts; the outer `None` where it was not decided.
fn search(left: &str, right: &str, found: impl Fn(bool, bool) -> bool) -> Option<Option<Vec<u8>>> {
    let (left, right) = (automaton(left)?, automaton(right)?);
    let begin = Input::new("").anchored(Anchored::Yes);
    let start = (left.start_state_forward(&begin).ok()?, right.start_state_forward(&begin).ok()?);
    // each pair of states with the byte that led there, and from which pair
    let mut seen: HashMap<(StateID, StateID), Option<((StateID, StateID), u8)>> = HashMap::from([(start, None)]);
    let mut open = VecDeque::from([start]);
    while let Some((a, b)) = open.pop_front() {
        let accepts = (left.is_match_state(left.next_eoi_state(a)), right.is_match_state(right.next_eoi_state(b)));
        if found(accepts.0, accepts.1) {
            return Some(Some(way((a, b), &seen)));
        }
        if left.is_quit_state(a) || right.is_quit_state(b) || seen.len() > PAIR_LIMIT {
            return None;
        }
        for byte in readable_first() {
            let next = (left.next_state(a, byte), right.next_state(b, byte));
            if let Entry::Vacant(new) = seen.entry(next) {
                new.insert(Some(((a, b), byte)));
                open.push_back(next);
            }
        }
    }
    Some(None)
}

/// The bytes that led to a pair of states.
fn way<K: Copy + Eq + std::hash::Hash>(end: K, seen: &HashMap<K, Option<(K, u8)>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = end;
    while let Some(Some((before, byte))) = seen.get(&at) {
        bytes.push(*byte);
        at = *before;
    }
    bytes.reverse();
    bytes
}

/// All bytes, those first that people read.
fn readable_first() -> impl Iterator<Item = u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let printed = move |byte: &u8| byte.is_ascii_graphic() && !plain(byte);
    let letters = (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9');
    letters.chain((0..=u8::MAX).filter(printed)).chain((0..=u8::MAX).filter(|byte| !byte.is_ascii_graphic()))
}

/// The automaton of the whole-value match of a pattern.
fn automaton(pattern: &str) -> Option<dense::DFA<Vec<u32>>> {
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(regex_automata::dfa::StartKind::Anchored)
                .dfa_size_limit(Some(SIZE_LIMIT))
                .determinize_size_limit(Some(SIZE_LIMIT)),
        )
        .syntax(syntax::Config::new())
        .build(&whole(pattern))
        .ok()
}

/// Why a pattern is none, in words; `None` for one that is.
#[must_use]
pub fn fault(pattern: &str) -> Option<String> {
    let error = regex_syntax::parse(pattern).err()?;
    let text = error.to_string();
    Some(text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned())
}
