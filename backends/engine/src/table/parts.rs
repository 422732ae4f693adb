//! Parts of a table that are checked apart, by several threads, and put together.

use std::collections::BTreeSet;

use mlp_plan::DataType;

use super::{
    among::DistinctRows,
    check::{Checker, root},
    conform::Conformer,
    expr::Rows,
    outcome::OfParts,
    set::Facts,
    show,
    uniqueness::{Repeats, Seen},
    violation::EXAMPLES,
};
use crate::EngineError;

impl<'a> Checker<'a> {
    /// The same checks, of which nothing is known yet.
    #[must_use]
    pub fn fresh(&self) -> Self {
        let set = |set: &DistinctRows<'a>| DistinctRows {
            entry: set.entry,
            columns: set.columns.clone(),
            seen: set.seen.as_ref().map(
                |seen| {
                    if seen.takes_numbers() { Seen::of_numbers() } else { Seen::with_capacity(0) }
                },
            ),
            repeats: set.repeats.as_ref().map(|_| Repeats::default()),
        };
        Self {
            contract: self.contract,
            columns: self.columns.clone(),
            sets: self.sets.iter().map(set).collect(),
            references: self.references.clone(),
            expectations: self.expectations.clone(),
            gathering: self.gathering.fresh(),
            found: self.found.clone(),
            sets_aside: self.sets_aside,
            at: None,
            unchecked: Vec::new(),
            rows: 0,
            broken: 0,
        }
    }

    /// Answers what the footer of a part answers. What is left is asked of the part's rows.
    ///
    /// `facts` are those of a column of the contract, its ends in the contract's type.
    ///
    /// # Errors
    /// Where a rule cannot be asked; a checked program has none such.
    pub fn settle(
        &mut self,
        conformer: &Conformer<'_>,
        rows: u64,
        facts: &dyn Fn(&str) -> Facts,
    ) -> Result<(), EngineError> {
        for (column, tests) in self.contract.columns.iter().zip(&mut self.columns) {
            if conformer.source_of(&column.name).is_none() {
                continue;
            }
            let Facts { nulls, ends } = facts(&column.name);
            let mut settled = Vec::new();
            if nulls == Some(0) {
                settled.extend(tests.not_null.take());
            }
            let all_null = nulls == Some(rows);
            tests.typed = all_null || ends.is_some();
            if tests.typed {
                settled.push(tests.type_entry);
            }
            let mut left = Vec::new();
            for (entry, test) in std::mem::take(&mut tests.tests) {
                let holds = match &ends {
                    _ if all_null => true,
                    // what holds at both ends of a range holds between them
                    Some(ends) if test.is_range() => {
                        let both = Rows { batch: None, this: Some(ends), rows: ends.len() };
                        test.broken(ends, both)?.is_none()
                    }
                    _ => false,
                };
                if holds {
                    settled.push(entry);
                } else {
                    left.push((entry, test));
                }
            }
            tests.tests = left;
            for entry in settled {
                if let Some(found) = self.found.get_mut(entry) {
                    found.looked.footer = true;
                }
            }
        }
        self.gathering.settle(facts)
    }

    /// Leaves nothing but keys and unique columns to be checked.
    pub fn only_sets(&mut self) {
        for tests in &mut self.columns {
            tests.not_null = None;
            tests.tests.clear();
            tests.nested = false;
            tests.typed = true;
        }
    }

    /// Counts a part's rows, none of which has to be read.
    pub const fn pass_over(&mut self, rows: u64) {
        self.rows += rows;
        self.gathering.pass_over(rows);
    }

    /// Columns of a part that have to be read: those that a rule reads, and those whose values may not fit their type.
    #[must_use]
    pub fn needs_of(&self, conformer: &Conformer<'_>) -> BTreeSet<String> {
        let mut columns = self.needs();
        let wider: Vec<usize> = conformer.wider().map(|(index, _)| index).collect();
        for (index, (column, tests)) in self.contract.columns.iter().zip(&self.columns).enumerate() {
            let constant = conformer.is_constant(index);
            if constant || !tests.typed && (wider.contains(&index) || conformer.looks_inside(index)) {
                columns.insert(column.name.clone());
            }
        }
        columns
    }

    /// Puts the check of another part behind this one.
    ///
    /// # Errors
    /// Where digests that are too many cannot be written to a temporary file.
    pub fn merge(&mut self, other: Self) -> Result<(), EngineError> {
        for (index, more) in other.found.into_iter().enumerate() {
            let same = |known: &super::found::Found| known.rule == more.rule && known.words == more.words;
            let place = match self.found.get(index) {
                Some(known) if same(known) => Some(index),
                _ => self.found.iter().position(same),
            };
            let Some(own) = place.and_then(|place| self.found.get_mut(place)) else {
                self.found.push(more);
                continue;
            };
            own.rows += more.rows;
            own.looked.merge(more.looked);
            OfParts::merge(&mut own.refused, more.refused);
            OfParts::merge(&mut own.wider, more.wider);
            let room = EXAMPLES.saturating_sub(own.examples.len());
            own.examples.extend(more.examples.into_iter().take(room));
        }
        for (own, more) in self.sets.iter_mut().zip(other.sets) {
            if let (Some(seen), Some(more)) = (&mut own.seen, more.seen) {
                seen.merge(more)?;
            }
        }
        self.rows += other.rows;
        self.broken += other.broken;
        self.gathering.merge(other.gathering)
    }

    /// Columns that some rule reads or that tell rows apart; the others need not be read to be checked.
    #[must_use]
    pub fn reads(&self) -> BTreeSet<String> {
        let mut columns: BTreeSet<String> = show::telling(self.contract, &[]).into_iter().collect();
        columns.extend(self.needs());
        columns
    }

    /// Columns that some rule reads.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<String> {
        let mut columns = BTreeSet::new();
        for (column, tests) in self.contract.columns.iter().zip(&self.columns) {
            let checked =
                matches!(column.value.data, DataType::Enum { open: false, .. } | DataType::Json | DataType::Uuid);
            if tests.not_null.is_some() || !tests.tests.is_empty() || tests.nested || checked {
                columns.insert(column.name.clone());
            }
            for (_, test) in &tests.tests {
                if let Some(expr) = test.condition() {
                    columns.extend(expr.columns().into_iter().map(root));
                }
            }
        }
        columns.extend(self.sets.iter().flat_map(|set| &set.columns).map(|name| (*name).to_owned()));
        columns.extend(self.gathering.columns().into_iter().map(root));
        let referenced = self.references.iter().flat_map(|reference| &reference.columns);
        columns
            .extend(referenced.filter_map(|index| self.contract.columns.get(*index)).map(|column| column.name.clone()));
        columns
    }
}
