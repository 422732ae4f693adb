//! Keys: a column, or a few together, of which no two rows have the same.

use std::ops::ControlFlow;

use mlp_plan::{Column, Constraint, Contract, DataType};

use super::{
    Unsure,
    clues::Clues,
    once::Once,
    profile::{Profile, cast_columns},
    source::Source,
    types::{Typed, bare},
};
use crate::{EngineError, table::cast::Origin};

/// Rows that it takes to tell a key from chance, where no name says so.
const ENOUGH: u64 = 100;
/// Rows that it takes to tell what identifies from what refers, beside a key.
const MANY: u64 = 1_000;
/// Columns that are tried together.
const CANDIDATES: usize = 9;
/// Sets of columns that are followed through all rows at once: each may take as much memory as a key has.
const FOLLOWED: usize = 6;

/// Adds the key that the data has, and columns that are unique beside it.
pub(super) fn keys(
    source: &Source<'_>,
    contract: &mut Contract,
    profiles: &[Profile],
    rows: u64,
    unsure: &mut Vec<Unsure>,
) -> Result<(), EngineError> {
    if rows < 2 {
        return Ok(());
    }
    let unique: Vec<usize> = (0..profiles.len())
        .filter(|at| profiles.get(*at).is_some_and(|profile| profile.unique == Some(true) && profile.nulls == 0))
        .collect();
    let ids: Vec<bool> = contract.columns.iter().map(|column| Clues::of(&column.name).is_identity()).collect();
    let named = |at: usize| ids.get(at) == Some(&true);
    let first = |at: usize| at == 0 && rows >= ENOUGH;
    let key = unique.iter().copied().find(|at| named(*at)).or_else(|| unique.iter().copied().find(|at| first(*at)));
    let mut ask = |column: &Column, what: String| unsure.push(Unsure { column: Some(column.name.clone()), what });
    if let Some(key) = key {
        if let Some(column) = contract.columns.get(key) {
            contract.keys = vec![vec![column.name.clone()]];
            if rows < ENOUGH {
                ask(column, format!("no value comes twice in {rows} rows: is this the key?"));
            }
        }
        for at in unique.iter().filter(|at| **at != key) {
            let named = named(*at);
            let Some(column) = contract.columns.get_mut(*at) else { continue };
            if named && rows >= MANY {
                column.value.constraints.push(Constraint::Unique);
            } else if rows >= ENOUGH {
                ask(column, "no value comes twice: `unique`, if that is meant".to_owned());
            }
        }
        return Ok(());
    }
    if rows < ENOUGH {
        if let Some(column) = unique.first().filter(|at| **at == 0).and_then(|at| contract.columns.get(*at)) {
            ask(column, format!("no value comes twice in {rows} rows: `key`, if that is meant"));
        }
        return Ok(());
    }
    match together(source, contract, profiles)? {
        Some(key) => {
            let what = format!("no two rows have the same ({}): is that their key?", key.join(", "));
            contract.keys = vec![key];
            unsure.push(Unsure { column: None, what });
        }
        None => {
            let what = "no key was found: no column, and no few of them, tell every row from the others".to_owned();
            unsure.push(Unsure { column: None, what });
        }
    }
    Ok(())
}

/// How much a column looks like a part of a key; none, where it does not.
fn weight(contract: &Contract, at: usize, profile: &Profile) -> Option<u32> {
    let column = contract.columns.get(at)?;
    let clues = Clues::of(&column.name);
    if profile.nulls > 0 || clues.is_measure() || clues.is_signed() {
        return None;
    }
    let timed = |column: &mlp_plan::Column| matches!(column.value.data, DataType::Timestamp { .. } | DataType::Date);
    let instant = contract.columns.iter().any(timed);
    let varies = |low: f64, high: f64| low < high;
    Some(match &column.value.data {
        DataType::Timestamp { .. } | DataType::Date => 5,
        DataType::Uuid => 6,
        DataType::Int(_) | DataType::Uint(_) => {
            if profile.numbers.as_ref().is_some_and(|numbers| !varies(numbers.low, numbers.high)) {
                return None;
            }
            match (clues.is_id(), clues.is_calendar()) {
                (true, _) => 6,
                // what a timestamp says already is said once
                (false, true) if instant => return None,
                (false, true) => 5,
                (false, false) => return None,
            }
        }
        DataType::Enum { .. } => 3,
        DataType::String => {
            let texts = profile.texts.as_ref()?;
            // text that reads as a time is one, in a file that cannot say so
            let short = texts.shape.longest <= 40;
            let one = texts.counts.as_ref().is_some_and(|counts| counts.len() < 2);
            if one || !short {
                return None;
            }
            if clues.is_id() { 6 } else { 4 }
        }
        _ => return None,
    })
}

/// The few columns that together are a key: as few as can be, those first that look like a part of one.
fn together(
    source: &Source<'_>,
    contract: &Contract,
    profiles: &[Profile],
) -> Result<Option<Vec<String>>, EngineError> {
    let mut candidates: Vec<(usize, u32)> =
        profiles.iter().enumerate().filter_map(|(at, profile)| Some((at, weight(contract, at, profile)?))).collect();
    candidates.sort_by_key(|(at, weight)| (std::cmp::Reverse(*weight), *at));
    candidates.truncate(CANDIDATES);
    candidates.sort_unstable();
    let mut columns = Vec::new();
    for (at, _) in &candidates {
        let Some(column) = contract.columns.get(*at) else { continue };
        // an enum is text, and what is no column of the file is not here
        let data = if column.value.data.is_text() { DataType::String } else { column.value.data.clone() };
        columns.push(Typed {
            name: column.name.clone(),
            data,
            reads_as: None,
            pointed: false,
            holed: false,
            doubts: Vec::new(),
        });
    }
    let weights: Vec<u32> = candidates.iter().map(|(_, weight)| *weight).collect();
    for size in 2..=4 {
        let mut sets = sets(columns.len(), size);
        // the heaviest first, and then those whose columns come first
        sets.sort_by_key(|set| std::cmp::Reverse(set.iter().filter_map(|at| weights.get(*at)).sum::<u32>()));
        if let Some(found) = first_key(source, &columns, &sets)? {
            let names = found.iter().filter_map(|at| columns.get(*at)).map(|column| column.name.clone());
            return Ok(Some(names.collect()));
        }
    }
    Ok(None)
}

/// All choices of so many of the first numbers.
fn sets(of: usize, size: usize) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let longer = |set: &Vec<usize>| {
            let from = set.last().map_or(0, |last| last + 1);
            (from..of).map(|next| set.iter().copied().chain([next]).collect()).collect::<Vec<Vec<usize>>>()
        };
        sets = sets.iter().flat_map(longer).collect();
    }
    sets
}

fn first_key(source: &Source<'_>, columns: &[Typed], sets: &[Vec<usize>]) -> Result<Option<Vec<usize>>, EngineError> {
    let contract = bare(columns);
    let asked: Vec<&Typed> = columns.iter().collect();
    let origin = Origin { textual: source.textual(), ..Origin::default() };
    let mut open: Vec<Once> = sets.iter().map(|_| Once::one_of(FOLLOWED)).collect();
    source.batches(&contract, |batch| {
        let arrays = cast_columns(batch, &asked, origin)?;
        for (set, once) in sets.iter().zip(&mut open).filter(|(_, once)| !once.is_out()) {
            let columns: Vec<_> = set.iter().filter_map(|at| arrays.get(*at).cloned()).collect();
            once.see(&columns)?;
        }
        open.iter_mut().filter(|once| once.is_long()).skip(FOLLOWED).for_each(Once::give_up);
        Ok(if open.iter().all(Once::is_out) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    for (set, once) in sets.iter().zip(open) {
        if once.end()? {
            return Ok(Some(set.clone()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #[test]
    fn sets_are_all_choices() {
        assert_eq!(super::sets(4, 2), [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(super::sets(2, 3), Vec::<Vec<usize>>::new());
    }
}
