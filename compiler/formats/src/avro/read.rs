//! From an Avro schema to contracts.

use std::collections::HashMap;

use mlp_plan::{Column, Constraint, Contract, DataType, Literal, StructField, TimeUnit, ValueType};

use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
    read::{Kind, Map, Node},
    rest::{ColumnRest, ContractRest, KEY, ValueRest, parsed},
    values,
};

/// The contract of a record, or those of a list of records.
pub(crate) fn import(node: &Node) -> Result<Imported, Fault> {
    let mut reader = Reader { notes: Vec::new(), known: HashMap::new(), fields: 0 };
    // a protocol holds its types in a list, beside its messages
    let protocol = node.get("protocol").is_some();
    let list = if protocol { node.get("types").unwrap_or(node) } else { node };
    if protocol {
        let mut map = node.map("")?;
        map.take("types");
        map.finish(&mut reader.notes);
    }
    // of a list of rows, the rows count
    let single = match list.get("items") {
        Some(items) if list.get("type").and_then(Node::as_text) == Some("array") => items,
        _ => list,
    };
    let records: Vec<&Node> = list.as_list().map_or_else(|| vec![single], |items| items.iter().collect());
    let mut contracts = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let path = if records.len() > 1 { format!("[{at}]") } else { String::new() };
        if matches!(record.get("type").and_then(Node::as_text), Some("record" | "error")) {
            contracts.push(reader.contract(record, &path)?);
        } else if records.len() > 1 {
            // an enum or a fixed, which the records after it name
            let name = record.get("name").and_then(Node::spelled).unwrap_or_default();
            reader.value(record, &path, &name)?;
        }
    }
    if contracts.is_empty() {
        let help = "a contract is made of a record";
        let fault = Fault::new("this is no Avro schema of a record: it has no `type: record`", help);
        return Err(fault.or_another_format().on(node.line));
    }
    Ok(Imported { contracts, notes: reader.notes })
}

struct Reader {
    notes: Vec<Note>,
    /// Named types by their name, without namespace, and how many fields they have; `None` while one is read.
    known: HashMap<String, Option<(ValueType, usize)>>,
    /// How many fields were made, those of types that are used twice counted twice.
    fields: usize,
}

/// How many fields the contracts of a file may have, those of types that are used twice counted twice.
const MAX_FIELDS: usize = 10_000;

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

impl Reader {
    fn note(&mut self, outcome: Outcome, thing: Thing, at: &str, what: impl Into<String>) {
        self.notes.push(Note::new(outcome, thing, at, what));
    }

    fn contract(&mut self, node: &Node, path: &str) -> Result<Contract, Fault> {
        let mut map = node.map(path)?;
        map.take("type");
        let name = map.text("name")?.ok_or_else(|| map.fault("a record needs a `name`", ""))?;
        let mut contract = Contract { name: names::contract(short(name)), ..Contract::default() };
        self.known.insert(short(name).to_owned(), None);
        let before = self.fields;
        contract.doc = map.text("doc")?.and_then(tidy_doc);
        contract.columns = self.fields(&mut map, &contract.name)?;
        if let Some(rest) = map.take(KEY) {
            parsed::<ContractRest>(rest, &map.at(KEY))?.restore(&mut contract);
        }
        let fields = contract.columns.iter().map(|column| StructField {
            name: column.name.clone(),
            value: column.value.clone(),
            default: column.default.clone(),
        });
        self.know(name, ValueType::plain(DataType::Struct(fields.collect())), before);
        map.finish(&mut self.notes);
        Ok(contract)
    }

    fn fields(&mut self, map: &mut Map<'_>, at: &str) -> Result<Vec<Column>, Fault> {
        let mut columns = Vec::new();
        let path = map.at("fields");
        for (index, node) in map.list("fields")?.iter().enumerate() {
            columns.extend(self.field(&mut node.map(format!("{path}[{index}]"))?, at)?);
        }
        Ok(columns)
    }

    fn field(&mut self, map: &mut Map<'_>, at: &str) -> Result<Option<Column>, Fault> {
        let name = map.text("name")?.ok_or_else(|| map.fault("a field needs a `name`", ""))?;
        let Some(name) = names::column(name, at, &mut self.notes) else { return Ok(None) };
        let at = format!("{at}.{name}");
        self.fields += 1;
        let ty = map.take("type").ok_or_else(|| map.fault(format!("the field `{name}` needs a `type`"), ""))?;
        let mut column = Column::plain(name, self.value(ty, &map.at("type"), &at)?);
        column.doc = map.text("doc")?.and_then(tidy_doc);
        let aliases = map.texts("aliases")?;
        for (index, alias) in aliases.into_iter().enumerate() {
            if index == 0 && crate::mlp::is_name(&alias) {
                column.was = Some(alias);
            } else {
                self.note(Outcome::Lost, Thing::Was, &at, format!("the alias {alias}"));
            }
        }
        let default = map.entries().iter().find(|(key, _)| key == "default").map(|(_, node)| node);
        map.take("default");
        if let Some(default) = default {
            match values::literal(default, &column.value.data) {
                Some(default)
                    if default == Literal::Null
                        || !matches!(column.value.data, DataType::Bytes | DataType::Decimal { .. }) =>
                {
                    column.default = Some(default);
                }
                _ => {
                    let text = mlp_write::json::flat(&default.doc());
                    self.note(Outcome::Lost, Thing::Default, &at, format!("default: {text}"));
                }
            }
        }
        if let Some(rest) = map.take(KEY) {
            parsed::<ColumnRest>(rest, &map.at(KEY))?.restore(&mut column, &at, &mut self.notes);
        }
        std::mem::replace(map, Map::none()).finish(&mut self.notes);
        Ok(Some(column))
    }

    fn value(&mut self, node: &Node, path: &str, at: &str) -> Result<ValueType, Fault> {
        match &node.kind {
            Kind::Text(name) => Ok(self.named(name, at)),
            Kind::List(branches) => {
                let null = |node: &&Node| node.as_text() == Some("null");
                let others: Vec<&Node> = branches.iter().filter(|node| !null(node)).collect();
                let nullable = others.len() < branches.len();
                let [only] = others.as_slice() else {
                    self.note(
                        Outcome::Lost,
                        Thing::Type,
                        at,
                        format!("a union of {} types, read as json", others.len()),
                    );
                    return Ok(ValueType { nullable, ..ValueType::plain(DataType::Json) });
                };
                let value = self.value(only, path, at)?;
                Ok(ValueType { nullable: nullable || value.nullable, ..value })
            }
            Kind::Map(_) => {
                let mut map = node.map(path)?;
                let ty = map.take("type").ok_or_else(|| map.fault("a type needs a `type`", ""))?;
                let mut value = match ty.as_text() {
                    Some(word) => self.complex(word, &mut map, at)?,
                    None => self.value(ty, &map.at("type"), at)?,
                };
                if let Some(rest) = map.take(KEY) {
                    parsed::<ValueRest>(rest, &map.at(KEY))?.restore(&mut value, at, &mut self.notes);
                }
                map.finish(&mut self.notes);
                Ok(value)
            }
            _ => Err(node.wrong(path, "a type")),
        }
    }

    fn named(&mut self, name: &str, at: &str) -> ValueType {
        let data = match name {
            "boolean" => DataType::Bool,
            "int" => DataType::Int(32),
            "long" => DataType::Int(64),
            "float" => DataType::Float(32),
            "double" => DataType::Float(64),
            "string" => DataType::String,
            "bytes" => DataType::Bytes,
            "null" => return ValueType::plain(DataType::Json).or_null(),
            name => {
                let why = match self.known.get(short(name)) {
                    Some(Some((_, parts))) if self.fields.saturating_add(*parts) > MAX_FIELDS => {
                        "which has more parts than a contract can have"
                    }
                    Some(Some((value, parts))) => {
                        self.fields += parts;
                        return value.clone();
                    }
                    Some(None) => "which holds itself",
                    None => "which is no type of Avro, nor one that the file declares before it",
                };
                self.note(Outcome::Lost, Thing::Type, at, format!("{name}, {why}, read as json"));
                DataType::Json
            }
        };
        ValueType::plain(data)
    }

    /// Keeps a type under its name, with how many fields it has.
    fn know(&mut self, name: &str, value: ValueType, before: usize) {
        self.known.insert(short(name).to_owned(), Some((value, self.fields.saturating_sub(before) + 1)));
    }

    fn complex(&mut self, word: &str, map: &mut Map<'_>, at: &str) -> Result<ValueType, Fault> {
        let logical = map.text("logicalType")?;
        let data = match (word, logical) {
            ("record" | "error", _) => {
                let name = map.text("name")?.ok_or_else(|| map.fault("a record needs a `name`", ""))?.to_owned();
                self.known.insert(short(&name).to_owned(), None);
                let before = self.fields;
                if let Some(doc) = map.text("doc")? {
                    self.note(Outcome::Lost, Thing::Doc, at, format!("doc: {doc}"));
                }
                let fields = self.fields(map, at)?;
                let fields = fields.into_iter().map(|column| StructField {
                    name: column.name,
                    value: column.value,
                    default: column.default,
                });
                let data = DataType::Struct(fields.collect());
                self.know(&name, ValueType::plain(data.clone()), before);
                data
            }
            ("enum", _) => {
                let members = map.texts("symbols")?;
                if members.is_empty() {
                    return Err(map.fault("an enum needs `symbols`", "list its members there"));
                }
                let value = crate::sql::members(members);
                if let Some(doc) = map.text("doc")? {
                    self.note(Outcome::Lost, Thing::Doc, at, format!("doc: {doc}"));
                }
                if let Some(name) = map.text("name")? {
                    self.know(name, value.clone(), self.fields);
                }
                return Ok(value);
            }
            ("array", _) => {
                let items = map.take("items").ok_or_else(|| map.fault("an array needs `items`", ""))?;
                DataType::List(Box::new(self.value(items, &map.at("items"), &format!("{at}[]"))?))
            }
            ("map", _) => {
                let items = map.take("values").ok_or_else(|| map.fault("a map needs `values`", ""))?;
                let item = self.value(items, &map.at("values"), &format!("{at}{{}}"))?;
                DataType::Map(Box::new(ValueType::plain(DataType::String)), Box::new(item))
            }
            ("bytes" | "fixed", Some("decimal")) => {
                let precision = map.count("precision")?.and_then(|digits| u8::try_from(digits).ok());
                let scale = u8::try_from(map.count("scale")?.unwrap_or(0)).unwrap_or(u8::MAX);
                map.take("size");
                let data = match precision {
                    Some(precision) if (1..=38).contains(&precision) && scale <= precision => {
                        DataType::Decimal { precision, scale }
                    }
                    Some(precision) if precision > 38 => {
                        let data = DataType::Decimal { precision: 38, scale: scale.min(38) };
                        self.note(
                            Outcome::Lost,
                            Thing::Type,
                            at,
                            format!("decimal of {precision} digits, read as {data}"),
                        );
                        data
                    }
                    // as Avro has it, a logical type that is not whole is passed over
                    _ => {
                        let what = "logicalType: decimal, without a precision and a scale up to it, read as bytes";
                        self.note(Outcome::Lost, Thing::Type, at, what);
                        DataType::Bytes
                    }
                };
                if let Some(name) = map.text("name")? {
                    self.know(name, ValueType::plain(data.clone()), self.fields);
                }
                data
            }
            ("fixed", _) => {
                let size = map.count("size")?.ok_or_else(|| map.fault("a fixed needs a `size`", ""))?;
                if let Some(word) = logical {
                    self.note(Outcome::Lost, Thing::Type, at, format!("logicalType: {word}"));
                }
                let constraints = vec![Constraint::Length { min: size, max: Some(size) }];
                let value = ValueType { constraints, ..ValueType::plain(DataType::Bytes) };
                if let Some(name) = map.text("name")? {
                    self.know(name, value.clone(), self.fields);
                }
                return Ok(value);
            }
            ("string", Some("uuid")) => DataType::Uuid,
            ("int", Some("date")) => DataType::Date,
            ("int", Some("time-millis")) => {
                self.note(Outcome::Lost, Thing::Type, at, "time-millis, read as time");
                DataType::Time
            }
            ("long", Some("time-micros")) => DataType::Time,
            ("long", Some("timestamp-millis")) => DataType::Timestamp { unit: TimeUnit::Ms, naive: false },
            ("long", Some("timestamp-micros")) => DataType::Timestamp { unit: TimeUnit::Us, naive: false },
            ("long", Some("timestamp-nanos")) => DataType::Timestamp { unit: TimeUnit::Ns, naive: false },
            ("long", Some(word @ ("local-timestamp-millis" | "local-timestamp-micros" | "local-timestamp-nanos"))) => {
                let data = DataType::Timestamp { unit: TimeUnit::Us, naive: true };
                if word != "local-timestamp-micros" {
                    self.note(Outcome::Lost, Thing::Type, at, format!("{word}, read as {data}"));
                }
                data
            }
            (word, logical) => {
                if let Some(logical) = logical {
                    self.note(Outcome::Lost, Thing::Type, at, format!("logicalType: {logical}"));
                }
                return Ok(self.named(word, at));
            }
        };
        Ok(ValueType::plain(data))
    }
}
