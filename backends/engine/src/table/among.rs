//! Rules that compare a row with other rows: of its own table (keys), or of another (references).

use std::collections::BTreeSet;

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    buffer::{BooleanBuffer, NullBuffer},
};
use mlp_plan::Column;

use super::{
    cast::{CastError, Origin, cast_value},
    digest::Digests,
    found::{Found, Noted},
    read::{Reading, TableSource},
    uniqueness::{Distinct128, Repeats, Seen},
};
use crate::EngineError;

/// Columns whose values together occur once.
#[derive(Debug)]
pub(super) struct DistinctRows<'a> {
    pub entry: usize,
    pub columns: Vec<&'a str>,
    pub seen: Option<Seen>,
    pub repeats: Option<Repeats>,
}

/// Values that another table has.
#[derive(Debug)]
pub(super) struct Referenced {
    pub entry: usize,
    pub columns: Vec<usize>,
    pub known: Distinct128,
}

impl DistinctRows<'_> {
    /// Takes the rows of a batch in; in a second look, notes those that repeat an earlier one.
    pub fn check(&mut self, found: &mut [Found], noted: &mut Noted<'_>, sets_aside: bool) -> Result<(), EngineError> {
        let columns: Vec<ArrayRef> =
            self.columns.iter().filter_map(|name| noted.batch.column_by_name(name)).cloned().collect();
        let rows = noted.batch.num_rows();
        let digests = Digests::of(&columns, rows, 0)?;
        let mut counted: Option<NullBuffer> = None;
        for column in &columns {
            counted = NullBuffer::union(counted.as_ref(), column.logical_nulls().as_ref());
        }
        if sets_aside && let Some(broken) = &noted.broken {
            counted = NullBuffer::union(counted.as_ref(), Some(&NullBuffer::new(!broken)));
        }
        if let Some(seen) = &mut self.seen {
            match &counted {
                None => digests.short().for_each(|digest| seen.add(digest)),
                Some(counted) => digests
                    .short()
                    .zip(counted.iter())
                    .filter(|(_, counts)| *counts)
                    .for_each(|(digest, _)| seen.add(digest)),
            }
        }
        if let Some(repeats) = &mut self.repeats {
            let counts = |row: usize| counted.as_ref().is_none_or(|counted| counted.is_valid(row));
            let again: BooleanBuffer =
                digests.full().enumerate().map(|(row, digest)| counts(row) && repeats.repeats(digest)).collect();
            if again.has_true() {
                noted.note(found.get_mut(self.entry), &again, &self.columns);
            }
        }
        Ok(())
    }
}

impl Referenced {
    /// Rows whose values the other table does not have; a null refers to nothing.
    pub fn broken(&self, batch: &RecordBatch) -> Result<Option<BooleanBuffer>, EngineError> {
        let columns: Vec<ArrayRef> =
            self.columns.iter().filter_map(|index| batch.columns().get(*index)).cloned().collect();
        let digests = Digests::of(&columns, batch.num_rows(), 0)?;
        let mut valid: Option<NullBuffer> = None;
        for column in &columns {
            valid = NullBuffer::union(valid.as_ref(), column.logical_nulls().as_ref());
        }
        let refers = |row: usize| valid.as_ref().is_none_or(|valid| valid.is_valid(row));
        let broken: BooleanBuffer =
            digests.full().enumerate().map(|(row, digest)| refers(row) && !self.known.contains(&digest)).collect();
        Ok(broken.has_true().then_some(broken))
    }
}

/// The values of some columns of another table, in the types of ours; or why they cannot be compared.
pub(super) fn values_of(
    source: &TableSource,
    columns: &[String],
    ours: &[&Column],
) -> Result<Result<Distinct128, String>, EngineError> {
    let wanted: BTreeSet<String> = columns.iter().cloned().collect();
    let mut known = Distinct128::default();
    for part in source.parts(Reading { columns: Some(&wanted), ..Reading::default() })? {
        for batch in part?.batches {
            let batch = batch?;
            let mut cast = Vec::new();
            for (name, column) in columns.iter().zip(ours) {
                let Some(array) = batch.column_by_name(name) else {
                    return Ok(Err(format!("it has no column `{name}`")));
                };
                match cast_value(array, &column.value.data, Origin::default()) {
                    Ok(value) => cast.push(value.array),
                    Err(CastError::Refused(words)) => return Ok(Err(format!("{name}: {words}"))),
                    Err(CastError::Engine(error)) => return Err(error),
                }
            }
            known.extend(Digests::of(&cast, batch.num_rows(), 0)?.full());
        }
    }
    Ok(Ok(known))
}
