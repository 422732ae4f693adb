//! Tables out of tables: put together, thinned out, joined with the truth.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, UInt32Array, UInt64Array},
    buffer::{BooleanBuffer, NullBuffer},
    compute::{concat_batches, take},
    datatypes::{Field, Fields, Schema},
};
use mlp_plan::Format;

use super::{
    Call,
    stream::{Chances, Stream, column, falls, marked},
};
use crate::{
    EngineError,
    table::{
        TableWriter,
        arrow_types::words,
        digest::Digests,
        uniqueness::{Repeats, Seen},
    },
};

/// All rows of `tables`, one table after the other.
pub fn concat(call: Call<'_>) -> Result<(), EngineError> {
    filtered(call, "tables", |batch| Ok(BooleanBuffer::new_set(batch.num_rows())))
}

/// About `share` of the rows, or exactly `rows` of them (all, where there are fewer), in the order of the table.
pub fn sample(call: Call<'_>) -> Result<(), EngineError> {
    let seed = call.seed()?;
    let table = Stream::open(call.input("rows")?)?;
    let mut chances = Chances::of(&table, seed)?;
    let Some(wanted) = call.param("rows") else {
        let share = call.share("share")?;
        return filtered(call, "rows", |batch| {
            Ok(chances.next(batch)?.into_iter().map(|chance| falls(chance, share)).collect())
        });
    };
    let number = wanted
        .as_i64()
        .and_then(|rows| usize::try_from(rows).ok())
        .ok_or_else(|| call.wrong("rows", wanted, "a number of rows"))?;
    let most = largest_kept(&table, &mut chances, number)?;
    let mut chances = Chances::of(&table, seed)?;
    let mut left = number;
    filtered(call, "rows", |batch| {
        let keep = |chance: u64| {
            let kept = left > 0 && most.is_none_or(|most| chance <= most);
            left -= usize::from(kept);
            kept
        };
        Ok(chances.next(batch)?.into_iter().map(keep).collect())
    })
}

/// The chance of the last row that belongs to the `number` smallest; `None` where all do.
fn largest_kept(table: &Stream, chances: &mut Chances, number: usize) -> Result<Option<u64>, EngineError> {
    let mut all = Vec::with_capacity(table.rows);
    for batch in table.batches()? {
        all.extend(chances.next(&batch?)?);
    }
    if number >= all.len() {
        return Ok(None);
    }
    Ok(number.checked_sub(1).map(|last| *all.select_nth_unstable(last).1))
}

/// The first of the rows that agree in the columns `by`, or in all columns.
pub fn deduplicate(call: Call<'_>) -> Result<(), EngineError> {
    let by = call.columns("by")?;
    let table = Stream::open(call.input("rows")?)?;
    let digests = |batch: &RecordBatch| -> Result<Digests, EngineError> {
        let columns = match &by {
            Some(by) => by.iter().map(|name| column(batch, name)).collect::<Result<Vec<_>, _>>()?,
            None => batch.columns().to_vec(),
        };
        Digests::of(&columns, batch.num_rows(), 0)
    };
    let mut seen = Seen::with_capacity(table.rows);
    for batch in table.batches()? {
        digests(&batch?)?.short().for_each(|digest| seen.add(digest));
        seen.ease()?;
    }
    let mut repeats = Repeats::new(seen.twice()?);
    filtered(call, "rows", |batch| Ok(digests(batch)?.full().map(|digest| !repeats.repeats(digest)).collect()))
}

/// The rows of an input that `keeps` marks, into `result`.
fn filtered(
    call: Call<'_>,
    input: &str,
    mut keeps: impl FnMut(&RecordBatch) -> Result<BooleanBuffer, EngineError>,
) -> Result<(), EngineError> {
    let table = Stream::open(call.input(input)?)?;
    let mut writer = table.writer(call.output("result")?)?;
    for batch in table.batches()? {
        let batch = batch?;
        writer.write(&marked(&batch, keeps(&batch)?)?)?;
    }
    writer.finish()?;
    Ok(())
}

/// Rows of `predictions` (or `served`) with the columns of `truth` beside them, where the columns `on` (those that
/// both have, where it is not given) agree; a prediction without a truth yet is left
/// out, and of a column that both have the prediction's is kept.
pub fn join_truth(call: Call<'_>) -> Result<(), EngineError> {
    let left: &[PathBuf] = call.input("predictions").or_else(|_| call.input("served"))?;
    let (left, right) = (Stream::open(left)?, Stream::open(call.input("truth")?)?);
    let shared = || {
        left.schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .filter(|name| right.schema.field_with_name(name).is_ok())
    };
    let on = call.columns("on")?.unwrap_or_else(|| shared().collect());
    if on.is_empty() {
        return Err(EngineError::refused(format!(
            "{}: the predictions and the truth have no column in common",
            call.name
        )));
    }
    for name in &on {
        let (ours, theirs) = (typed(&left, name)?, typed(&right, name)?);
        if ours != theirs {
            return Err(EngineError::refused(format!(
                "{}: `{name}` is {ours} in the predictions and {theirs} in the truth",
                call.name
            )));
        }
    }
    let truth = Truth::read(&right, &on, call.name)?;
    let added: Vec<&Arc<Field>> =
        right.schema.fields().iter().filter(|field| left.schema.field_with_name(field.name()).is_err()).collect();
    let fields: Fields = left.schema.fields().iter().chain(added.iter().copied()).cloned().collect();
    let schema = Arc::new(Schema::new(fields));
    let mut writer = TableWriter::create(call.output("result")?, Format::Parquet, &schema)?;
    for batch in left.batches()? {
        let batch = batch?;
        let (ours, theirs) = truth.matches(&batch, &on)?;
        let mut columns: Vec<ArrayRef> =
            batch.columns().iter().map(|column| take(column, &ours, None)).collect::<Result<_, _>>()?;
        for field in &added {
            columns.push(take(&column(&truth.rows, field.name())?, &theirs, None)?);
        }
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
    }
    writer.finish()?;
    Ok(())
}

/// The type of a column, in words of the language.
fn typed(table: &Stream, name: &str) -> Result<String, EngineError> {
    let field = table
        .schema
        .field_with_name(name)
        .map_err(|_| EngineError::refused(format!("the table has no column `{name}`")))?;
    Ok(words(field.data_type()))
}

/// The truth, by its key.
struct Truth {
    rows: RecordBatch,
    by_key: HashMap<u128, u64>,
}

impl Truth {
    fn read(table: &Stream, on: &[&str], name: &str) -> Result<Self, EngineError> {
        let batches = table.batches()?.collect::<Result<Vec<_>, _>>()?;
        let rows = concat_batches(&table.schema, &batches)?;
        let mut by_key = HashMap::new();
        for (row, digest) in keys(&rows, on)?.into_iter().enumerate() {
            if let Some(digest) = digest
                && let Some(first) = by_key.insert(digest, row as u64)
            {
                let (first, again) = (first + 1, row + 1);
                return Err(EngineError::refused(format!(
                    "{name}: rows {first} and {again} of the truth have the same key ({})",
                    on.join(", ")
                )));
            }
        }
        Ok(Self { rows, by_key })
    }

    /// Places of the rows that have a truth, and of their truth.
    fn matches(&self, batch: &RecordBatch, on: &[&str]) -> Result<(UInt32Array, UInt64Array), EngineError> {
        let found = keys(batch, on)?
            .into_iter()
            .zip(0_u32..)
            .filter_map(|(digest, row)| Some((row, *self.by_key.get(&digest?)?)));
        let (ours, theirs): (Vec<u32>, Vec<u64>) = found.unzip();
        Ok((ours.into(), theirs.into()))
    }
}

/// Digests of the key of each row; `None` where a null is in it, which agrees with nothing.
fn keys(batch: &RecordBatch, on: &[&str]) -> Result<Vec<Option<u128>>, EngineError> {
    let columns = on.iter().map(|name| column(batch, name)).collect::<Result<Vec<_>, _>>()?;
    let mut valid: Option<NullBuffer> = None;
    for column in &columns {
        valid = NullBuffer::union(valid.as_ref(), column.logical_nulls().as_ref());
    }
    let digests = Digests::of(&columns, batch.num_rows(), 0)?;
    Ok(digests
        .full()
        .enumerate()
        .map(|(row, digest)| valid.as_ref().is_none_or(|valid| valid.is_valid(row)).then_some(digest))
        .collect())
}
