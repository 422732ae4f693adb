//! From an ODCS document to contracts.

use mlp_plan::{
    Column, CompareOp, Constraint, Contract, DataType, Expr, Literal, Reference, StructField, TimeUnit, ValueType,
};

use super::{
    NO_VERSION,
    quality::{inner_quality, quality},
};
use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
    pattern,
    read::{Map, Node},
    rest::{ColumnRest, ContractRest, KEY, ValueRest, parsed},
    values,
};

/// The contracts of a document.
pub(crate) fn import(node: &Node) -> Result<Imported, Fault> {
    let mut top = node.map("")?;
    let mut notes = Vec::new();
    let api = top.spelled("apiVersion")?;
    let Some(api) = api.filter(|_| top.has("kind")) else {
        return Err(Fault::new(
            "this is not an ODCS document: it has no `apiVersion` and `kind: DataContract`",
            "say with --from which format it has",
        ));
    };
    if !api.trim_start_matches('v').starts_with("3.") {
        let help = "ODCS 3.0 to 3.2 are read; datacontract-cli brings older documents up to date";
        return Err(top.fault(format!("apiVersion {api} is not version 3 of ODCS"), help));
    }
    let kind = top.text("kind")?;
    if kind != Some("DataContract") {
        return Err(top.fault("`kind` is not DataContract", "only data contracts can be imported"));
    }
    let objects = top.list("schema")?;
    if objects.is_empty() {
        return Err(top.fault("there is no `schema`, so that there is nothing to import", ""));
    }
    let version = top.spelled("version")?.filter(|version| version != NO_VERSION);
    let version = version.and_then(|version| names::version(&version, "version", &mut notes));
    let owner = team(&mut top, &mut notes)?;
    let (id, name) = (top.spelled("id")?, top.spelled("name")?);
    let status = top.spelled("status")?.filter(|status| status != "active");
    let mut contracts = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let mut contract = Contract { owner: owner.clone(), version: version.clone(), ..Contract::default() };
        let mut map = object.map(format!("schema[{at}]"))?;
        self::object(&mut map, &mut contract, &mut notes)?;
        map.finish(&mut notes);
        contracts.push(contract);
    }
    for (key, text) in [("id", id), ("name", name)] {
        if let Some(text) = text.filter(|text| !contracts.iter().any(|contract| contract.name == *text)) {
            notes.push(Note::new(Outcome::Lost, Thing::Foreign, key, format!("{key}: {text}")));
        }
    }
    if let Some(status) = status {
        notes.push(Note::new(Outcome::Lost, Thing::Foreign, "status", format!("status: {status}")));
    }
    describe(&mut top, &mut contracts, &mut notes)?;
    top.finish(&mut notes);
    Ok(Imported { contracts, notes })
}

/// The owner: the name of the team, or, in the older form, whoever of its members is one.
fn team(top: &mut Map<'_>, notes: &mut Vec<Note>) -> Result<Option<String>, Fault> {
    let Some(node) = top.take("team") else { return Ok(None) };
    if let Some(members) = node.as_list() {
        let mut owner = None;
        for (at, member) in members.iter().enumerate() {
            let mut member = member.map(format!("team[{at}]"))?;
            let role = member.text("role")?.unwrap_or_default().to_lowercase();
            let name = member.spelled("username")?;
            if owner.is_none() && (role.contains("owner") || members.len() == 1) {
                owner = name;
            } else if let Some(name) = name {
                notes.push(Note::new(Outcome::Lost, Thing::Owner, format!("team[{at}]"), format!("{role} {name}")));
            }
            member.finish(notes);
        }
        return Ok(owner);
    }
    let mut team = node.map("team")?;
    let name = team.spelled("name")?;
    team.finish(notes);
    Ok(name)
}

/// The description of the whole: of a single contract without one, its docs.
fn describe(top: &mut Map<'_>, contracts: &mut [Contract], notes: &mut Vec<Note>) -> Result<(), Fault> {
    let Some(node) = top.take("description") else { return Ok(()) };
    let text = match node.as_text() {
        Some(text) => Some(text.to_owned()),
        None => {
            let mut parts = node.map("description")?;
            let mut lines = Vec::new();
            for key in ["purpose", "usage", "limitations"] {
                lines.extend(parts.text(key)?.and_then(tidy_doc));
            }
            parts.finish(notes);
            tidy_doc(&lines.join("\n\n"))
        }
    };
    match (contracts, text) {
        ([contract], Some(text)) if contract.doc.is_none() => contract.doc = Some(text),
        (_, Some(text)) => {
            notes.push(Note::new(Outcome::Lost, Thing::Doc, format!("description, line {}", node.line), text));
        }
        (_, None) => {}
    }
    Ok(())
}

fn object(map: &mut Map<'_>, contract: &mut Contract, notes: &mut Vec<Note>) -> Result<(), Fault> {
    let name = map.spelled("name")?.ok_or_else(|| map.fault("an object needs a `name`", ""))?;
    contract.name = names::contract(&name);
    if let Some(physical) = map.spelled("physicalName")?.filter(|physical| *physical != name) {
        notes.push(Note::new(Outcome::Lost, Thing::Foreign, map.path.as_str(), format!("physicalName: {physical}")));
    }
    map.text("logicalType")?;
    contract.doc = map.text("description")?.and_then(tidy_doc);
    let rest = custom::<ContractRest>(map, notes)?;
    let mut key: Vec<(i64, String)> = Vec::new();
    for (at, node) in map.list("properties")?.iter().enumerate() {
        let mut property = node.map(format!("{}.properties[{at}]", map.path))?;
        self::property(&mut property, contract, &mut key, notes)?;
        property.finish(notes);
    }
    key.sort_by_key(|(place, _)| *place);
    if !key.is_empty() {
        contract.keys.push(key.into_iter().map(|(_, name)| name).collect());
    }
    relationships(map, contract, None, notes)?;
    quality(map, contract, None, notes)?;
    if let Some(rest) = rest {
        rest.restore(contract);
    }
    Ok(())
}

/// The rest that was put aside; other custom properties are lost.
fn custom<T: serde::de::DeserializeOwned>(map: &mut Map<'_>, notes: &mut Vec<Note>) -> Result<Option<T>, Fault> {
    let mut rest = None;
    for (at, node) in map.list("customProperties")?.iter().enumerate() {
        let path = format!("{}.customProperties[{at}]", map.path);
        let mut each = node.map(path.as_str())?;
        if node.get("property").and_then(Node::as_text) == Some(KEY)
            && let Some(value) = node.get("value")
        {
            rest = Some(parsed(value, &path)?);
            each.take("property");
            each.take("value");
        }
        each.finish(notes);
    }
    Ok(rest)
}

fn property(
    map: &mut Map<'_>,
    contract: &mut Contract,
    key: &mut Vec<(i64, String)>,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    let name = map.spelled("name")?.ok_or_else(|| map.fault("a property needs a `name`", ""))?;
    let name = names::column(&name).map_err(|fault| fault.at(map.path.as_str()).on(map.line))?;
    let at = format!("{}.{name}", contract.name);
    if let Some(physical) = map.spelled("physicalName")?.filter(|physical| *physical != name) {
        notes.push(Note::new(Outcome::Lost, Thing::Foreign, at.as_str(), format!("physicalName: {physical}")));
    }
    let rest = custom::<ColumnRest>(map, notes)?;
    let mut column = Column::plain(name.as_str(), value(map, &at, notes)?);
    column.doc = map.text("description")?.and_then(tidy_doc);
    let mut tags = map.texts("tags")?;
    tags.extend(map.spelled("classification")?);
    column.tags = names::tags(tags, &at, notes);
    if map.flag("deprecated")? == Some(true) {
        column.deprecated = Some("deprecated".to_owned());
    }
    let position = map.take("primaryKeyPosition").and_then(Node::spelled).and_then(|text| text.parse().ok());
    if map.flag("primaryKey")? == Some(true) {
        key.push((position.unwrap_or(i64::MAX), name.clone()));
    }
    relationships(map, contract, Some(&name), notes)?;
    contract.columns.push(column);
    quality(map, contract, Some(&name), notes)?;
    if let (Some(rest), Some(column)) = (rest, contract.columns.last_mut()) {
        rest.restore(column, &at, notes);
    }
    Ok(())
}

/// A type with all that its own entries say; what only a column has is left in the mapping.
fn value(map: &mut Map<'_>, at: &str, notes: &mut Vec<Note>) -> Result<ValueType, Fault> {
    let logical = map.text("logicalType")?;
    let physical = map.spelled("physicalType")?;
    let mut options = match map.take("logicalTypeOptions") {
        Some(node) => node.map(map.at("logicalTypeOptions"))?,
        None => Map::none(),
    };
    let data = data(map, &mut options, logical, physical.as_deref(), at, notes)?;
    let mut value = ValueType::plain(data);
    value.nullable = map.flag("required")? != Some(true);
    bounds(&mut options, &mut value, at, notes)?;
    options.finish(notes);
    if let Some(node) = map.take("enum") {
        members(node, &mut value, &map.at("enum"), notes)?;
    }
    if map.flag("unique")? == Some(true) {
        value.constraints.push(Constraint::Unique);
    }
    Ok(value)
}

fn data(
    map: &mut Map<'_>,
    options: &mut Map<'_>,
    logical: Option<&str>,
    physical: Option<&str>,
    at: &str,
    notes: &mut Vec<Note>,
) -> Result<DataType, Fault> {
    let from_physical = physical.and_then(crate::sql::type_of_text);
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
            let node = map.take("map").ok_or_else(|| map.fault("a map needs `map` with `key` and `value`", ""))?;
            let path = map.at("map");
            let mut parts = node.map(path.as_str())?;
            let mut part = |name: &str| match parts.take(name) {
                Some(node) => inner(node, &format!("{path}.{name}"), &format!("{at}{{}}"), notes),
                None => Err(Fault::new(format!("a map needs a `{name}`"), "").at(path.as_str()).on(node.line)),
            };
            let (key, item) = (part("key")?, part("value")?);
            parts.finish(notes);
            DataType::Map(Box::new(key), Box::new(item))
        }
        Some("object") => {
            let mut fields = Vec::new();
            for (index, node) in map.list("properties")?.iter().enumerate() {
                let mut property = node.map(format!("{}.properties[{index}]", map.path))?;
                fields.push(field(&mut property, at, notes)?);
                property.finish(notes);
            }
            DataType::Struct(fields)
        }
        Some("vector") => {
            let length =
                options.count("dimensions")?.and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
            let length = length.ok_or_else(|| options.fault("a vector needs `dimensions`", ""))?;
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
            DataType::Vector { element: Box::new(ValueType::plain(element)), length }
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

fn field(map: &mut Map<'_>, at: &str, notes: &mut Vec<Note>) -> Result<StructField, Fault> {
    let name = map.spelled("name")?.ok_or_else(|| map.fault("a property needs a `name`", ""))?;
    let name = names::column(&name).map_err(|fault| fault.at(map.path.as_str()).on(map.line))?;
    let at = format!("{at}.{name}");
    let rest = custom::<ColumnRest>(map, notes)?;
    let mut value = value(map, &at, notes)?;
    inner_quality(map, &mut value, notes)?;
    let mut column = Column::plain(name, value);
    if let Some(rest) = rest {
        rest.restore(&mut column, &at, notes);
    }
    Ok(StructField { name: column.name, value: column.value, default: column.default })
}

/// `enum`: a type of its own where its values are names, a set otherwise.
fn members(node: &Node, value: &mut ValueType, path: &str, notes: &mut Vec<Note>) -> Result<(), Fault> {
    let items = node.as_list().ok_or_else(|| node.wrong(path, "a list"))?;
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let mut member = item.map(format!("{path}[{at}]"))?;
        let literal = member.take("value").and_then(|node| values::literal(node, &value.data));
        found.push(
            literal.ok_or_else(|| member.fault(format!("a member needs a `value` that is a {}", value.data), ""))?,
        );
        member.finish(notes);
    }
    let names: Option<Vec<String>> = found
        .iter()
        .map(|member| match member {
            Literal::Text(text) if crate::mlp::is_name(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    match names {
        Some(members) if value.data == DataType::String && value.constraints.is_empty() => {
            value.data = DataType::Enum { members, open: false };
        }
        _ => value.constraints.push(Constraint::OneOf(found)),
    }
    Ok(())
}

/// Bounds, lengths and the pattern.
fn bounds(options: &mut Map<'_>, value: &mut ValueType, at: &str, notes: &mut Vec<Note>) -> Result<(), Fault> {
    let data = value.data.clone();
    let end = |options: &mut Map<'_>, key: &str| match options.take(key) {
        None => Ok(None),
        Some(node) => values::literal(node, &data)
            .map(Some)
            .ok_or_else(|| Fault::new(format!("this bound is no {data}"), "").at(options.at(key)).on(node.line)),
    };
    let (low, high) = (end(options, "minimum")?, end(options, "maximum")?);
    let (above, below) = (end(options, "exclusiveMinimum")?, end(options, "exclusiveMaximum")?);
    if low.is_some() || high.is_some() {
        value.constraints.push(Constraint::Range { low, high });
    }
    for (op, bound) in [(CompareOp::Gt, above), (CompareOp::Lt, below)] {
        if let Some(bound) = bound {
            let expr = Expr::Compare(op, Box::new(Expr::This), Box::new(Expr::Literal(bound)));
            value.constraints.push(Constraint::Where(expr));
        }
    }
    for (least, most) in [("minLength", "maxLength"), ("minItems", "maxItems")] {
        let (min, max) = (options.count(least)?, options.count(most)?);
        if min.is_some() || max.is_some() {
            value.constraints.push(Constraint::Length { min: min.unwrap_or(0), max });
        }
    }
    if let Some(text) = options.text("pattern")? {
        value.constraints.extend(pattern::imported(text, at, notes));
    }
    Ok(())
}

fn relationships(
    map: &mut Map<'_>,
    contract: &mut Contract,
    column: Option<&str>,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    for (at, node) in map.list("relationships")?.iter().enumerate() {
        let mut each = node.map(format!("{}.relationships[{at}]", map.path))?;
        each.take("type");
        let to = each.texts("to")?;
        let from = match column {
            Some(column) => vec![format!("{}.{column}", contract.name)],
            None => each.texts("from")?,
        };
        let owner = to.first().and_then(|end| end.rsplit_once('.')).map(|(owner, _)| owner.to_owned());
        let columns = |ends: &[String]| -> Option<Vec<String>> {
            ends.iter().map(|end| end.rsplit_once('.').map(|(_, column)| column.to_owned())).collect()
        };
        match (owner, columns(&to), columns(&from)) {
            (Some(owner), Some(to), Some(from)) if to.len() == from.len() && !owner.contains(['/', '#', '.']) => {
                contract.references.push(Reference { contract: names::contract(&owner), to, from });
            }
            _ => notes.push(Note::new(
                Outcome::Lost,
                Thing::Reference,
                each.path.as_str(),
                format!("from {} to {}", from.join(", "), to.join(", ")),
            )),
        }
        each.finish(notes);
    }
    Ok(())
}
