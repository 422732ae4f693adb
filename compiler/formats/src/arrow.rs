//! Arrow schemas: in the schema message of an Arrow IPC file, or in the footer of a Parquet file.

use std::{collections::HashMap, fmt::Display, io::Cursor, sync::Arc};

use arrow::{
    datatypes::{DataType as ArrowType, Field, Fields, Schema},
    ipc::{reader::FileReader, writer::FileWriter},
};
use bytes::Bytes;
use mlp_engine::table::{
    arrow_schema,
    arrow_types::{flat, time_unit},
};
use mlp_plan::{Column, Compatibility, Constraint, Contract, DataType, StructField, TimeUnit, ValueType};
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};

use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
    read::Node,
    rest::{ColumnRest, ContractRest, KEY, ValueRest, Voice, heard_column, parsed, written},
};

/// The key of docs in the metadata of a field.
const DOC: &str = "description";

/// What Arrow says by itself.
pub(crate) struct Arrow;

impl Voice for Arrow {
    fn value(&self, value: &ValueType) -> ValueType {
        let data = match &value.data {
            DataType::Uuid | DataType::Json | DataType::Enum { .. } => DataType::String,
            other => other.clone(),
        };
        ValueType { data, nullable: value.nullable, unit: None, constraints: Vec::new() }
    }

    fn inner(&self, value: &ValueType) -> ValueType {
        ValueType { nullable: true, ..self.value(value) }
    }

    fn column(&self, column: &Column) -> Column {
        Column {
            doc: column.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            ..Column::plain(column.name.as_str(), column.value.clone())
        }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        Contract {
            name: contract.name.clone(),
            doc: contract.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            compatibility: Compatibility::None,
            ..Contract::default()
        }
    }
}

/// The schema of a contract, with what Arrow does not say in its metadata.
fn schema(contract: &Contract) -> Schema {
    let plain = arrow_schema(contract);
    let fields = contract.columns.iter().zip(plain.fields()).map(|(column, field)| {
        let mut heard = heard_column(&Arrow, column);
        // a key makes a column non-null, whatever its type says
        heard.value.nullable = field.is_nullable();
        let rest = written(&ColumnRest::of(column, &heard));
        let deep = described(field.as_ref().clone(), &column.value.data);
        deep.with_metadata(metadata(rest, heard.doc))
    });
    let heard = Arrow.contract(contract);
    let mut about = metadata(written(&ContractRest::of(contract, &heard)), heard.doc);
    about.insert("name".to_owned(), contract.name.clone());
    Schema::new_with_metadata(fields.collect::<Fields>(), about)
}

fn metadata(rest: Option<mlp_write::Doc>, doc: Option<String>) -> HashMap<String, String> {
    let rest = rest.map(|rest| (KEY.to_owned(), mlp_write::json::flat(&rest)));
    rest.into_iter().chain(doc.map(|doc| (DOC.to_owned(), doc))).collect()
}

/// The same field with the rests of what is inside of it.
fn described(field: Field, data: &DataType) -> Field {
    let inner = |field: &Arc<Field>, value: &ValueType| {
        let rest = written(&ValueRest::of(value, &Arrow.inner(value)));
        Arc::new(described(field.as_ref().clone(), &value.data).with_metadata(metadata(rest, None)))
    };
    let ty = match (field.data_type(), data) {
        (ArrowType::List(item), DataType::List(element)) => ArrowType::List(inner(item, element)),
        (ArrowType::FixedSizeList(item, length), DataType::Vector { element, .. }) => {
            ArrowType::FixedSizeList(inner(item, element), *length)
        }
        (ArrowType::Struct(fields), DataType::Struct(parts)) => {
            let each = fields.iter().zip(parts).map(|(field, part)| {
                let column =
                    Column { default: part.default.clone(), ..Column::plain(part.name.as_str(), part.value.clone()) };
                let heard = Column::plain(part.name.as_str(), Arrow.inner(&part.value));
                let rest = written(&ColumnRest::of(&column, &heard));
                Arc::new(described(field.as_ref().clone(), &part.value.data).with_metadata(metadata(rest, None)))
            });
            ArrowType::Struct(each.collect())
        }
        (ArrowType::Map(entries, sorted), DataType::Map(key, value)) => {
            let ArrowType::Struct(parts) = entries.data_type() else { return field };
            let parts: Fields = parts
                .iter()
                .zip([key, value])
                .map(|(part, held)| {
                    let heard = ValueType { nullable: part.is_nullable(), ..Arrow.inner(held) };
                    let rest = written(&ValueRest::of(held, &heard));
                    Arc::new(described(part.as_ref().clone(), &held.data).with_metadata(metadata(rest, None)))
                })
                .collect();
            let entries = Field::new(entries.name(), ArrowType::Struct(parts), entries.is_nullable());
            ArrowType::Map(Arc::new(entries), *sorted)
        }
        _ => return field,
    };
    field.with_data_type(ty)
}

/// An Arrow IPC file without rows.
pub(crate) fn export_ipc(contract: &Contract) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let fault = |error: arrow::error::ArrowError| Fault::new(format!("Arrow cannot hold this schema: {error}"), "");
    let mut writer = FileWriter::try_new(&mut out, &schema(contract)).map_err(fault)?;
    writer.finish().map_err(fault)?;
    drop(writer);
    Ok(out)
}

/// A Parquet file without rows.
pub(crate) fn export_parquet(contract: &Contract) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let fault = |error: parquet::errors::ParquetError| {
        Fault::new(format!("Parquet cannot hold this schema: {error}"), "export it as arrow, or leave the column out")
            .at(contract.name.as_str())
    };
    let writer = ArrowWriter::try_new(&mut out, Arc::new(schema(contract)), None).map_err(fault)?;
    writer.close().map_err(fault)?;
    Ok(out)
}

/// The contract of an Arrow IPC file.
pub(crate) fn import_ipc(bytes: &[u8]) -> Result<Imported, Fault> {
    let reader = unharmed("Arrow IPC", || FileReader::try_new(Cursor::new(bytes), None))?;
    Ok(from_data(import(&reader.schema())?, reader.num_batches() > 0))
}

/// The contract of a Parquet file.
pub(crate) fn import_parquet(bytes: Vec<u8>) -> Result<Imported, Fault> {
    let builder = unharmed("Parquet", || ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)))?;
    Ok(from_data(import(builder.schema())?, builder.metadata().file_metadata().num_rows() > 0))
}

/// What a file with rows says beyond its schema is not looked at here.
fn from_data(mut imported: Imported, has_rows: bool) -> Imported {
    if let Some(contract) = imported.contracts.first().filter(|_| has_rows) {
        let what = "names, types and null-ness, as the schema has them; `mlp contract infer` looks at the rows, too";
        imported.notes.push(Note::new(Outcome::Chosen, Thing::Foreign, contract.name.as_str(), what));
    }
    imported
}

/// What a reader answers; a fault where it fails, also over damage that the library does not look for.
fn unharmed<T, E: Display>(format: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, Fault> {
    let fault = |why: String| Fault::new(format!("this is no {format} file: {why}"), "").or_another_format();
    match mlp_engine::unharmed::attempt(read) {
        Some(answer) => answer.map_err(|error| fault(error.to_string())),
        None => Err(fault("its head is damaged".to_owned())),
    }
}

fn import(schema: &Schema) -> Result<Imported, Fault> {
    let mut notes = Vec::new();
    let about = schema.metadata();
    let name = about.get("name").map_or(names::UNNAMED, String::as_str);
    let mut contract = Contract { name: names::contract(name), ..Contract::default() };
    contract.doc = about.get(DOC).and_then(|doc| tidy_doc(doc));
    for field in schema.fields() {
        let at = format!("{}.{}", contract.name, field.name());
        let Some(name) = names::column(field.name(), &contract.name, &mut notes) else { continue };
        let mut column = Column::plain(name, value(field, &at, &mut notes)?);
        column.doc = field.metadata().get(DOC).and_then(|doc| tidy_doc(doc));
        if let Some(rest) = rest(field.metadata(), &at)? {
            parsed::<ColumnRest>(&rest, &at)?.restore(&mut column, &at, &mut notes);
        }
        others(field.metadata(), &at, &mut notes);
        contract.columns.push(column);
    }
    if let Some(rest) = rest(about, "the schema")? {
        parsed::<ContractRest>(&rest, "the schema")?.restore(&mut contract);
    }
    others(about, &contract.name, &mut notes);
    Ok(Imported { contracts: vec![contract], notes })
}

fn rest(metadata: &HashMap<String, String>, at: &str) -> Result<Option<Node>, Fault> {
    metadata.get(KEY).map(|text| crate::read::json(text).map_err(|fault| fault.at(at))).transpose()
}

/// Keys of the metadata that nobody here reads; those of Arrow and Parquet themselves say nothing about the contract.
fn others(metadata: &HashMap<String, String>, at: &str, notes: &mut Vec<Note>) {
    let own = |key: &str| [KEY, DOC, "name"].contains(&key) || key.starts_with("ARROW:") || key.starts_with("PARQUET:");
    let mut keys: Vec<&String> = metadata.keys().filter(|key| !own(key)).collect();
    keys.sort();
    notes.extend(
        keys.into_iter().map(|key| Note::new(Outcome::Lost, Thing::Foreign, at, format!("the metadata {key}"))),
    );
}

fn value(field: &Field, at: &str, notes: &mut Vec<Note>) -> Result<ValueType, Fault> {
    let data = data(field.data_type(), at, notes)?;
    let data = match field.metadata().get("ARROW:extension:name").map(String::as_str) {
        Some("arrow.uuid") => DataType::Uuid,
        Some("arrow.json") => DataType::Json,
        _ => data,
    };
    let mut constraints = Vec::new();
    if let ArrowType::FixedSizeBinary(size) = field.data_type()
        && data == DataType::Bytes
        && let Ok(size) = u64::try_from(*size)
    {
        constraints.push(Constraint::Length { min: size, max: Some(size) });
    }
    Ok(ValueType { nullable: field.is_nullable(), constraints, ..ValueType::plain(data) })
}

fn inner(field: &Field, at: &str, notes: &mut Vec<Note>) -> Result<ValueType, Fault> {
    let mut value = value(field, at, notes)?;
    if let Some(rest) = rest(field.metadata(), at)? {
        parsed::<ValueRest>(&rest, at)?.restore(&mut value, at, notes);
    }
    Ok(value)
}

fn data(ty: &ArrowType, at: &str, notes: &mut Vec<Note>) -> Result<DataType, Fault> {
    Ok(match ty {
        ArrowType::Float16 => DataType::Float(32),
        ArrowType::Decimal32(precision, scale)
        | ArrowType::Decimal64(precision, scale)
        | ArrowType::Decimal128(precision, scale)
        | ArrowType::Decimal256(precision, scale) => {
            // zeros before the point are digits like others
            let more = scale.min(&0).unsigned_abs();
            let digits = precision.saturating_add(more);
            let data = DataType::Decimal {
                precision: digits.min(38),
                scale: u8::try_from(*scale.max(&0)).unwrap_or(0).min(38),
            };
            if digits > 38 {
                notes.push(Note::new(Outcome::Lost, Thing::Type, at, format!("{ty}, read as {data}")));
            }
            data
        }
        ArrowType::Timestamp(of, zone) => {
            if let Some(zone) = zone.as_deref().filter(|zone| !["UTC", "+00:00", "Z", "Etc/UTC"].contains(zone)) {
                notes.push(Note::new(
                    Outcome::Lost,
                    Thing::Type,
                    at,
                    format!("the zone {zone}: an instant has none here"),
                ));
            }
            let naive = zone.is_none();
            if naive && time_unit(*of) != TimeUnit::Us {
                notes.push(Note::new(Outcome::Lost, Thing::Type, at, format!("{ty}, read as timestamp(naive)")));
            }
            DataType::Timestamp { unit: if naive { TimeUnit::Us } else { time_unit(*of) }, naive }
        }
        ArrowType::Dictionary(_, values) => data(values, at, notes)?,
        ArrowType::RunEndEncoded(_, values) => data(values.data_type(), at, notes)?,
        ArrowType::List(item)
        | ArrowType::LargeList(item)
        | ArrowType::ListView(item)
        | ArrowType::LargeListView(item) => DataType::List(Box::new(inner(item, &format!("{at}[]"), notes)?)),
        ArrowType::FixedSizeList(item, length) => {
            let element = Box::new(inner(item, &format!("{at}[]"), notes)?);
            match u32::try_from(*length) {
                Ok(length) if length > 0 => DataType::Vector { element, length },
                _ => DataType::List(element),
            }
        }
        ArrowType::Map(entries, _) => match entries.data_type() {
            ArrowType::Struct(parts) => match parts.as_ref() {
                [key, item] => DataType::Map(
                    Box::new(inner(key, &format!("{at}{{key}}"), notes)?),
                    Box::new(inner(item, &format!("{at}{{}}"), notes)?),
                ),
                _ => return Err(Fault::new("a map without key and value", "").at(at)),
            },
            _ => return Err(Fault::new("a map without key and value", "").at(at)),
        },
        ArrowType::Struct(fields) => {
            let mut parts = Vec::new();
            for field in fields {
                let Some(name) = names::column(field.name(), at, notes) else { continue };
                let at = format!("{at}.{name}");
                let mut column = Column::plain(name, value(field, &at, notes)?);
                if let Some(rest) = rest(field.metadata(), &at)? {
                    parsed::<ColumnRest>(&rest, &at)?.restore(&mut column, &at, notes);
                }
                parts.push(StructField { name: column.name, value: column.value, default: column.default });
            }
            DataType::Struct(parts)
        }
        ArrowType::Null => {
            notes.push(Note::new(Outcome::Chosen, Thing::Type, at, "string, since the column holds nothing but nulls"));
            DataType::String
        }
        other => flat(other).unwrap_or_else(|| {
            notes.push(Note::new(Outcome::Lost, Thing::Type, at, format!("{other}, read as json")));
            DataType::Json
        }),
    })
}
