//! Regular languages: whether all that matches one pattern matches another.

use std::collections::HashSet;

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

/// Whether some text brings the product of both automata to a pair of answers that `found` accepts.
fn walk(left: &str, right: &str, found: impl Fn(bool, bool) -> bool) -> Option<bool> {
    let (left, right) = (automaton(left)?, automaton(right)?);
    let begin = Input::new("").anchored(Anchored::Yes);
    let start = (left.start_state_forward(&begin).ok()?, right.start_state_forward(&begin).ok()?);
    let mut seen: HashSet<(StateID, StateID)> = HashSet::from([start]);
    let mut open = vec![start];
    while let Some((a, b)) = open.pop() {
        let accepts = (left.is_match_state(left.next_eoi_state(a)), right.is_match_state(right.next_eoi_state(b)));
        if found(accepts.0, accepts.1) {
            return Some(true);
        }
        if left.is_quit_state(a) || right.is_quit_state(b) || seen.len() > PAIR_LIMIT {
            return None;
        }
        for byte in 0..=u8::MAX {
            let next = (left.next_state(a, byte), right.next_state(b, byte));
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    Some(false)
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
