//! Splits into `train` and `test`: every row lies in exactly one.

use arrow::{array::RecordBatch, buffer::BooleanBuffer};
use mlp_plan::{CompareOp, Literal};

use super::{
    Call,
    stream::{Chances, Stream, chance, column, falls, marked},
};
use crate::{
    EngineError,
    table::{
        digest::Digests,
        vector::{Vector, compare},
    },
};

/// `test`: rows with `on >= at`.
pub fn by_time(call: Call<'_>) -> Result<(), EngineError> {
    let on = call.column("on")?;
    let at = match call.param("at") {
        Some(at @ (Literal::Date(_) | Literal::Timestamp(_))) => at,
        Some(other) => return Err(call.wrong("at", other, "a date or a timestamp")),
        None => return Err(EngineError::refused(format!("{}: parameter `at` is missing", call.name))),
    };
    split(call, |batch| {
        let column = column(batch, on)?;
        if column.logical_null_count() > 0 {
            // No example: a builtin does not know which columns are tagged.
            return Err(EngineError::refused(format!(
                "{}: `{on}` has nulls, and such a row lies neither before nor after {at}",
                call.name
            )));
        }
        let values = Vector::column(&column)?;
        Ok(compare(CompareOp::Ge, &values, &Vector::Same(at.clone()), batch.num_rows())?.values().clone())
    })
}

/// `test`: about that share of the rows, decided by the seed and what is in the row.
pub fn at_random(call: Call<'_>) -> Result<(), EngineError> {
    let (share, seed) = (call.share("test")?, call.seed()?);
    let mut chances = Chances::of(&Stream::open(call.input("rows")?)?, seed)?;
    split(call, |batch| Ok(chances.next(batch)?.into_iter().map(|chance| falls(chance, share)).collect()))
}

/// `test`: all rows of about that share of the keys.
pub fn by_key(call: Call<'_>) -> Result<(), EngineError> {
    let (key, share, seed) = (call.column("key")?, call.share("test")?, call.seed()?);
    split(call, |batch| {
        let digests = Digests::of(&[column(batch, key)?], batch.num_rows(), seed)?;
        Ok(digests.full().map(|digest| falls(chance(digest, 0), share)).collect())
    })
}

fn split(
    call: Call<'_>,
    mut test: impl FnMut(&RecordBatch) -> Result<BooleanBuffer, EngineError>,
) -> Result<(), EngineError> {
    let table = Stream::open(call.input("rows")?)?;
    let (mut train, mut tested) = (table.writer(call.output("train")?)?, table.writer(call.output("test")?)?);
    for batch in table.batches()? {
        let batch = batch?;
        let rows = test(&batch)?;
        train.write(&marked(&batch, !&rows)?)?;
        tested.write(&marked(&batch, rows)?)?;
    }
    train.finish()?;
    tested.finish()?;
    Ok(())
}
