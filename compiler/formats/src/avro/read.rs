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
    let records = node.as_list().map_or_else(|| vec![node], |items| items.iter().collect());
    let mut contracts = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let path = if records.len() > 1 { format!("[{at}]") } else { String::new() };
        if record.get("type").and_then(Node::as_text) != Some("record") {
            let help = "a contract is made of a record; say with --from which format the file has";
            return Err(
                Fault::new("this is no Avro schema of a record: it has no `type: record`", help).on(record.line)
            );
        }
        contracts.push(reader.contract(record, &path)?);
    }
    if contracts.is_empty() {
        return Err(Fault::new("the schema is an empty list", ""));
    }
    Ok(Imported { contracts, notes: reader.notes })
}

struct Reader {
    notes: Vec<Note>,
    /// Named types by their name, without namespace; `None` while one is read.
    known: HashMap<String, Option<ValueType>>,
    /// How many fields were made, those of types that are used twice counted twice.
    fields: usize,
}

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
        self.known.insert(short(name).to_owned(), Some(ValueType::plain(DataType::Struct(fields.collect()))));
        map.finish(&mut self.notes);
        Ok(contract)
    }

    fn fields(&mut self, map: &mut Map<'_>, at: &str) -> Result<Vec<Column>, Fault> {
        let mut columns = Vec::new();
        let path = map.at("fields");
        for (index, node) in map.list("fields")?.iter().enumerate() {
            columns.push(self.field(&mut node.map(format!("{path}[{index}]"))?, at)?);
        }
        Ok(columns)
    }

    fn field(&mut self, map: &mut Map<'_>, at: &str) -> Result<Column, Fault> {
        let name = map.text("name")?.ok_or_else(|| map.fault("a field needs a `name`", ""))?;
        let name = names::column(name).map_err(|fault| fault.at(map.path.as_str()).on(map.line))?;
        let at = format!("{at}.{name}");
        self.fields += 1;
        if self.fields > 10_000 {
            return Err(map.fault("the schema has more than 10000 fields, named types counted where they are used", ""));
        }
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
        Ok(column)
    }

    fn value(&mut self, node: &Node, path: &str, at: &str) -> Result<ValueType, Fault> {
        match &node.kind {
            Kind::Text(name) => self.named(name, node, path),
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
                    Some(word) => self.complex(word, &mut map, ty, at)?,
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

    fn named(&mut self, name: &str, node: &Node, path: &str) -> Result<ValueType, Fault> {
        let data = match name {
            "boolean" => DataType::Bool,
            "int" => DataType::Int(32),
            "long" => DataType::Int(64),
            "float" => DataType::Float(32),
            "double" => DataType::Float(64),
            "string" => DataType::String,
            "bytes" => DataType::Bytes,
            "null" => return Ok(ValueType::plain(DataType::Json).or_null()),
            name => match self.known.get(short(name)) {
                Some(Some(value)) => {
                    self.fields += 1;
                    return Ok(value.clone());
                }
                Some(None) => {
                    let what = format!("`{name}` holds itself, and the types of a contract cannot");
                    return Err(Fault::new(what, "").at(path).on(node.line));
                }
                None => {
                    let help =
                        "Avro knows boolean, int, long, float, double, string, bytes, and the named types of the file";
                    return Err(Fault::new(format!("`{name}` is no type"), help).at(path).on(node.line));
                }
            },
        };
        Ok(ValueType::plain(data))
    }

    fn complex(&mut self, word: &str, map: &mut Map<'_>, node: &Node, at: &str) -> Result<ValueType, Fault> {
        let logical = map.text("logicalType")?;
        let data = match (word, logical) {
            ("record", _) => {
                let name = map.text("name")?.ok_or_else(|| map.fault("a record needs a `name`", ""))?.to_owned();
                self.known.insert(short(&name).to_owned(), None);
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
                self.known.insert(short(&name).to_owned(), Some(ValueType::plain(data.clone())));
                data
            }
            ("enum", _) => {
                let members = map.texts("symbols")?;
                if members.is_empty() || !members.iter().all(|member| crate::mlp::is_name(member)) {
                    return Err(map.fault("an enum needs `symbols` that are names", ""));
                }
                let data = DataType::Enum { members, open: false };
                if let Some(name) = map.text("name")? {
                    self.known.insert(short(name).to_owned(), Some(ValueType::plain(data.clone())));
                }
                data
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
                for key in ["size", "name"] {
                    map.take(key);
                }
                match precision {
                    Some(precision) if (1..=38).contains(&precision) && scale <= precision => {
                        DataType::Decimal { precision, scale }
                    }
                    _ => return Err(map.fault("a decimal needs a `precision` of 1 to 38 and a `scale` up to it", "")),
                }
            }
            ("fixed", _) => {
                let size = map.count("size")?.ok_or_else(|| map.fault("a fixed needs a `size`", ""))?;
                if let Some(word) = logical {
                    self.note(Outcome::Lost, Thing::Type, at, format!("logicalType: {word}"));
                }
                let constraints = vec![Constraint::Length { min: size, max: Some(size) }];
                let value = ValueType { constraints, ..ValueType::plain(DataType::Bytes) };
                if let Some(name) = map.text("name")? {
                    self.known.insert(short(name).to_owned(), Some(value.clone()));
                }
                return Ok(value);
            }
            ("string", Some("uuid")) => DataType::Uuid,
            ("int", Some("date")) => DataType::Date,
            ("int", Some("time-millis")) | ("long", Some("time-micros")) => DataType::Time,
            ("long", Some("timestamp-millis")) => DataType::Timestamp { unit: TimeUnit::Ms, naive: false },
            ("long", Some("timestamp-micros")) => DataType::Timestamp { unit: TimeUnit::Us, naive: false },
            ("long", Some("timestamp-nanos")) => DataType::Timestamp { unit: TimeUnit::Ns, naive: false },
            ("long", Some("local-timestamp-millis" | "local-timestamp-micros" | "local-timestamp-nanos")) => {
                DataType::Timestamp { unit: TimeUnit::Us, naive: true }
            }
            (word, logical) => {
                if let Some(logical) = logical {
                    self.note(Outcome::Lost, Thing::Type, at, format!("logicalType: {logical}"));
                }
                return self.named(word, node, &map.at("type"));
            }
        };
        Ok(ValueType::plain(data))
    }
}
