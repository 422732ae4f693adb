//! Arrow's own format: files and streams.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
    error::ArrowError,
    ipc::reader::{FileReader, StreamReader},
};

use super::{
    blob::{Blob, Stream},
    read::{Part, Reading},
};
use crate::{EngineError, unharmed};

/// Opens a file or stream.
///
/// # Errors
/// Where it is neither, or is cut off.
pub fn open(blob: Arc<dyn Blob>, reading: Reading<'_>) -> Result<Part, EngineError> {
    unharmed::attempt(|| head(Arc::clone(&blob), reading))
        .unwrap_or_else(|| Err(EngineError::malformed(blob.name(), "not a whole Arrow file: its head is damaged")))
}

fn head(blob: Arc<dyn Blob>, reading: Reading<'_>) -> Result<Part, EngineError> {
    let wrong = |error: ArrowError| EngineError::malformed(blob.name(), format!("not a whole Arrow file: {error}"));
    let is_file = blob.size() >= 8 && blob.read(0..6)?.as_ref() == b"ARROW1";
    let wanted = |schema: &Schema| -> Vec<usize> {
        let fields = schema.fields().iter().enumerate();
        fields.filter(|(_, field)| reading.wants(field.name())).map(|(index, _)| index).collect()
    };
    let stream = || Stream::new(Arc::clone(&blob), 0);
    let (whole, batches): (SchemaRef, Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>) = if is_file {
        let all = FileReader::try_new(stream(), None).map_err(wrong)?.schema();
        (Arc::clone(&all), Box::new(FileReader::try_new(stream(), Some(wanted(&all))).map_err(wrong)?))
    } else {
        let all = StreamReader::try_new(stream(), None).map_err(wrong)?.schema();
        (Arc::clone(&all), Box::new(StreamReader::try_new(stream(), Some(wanted(&all))).map_err(wrong)?))
    };
    let schema = Arc::new(whole.project(&wanted(&whole))?);
    let batches = unharmed::batches(batches).map(move |batch| {
        batch.map_err(|error| EngineError::malformed(blob.name(), format!("it is cut off or damaged: {error}")))
    });
    Ok(Part { whole, schema, textual: false, rows: None, left_out: BTreeSet::new(), batches: Box::new(batches) })
}
