//! The rows behind a report: from the tables that are evaluated, and from the report's own `rows.parquet`.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchReader},
    compute::{cast, concat_batches},
    datatypes::{DataType, Float64Type, Schema},
};
use parquet::{
    arrow::{ArrowWriter, ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::Compression,
    file::properties::WriterProperties,
};

use super::{
    kind::{Kind, Settings},
    sample::{Columns, Defect, Sample},
};
use crate::EngineError;

/// How a slice of rows without a value is called.
const NULL_SLICE: &str = "(none)";

/// Evaluated rows.
pub(crate) struct Rows {
    pub sample: Sample,
    /// For each slice column its values with their rows, rising.
    pub slices: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
    /// blake3 in hex of truths and slices, in order.
    pub digest: String,
    /// Truth, guess and slice columns as they came.
    batch: RecordBatch,
}

impl Rows {
    /// Reads the columns that `settings` names.
    pub fn read(files: &[PathBuf], settings: &Settings) -> Result<Self, EngineError> {
        let mut names = vec![settings.truth.as_str(), settings.guess.as_str()];
        names.extend(settings.slices.iter().map(String::as_str));
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let batch = columns(files, &names)?;
        if u32::try_from(batch.num_rows()).is_err() {
            return Err(EngineError::refused("more than 4,294,967,295 rows are evaluated at once"));
        }
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| EngineError::refused(format!("there is no column `{name}`")))
        };
        let mut slices = BTreeMap::new();
        for name in &settings.slices {
            slices.insert(name.clone(), groups(name, column(name)?)?);
        }
        let (truth, guess) = (column(&settings.truth)?, column(&settings.guess)?);
        let (columns, labels) = match settings.kind {
            Kind::Binary | Kind::Serving => (
                Columns::Binary { truth: flags(&settings.truth, truth)?, score: floats(&settings.guess, guess)? },
                Vec::new(),
            ),
            Kind::Regression => (
                Columns::Regression {
                    truth: floats(&settings.truth, truth)?,
                    prediction: floats(&settings.guess, guess)?,
                },
                Vec::new(),
            ),
            Kind::Multiclass => classes(settings, truth, guess)?,
        };
        let defects = defects(&columns, truth, guess);
        let digest = digest(settings.kind, &columns, &defects, &labels, &slices);
        Ok(Self { sample: Sample { columns, defects }, slices, digest, batch })
    }

    /// Writes them to `file`.
    pub fn write(&self, file: &Path) -> Result<(), EngineError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(parquet::basic::ZstdLevel::default()))
            .build();
        let target = File::create(file).map_err(EngineError::io(file))?;
        let mut writer = ArrowWriter::try_new(target, self.batch.schema(), Some(properties))?;
        writer.write(&self.batch)?;
        writer.close()?;
        Ok(())
    }
}

/// The named columns of several Parquet files, a folder counting as all of its, as one batch.
fn columns(files: &[PathBuf], names: &[&str]) -> Result<RecordBatch, EngineError> {
    let mut batches: Vec<RecordBatch> = Vec::new();
    for path in parts(files)? {
        let file = File::open(&path).map_err(EngineError::io(&path))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| EngineError::malformed(&path, error))?;
        let roots = names.iter().map(|name| {
            builder
                .schema()
                .index_of(name)
                .map_err(|_| EngineError::malformed(&path, format!("there is no column `{name}`")))
        });
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.collect::<Result<Vec<_>, _>>()?);
        let reader = builder.with_projection(mask).build()?;
        batches.push(RecordBatch::new_empty(reader.schema()));
        for batch in reader {
            batches.push(batch?);
        }
    }
    let Some(first) = batches.first() else { return Err(EngineError::refused("there is no table to evaluate")) };
    let order = names.iter().map(|name| first.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
    let schema = std::sync::Arc::new(plain(&first.project(&order)?.schema()));
    let mut aligned = Vec::with_capacity(batches.len());
    for batch in &batches {
        let columns = schema.fields().iter().map(|field| {
            let column = batch
                .column_by_name(field.name())
                .ok_or_else(|| EngineError::refused(format!("there is no column `{}`", field.name())))?;
            Ok::<_, EngineError>(cast(column, field.data_type())?)
        });
        aligned.push(RecordBatch::try_new(std::sync::Arc::clone(&schema), columns.collect::<Result<_, _>>()?)?);
    }
    Ok(concat_batches(&schema, &aligned)?)
}

/// The schema with every column nullable and dictionaries unfolded, so that the parts of a table fit together.
fn plain(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let data = match field.data_type() {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        arrow::datatypes::Field::new(field.name(), data, true)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn parts(files: &[PathBuf]) -> Result<Vec<PathBuf>, EngineError> {
    let mut found = Vec::new();
    for path in files {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(EngineError::io(path))?;
            let mut inside = entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
                .map_err(EngineError::io(path))?;
            inside.retain(|path| path.extension().is_some_and(|extension| extension == "parquet"));
            inside.sort();
            found.extend(inside);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn wrong(name: &str, column: &ArrayRef, wanted: &str) -> EngineError {
    EngineError::refused(format!("column `{name}` is {}, not {wanted}", column.data_type()))
}

/// Truths of a yes-or-no question; false where null.
fn flags(name: &str, column: &ArrayRef) -> Result<Vec<bool>, EngineError> {
    match column.data_type() {
        DataType::Boolean => Ok(column.as_boolean().iter().map(|value| value == Some(true)).collect()),
        DataType::Null => Ok(vec![false; column.len()]),
        _ => Err(wrong(name, column, "bool")),
    }
}

/// Numbers as doubles; NaN where null.
fn floats(name: &str, column: &ArrayRef) -> Result<Vec<f64>, EngineError> {
    let numeric = column.data_type().is_numeric() || *column.data_type() == DataType::Null;
    if !numeric {
        return Err(wrong(name, column, "a number"));
    }
    let column = cast(column, &DataType::Float64)?;
    Ok(column.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

/// Values as text.
fn texts(name: &str, column: &ArrayRef) -> Result<ArrayRef, EngineError> {
    cast(column, &DataType::Utf8).map_err(|_| wrong(name, column, "of a type that has classes"))
}

/// Classes of truth and guess, numbered in the order of their names; the first one where null.
fn classes(settings: &Settings, truth: &ArrayRef, guess: &ArrayRef) -> Result<(Columns, Vec<String>), EngineError> {
    let comparable = if guess.data_type() == truth.data_type() {
        None
    } else {
        cast(guess, truth.data_type()).ok().filter(|cast| cast.null_count() == guess.null_count())
    };
    let (truth, guess) =
        (texts(&settings.truth, truth)?, texts(&settings.guess, comparable.as_ref().unwrap_or(guess))?);
    let (truth, guess) = (truth.as_string::<i32>(), guess.as_string::<i32>());
    let mut numbers: BTreeMap<&str, u32> = truth.iter().chain(guess.iter()).flatten().map(|name| (name, 0)).collect();
    for (number, slot) in (0..).zip(numbers.values_mut()) {
        *slot = number;
    }
    let number = |name: Option<&str>| name.and_then(|name| numbers.get(name).copied()).unwrap_or(0);
    let columns = Columns::Multiclass {
        classes: numbers.len(),
        truth: truth.iter().map(number).collect(),
        predicted: guess.iter().map(number).collect(),
    };
    Ok((columns, numbers.keys().map(|name| (*name).to_owned()).collect()))
}

fn groups(name: &str, column: &ArrayRef) -> Result<BTreeMap<String, Vec<u32>>, EngineError> {
    let texts = texts(name, column)?;
    let mut groups: BTreeMap<Option<&str>, Vec<u32>> = BTreeMap::new();
    for (row, value) in (0..).zip(texts.as_string::<i32>().iter()) {
        groups.entry(value).or_default().push(row);
    }
    if groups.contains_key(&None) && groups.contains_key(&Some(NULL_SLICE)) {
        return Err(EngineError::refused(format!(
            "column `{name}` holds nulls and the text `{NULL_SLICE}`, which is how a report calls the slice of nulls"
        )));
    }
    Ok(groups.into_iter().map(|(value, rows)| (value.unwrap_or(NULL_SLICE).to_owned(), rows)).collect())
}

fn defects(columns: &Columns, truth: &ArrayRef, guess: &ArrayRef) -> Vec<(u32, Defect)> {
    let number = |value: Option<&f64>, nan, infinite| {
        value.and_then(|value| if value.is_nan() { Some(nan) } else { value.is_infinite().then_some(infinite) })
    };
    let (truths, guesses): (&[f64], &[f64]) = match columns {
        Columns::Binary { score, .. } => (&[], score),
        Columns::Regression { truth, prediction } => (truth, prediction),
        Columns::Multiclass { .. } => (&[], &[]),
    };
    let (null_truth, null_guess) = (truth.logical_nulls(), guess.logical_nulls());
    let is_null =
        |nulls: &Option<arrow::buffer::NullBuffer>, row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let defect = |row: usize| {
        if is_null(&null_truth, row) {
            return Some(Defect::NullTruth);
        }
        if is_null(&null_guess, row) {
            return Some(Defect::NullGuess);
        }
        number(truths.get(row), Defect::NanTruth, Defect::InfiniteTruth)
            .or_else(|| number(guesses.get(row), Defect::NanGuess, Defect::InfiniteGuess))
    };
    (0_u32..).zip(0..truth.len()).filter_map(|(row, index)| Some((row, defect(index)?))).collect()
}

/// What makes two reports be on the same rows: their number, truths and slices, in order, whatever the types of the columns.
fn digest(
    kind: Kind,
    columns: &Columns,
    defects: &[(u32, Defect)],
    labels: &[String],
    slices: &BTreeMap<String, BTreeMap<String, Vec<u32>>>,
) -> String {
    let mut hasher = blake3::Hasher::new();
    let text = |hasher: &mut blake3::Hasher, text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    match columns {
        Columns::Binary { truth, score } => {
            text(&mut hasher, if kind == Kind::Serving { "serving" } else { "binary" });
            hasher.update(&truth.iter().map(|truth| u8::from(*truth)).collect::<Vec<_>>());
            // the n-th requests of two load tests have nothing in common but their number: they are never a pair
            for seconds in score.iter().filter(|_| kind == Kind::Serving) {
                hasher.update(&seconds.to_bits().to_le_bytes());
            }
        }
        Columns::Regression { truth, .. } => {
            text(&mut hasher, "regression");
            truth.iter().for_each(|truth| {
                hasher.update(&(truth + 0.0).to_bits().to_le_bytes());
            });
        }
        Columns::Multiclass { truth, .. } => {
            text(&mut hasher, "multiclass");
            for class in truth {
                text(&mut hasher, labels.get(*class as usize).map_or("", String::as_str));
            }
        }
    }
    for (row, _) in defects.iter().filter(|(_, defect)| *defect == Defect::NullTruth) {
        hasher.update(&row.to_le_bytes());
    }
    for (column, groups) in slices {
        text(&mut hasher, column);
        for (value, rows) in groups {
            text(&mut hasher, value);
            rows.iter().for_each(|row| {
                hasher.update(&row.to_le_bytes());
            });
        }
    }
    hasher.finalize().to_hex().to_string()
}
