//! Rules that compare a row with other rows: of its own table (keys), or of another (references).

use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    buffer::{BooleanBuffer, NullBuffer},
    datatypes::Int32Type,
};
use mlp_plan::Column;

use super::{
    cast::{CastError, Origin, cast_value},
    digest::{Digests, each_word},
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

/// Rows of a table that must be found in another.
#[derive(Clone, Debug)]
pub(super) struct Referenced {
    pub entry: usize,
    pub columns: Vec<usize>,
    pub known: Known,
}

/// Values that another table has.
#[derive(Clone, Debug)]
pub struct Known {
    values: Arc<Distinct128>,
    /// The last dictionary that was looked up: batches of one row group share theirs.
    remembered: RefCell<Option<(ArrayRef, Vec<bool>)>>,
}

impl DistinctRows<'_> {
    /// Takes the rows of a batch in; in a second look, notes those that repeat an earlier one.
    pub fn check(&mut self, found: &mut [Found], noted: &mut Noted<'_>, sets_aside: bool) -> Result<(), EngineError> {
        let columns: Vec<ArrayRef> =
            self.columns.iter().filter_map(|name| noted.batch.column_by_name(name)).cloned().collect();
        let rows = noted.batch.num_rows();
        let mut counted: Option<NullBuffer> = None;
        for column in &columns {
            counted = NullBuffer::union(counted.as_ref(), column.logical_nulls().as_ref());
        }
        if sets_aside && let Some(broken) = &noted.broken {
            counted = NullBuffer::union(counted.as_ref(), Some(&NullBuffer::new(!broken)));
        }
        if let (Some(seen), [column]) = (&mut self.seen, columns.as_slice())
            && seen.takes_numbers()
            && each_word(column, counted.as_ref(), |word| seen.add_number(word))
        {
            return seen.ease();
        }
        let digests = Digests::of(&columns, rows, 0)?;
        if let Some(seen) = &mut self.seen {
            match &counted {
                None => digests.short().for_each(|digest| seen.add(digest)),
                Some(counted) => digests
                    .short()
                    .zip(counted.iter())
                    .filter(|(_, counts)| *counts)
                    .for_each(|(digest, _)| seen.add(digest)),
            }
            seen.ease()?;
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
        self.known.missing(&columns, batch.num_rows())
    }
}

impl Known {
    pub fn new(values: Distinct128) -> Self {
        Self { values: Arc::new(values), remembered: RefCell::new(None) }
    }

    /// Rows without a null whose values are not known, where there are any. Each value of a dictionary is looked up once.
    pub fn missing(&self, columns: &[ArrayRef], rows: usize) -> Result<Option<BooleanBuffer>, EngineError> {
        if let [column] = columns
            && let Some(dictionary) = column.as_dictionary_opt::<Int32Type>()
        {
            let values = dictionary.values();
            let mut remembered = self.remembered.borrow_mut();
            let missing = match remembered.take().filter(|(known, _)| Arc::ptr_eq(known, values)) {
                Some((_, missing)) => missing,
                None => {
                    let digests = Digests::of(std::slice::from_ref(values), values.len(), 0)?;
                    digests.full().map(|digest| !self.values.contains(&digest)).collect()
                }
            };
            let keys = dictionary.keys();
            let row =
                |key: &i32| usize::try_from(*key).ok().and_then(|key| missing.get(key).copied()).unwrap_or_default();
            let mut broken: BooleanBuffer = keys.values().iter().map(row).collect();
            if let Some(nulls) = column.logical_nulls() {
                broken = &broken & nulls.inner();
            }
            *remembered = Some((Arc::clone(values), missing));
            return Ok(broken.has_true().then_some(broken));
        }
        let digests = Digests::of(columns, rows, 0)?;
        let mut valid: Option<NullBuffer> = None;
        for column in columns {
            valid = NullBuffer::union(valid.as_ref(), column.logical_nulls().as_ref());
        }
        let refers = |row: usize| valid.as_ref().is_none_or(|valid| valid.is_valid(row));
        let broken: BooleanBuffer =
            digests.full().enumerate().map(|(row, digest)| refers(row) && !self.values.contains(&digest)).collect();
        Ok(broken.has_true().then_some(broken))
    }
}

/// The values of some columns of another table, in the types of ours; or why they cannot be compared.
pub(super) fn values_of(
    source: &TableSource,
    columns: &[String],
    ours: &[&Column],
) -> Result<Result<Known, String>, EngineError> {
    let wanted: BTreeSet<String> = columns.iter().cloned().collect();
    let mut known = Distinct128::default();
    for part in source.parts(Reading { columns: Some(&wanted), ..Reading::default() })? {
        let part = part?;
        let origin = Origin { textual: part.textual, ..Origin::default() };
        for batch in part.batches {
            if let Err(words) = add_values(&mut known, &batch?, columns, ours, origin)? {
                return Ok(Err(words));
            }
        }
    }
    Ok(Ok(Known::new(known)))
}

/// The same of one batch.
pub(crate) fn add_values(
    known: &mut Distinct128,
    batch: &RecordBatch,
    columns: &[String],
    ours: &[&Column],
    origin: Origin,
) -> Result<Result<(), String>, EngineError> {
    let mut cast = Vec::new();
    for (name, column) in columns.iter().zip(ours) {
        let Some(array) = batch.column_by_name(name) else {
            return Ok(Err(format!("it has no column `{name}`")));
        };
        match cast_value(array, &column.value.data, origin) {
            Ok(value) => cast.push(value.array),
            Err(CastError::Refused(words)) => return Ok(Err(format!("{name}: {words}"))),
            Err(CastError::Engine(error)) => return Err(error),
        }
    }
    known.extend(Digests::of(&cast, batch.num_rows(), 0)?.full());
    Ok(Ok(()))
}
