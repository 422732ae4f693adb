//! The type of each column: what the file says, or what all of its text can be read as.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use arrow::{
    array::{Array as _, AsArray as _, StringArray},
    compute::cast,
    datatypes::{DataType as ArrowType, Field, Fields},
};
use mlp_plan::{Column, Contract, DataType, StructField, TimeUnit, ValueType};

use super::{Unsure, clues::is_name, jsonl, source::Source};
use crate::{
    EngineError,
    scan::DataFormat,
    table::{
        arrow_types::{flat, time_unit},
        cast::{Origin, cast_value},
        show::grouped,
    },
};

/// A column with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub name: String,
    pub data: DataType,
    /// What its text reads as, where its type is text all the same.
    pub reads_as: Option<DataType>,
    /// Whether whole numbers were found where the file has floats, or text with a point.
    pub pointed: bool,
    /// Whether some of its text may stand for no value.
    pub holed: bool,
    pub doubts: Vec<String>,
}

/// A column's name with its type or, in words, why the language has none.
pub(super) type Found = (String, Result<DataType, String>);

/// The columns whose type the language has; what is said of the others is unsure.
pub(super) fn types(source: &Source<'_>, unsure: &mut Vec<Unsure>) -> Result<Vec<Typed>, EngineError> {
    let found: Vec<Found> = match source.format {
        DataFormat::Jsonl => jsonl::columns(source)?,
        DataFormat::Csv => {
            let schema = source.schema()?;
            schema.fields().iter().map(|field| (field.name().clone(), Ok(DataType::String))).collect()
        }
        DataFormat::Parquet | DataFormat::Arrow => {
            let schema = source.schema()?;
            schema.fields().iter().map(|field| (field.name().clone(), data_of(field))).collect()
        }
    };
    let mut typed = Vec::new();
    for (name, data) in found {
        let data = if is_name(&name) {
            data
        } else {
            Err("a name has letters, digits and `_`, and no digit first".to_owned())
        };
        match data {
            Ok(data) => {
                typed.push(Typed { name, data, reads_as: None, pointed: false, holed: false, doubts: Vec::new() })
            }
            Err(why) => unsure.push(Unsure::left_out(&name, &why)),
        }
    }
    read_text(source, &mut typed)?;
    Ok(typed)
}

/// A contract of nothing but these columns: to read them by.
pub(super) fn bare<'t>(typed: impl IntoIterator<Item = &'t Typed>) -> Contract {
    let column = |typed: &Typed| Column::plain(typed.name.as_str(), ValueType::plain(typed.data.clone()).or_null());
    Contract { columns: typed.into_iter().map(column).collect(), ..Contract::default() }
}

/// Looks at the columns that are text for what else they could be.
fn read_text(source: &Source<'_>, typed: &mut [Typed]) -> Result<(), EngineError> {
    let is_number = |data: &DataType| matches!(data, DataType::Float(_)) && source.format == DataFormat::Jsonl;
    let asked: Vec<usize> = typed
        .iter()
        .enumerate()
        .filter(|(_, typed)| typed.data == DataType::String || is_number(&typed.data))
        .map(|(at, _)| at)
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    let contract = bare(asked.iter().filter_map(|at| typed.get(*at)));
    let mut readings: Vec<Readable> = contract
        .columns
        .iter()
        .map(|column| match (source.format, &column.value.data) {
            (DataFormat::Csv, _) => Readable::cell(),
            (_, DataType::Float(_)) => Readable::number(),
            _ => Readable::text(),
        })
        .collect();
    source.batches(&contract, |batch| {
        for (column, readable) in contract.columns.iter().zip(&mut readings) {
            let Some(array) = batch.column_by_name(&column.name) else { continue };
            let text = cast(array, &ArrowType::Utf8)?;
            readable.see(text.as_string::<i32>())?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (at, readable) in asked.into_iter().zip(readings) {
        if let Some(typed) = typed.get_mut(at) {
            readable.decide(source, typed);
        }
    }
    Ok(())
}

/// What a column of text can still be read as.
struct Readable {
    candidates: Vec<DataType>,
    values: u64,
    nulls: u64,
    /// Whether a number has a point, and whether one has an exponent.
    point: bool,
    exponent: bool,
    /// Words that often stand for nothing, with how often they came.
    absent: BTreeMap<&'static str, u64>,
}

/// Words that tools write for a value that is not there.
const ABSENT: [&str; 8] = ["NA", "N/A", "n/a", "NULL", "null", "None", "\\N", "#N/A"];

impl Readable {
    fn new(candidates: Vec<DataType>) -> Self {
        Self { candidates, values: 0, nulls: 0, point: false, exponent: false, absent: BTreeMap::new() }
    }

    fn number() -> Self {
        Self::new(vec![DataType::Int(64), DataType::Uint(64), DataType::Float(64)])
    }

    fn text() -> Self {
        let instant = |unit| DataType::Timestamp { unit, naive: false };
        let wall = DataType::Timestamp { unit: TimeUnit::Us, naive: true };
        Self::new(vec![
            DataType::Uuid,
            DataType::Date,
            instant(TimeUnit::Us),
            instant(TimeUnit::Ns),
            wall,
            DataType::Time,
        ])
    }

    fn cell() -> Self {
        let mut candidates = vec![DataType::Bool];
        candidates.extend(Self::number().candidates);
        candidates.extend(Self::text().candidates);
        Self::new(candidates)
    }

    fn see(&mut self, cells: &StringArray) -> Result<(), EngineError> {
        self.nulls += cells.null_count() as u64;
        self.values += (cells.len() - cells.null_count()) as u64;
        for cell in cells.iter().flatten() {
            if let Some(word) = ABSENT.iter().find(|word| **word == cell) {
                *self.absent.entry(word).or_default() += 1;
            }
        }
        if self.candidates.is_empty() {
            return Ok(());
        }
        let (mut coded, mut long, mut not_days, mut not_times) = (false, false, false, false);
        for cell in cells.iter().flatten() {
            let digits = cell.strip_prefix('-').unwrap_or(cell).bytes().take_while(u8::is_ascii_digit).count();
            // a number that is written with zeros before it is a code, and so is one with a plus sign
            coded |= (cell.starts_with('0') && digits > 1) || cell.starts_with('+') || cell.trim() != cell;
            long |= digits > 15 && digits == cell.len();
            not_days |= cell.len() != 10;
            not_times |= !cell.contains(':');
            self.point |= cell.contains('.');
            self.exponent |= cell.contains(['e', 'E']);
        }
        let textual = Origin { textual: true, ..Origin::default() };
        let array: arrow::array::ArrayRef = std::sync::Arc::new(cells.clone());
        let reads = |data: &DataType| {
            let refused = match data {
                DataType::Int(_) | DataType::Uint(_) => coded,
                // a float would lose digits of a long number
                DataType::Float(_) => coded || long,
                // a time of day behind it would be dropped
                DataType::Date => not_days,
                // 12345 would be one
                DataType::Time => not_times,
                _ => false,
            };
            let cast = || cast_value(&array, data, textual).ok();
            !refused && cast().is_some_and(|cast| cast.failed.is_none_or(|failed| !failed.has_true()))
        };
        self.candidates.retain(reads);
        Ok(())
    }

    /// Text of a text file is what it reads as; elsewhere the file says that it is text, and only a uuid is one of ours.
    fn decide(self, source: &Source<'_>, typed: &mut Typed) {
        typed.holed = !self.absent.is_empty();
        for (word, count) in &self.absent {
            let count = grouped(*count);
            let help = if source.format == DataFormat::Csv { "? `--null` reads it as such" } else { "?" };
            typed.doubts.push(format!("`{word}` stands {count} times: does it mean that there is no value{help}"));
        }
        if self.values == 0 {
            let was = if typed.data == DataType::String { "the type is a guess" } else { "what it may hold is open" };
            typed.doubts.push(format!("every value is null: {was}"));
            return;
        }
        let Some(mut first) = self.candidates.into_iter().next() else { return };
        let whole = matches!(first, DataType::Int(_) | DataType::Uint(_));
        // tools that have no whole number that may be null write 517.0
        if whole && (self.exponent || (self.point && self.nulls == 0)) {
            first = DataType::Float(64);
        } else if whole && self.point {
            typed.pointed = true;
        }
        if source.textual() || first == DataType::Uuid {
            typed.data = first;
        } else {
            typed.reads_as = Some(first);
        }
    }
}

/// The type of the language that holds what a column of Arrow holds.
///
/// # Errors
/// In words, where there is none.
fn data_of(field: &Field) -> Result<DataType, String> {
    let none = || Err(format!("the language has no type for Arrow's {}", field.data_type()));
    Ok(match field.data_type() {
        ArrowType::Decimal32(precision, scale)
        | ArrowType::Decimal64(precision, scale)
        | ArrowType::Decimal128(precision, scale) => match u8::try_from(*scale) {
            Ok(scale) => DataType::Decimal { precision: *precision, scale },
            Err(_) => return none(),
        },
        ArrowType::Null => DataType::String,
        ArrowType::FixedSizeBinary(16)
            if field.metadata().get("ARROW:extension:name").is_some_and(|name| name == "arrow.uuid") =>
        {
            DataType::Uuid
        }
        ArrowType::Timestamp(unit, zone) => DataType::Timestamp {
            unit: if zone.is_none() { TimeUnit::Us } else { time_unit(*unit) },
            naive: zone.is_none(),
        },
        ArrowType::Dictionary(_, values) => data_of(&Field::new(field.name(), values.as_ref().clone(), true))?,
        ArrowType::List(item) | ArrowType::LargeList(item) | ArrowType::FixedSizeList(item, _) => {
            DataType::List(Box::new(inner(item)?))
        }
        ArrowType::Struct(fields) => {
            let part = |field: &std::sync::Arc<Field>| {
                if !is_name(field.name()) {
                    return Err(format!("the language cannot spell the name {:?} inside of it", field.name()));
                }
                Ok(StructField { name: field.name().clone(), value: inner(field)?, default: None })
            };
            if let Some(twice) = twice(fields) {
                return Err(format!("it has two parts that are called {twice:?}"));
            }
            DataType::Struct(fields.iter().map(part).collect::<Result<_, String>>()?)
        }
        ArrowType::Map(entries, _) => match entries.data_type() {
            ArrowType::Struct(parts) => match parts.as_ref() {
                [key, value] => DataType::Map(Box::new(ValueType::plain(data_of(key)?)), Box::new(inner(value)?)),
                _ => return none(),
            },
            _ => return none(),
        },
        flat_type => match flat(flat_type) {
            Some(data) => data,
            None => return none(),
        },
    })
}

/// A name that two fields have.
pub(super) fn twice(fields: &Fields) -> Option<&str> {
    let mut known = BTreeSet::new();
    fields.iter().map(|field| field.name().as_str()).find(|name| !known.insert(*name))
}

/// What is inside of a value may be null.
fn inner(field: &Field) -> Result<ValueType, String> {
    Ok(ValueType::plain(data_of(field)?).or_null())
}
