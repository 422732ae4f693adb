//! Logical and physical types.

use mlp_plan::{Column, Constraint, DataType, StructField, TimeUnit, ValueType};

use super::{
    quality::inner_quality,
    read::custom,
    rules::{bounds, members},
};
use crate::{
    fault::Fault,
    names,
    note::{Note, Outcome, Thing},
    read::{Map, Node},
    rest::{ColumnRest, ValueRest},
    sql::Dialect,
};

/// Physical types are those of any database: they are read as DuckDB and its neighbours spell them.
const DIALECT: Dialect = Dialect::DuckDb;

/// A type with all that its own entries say; what only a column has is left in the mapping.
pub(super) fn value(map: &mut Map<'_>, at: &str, notes: &mut Vec<Note>) -> Result<ValueType, Fault> {
    let logical = map.text("logicalType")?;
    let physical = map.spelled("physicalType")?;
    let mut options = match map.take("logicalTypeOptions") {
        Some(node) => node.map(map.at("logicalTypeOptions"))?,
        None => Map::none(),
    };
    let format = options.text("format")?;
    let data = data(map, &mut options, logical, physical.as_deref(), at, notes)?;
    let mut value = ValueType::plain(data);
    value.nullable = map.flag("required")? != Some(true);
    bounds(&mut options, &mut value, at, notes)?;
    options.finish(notes);
    if let Some(node) = map.take("enum") {
        members(node, &mut value, &map.at("enum"), notes)?;
    }
    beyond(&mut value, physical.as_deref(), format, at, notes);
    if map.flag("unique")? == Some(true) {
        value.constraints.push(Constraint::Unique);
    }
    Ok(value)
}

/// What the physical type says beyond the type that was read: the longest text is a constraint, the rest is lost. A format that no type has is lost, too.
fn beyond(value: &mut ValueType, physical: Option<&str>, format: Option<&str>, at: &str, notes: &mut Vec<Note>) {
    let mut lost = |what: String| notes.push(Note::new(Outcome::Lost, Thing::Type, at, what));
    if let Some(format) = format.filter(|_| !has_format(&value.data)) {
        lost(format!("format: {format}"));
    }
    let Some(text) = physical else { return };
    let spelled = crate::sql::spelled(text, DIALECT).filter(|spelled| spelled.known);
    let digits = matches!(value.data, DataType::Timestamp { naive: false, .. })
        && ["(3)", "(9)"].iter().any(|digits| text.contains(digits));
    match spelled {
        Some(spelled) if is_alike(&spelled.value.data, &value.data) && (spelled.lost.is_empty() || digits) => {
            let is_length = |held: &Constraint| matches!(held, Constraint::Length { .. });
            if value.data == DataType::String && !value.constraints.iter().any(is_length) {
                value.constraints.extend(spelled.value.constraints.into_iter().filter(is_length));
            }
        }
        _ => lost(format!("physicalType: {text}")),
    }
}

/// Whether the options of a type have a format that tells it from others.
const fn has_format(data: &DataType) -> bool {
    data.is_numeric() || matches!(data, DataType::String | DataType::Uuid | DataType::Bytes | DataType::Json)
}

/// Whether a type of a database is one in which values of the other are kept as they are.
fn is_alike(physical: &DataType, data: &DataType) -> bool {
    let texts = |data: &DataType| matches!(data, DataType::String | DataType::Enum { .. });
    let nested = |data: &DataType| {
        matches!(
            data,
            DataType::Json | DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. }
        )
    };
    let whole = |data: &DataType| matches!(data, DataType::Int(_) | DataType::Uint(_));
    let floats = |data: &DataType| matches!(data, DataType::Float(_));
    let instants = |data: &DataType| matches!(data, DataType::Timestamp { .. });
    physical == data
        || [texts, nested, whole, floats, instants]
            .iter()
            .any(|alike: &fn(&DataType) -> bool| alike(physical) && alike(data))
}

fn data(
    map: &mut Map<'_>,
    options: &mut Map<'_>,
    logical: Option<&str>,
    physical: Option<&str>,
    at: &str,
    notes: &mut Vec<Note>,
) -> Result<DataType, Fault> {
    let from_physical = physical.and_then(|text| crate::sql::spelled(text, DIALECT)).filter(|spelled| spelled.known);
    let from_physical = from_physical.map(|spelled| spelled.value.data);
    let format = options.text("format")?;
    Ok(match logical {
        None => match from_physical {
            Some(data) => data,
            None => {
                notes.push(Note::new(Outcome::Chosen, Thing::Type, at, "string, since neither type says more"));
                DataType::String
            }
        },
        Some("string") => match (format, from_physical) {
            (Some("uuid"), _) | (None, Some(DataType::Uuid)) => DataType::Uuid,
            (Some("binary" | "byte"), _) | (None, Some(DataType::Bytes)) => DataType::Bytes,
            (Some("json"), _) | (None, Some(DataType::Json)) => DataType::Json,
            (format, _) => {
                if let Some(format) = format {
                    notes.push(Note::new(Outcome::Lost, Thing::Constraint, at, format!("format: {format}")));
                }
                DataType::String
            }
        },
        Some("boolean") => DataType::Bool,
        Some("integer") => match (format.and_then(integer), from_physical) {
            (Some(data), _) | (None, Some(data @ (DataType::Int(_) | DataType::Uint(_)))) => data,
            (None, Some(data @ DataType::Decimal { scale: 0, .. })) => data,
            _ => DataType::Int(64),
        },
        Some("number") => match (format, from_physical) {
            (Some("f32"), _) => DataType::Float(32),
            (Some("f64"), _) => DataType::Float(64),
            (_, Some(data)) if data.is_numeric() => data,
            _ => DataType::Float(64),
        },
        Some("date") => match from_physical {
            Some(data @ DataType::Timestamp { .. }) => data,
            _ => DataType::Date,
        },
        Some("time") => DataType::Time,
        Some("timestamp") => {
            let zoned = options.flag("timezone")?;
            let naive = match (zoned, from_physical) {
                (Some(zoned), _) => !zoned,
                (None, Some(DataType::Timestamp { naive, .. })) => naive,
                (None, _) => false,
            };
            let unit = match physical.and_then(|text| text.split_once('(')).and_then(|(_, rest)| rest.split(')').next())
            {
                Some("0" | "1" | "2" | "3") => TimeUnit::Ms,
                Some("7" | "8" | "9") => TimeUnit::Ns,
                _ => TimeUnit::Us,
            };
            if let Some(zone) = options.spelled("defaultTimezone")?.filter(|zone| zone != "Etc/UTC" && zone != "UTC") {
                notes.push(Note::new(Outcome::Lost, Thing::Type, at, format!("defaultTimezone: {zone}")));
            }
            DataType::Timestamp { unit: if naive { TimeUnit::Us } else { unit }, naive }
        }
        Some("array") => match map.take("items") {
            Some(node) => DataType::List(Box::new(inner(node, &map.at("items"), &format!("{at}[]"), notes)?)),
            None => {
                notes.push(Note::new(Outcome::Chosen, Thing::Type, at, "list<string>, since `items` is missing"));
                DataType::List(Box::new(ValueType::plain(DataType::String)))
            }
        },
        Some("map") => {
            let path = map.at("map");
            let mut parts = match map.take("map") {
                Some(node) => node.map(path.as_str())?,
                None => Map::none(),
            };
            let mut part = |name: &str, instead: DataType| match parts.take(name) {
                Some(node) => inner(node, &format!("{path}.{name}"), &format!("{at}{{}}"), notes),
                None => {
                    let what = format!("{instead} for the {name} of the map, since it is not said");
                    notes.push(Note::new(Outcome::Chosen, Thing::Type, at, what));
                    Ok(ValueType::plain(instead))
                }
            };
            let (key, item) = (part("key", DataType::String)?, part("value", DataType::Json)?);
            parts.finish(notes);
            DataType::Map(Box::new(key), Box::new(item))
        }
        Some("object") => {
            let mut fields = Vec::new();
            for (index, node) in map.list("properties")?.iter().enumerate() {
                let mut property = node.map(format!("{}.properties[{index}]", map.path))?;
                fields.extend(field(&mut property, at, notes)?);
                property.finish(notes);
            }
            DataType::Struct(fields)
        }
        Some("vector") => {
            let length =
                options.count("dimensions")?.and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
            let element = match options.text("elementType")? {
                None | Some("float32") => DataType::Float(32),
                Some("float64") => DataType::Float(64),
                Some("int8") => DataType::Int(8),
                Some("uint8") => DataType::Uint(8),
                Some(other) => {
                    notes.push(Note::new(
                        Outcome::Lost,
                        Thing::Type,
                        at,
                        format!("elementType: {other}, read as float32"),
                    ));
                    DataType::Float(32)
                }
            };
            let element = Box::new(ValueType::plain(element));
            match length {
                Some(length) => DataType::Vector { element, length },
                None => {
                    notes.push(Note::new(
                        Outcome::Chosen,
                        Thing::Type,
                        at,
                        "list, since a vector says no `dimensions`",
                    ));
                    DataType::List(element)
                }
            }
        }
        Some(other) => {
            let help =
                "ODCS knows string, date, timestamp, time, number, integer, object, array, boolean, map and vector";
            return Err(Fault::new(format!("`{other}` is no logical type"), help)
                .at(map.at("logicalType"))
                .on(map.line));
        }
    })
}

fn integer(format: &str) -> Option<DataType> {
    Some(match format {
        "i8" => DataType::Int(8),
        "i16" => DataType::Int(16),
        "i32" => DataType::Int(32),
        "i64" => DataType::Int(64),
        "u8" => DataType::Uint(8),
        "u16" => DataType::Uint(16),
        "u32" => DataType::Uint(32),
        "u64" => DataType::Uint(64),
        "i128" | "u128" => DataType::Decimal { precision: 38, scale: 0 },
        _ => return None,
    })
}

fn inner(node: &Node, path: &str, at: &str, notes: &mut Vec<Note>) -> Result<ValueType, Fault> {
    let mut map = node.map(path)?;
    map.take("name");
    let rest = custom::<ValueRest>(&mut map, notes)?;
    let mut value = value(&mut map, at, notes)?;
    if let Some(rest) = rest {
        rest.restore(&mut value, at, notes);
    }
    inner_quality(&mut map, &mut value, notes)?;
    map.finish(notes);
    Ok(value)
}

fn field(map: &mut Map<'_>, at: &str, notes: &mut Vec<Note>) -> Result<Option<StructField>, Fault> {
    let name = map.spelled("name")?.ok_or_else(|| map.fault("a property needs a `name`", ""))?;
    let Some(name) = names::column(&name, at, notes) else {
        map.skip();
        return Ok(None);
    };
    let at = format!("{at}.{name}");
    let rest = custom::<ColumnRest>(map, notes)?;
    let mut value = value(map, &at, notes)?;
    inner_quality(map, &mut value, notes)?;
    let mut column = Column::plain(name, value);
    if let Some(rest) = rest {
        rest.restore(&mut column, &at, notes);
    }
    Ok(Some(StructField { name: column.name, value: column.value, default: column.default }))
}
