//! From JSON Schema to a contract.

use mlp_plan::{Column, CompareOp, Constraint, Contract, DataType, Expr, Literal, StructField, TimeUnit, ValueType};

use super::whole_bounds;
use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
    pattern,
    read::{Kind, Map, Node},
    rest::{ColumnRest, ContractRest, KEY, ValueRest, parsed},
    values,
};

/// How often a reference may be followed on the way down: a schema may speak of itself.
const MAX_REFS: usize = 64;

/// The contract of the rows that a schema describes.
pub(crate) fn import(node: &Node) -> Result<Imported, Fault> {
    let mut reader = Reader { root: node, notes: Vec::new(), refs: 0 };
    let (row, path) = reader.resolve(node, "")?;
    // a list of rows is described as often as one row
    let (row, path) = match row.get("items") {
        Some(items) if row.get("type").and_then(Node::as_text) == Some("array") => reader.resolve(items, "items")?,
        _ => (row, path),
    };
    if row.get("properties").is_none() {
        return Err(Fault::new(
            "this is no JSON Schema of rows: it has no `properties`",
            "a contract is made of a schema of type object; say with --from which format the file has",
        )
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

struct Reader<'a> {
    root: &'a Node,
    notes: Vec<Note>,
    refs: usize,
}

impl<'a> Reader<'a> {
    fn note(&mut self, outcome: Outcome, thing: Thing, at: &str, what: impl Into<String>) {
        self.notes.push(Note::new(outcome, thing, at, what));
    }

    /// Follows `$ref` within the document.
    fn resolve(&mut self, node: &'a Node, path: &str) -> Result<(&'a Node, String), Fault> {
        let Some(reference) = node.get("$ref").and_then(Node::as_text) else { return Ok((node, path.to_owned())) };
        let fault = |what: String, help: &str| Fault::new(what, help).at(path).on(node.line);
        self.refs += 1;
        if self.refs > 10_000 {
            return Err(fault("the schema speaks of itself, and a contract cannot".to_owned(), ""));
        }
        let Some(pointer) = reference.strip_prefix('#') else {
            let help = "put what it refers to into `$defs` of this file";
            return Err(fault(format!("{reference} is in another file, which is not read"), help));
        };
        let mut found = self.root;
        for part in pointer.split('/').skip(1) {
            let key = part.replace("~1", "/").replace("~0", "~");
            let Some(next) = found.get(&key) else { return Err(fault(format!("there is nothing at {reference}"), "")) };
            found = next;
        }
        self.resolve(found, pointer.trim_start_matches('/'))
    }

    fn columns(&mut self, map: &mut Map<'a>, at: &str) -> Result<Vec<Column>, Fault> {
        let required = map.texts("required")?;
        let Some(properties) = map.take("properties") else { return Ok(Vec::new()) };
        let path = map.at("properties");
        let mut columns = Vec::new();
        for (name, node) in properties.map(path.as_str())?.entries() {
            let path = format!("{path}.{name}");
            let name = names::column(name).map_err(|fault| fault.at(path.as_str()).on(node.line))?;
            let must = required.contains(&name);
            columns.push(self.column(name, node, &path, at, must)?);
        }
        Ok(columns)
    }

    fn column(&mut self, name: String, node: &'a Node, path: &str, at: &str, required: bool) -> Result<Column, Fault> {
        let at = format!("{at}.{name}");
        // beside a reference, only words about the column stand
        let mut outer = node.map(path)?;
        let own_doc = outer.text("description")?.and_then(tidy_doc);
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
            match values::literal(default, &value.data) {
                Some(Literal::Null) => {
                    value.nullable = true;
                    column.default = Some(Literal::Null);
                }
                Some(default) => column.default = Some(default),
                None => self.note(Outcome::Lost, Thing::Default, &at, format!("a default that is no {}", value.data)),
            }
        }
        if !required && default.is_none() {
            value.nullable = true;
        }
        if map.flag("deprecated")? == Some(true) {
            column.deprecated = Some("deprecated".to_owned());
        }
        column.value = value;
        if let Some(rest) = map.take(KEY) {
            parsed::<ColumnRest>(rest, &map.at(KEY))?.restore(&mut column, &at, &mut self.notes);
        }
        map.finish(&mut self.notes);
        Ok(column)
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
        if depth > MAX_REFS {
            return Err(Fault::new("the schema speaks of itself, and a contract cannot", "").at(path).on(node.line));
        }
        let (node, path) = self.resolve(node, path)?;
        if let Kind::Bool(_) = node.kind {
            self.note(Outcome::Chosen, Thing::Type, at, "json, since the schema allows any value");
            return Ok((ValueType::plain(DataType::Json).or_null(), Map::none()));
        }
        let mut map = node.map(path.as_str())?;
        for key in ["anyOf", "oneOf"] {
            if let Some(choices) = map.take(key) {
                return self.choice(choices, map, key, at, depth);
            }
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
            [] => self.untyped(&mut map, at, depth)?,
            many => {
                self.note(Outcome::Lost, Thing::Type, at, format!("a value of {}, read as json", many.join(" or ")));
                DataType::Json
            }
        };
        let mut value = ValueType::plain(data);
        nullable |= self.members(&mut map, &mut value)?;
        self.bounds(&mut map, &mut value, at)?;
        for (index, part) in all.iter().enumerate() {
            let mut part = part.map(format!("{}[{index}]", map.at("allOf")))?;
            if let Some(members) = part.take("enum").and_then(Node::as_list) {
                let members = members.iter().filter(|member| member.kind != Kind::Null);
                let members: Option<Vec<Literal>> =
                    members.map(|member| values::literal(member, &value.data)).collect();
                match members {
                    Some(members) => value.constraints.push(Constraint::OneOf(members)),
                    None => return Err(part.fault(format!("a member is no {}", value.data), "")),
                }
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

    fn untyped(&mut self, map: &mut Map<'a>, at: &str, depth: usize) -> Result<DataType, Fault> {
        let strings =
            |node: &Node| node.as_list().is_some_and(|items| items.iter().all(|item| item.as_text().is_some()));
        let member = map.entries().iter().find(|(key, _)| key == "enum" || key == "const");
        let word = match member {
            Some((key, node)) if key == "enum" && strings(node) || node.as_text().is_some() => "string",
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
                    (_, Some(_), _) => DataType::Bytes,
                    (_, _, Some("application/json")) => DataType::Json,
                    (Some("uuid"), ..) => DataType::Uuid,
                    (Some("date"), ..) => DataType::Date,
                    (Some("time-local" | "time"), ..) => DataType::Time,
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
                    Some(node) => self.inner(node, &map.at("items"), &format!("{at}[]"), depth)?,
                    None => {
                        self.note(Outcome::Chosen, Thing::Type, at, "list<json?>, since the schema says no `items`");
                        ValueType::plain(DataType::Json).or_null()
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
            other => {
                let help = "JSON Schema knows string, number, integer, boolean, object, array and null";
                return Err(map.fault(format!("`{other}` is no type"), help));
            }
        })
    }

    fn object(&mut self, map: &mut Map<'a>, at: &str, depth: usize) -> Result<DataType, Fault> {
        if map.has("properties") {
            if depth > MAX_REFS {
                return Err(map.fault("the schema speaks of itself, and a contract cannot", ""));
            }
            self.refs += 1;
            if self.refs > 10_000 {
                return Err(map.fault("the schema speaks of itself, or has more parts than a contract can have", ""));
            }
            let fields = self.nested(map, at, depth)?;
            return Ok(DataType::Struct(fields));
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
        if depth > MAX_REFS / 2 {
            return Err(map.fault("the schema speaks of itself, and a contract cannot", ""));
        }
        let required = map.texts("required")?;
        let Some(properties) = map.take("properties") else { return Ok(Vec::new()) };
        let path = map.at("properties");
        let mut fields = Vec::new();
        for (name, node) in properties.map(path.as_str())?.entries() {
            let path = format!("{path}.{name}");
            let name = names::column(name).map_err(|fault| fault.at(path.as_str()).on(node.line))?;
            let at = format!("{at}.{name}");
            let (mut value, mut map) = self.value(node, &path, &at, depth + 1)?;
            let mut column = Column::plain(name.as_str(), ValueType::plain(DataType::Bool));
            let default = map.entries().iter().find(|(key, _)| key == "default").map(|(_, node)| node);
            map.take("default");
            column.default = default.and_then(|default| values::literal(default, &value.data));
            if !required.contains(&name) && default.is_none() {
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

    /// `enum` and `const`; answers whether null is among them.
    fn members(&mut self, map: &mut Map<'a>, value: &mut ValueType) -> Result<bool, Fault> {
        let items: Vec<&Node> = match (map.take("enum").and_then(Node::as_list), map.take("const")) {
            (Some(items), _) => items.iter().collect(),
            (None, Some(only)) => vec![only],
            (None, None) => return Ok(false),
        };
        let null = items.iter().any(|item| item.kind == Kind::Null);
        let found: Option<Vec<Literal>> = items
            .iter()
            .filter(|item| item.kind != Kind::Null)
            .map(|item| values::literal(item, &value.data))
            .collect();
        let found = found.ok_or_else(|| map.fault(format!("a member of `enum` is no {}", value.data), ""))?;
        let names: Option<Vec<String>> = found
            .iter()
            .map(|member| match member {
                Literal::Text(text) if crate::mlp::is_name(text) => Some(text.clone()),
                _ => None,
            })
            .collect();
        match names {
            Some(members) if value.data == DataType::String && !members.is_empty() => {
                value.data = DataType::Enum { members, open: false };
            }
            _ => value.constraints.push(Constraint::OneOf(found)),
        }
        Ok(null)
    }

    fn bounds(&mut self, map: &mut Map<'a>, value: &mut ValueType, at: &str) -> Result<(), Fault> {
        let data = value.data.clone();
        let end = |map: &mut Map<'a>, key: &str| match map.take(key) {
            None => Ok(None),
            Some(node) => match (values::literal(node, &data), data.is_numeric()) {
                (Some(end), true) => Ok(Some(end)),
                _ => Err(Fault::new(format!("this bound is no {data}"), "").at(map.at(key)).on(node.line)),
            },
        };
        let (mut low, mut high) = (end(map, "minimum")?, end(map, "maximum")?);
        if let Some((least, most)) = whole_bounds(&data) {
            low = low.filter(|low| *low != Literal::Number(least));
            high = high.filter(|high| *high != Literal::Number(most));
        }
        if low.is_some() || high.is_some() {
            value.constraints.push(Constraint::Range { low, high });
        }
        for (op, key) in [(CompareOp::Gt, "exclusiveMinimum"), (CompareOp::Lt, "exclusiveMaximum")] {
            if let Some(bound) = end(map, key)? {
                let expr = Expr::Compare(op, Box::new(Expr::This), Box::new(Expr::Literal(bound)));
                value.constraints.push(Constraint::Where(expr));
            }
        }
        for (least, most) in [("minLength", "maxLength"), ("minItems", "maxItems")] {
            let (min, max) = (map.count(least)?, map.count(most)?);
            // of a vector they were its length
            if matches!(data, DataType::Vector { .. }) {
                continue;
            }
            if min.is_some() || max.is_some() {
                value.constraints.push(Constraint::Length { min: min.unwrap_or(0), max });
            }
        }
        if let Some(text) = map.text("pattern")? {
            if data == DataType::String {
                value.constraints.extend(pattern::imported(text, at, &mut self.notes));
            } else {
                self.note(Outcome::Lost, Thing::Constraint, at, format!("pattern: {text}"));
            }
        }
        Ok(())
    }
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
