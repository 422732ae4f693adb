//! Regular languages: whether some text matches all of some patterns and none of others.

use std::collections::HashSet;

use mlp_plan::holds::whole;
use regex_automata::{
    Anchored, Input,
    dfa::{Automaton, dense},
    util::{primitives::StateID, syntax},
};

/// Beyond this many bytes of automaton, nothing is decided.
const SIZE_LIMIT: usize = 4 << 20;
/// Beyond this many states of all automata together, nothing is decided.
const STATE_LIMIT: usize = 200_000;

/// Whether every text that matches `narrow` matches `wide`; `None` where it was not decided.
#[must_use]
pub fn included(narrow: &str, wide: &str) -> Option<bool> {
    none_is_left(&[narrow], &[wide])
}

/// Whether no text matches both; `None` where it was not decided.
#[must_use]
pub fn disjoint(a: &str, b: &str) -> Option<bool> {
    none_is_left(&[a, b], &[])
}

/// A shortest text that matches `narrow` and not `wide`, of letters and digits where there is one; `None` where there is none, or none was found.
#[must_use]
pub fn witness(narrow: &str, wide: &str) -> Option<String> {
    String::from_utf8(left(&[narrow], &[wide])??).ok()
}

/// Whether no text matches all of the first and none of the others; `None` where it was not decided.
#[must_use]
pub fn none_is_left(all: &[&str], none: &[&str]) -> Option<bool> {
    left(all, none).map(|text| text.is_none())
}

/// A shortest text that matches all of the first and none of the others; the outer `None` where it was not decided.
fn left(all: &[&str], none: &[&str]) -> Option<Option<Vec<u8>>> {
    let automata: Vec<_> = all.iter().chain(none).map(|pattern| automaton(pattern)).collect::<Option<_>>()?;
    let begin = Input::new("").anchored(Anchored::Yes);
    let start: Vec<StateID> = automata.iter().map(|dfa| dfa.start_state_forward(&begin).ok()).collect::<Option<_>>()?;
    let mut seen: HashSet<Vec<StateID>> = HashSet::from([start.clone()]);
    // states in the order in which they were reached, each with the place of those before and the byte that led on
    let mut reached: Vec<(Vec<StateID>, usize, u8)> = vec![(start, 0, 0)];
    let mut at = 0;
    while let Some((states, ..)) = reached.get(at).cloned() {
        let pairs = || automata.iter().zip(&states);
        let found = pairs()
            .enumerate()
            .all(|(index, (dfa, state))| dfa.is_match_state(dfa.next_eoi_state(*state)) == (index < all.len()));
        if found {
            return Some(Some(way(at, &reached)));
        }
        if seen.len() > STATE_LIMIT || pairs().any(|(dfa, state)| dfa.is_quit_state(*state)) {
            return None;
        }
        // what is dead in one of the first matches nothing any more
        if !pairs().take(all.len()).any(|(dfa, state)| dfa.is_dead_state(*state)) {
            for byte in readable_first() {
                let next: Vec<StateID> = pairs().map(|(dfa, state)| dfa.next_state(*state, byte)).collect();
                if !seen.contains(&next) {
                    seen.insert(next.clone());
                    reached.push((next, at, byte));
                }
            }
        }
        at += 1;
    }
    Some(None)
}

/// The bytes that led to a place.
fn way<S>(end: usize, reached: &[(S, usize, u8)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = end;
    while let Some((_, before, byte)) = reached.get(at).filter(|_| at > 0) {
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
