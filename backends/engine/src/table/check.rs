//! Checks the rules of an edge over batches in one pass: types, nulls, constraints, keys, and what is asked of the set as a whole. What is checked is
//! decided in `rules`, how parts of a table are checked apart and put together in `parts`, and what came of it in `verdict`.

use std::collections::HashSet;

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    buffer::BooleanBuffer,
    compute::filter_record_batch,
    datatypes::DataType as ArrowType,
};
use mlp_plan::{Column, Contract, Rule};

use super::{
    among::{DistinctRows, Referenced},
    conform::{Conformed, Conformer},
    constraint::Test,
    expr::Rows,
    found::{Found, Noted},
    nested::broken_inside,
    outcome::{Looked, OfParts},
    set::Gathering,
};
use crate::EngineError;

/// Checks one table.
#[derive(Debug)]
pub struct Checker<'a> {
    pub(super) contract: &'a Contract,
    pub(super) columns: Vec<ColumnTests>,
    pub(super) sets: Vec<DistinctRows<'a>>,
    pub(super) references: Vec<Referenced>,
    pub(super) expectations: Vec<usize>,
    pub(super) gathering: Gathering,
    pub(super) found: Vec<Found>,
    /// Whether broken rows are set aside, so that they do not count for keys and the set.
    pub(super) sets_aside: bool,
    /// Which part of the data is checked, and how many of its rows were before; where positions are told.
    pub(super) at: Option<(usize, u64)>,
    /// Rules that could not be checked, each with the reason in words.
    pub unchecked: Vec<(Rule, String)>,
    /// Rows so far.
    pub rows: u64,
    /// Rows so far that break a row rule.
    pub broken: u64,
}

/// What is asked of one column's values, each with its entry in `found`.
#[derive(Clone, Debug)]
pub(super) struct ColumnTests {
    pub type_entry: usize,
    pub not_null: Option<usize>,
    pub tests: Vec<(usize, Test)>,
    pub nested: bool,
    /// Whether a footer told that every value fits the type.
    pub typed: bool,
}

/// A batch after its check.
#[derive(Debug)]
pub struct Checked {
    /// Rows that break a row rule, where there are any.
    pub broken: Option<BooleanBuffer>,
    /// For each such row set, the rule in words.
    pub reasons: Vec<(BooleanBuffer, String)>,
}

impl Checker<'_> {
    /// Begins the next part, at its place where that is told, and takes note of the columns that it does not have at all.
    pub fn begin_part(&mut self, conformer: &Conformer<'_>, at: Option<(usize, u64)>) {
        self.at = at;
        let part = at.map(|(part, _)| part);
        for (index, words) in conformer.refusals() {
            let entry = self.columns.get(index).map(|tests| tests.type_entry);
            if let Some(found) = entry.and_then(|entry| self.found.get_mut(entry)) {
                OfParts::note(&mut found.refused, words, part);
            }
        }
        for (index, words) in conformer.wider() {
            let entry = self.columns.get(index).map(|tests| tests.type_entry);
            if let Some(found) = entry.and_then(|entry| self.found.get_mut(entry)) {
                OfParts::note(&mut found.wider, words, part);
            }
        }
    }

    /// Checks a batch; `source` is what it was before it was cast.
    ///
    /// # Errors
    /// Where a rule cannot be asked of the data; a checked program has none such.
    pub fn check(
        &mut self,
        conformer: &Conformer<'_>,
        source: &RecordBatch,
        conformed: &Conformed,
    ) -> Result<Checked, EngineError> {
        let rows = source.num_rows();
        let mut noted = Noted {
            at: self.at,
            source,
            batch: &conformed.batch,
            conformer,
            contract: self.contract,
            broken: None,
            reasons: Vec::new(),
        };
        let refused: HashSet<usize> = conformer.refusals().map(|(index, _)| index).collect();
        for (index, column) in self.contract.columns.iter().enumerate() {
            let (Some(tests), Some(array)) = (self.columns.get(index), conformed.batch.columns().get(index)) else {
                continue;
            };
            if refused.contains(&index) {
                noted.refused(self.found.get_mut(tests.type_entry), &BooleanBuffer::new_set(rows), column);
                continue;
            }
            let failed = conformed.failed.get(index).and_then(Option::as_ref);
            check_column(column, tests, array, failed, &mut self.found, &mut noted)?;
        }
        for set in &mut self.sets {
            let known = set.columns.iter().all(|name| {
                self.contract
                    .columns
                    .iter()
                    .position(|column| column.name == *name)
                    .is_some_and(|at| !refused.contains(&at))
            });
            if known {
                set.check(&mut self.found, &mut noted, self.sets_aside)?;
                if let Some(found) = self.found.get_mut(set.entry) {
                    found.looked.scan = true;
                }
            }
        }
        self.rows += rows as u64;
        if let Some((_, before)) = &mut self.at {
            *before += rows as u64;
        }
        self.broken += noted.broken.as_ref().map_or(0, BooleanBuffer::count_set_bits) as u64;
        for reference in &self.references {
            if let Some(found) = self.found.get_mut(reference.entry) {
                found.looked.scan = true;
            }
            if let Some(broken) = reference.broken(&conformed.batch)? {
                let about: Vec<&str> = reference
                    .columns
                    .iter()
                    .filter_map(|at| self.contract.columns.get(*at))
                    .map(|column| column.name.as_str())
                    .collect();
                noted.note_set(self.found.get_mut(reference.entry), &broken, &about);
            }
        }
        if !self.expectations.is_empty() {
            match noted.broken.as_ref().filter(|_| self.sets_aside) {
                Some(broken) => self.gathering.add(&filter_record_batch(&conformed.batch, &(!broken).into())?)?,
                None => self.gathering.add(&conformed.batch)?,
            }
        }
        Ok(Checked { broken: noted.broken, reasons: noted.reasons })
    }
}

pub(super) fn root(path: &str) -> String {
    path.split('.').next().unwrap_or(path).to_owned()
}

/// Type, nulls, constraints and what is inside, of one column of a batch.
fn check_column(
    column: &Column,
    tests: &ColumnTests,
    array: &ArrayRef,
    failed: Option<&BooleanBuffer>,
    found: &mut Vec<Found>,
    noted: &mut Noted<'_>,
) -> Result<(), EngineError> {
    let looked = match array.data_type() {
        ArrowType::Dictionary(..) => Looked { dictionary: true, ..Looked::default() },
        ArrowType::Null => Looked::default(),
        _ => Looked { scan: true, ..Looked::default() },
    };
    let looks = |found: &mut Vec<Found>, entry: usize| {
        if let Some(found) = found.get_mut(entry) {
            found.looked.merge(looked);
        }
    };
    looks(found, tests.type_entry);
    if let Some(failed) = failed {
        noted.refused(found.get_mut(tests.type_entry), failed, column);
    }
    if let Some(entry) = tests.not_null {
        looks(found, entry);
    }
    if let Some(entry) = tests.not_null
        && let Some(nulls) = array.logical_nulls()
    {
        let null = !nulls.inner();
        let null = failed.map_or_else(|| null.clone(), |failed| &null & &!failed);
        if null.has_true() {
            noted.note(found.get_mut(entry), &null, &[&column.name]);
        }
    }
    for (entry, test) in &tests.tests {
        looks(found, *entry);
        let rows = Rows { batch: Some(noted.batch), this: Some(array), rows: array.len() };
        if let Some(broken) = test.broken(array, rows)? {
            let mut about = vec![column.name.as_str()];
            if let Some(expr) = test.condition() {
                about.extend(expr.columns().into_iter().filter(|name| *name != column.name));
            }
            noted.note(found.get_mut(*entry), &broken, &about);
        }
    }
    if tests.nested {
        for (words, broken) in broken_inside(array, &column.value.data, &column.name)? {
            let rule = Rule::Nested { column: column.name.clone() };
            if !found.iter().any(|known| known.rule == rule && known.words == words) {
                let place = noted.contract.place(&column.name, "").cloned().unwrap_or_default();
                found.push(Found { looked, ..Found::new(rule.clone(), words.clone(), place) });
            }
            noted.note(
                found.iter_mut().find(|known| known.rule == rule && known.words == words),
                &broken,
                &[&column.name],
            );
        }
    }
    Ok(())
}
