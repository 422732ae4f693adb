//! Which rows a table descends from: the origins, and on the way the parts that splits gave.
//!
//! Two tables are disjoint if a split that both descend from separates them; different origins are taken to be different rows (language reference,
//! "Evaluation").

use std::collections::{BTreeMap, BTreeSet};

/// A table of more pieces than this is taken for one piece, which proves less.
const PIECE_LIMIT: usize = 64;

/// Rows, as pieces that stand behind each other: `concat` gives several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows(Vec<Piece>);

/// Rows that took the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Piece {
    /// The nodes from which they come.
    origins: BTreeSet<usize>,
    /// Of each split that all of them passed, the outputs through which they came.
    cuts: BTreeMap<usize, BTreeSet<String>>,
}

/// The splits of a pipeline, by the number of their node.
#[derive(Debug, Default)]
pub(super) struct Splits(BTreeMap<usize, Split>);

#[derive(Debug)]
struct Split {
    /// The origins of what it parts.
    origins: BTreeSet<usize>,
    /// How many outputs it has.
    outputs: usize,
}

impl Rows {
    /// Rows that come from nowhere else.
    pub(super) fn of_origin(node: usize) -> Self {
        Self(vec![Piece { origins: BTreeSet::from([node]), cuts: BTreeMap::new() }])
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows of both, behind each other.
    pub(super) fn extend(&mut self, other: &Self, splits: &Splits) {
        for piece in &other.0 {
            self.add(piece.clone(), splits);
        }
    }

    fn add(&mut self, mut piece: Piece, splits: &Splits) {
        while let Some((at, merged)) =
            self.0.iter().enumerate().find_map(|(at, have)| Some((at, have.with(&piece, splits)?)))
        {
            self.0.swap_remove(at);
            piece = merged;
        }
        self.0.push(piece);
        if self.0.len() > PIECE_LIMIT {
            self.0 = vec![as_one(&self.0, splits)];
        }
    }

    /// What a stage makes of several tables: each of its rows may come from a row of each.
    pub(super) fn joined(tables: &[&Self], splits: &Splits) -> Self {
        let mut all = vec![Vec::new()];
        for table in tables.iter().filter(|table| !table.is_empty()) {
            let pieces =
                if all.len() * table.0.len() > PIECE_LIMIT { vec![as_one(&table.0, splits)] } else { table.0.clone() };
            all = all
                .into_iter()
                .flat_map(|chosen: Vec<Piece>| {
                    pieces.iter().map(move |piece| chosen.iter().chain([piece]).cloned().collect())
                })
                .collect();
        }
        let mut rows = Self::default();
        for pieces in all.iter().filter(|pieces| !pieces.is_empty()) {
            rows.add(join(pieces, splits), splits);
        }
        rows
    }

    /// The part of these rows that a split gives as `output`.
    pub(super) fn part(&self, split: usize, output: &str) -> Self {
        let mut pieces = self.0.clone();
        for piece in &mut pieces {
            piece.cuts.insert(split, BTreeSet::from([output.to_owned()]));
        }
        Self(pieces)
    }

    /// An origin whose rows may be in both; `None` where they are disjoint.
    pub(super) fn shared_origin(&self, other: &Self) -> Option<usize> {
        self.0.iter().flat_map(|a| other.0.iter().map(move |b| (a, b))).find_map(|(a, b)| a.shared_origin(b))
    }
}

impl Piece {
    fn shared_origin(&self, other: &Self) -> Option<usize> {
        let separated = self
            .cuts
            .iter()
            .any(|(split, outputs)| other.cuts.get(split).is_some_and(|theirs| outputs.is_disjoint(theirs)));
        if separated { None } else { self.origins.intersection(&other.origins).next().copied() }
    }

    /// Both as one piece, where that says the same: one holds the other, or they differ in the outputs of one split.
    fn with(&self, other: &Self, splits: &Splits) -> Option<Self> {
        if self.origins != other.origins {
            return None;
        }
        if self.holds(other) {
            return Some(self.clone());
        }
        if other.holds(self) {
            return Some(other.clone());
        }
        if !self.cuts.keys().eq(other.cuts.keys()) {
            return None;
        }
        let mut differ = self.cuts.iter().zip(other.cuts.values()).filter(|((_, ours), theirs)| ours != theirs);
        let (Some(((split, ours), theirs)), None) = (differ.next(), differ.next()) else { return None };
        let mut merged = self.clone();
        merged.cut(*split, ours.union(theirs).cloned().collect(), splits);
        Some(merged)
    }

    fn holds(&self, other: &Self) -> bool {
        self.cuts.iter().all(|(split, ours)| other.cuts.get(split).is_some_and(|theirs| theirs.is_subset(ours)))
    }

    /// Says through which outputs of a split the rows came; all of them are no part.
    fn cut(&mut self, split: usize, outputs: BTreeSet<String>, splits: &Splits) {
        if splits.0.get(&split).is_some_and(|split| outputs.len() >= split.outputs) {
            self.cuts.remove(&split);
        } else {
            self.cuts.insert(split, outputs);
        }
    }
}

/// Rows that are made of a row of each piece. What came around a split is not parted by it.
fn join(pieces: &[Piece], splits: &Splits) -> Piece {
    let [only] = pieces else {
        let mut made = Piece::default();
        let passed: BTreeSet<usize> = pieces.iter().flat_map(|piece| piece.cuts.keys().copied()).collect();
        for piece in pieces {
            made.origins.extend(&piece.origins);
        }
        for split in passed {
            let parted = splits.0.get(&split).map(|split| &split.origins);
            let around = |piece: &Piece| parted.is_some_and(|parted| !parted.is_disjoint(&piece.origins));
            if pieces.iter().any(|piece| !piece.cuts.contains_key(&split) && around(piece)) {
                continue;
            }
            let outputs = pieces.iter().filter_map(|piece| piece.cuts.get(&split)).flatten().cloned().collect();
            made.cut(split, outputs, splits);
        }
        return made;
    };
    only.clone()
}

/// All pieces as one: only the splits that all of them passed still part it.
fn as_one(pieces: &[Piece], splits: &Splits) -> Piece {
    let mut made = Piece::default();
    for piece in pieces {
        made.origins.extend(&piece.origins);
    }
    let Some((first, rest)) = pieces.split_first() else { return made };
    for split in first.cuts.keys().filter(|split| rest.iter().all(|piece| piece.cuts.contains_key(split))) {
        let outputs = pieces.iter().filter_map(|piece| piece.cuts.get(split)).flatten().cloned().collect();
        made.cut(*split, outputs, splits);
    }
    made
}

impl Splits {
    /// Remembers a split: what it parts, and into how many outputs.
    pub(super) fn add(&mut self, node: usize, rows: &Rows, outputs: usize) {
        let origins = rows.0.iter().flat_map(|piece| piece.origins.iter().copied()).collect();
        self.0.insert(node, Split { origins, outputs });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A split of the rows of one origin, and its two parts.
    fn split(splits: &mut Splits, node: usize, rows: &Rows) -> (Rows, Rows) {
        splits.add(node, rows, 2);
        (rows.part(node, "train"), rows.part(node, "test"))
    }

    #[test]
    fn parts_of_one_split_are_disjoint_and_together_the_whole() {
        let mut splits = Splits::default();
        let rows = Rows::of_origin(0);
        let (train, test) = split(&mut splits, 1, &rows);
        assert_eq!(train.shared_origin(&test), None);
        assert_eq!(train.shared_origin(&train), Some(0));
        assert_eq!(train.shared_origin(&rows), Some(0));
        let mut both = train.clone();
        both.extend(&test, &splits);
        assert_eq!(both, rows);
    }

    #[test]
    fn parts_of_different_splits_may_share_rows() {
        let mut splits = Splits::default();
        let rows = Rows::of_origin(0);
        let (train, _) = split(&mut splits, 1, &rows);
        let (_, test) = split(&mut splits, 2, &rows);
        assert_eq!(train.shared_origin(&test), Some(0));
    }

    #[test]
    fn a_part_of_a_part_stays_apart() {
        let mut splits = Splits::default();
        let (train, test) = split(&mut splits, 1, &Rows::of_origin(0));
        let (fit, valid) = split(&mut splits, 2, &train);
        assert_eq!(fit.shared_origin(&valid), None);
        assert_eq!(valid.shared_origin(&test), None);
        assert_eq!(valid.shared_origin(&train), Some(0));
    }

    #[test]
    fn what_is_joined_to_both_parts_does_not_bring_them_together() {
        let mut splits = Splits::default();
        let (train, test) = split(&mut splits, 1, &Rows::of_origin(0));
        let weather = Rows::of_origin(2);
        let joined = |part| Rows::joined(&[part, &weather], &splits);
        assert_eq!(joined(&train).shared_origin(&joined(&test)), None);
    }

    #[test]
    fn what_came_around_a_split_is_not_parted_by_it() {
        let mut splits = Splits::default();
        let rows = Rows::of_origin(0);
        let (train, test) = split(&mut splits, 1, &rows);
        let mixed = Rows::joined(&[&train, &rows], &splits);
        assert_eq!(mixed.shared_origin(&test), Some(0));
    }

    #[test]
    fn each_piece_of_a_table_counts() {
        let mut splits = Splits::default();
        let (a_train, a_test) = split(&mut splits, 1, &Rows::of_origin(0));
        let (b_train, b_test) = split(&mut splits, 3, &Rows::of_origin(2));
        let concat = |a: &Rows, b: &Rows| {
            let mut both = a.clone();
            both.extend(b, &splits);
            both
        };
        assert_eq!(concat(&a_train, &b_train).shared_origin(&concat(&a_test, &b_test)), None);
        assert_eq!(concat(&a_train, &b_train).shared_origin(&concat(&a_test, &b_train)), Some(2));
    }

    #[test]
    fn many_pieces_are_taken_for_one_that_still_overlaps() {
        let splits = Splits::default();
        let mut many = Rows::default();
        for origin in 0..200 {
            many.extend(&Rows::of_origin(origin), &splits);
        }
        assert!(many.0.len() <= PIECE_LIMIT);
        assert_eq!(many.shared_origin(&Rows::of_origin(150)), Some(150));
        assert_eq!(many.shared_origin(&Rows::of_origin(200)), None);
    }
}
