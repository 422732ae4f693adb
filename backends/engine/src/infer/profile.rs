//! What the values of each column are like: one pass over all of them.

use std::ops::ControlFlow;

use arrow::{
    array::{Array as _, ArrayRef, AsArray as _, RecordBatch},
    compute::{max, min},
    datatypes::{DataType as ArrowType, Date32Type, Int64Type},
};
use chrono::{DateTime, Days, NaiveDate};
use mlp_plan::DataType;

use super::{
    numbers::Numbers,
    once::Once,
    source::Source,
    texts::Texts,
    types::{Typed, bare},
};
use crate::{
    EngineError,
    table::cast::{CastError, Origin, cast_value},
};

/// A column's values.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub rows: u64,
    pub nulls: u64,
    /// Values that the type does not have.
    pub failed: u64,
    pub numbers: Option<Numbers>,
    pub texts: Option<Texts>,
    /// First and last, of dates and timestamps, in days or microseconds.
    pub span: Option<(i64, i64)>,
    /// Whether no value came twice, and none is null; none, where that was not asked.
    pub unique: Option<bool>,
}

/// The profile of each column, and how many rows there are.
pub(super) fn profiles(source: &Source<'_>, typed: &[Typed]) -> Result<(u64, Vec<Profile>), EngineError> {
    let contract = bare(typed);
    let origin = Origin { textual: source.textual(), ..Origin::default() };
    // what measures is no key
    let is_asked =
        |data: &DataType| matches!(data, DataType::Int(_) | DataType::Uint(_) | DataType::String | DataType::Uuid);
    let asked = typed.iter().filter(|typed| is_asked(&typed.data)).count();
    let once = |typed: &Typed| is_asked(&typed.data).then(|| Once::one_of(asked));
    let mut open: Vec<(Profile, Option<Once>)> = typed.iter().map(|typed| (Profile::default(), once(typed))).collect();
    let rows = source.batches(&contract, |batch| {
        for (typed, (profile, once)) in typed.iter().zip(&mut open) {
            let Some(array) = batch.column_by_name(&typed.name) else { continue };
            profile.see(array, &typed.data, origin, once.as_mut())?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut profiles = Vec::new();
    for (mut profile, once) in open {
        profile.unique = once.map(Once::end).transpose()?;
        profiles.push(profile);
    }
    Ok((rows, profiles))
}

impl Profile {
    fn see(
        &mut self,
        array: &ArrayRef,
        data: &DataType,
        origin: Origin,
        once: Option<&mut Once>,
    ) -> Result<(), EngineError> {
        self.rows += array.len() as u64;
        let cast = match cast_value(array, data, origin) {
            Ok(cast) => cast,
            Err(CastError::Engine(error)) => return Err(error),
            Err(CastError::Refused(_)) => {
                self.failed += array.len() as u64;
                return Ok(());
            }
        };
        let failed = cast.failed.as_ref().map_or(0, arrow::buffer::BooleanBuffer::count_set_bits) as u64;
        self.failed += failed;
        self.nulls += cast.array.null_count() as u64 - failed.min(cast.array.null_count() as u64);
        match data {
            _ if data.is_numeric() => self.numbers.get_or_insert_default().see(&cast.array)?,
            DataType::String => self.texts.get_or_insert_default().see(cast.array.as_string::<i32>()),
            DataType::Date | DataType::Timestamp { .. } => self.times(&cast.array)?,
            _ => {}
        }
        once.map_or(Ok(()), |once| once.see(std::slice::from_ref(&cast.array)))
    }

    fn times(&mut self, array: &ArrayRef) -> Result<(), EngineError> {
        let ends = if array.data_type() == &ArrowType::Date32 {
            let days = array.as_primitive::<Date32Type>();
            min(days).zip(max(days)).map(|(low, high)| (low.into(), high.into()))
        } else {
            let micros = ArrowType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
            let micros = arrow::compute::cast(&arrow::compute::cast(array, &micros)?, &ArrowType::Int64)?;
            let micros = micros.as_primitive::<Int64Type>();
            min(micros).zip(max(micros))
        };
        if let Some((low, high)) = ends {
            let known = self.span.unwrap_or((low, high));
            self.span = Some((known.0.min(low), known.1.max(high)));
        }
        Ok(())
    }

    /// The days between which all values lie.
    pub fn days(&self, data: &DataType) -> Option<(NaiveDate, NaiveDate)> {
        let (first, last) = self.span?;
        let day = |value: i64| match data {
            DataType::Date => {
                let epoch = NaiveDate::default();
                let days = Days::new(value.unsigned_abs());
                if value < 0 { epoch.checked_sub_days(days) } else { epoch.checked_add_days(days) }
            }
            _ => DateTime::from_timestamp_micros(value).map(|instant| instant.date_naive()),
        };
        Some((day(first)?, day(last)?))
    }
}

/// The columns of a batch in the types of a contract.
pub(super) fn cast_columns(
    batch: &RecordBatch,
    typed: &[&Typed],
    origin: Origin,
) -> Result<Vec<ArrayRef>, EngineError> {
    let cast = |typed: &&Typed| {
        let array = batch.column_by_name(&typed.name).ok_or_else(|| EngineError::refused("a column went away"))?;
        match cast_value(array, &typed.data, origin) {
            Ok(cast) => Ok(cast.array),
            Err(CastError::Engine(error)) => Err(error),
            Err(CastError::Refused(words)) => Err(EngineError::refused(words)),
        }
    };
    typed.iter().map(cast).collect()
}
