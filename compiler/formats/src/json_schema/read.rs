//! From JSON Schema to a contract.

use mlp_plan::{Column, Constraint, Contract, DataType, Literal, StructField, TimeUnit, ValueType};

use super::{
    refs::Target,
    rules::{listed, of_members},
};
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

/// How deep schemas may stand in each other.
const MAX_DEPTH: usize = 32;

/// How many columns and fields a contract may have.
const MAX_PARTS: usize = 10_000;

/// The contract of the rows that a schema describes.
pub(crate) fn import(node: &Node) -> Result<Imported, Fault> {
    let mut reader = Reader { root: node, notes: Vec::new(), open: vec!["#"], parts: 0 };
    let (row, path) = reader.resolve(node, "")?;
    // a list of rows is described as often as one row
    let (row, path) = match row.get("items") {
        Some(items) if row.get("type").and_then(Node::as_text) == Some("array") => reader.resolve(items, "items")?,
        _ => (row, path),
    };
    if row.get("properties").is_none() {
        let help = "a contract is made of a schema of type object that names its properties";
        return Err(Fault::new("this is no JSON Schema of rows: it has no `properties`", help)
            .or_another_format()
            .on(row.line));
    }
    let mut map = row.map(path.as_str())?;
    for key in ["$schema", "type", "$defs", "definitions", "$comment"] {
        map.take(key);
    }
    let title = map.text("title")?.unwrap_or(names::UNNAMED);
    let mut contract = Contract { name: names::contract(title), ..Contract::default() };
    contract.doc = map.text("description")?.and_then(tidy_doc);
    contract.columns = reader.columns(&mut map, &contract.name)?;
    if let Some(rest) = map.take(KEY) {
        parsed::<ContractRest>(rest, &map.at(KEY))?.restore(&mut contract);
    }
    map.finish(&mut reader.notes);
    Ok(Imported { contracts: vec![contract], notes: reader.notes })
}

pub(super) struct Reader<'a> {
    pub root: &'a Node,
    pub notes: Vec<Note>,
    /// The references that are followed, one within the other.
    pub open: Vec<&'a str>,
    /// How many columns and fields there are so far, those of what is referred to twice counted twice.
    parts: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn note(&mut self, outcome: Outcome, thing: Thing, at: &str, what: impl Into<String>) {
        self.notes.push(Note::new(outcome, thing, at, what));
    }

    fn columns(&mut self, map: &mut Map<'a>, at: &str) -> Result<Vec<Column>, Fault> {
        let required = map.texts("required")?;
        let Some(properties) = map.take("properties") else { return Ok(Vec::new()) };
        let path = map.at("properties");
        let mut columns = Vec::new();
        for (name, node) in properties.map(path.as_str())?.entries() {
            let path = format!("{path}.{name}");
            if node.kind == Kind::Bool(false) {
                self.note(Outcome::Lost, Thing::Constraint, at, format!("the column {name}, which may never be there"));
                continue;
            }
            let Some(name) = names::column(name, at, &mut self.notes) else { continue };
            let must = required.contains(&name);
            columns.push(self.column(name, node, &path, at, must)?);
        }
        Ok(columns)
    }

    fn column(&mut self, name: String, node: &'a Node, path: &str, at: &str, required: bool) -> Result<Column, Fault> {
        let at = format!("{at}.{name}");
        // beside a reference, only words about the column stand
        let own_doc = node.get("description").and_then(Node::as_text).and_then(tidy_doc);
        let (mut value, mut map) = self.value(node, path, &at, 0)?;
        let mut column = Column::plain(name, ValueType::plain(DataType::Bool));
        column.doc = map.text("description")?.and_then(tidy_doc);
        column.doc = own_doc.or(column.doc);
        if let Some(title) = map.text("title")? {
            if column.doc.is_none() {
                column.doc = tidy_doc(title);
            } else {
                self.note(Outcome::Lost, Thing::Doc, &at, format!("title: {title}"));
            }
        }
        let default = map.entries().iter().find(|(key, _)| key == "default").map(|(_, node)| node);
        map.take("default");
        if let Some(default) = default {
            column.default = self.default(default, &mut value, &at);
        } else if !required {
            value.nullable = true;
        }
        column.deprecated = match map.take("deprecated").map(|node| &node.kind) {
            None | Some(Kind::Bool(false)) => None,
            Some(Kind::Text(why)) => Some(why.clone()),
            Some(_) => Some("deprecated".to_owned()),
        };
        column.value = value;
        if let Some(rest) = map.take(KEY) {
            parsed::<ColumnRest>(rest, &map.at(KEY))?.restore(&mut column, &at, &mut self.notes);
        }
        map.finish(&mut self.notes);
        Ok(column)
    }

    /// A default; what has none that it could have may be absent all the same.
    fn default(&mut self, node: &Node, value: &mut ValueType, at: &str) -> Option<Literal> {
        let default = values::literal(node, &value.data);
        if default.is_none() {
            let text = mlp_write::json::flat(&node.doc());
            self.note(Outcome::Lost, Thing::Default, at, format!("default: {text}, which is no {}", value.data));
        }
        value.nullable |= matches!(default, None | Some(Literal::Null));
        default
    }

    /// A value inside of another.
    fn inner(&mut self, node: &'a Node, path: &str, at: &str, depth: usize) -> Result<ValueType, Fault> {
        let (mut value, mut map) = self.value(node, path, at, depth + 1)?;
        if let Some(rest) = map.take(KEY) {
            parsed::<ValueRest>(rest, &map.at(KEY))?.restore(&mut value, at, &mut self.notes);
        }
        map.finish(&mut self.notes);
        Ok(value)
    }

    /// The type of a schema, and its entries that are not about the type.
    fn value(&mut self, node: &'a Node, path: &str, at: &str, depth: usize) -> Result<(ValueType, Map<'a>), Fault> {
        self.parts += 1;
        let (node, path, followed) = match self.follow(node, path) {
            Target::Schema(node, path, followed) => (node, path, followed),
            Target::None(why) => {
                self.note(Outcome::Lost, Thing::Type, at, format!("{why}, read as json"));
                return Ok((any(), Map::none()));
            }
        };
        let parts = ["properties", "items", "additionalProperties", "anyOf", "oneOf", "allOf"];
        if (depth > MAX_DEPTH || self.parts > MAX_PARTS) && parts.iter().any(|key| node.get(key).is_some()) {
            self.note(Outcome::Lost, Thing::Type, at, "more parts than a contract can have, read as json");
            self.close(followed);
            return Ok((any(), Map::none()));
        }
        let read = self.schema(node, &path, at, depth);
        self.close(followed);
        read
    }

    fn schema(&mut self, node: &'a Node, path: &str, at: &str, depth: usize) -> Result<(ValueType, Map<'a>), Fault> {
        if let Kind::Bool(allowed) = node.kind {
            let why = if allowed { "any value" } else { "no value at all" };
            self.note(Outcome::Chosen, Thing::Type, at, format!("json, since the schema allows {why}"));
            return Ok((any(), Map::none()));
        }
        let mut map = node.map(path)?;
        map.take("$anchor");
        for key in ["anyOf", "oneOf"] {
            let Some(choices) = map.take(key) else { continue };
            if !map.has("type") && !map.has("properties") {
                return self.choice(choices, map, key, at, depth);
            }
            let text = mlp_write::json::flat(&choices.doc());
            self.note(Outcome::Lost, Thing::Constraint, at, format!("{key}: {text}"));
        }
        let (words, mut nullable) = types(&mut map)?;
        let all = map.take("allOf").and_then(Node::as_list).unwrap_or_default();
        if words.is_empty()
            && let [only] = all
        {
            let (value, mut inner) = self.value(only, &map.at("allOf[0]"), at, depth + 1)?;
            inner.take("description");
            inner.finish(&mut self.notes);
            return Ok((value, map));
        }
        let data = match words.as_slice() {
            [word] => self.data(&mut map, word, at, depth)?,
            [] => self.untyped(&mut map, nullable, at, depth)?,
            many => {
                self.note(Outcome::Lost, Thing::Type, at, format!("a value of {}, read as json", many.join(" or ")));
                DataType::Json
            }
        };
        let mut value = ValueType::plain(data);
        nullable |= self.members(&mut map, &mut value, at);
        self.bounds(&mut map, &mut value, at)?;
        for (index, part) in all.iter().enumerate() {
            if let Kind::Bool(_) = part.kind {
                self.note(Outcome::Lost, Thing::Constraint, at, "allOf: true or false");
                continue;
            }
            let mut part = part.map(format!("{}[{index}]", map.at("allOf")))?;
            // an enum of names is a type only where it stands alone
            let before = value.data.clone();
            let is_enum = part
                .take("enum")
                .and_then(Node::as_list)
                .map(|items| self.set(&items.iter().collect::<Vec<_>>(), &before, at));
            if let Some(members) = is_enum.filter(|members| !members.is_empty()) {
                value.constraints.push(Constraint::OneOf(members));
            }
            self.bounds(&mut part, &mut value, at)?;
            part.finish(&mut self.notes);
        }
        value.nullable = nullable;
        Ok((value, map))
    }

    /// `anyOf` and `oneOf`: a type or null, or something that the language has no type for.
    fn choice(
        &mut self,
        choices: &'a Node,
        map: Map<'a>,
        key: &str,
        at: &str,
        depth: usize,
    ) -> Result<(ValueType, Map<'a>), Fault> {
        let items = choices.as_list().unwrap_or_default();
        let is_null = |item: &&Node| item.get("type").and_then(Node::as_text) == Some("null");
        let others: Vec<&Node> = items.iter().filter(|item| !is_null(item)).collect();
        let [only] = others.as_slice() else {
            self.note(Outcome::Lost, Thing::Type, at, format!("{key} of {} types, read as json", others.len()));
            return Ok((ValueType::plain(DataType::Json).or_null(), map));
        };
        let (mut value, mut inner) = self.value(only, &map.at(key), at, depth + 1)?;
        value.nullable |= others.len() < items.len();
        for word in ["title", "description"] {
            inner.take(word);
        }
        inner.finish(&mut self.notes);
        Ok((value, map))
    }

    fn untyped(&mut self, map: &mut Map<'a>, null: bool, at: &str, depth: usize) -> Result<DataType, Fault> {
        let word = match listed(map) {
            Some(members) if !members.iter().all(|member| member.kind == Kind::Null) => match of_members(&members) {
                Some(word) => word,
                None => {
                    self.note(Outcome::Chosen, Thing::Type, at, "json, since the values are of several types");
                    return Ok(DataType::Json);
                }
            },
            Some(_) => {
                self.note(Outcome::Chosen, Thing::Type, at, "json, since there is nothing but null");
                return Ok(DataType::Json);
            }
            None if null => {
                self.note(Outcome::Chosen, Thing::Type, at, "json, since there is nothing but null");
                return Ok(DataType::Json);
            }
            _ if map.has("properties") => "object",
            _ if map.has("items") => "array",
            _ if map.has("pattern") || map.has("maxLength") => "string",
            _ => {
                self.note(Outcome::Chosen, Thing::Type, at, "json, since the schema says no type");
                return Ok(DataType::Json);
            }
        };
        self.data(map, word, at, depth)
    }

    fn data(&mut self, map: &mut Map<'a>, word: &str, at: &str, depth: usize) -> Result<DataType, Fault> {
        let format = map.text("format")?;
        Ok(match word {
            "boolean" => DataType::Bool,
            "integer" => format.and_then(whole).unwrap_or(DataType::Int(64)),
            "number" => match format {
                Some("float") => DataType::Float(32),
                _ => DataType::Float(64),
            },
            "string" => {
                let encoding = map.text("contentEncoding")?;
                let media = map.text("contentMediaType")?;
                match (format, encoding, media) {
                    (_, Some(encoding), _) => {
                        if encoding != "base16" {
                            self.note(Outcome::Lost, Thing::Type, at, format!("contentEncoding: {encoding}"));
                        }
                        DataType::Bytes
                    }
                    (_, _, Some("application/json")) => DataType::Json,
                    (Some("uuid"), ..) => DataType::Uuid,
                    (Some("date"), ..) => DataType::Date,
                    (Some("time-local"), ..) => DataType::Time,
                    (Some("time"), ..) => {
                        self.note(Outcome::Lost, Thing::Type, at, "the offset of a time");
                        DataType::Time
                    }
                    (Some("date-time"), ..) => DataType::Timestamp { unit: TimeUnit::Us, naive: false },
                    (Some("date-time-local"), ..) => DataType::Timestamp { unit: TimeUnit::Us, naive: true },
                    (Some("duration"), ..) => DataType::Duration,
                    (Some("byte" | "binary"), ..) => DataType::Bytes,
                    (format, _, media) => {
                        for (key, said) in [("format", format), ("contentMediaType", media)] {
                            if let Some(said) = said {
                                self.note(Outcome::Lost, Thing::Constraint, at, format!("{key}: {said}"));
                            }
                        }
                        DataType::String
                    }
                }
            }
            "array" => {
                let element = match map.take("items") {
                    Some(node) if node.as_list().is_some() => {
                        self.note(
                            Outcome::Lost,
                            Thing::Type,
                            at,
                            "a type for each place of the list, read as list<json?>",
                        );
                        any()
                    }
                    Some(node) => self.inner(node, &map.at("items"), &format!("{at}[]"), depth)?,
                    None => {
                        self.note(Outcome::Chosen, Thing::Type, at, "list<json?>, since the schema says no `items`");
                        any()
                    }
                };
                let (least, most) = (count(map, "minItems"), count(map, "maxItems"));
                match (least, most) {
                    (Some(least), Some(most)) if least == most && least > 0 => {
                        map.take("minItems");
                        map.take("maxItems");
                        DataType::Vector { element: Box::new(element), length: least }
                    }
                    _ => DataType::List(Box::new(element)),
                }
            }
            "object" => self.object(map, at, depth)?,
            "any" => {
                self.note(Outcome::Chosen, Thing::Type, at, "json, since the schema allows any value");
                DataType::Json
            }
            other => {
                let help = "JSON Schema knows string, number, integer, boolean, object, array and null";
                return Err(map.fault(format!("`{other}` is no type"), help));
            }
        })
    }

    fn object(&mut self, map: &mut Map<'a>, at: &str, depth: usize) -> Result<DataType, Fault> {
        if map.has("properties") {
            return Ok(DataType::Struct(self.nested(map, at, depth)?));
        }
        let extra = map.entries().iter().find(|(key, _)| key == "additionalProperties").map(|(_, node)| node);
        match extra {
            Some(node) if matches!(node.kind, Kind::Map(_)) => {
                map.take("additionalProperties");
                let item = self.inner(node, &map.at("additionalProperties"), &format!("{at}{{}}"), depth)?;
                Ok(DataType::Map(Box::new(ValueType::plain(DataType::String)), Box::new(item)))
            }
            _ => {
                self.note(Outcome::Chosen, Thing::Type, at, "json, since the object says no properties");
                Ok(DataType::Json)
            }
        }
    }

    fn nested(&mut self, map: &mut Map<'a>, at: &str, depth: usize) -> Result<Vec<StructField>, Fault> {
        let required = map.texts("required")?;
        let Some(properties) = map.take("properties") else { return Ok(Vec::new()) };
        let path = map.at("properties");
        let mut fields = Vec::new();
        for (name, node) in properties.map(path.as_str())?.entries() {
            let path = format!("{path}.{name}");
            if node.kind == Kind::Bool(false) {
                self.note(Outcome::Lost, Thing::Constraint, at, format!("the field {name}, which may never be there"));
                continue;
            }
            let Some(name) = names::column(name, at, &mut self.notes) else { continue };
            let at = format!("{at}.{name}");
            let (mut value, mut map) = self.value(node, &path, &at, depth + 1)?;
            let mut column = Column::plain(name.as_str(), ValueType::plain(DataType::Bool));
            let default = map.entries().iter().find(|(key, _)| key == "default").map(|(_, node)| node);
            map.take("default");
            if let Some(default) = default {
                column.default = self.default(default, &mut value, &at);
            } else if !required.contains(&name) {
                value.nullable = true;
            }
            column.value = value;
            if let Some(rest) = map.take(KEY) {
                parsed::<ColumnRest>(rest, &map.at(KEY))?.restore(&mut column, &at, &mut self.notes);
            }
            map.finish(&mut self.notes);
            fields.push(StructField { name, value: column.value, default: column.default });
        }
        Ok(fields)
    }
}

fn any() -> ValueType {
    ValueType::plain(DataType::Json).or_null()
}

fn count(map: &Map<'_>, key: &str) -> Option<u32> {
    let (_, node) = map.entries().iter().find(|(name, _)| name == key)?;
    node.spelled()?.parse().ok()
}

/// The words of `type`, null apart.
fn types(map: &mut Map<'_>) -> Result<(Vec<String>, bool), Fault> {
    let mut words = map.texts("type")?;
    let all = words.len();
    words.retain(|word| word != "null");
    let nullable = words.len() < all;
    Ok((words, nullable))
}

fn whole(format: &str) -> Option<DataType> {
    Some(match format {
        "int8" => DataType::Int(8),
        "int16" => DataType::Int(16),
        "int32" => DataType::Int(32),
        "int64" => DataType::Int(64),
        "uint8" => DataType::Uint(8),
        "uint16" => DataType::Uint(16),
        "uint32" => DataType::Uint(32),
        "uint64" => DataType::Uint(64),
        _ => return None,
    })
}
