//! Parquet files: what their footers say, and the columns of a row group, read by ranges.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    compute::concat,
    datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef},
    error::ArrowError,
};
use mlp_plan::DataType;
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, statistics::StatisticsConverter,
        },
    },
    errors::ParquetError,
    file::{metadata::ParquetMetaData, statistics::Statistics},
};

use super::{
    blob::Blob,
    cast::{Origin, cast_value},
    pages::Chunks,
    read::BATCH_ROWS,
    set::Facts,
};
use crate::{EngineError, unharmed};

/// A file whose footer was read.
#[derive(Clone, Debug)]
pub struct ParquetFile {
    blob: Arc<dyn Blob>,
    metadata: ArrowReaderMetadata,
}

/// Batches of some columns.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch, EngineError>> + Send>;

/// Whether a file is as long as its footer says: what is settled by the footer alone is not read.
fn whole(metadata: &ParquetMetaData, blob: &dyn Blob) -> Result<(), EngineError> {
    for (group, row_group) in metadata.row_groups().iter().enumerate() {
        for column in row_group.columns() {
            let (start, length) = column.byte_range();
            if start.checked_add(length).is_none_or(|end| end > blob.size()) {
                let words = format!(
                    "not a whole Parquet file: by its footer, `{}` of row group {group} ends behind the end of the file, which has {} bytes",
                    column.column_path().string(),
                    blob.size()
                );
                return Err(EngineError::malformed(blob.name(), words));
            }
        }
    }
    Ok(())
}

impl ParquetFile {
    /// Reads the footer. With `dictionaries`, text that is a dictionary in the file stays one.
    ///
    /// # Errors
    /// Where the file is none, or is cut off.
    pub fn open(blob: Arc<dyn Blob>, dictionaries: bool) -> Result<Self, EngineError> {
        unharmed::attempt(|| Self::footer(Arc::clone(&blob), dictionaries)).unwrap_or_else(|| {
            Err(EngineError::malformed(blob.name(), "not a whole Parquet file: its footer is damaged"))
        })
    }

    fn footer(blob: Arc<dyn Blob>, dictionaries: bool) -> Result<Self, EngineError> {
        let wrong = |error: ParquetError| failed(blob.as_ref(), "not a whole Parquet file: ", error);
        let chunks = Chunks::new(Arc::clone(&blob), Vec::new());
        let mut metadata = ArrowReaderMetadata::load(&chunks, ArrowReaderOptions::new()).map_err(wrong)?;
        whole(metadata.metadata(), blob.as_ref())?;
        if dictionaries {
            let hinted = hinted(metadata.schema(), metadata.metadata());
            let options = ArrowReaderOptions::new().with_schema(hinted);
            metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(wrong)?;
        }
        Ok(Self { blob, metadata })
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// Rows of a row group; of all, where none is named.
    #[must_use]
    pub fn rows(&self, group: Option<usize>) -> u64 {
        let metadata = self.metadata.metadata();
        let rows = match group {
            Some(group) => metadata.row_groups().get(group).map_or(0, |group| group.num_rows()),
            None => metadata.file_metadata().num_rows(),
        };
        u64::try_from(rows).unwrap_or_default()
    }

    /// How many row groups there are.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// The columns at these places, of one row group or all.
    ///
    /// # Errors
    /// Where the file is not what its footer says.
    pub fn read(&self, group: Option<usize>, wanted: &[usize]) -> Result<Batches, EngineError> {
        let blob = Arc::clone(&self.blob);
        let metadata = self.metadata.metadata();
        let mask = ProjectionMask::roots(metadata.file_metadata().schema_descr(), wanted.iter().copied());
        let groups: Vec<usize> = group.map_or_else(|| (0..self.groups()).collect(), |group| vec![group]);
        let mut ranges = Vec::new();
        for group in groups.iter().filter_map(|group| metadata.row_groups().get(*group)) {
            let columns = group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
            ranges.extend(columns.map(|(_, chunk)| chunk.byte_range()).map(|(start, length)| (start, start + length)));
        }
        let within = group.map_or_else(String::new, |group| format!("row group {}: ", group + 1));
        let chunks = Chunks::new(Arc::clone(&blob), ranges);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(chunks, self.metadata.clone());
        let reader = builder.with_batch_size(BATCH_ROWS).with_row_groups(groups).with_projection(mask).build();
        let reader = reader.map_err(|error| failed(blob.as_ref(), &within, error))?;
        let batches = unharmed::batches(reader).map(move |batch| {
            batch.map_err(|error| match error {
                ArrowError::ParquetError(words) => {
                    EngineError::malformed(blob.name(), format!("{within}{}", plain(&words)))
                }
                error => EngineError::malformed(blob.name(), format!("{within}{error}")),
            })
        });
        Ok(Box::new(batches))
    }

    /// What the footer says of a column in a row group, its ends brought to a type of the language. Ends are taken of whole numbers, decimals and times only: what
    /// others have may be cut short, or passes over NaN.
    ///
    /// # Errors
    /// Where Arrow fails.
    pub fn facts(&self, group: usize, column: &str, data: &DataType) -> Result<Facts, EngineError> {
        let metadata = self.metadata.metadata();
        let descriptor = metadata.file_metadata().schema_descr();
        let Ok(converter) = StatisticsConverter::try_new(column, self.schema(), descriptor) else {
            return Ok(Facts::default());
        };
        let converter = converter.with_missing_null_counts_as_zero(false);
        let Some(group) = metadata.row_groups().get(group) else { return Ok(Facts::default()) };
        let leaf = converter.parquet_column_index().and_then(|leaf| group.columns().get(leaf));
        let Some(statistics) = leaf.and_then(|chunk| chunk.statistics()) else { return Ok(Facts::default()) };
        let nulls = converter.row_group_null_counts([group])?;
        let nulls = nulls.is_valid(0).then(|| nulls.value(0));
        if !has_exact_ends(converter.arrow_field().data_type(), statistics) {
            return Ok(Facts { nulls, ends: None });
        }
        let (least, most) = (converter.row_group_mins([group])?, converter.row_group_maxes([group])?);
        let ends = concat(&[least.as_ref(), most.as_ref()])?;
        Ok(Facts { nulls, ends: fitting(&ends, data) })
    }
}

/// Ends in the type of the contract, where both are there and are values of it.
fn fitting(ends: &ArrayRef, data: &DataType) -> Option<ArrayRef> {
    if ends.null_count() > 0 {
        return None;
    }
    match cast_value(ends, data, Origin::default()) {
        Ok(cast) if cast.failed.is_none() && cast.array.null_count() == 0 => Some(cast.array),
        _ => None,
    }
}

fn has_exact_ends(data: &ArrowType, statistics: &Statistics) -> bool {
    let whole = data.is_integer()
        || matches!(
            data,
            ArrowType::Decimal32(..)
                | ArrowType::Decimal64(..)
                | ArrowType::Decimal128(..)
                | ArrowType::Date32
                | ArrowType::Time32(_)
                | ArrowType::Time64(_)
                | ArrowType::Timestamp(..)
        );
    whole && statistics.min_is_exact() && statistics.max_is_exact() && !statistics.is_min_max_deprecated()
}

/// The file's schema, with text as a dictionary where its pages are small enough that they must be one: plain text takes four bytes a value for its length
/// alone.
fn hinted(schema: &SchemaRef, metadata: &ParquetMetaData) -> SchemaRef {
    let flat = schema.fields().len() == metadata.file_metadata().schema_descr().num_columns();
    let dense = |index: usize| {
        flat && metadata.row_groups().iter().all(|group| {
            group.columns().get(index).is_some_and(|chunk| {
                chunk.dictionary_page_offset().is_some()
                    && chunk.uncompressed_size() < chunk.num_values().saturating_mul(4).max(4_096)
            })
        })
    };
    let fields = schema.fields().iter().enumerate().map(|(index, field)| match field.data_type() {
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View if dense(index) => {
            let dictionary = ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(dictionary))
        }
        ArrowType::LargeUtf8 | ArrowType::Utf8View => Arc::new(Field::clone(field).with_data_type(ArrowType::Utf8)),
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Fields>(), schema.metadata().clone()))
}

/// An error with its file; one of the machine or the network stays what it is.
fn failed(blob: &dyn Blob, within: &str, error: ParquetError) -> EngineError {
    let error = match error {
        ParquetError::External(inner) => match inner.downcast::<EngineError>() {
            Ok(engine) => return *engine,
            Err(other) => ParquetError::External(other),
        },
        other => other,
    };
    EngineError::malformed(blob.name(), format!("{within}{}", plain(&error.to_string())))
}

/// The library's words, without who passed them on, and with what they mean where they do not say it.
fn plain(words: &str) -> String {
    let words = words.trim_start_matches("External: ");
    // no page begins as pages do: so the bytes of a column look that was encrypted under a plain footer
    if words.ends_with("Required field type_ is missing") {
        return "a column cannot be read: it is encrypted, or its pages are damaged".to_owned();
    }
    words.to_owned()
}
