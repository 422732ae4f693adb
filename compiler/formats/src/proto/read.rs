//! From messages to contracts.

use std::collections::HashMap;

use mlp_plan::{Column, Contract, DataType, StructField, TimeUnit, ValueType};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
};

/// How deep messages may be nested in each other.
const MAX_DEPTH: usize = 32;

/// The contracts of the messages that stand in the file themselves.
pub(crate) fn import(text: &str) -> Result<Imported, Fault> {
    let file = protox_parse::parse("input.proto", text).map_err(|error| {
        let help = "say with --from which format it has";
        let fault = Fault::new(format!("this is no Protobuf file: {error}"), help);
        match line_of(&error, text) {
            Some(line) => fault.on(line),
            None => fault,
        }
    })?;
    if file.message_type.is_empty() {
        return Err(Fault::new("there is no message in this file, so that there is nothing to import", ""));
    }
    let mut reader = Reader {
        docs: docs(&file),
        known: HashMap::new(),
        enums: HashMap::new(),
        notes: Vec::new(),
        open: Vec::new(),
        fields: 0,
    };
    for message in &file.message_type {
        reader.collect(message, "");
    }
    for each in &file.enum_type {
        reader.enums.insert(each.name().to_owned(), each);
    }
    if let Some(package) = &file.package {
        reader.note(Thing::Foreign, "", format!("package {package}"));
    }
    for service in &file.service {
        reader.note(Thing::Foreign, "", format!("service {}", service.name()));
    }
    let mut contracts = Vec::new();
    for (at, message) in file.message_type.iter().enumerate() {
        let mut contract = Contract { name: names::contract(message.name()), ..Contract::default() };
        let path = vec![4, i32::try_from(at).unwrap_or(i32::MAX)];
        contract.doc = reader.docs.get(&path).and_then(|doc| comment(doc));
        reader.open = vec![message.name().to_owned()];
        contract.columns = reader.columns(message, message.name(), &path, &contract.name, 0)?;
        contracts.push(contract);
    }
    Ok(Imported { contracts, notes: reader.notes })
}

fn line_of(error: &protox_parse::ParseError, text: &str) -> Option<usize> {
    use miette::Diagnostic as _;
    let at = error.labels()?.next()?.offset();
    Some(text.get(..at)?.bytes().filter(|byte| *byte == b'\n').count() + 1)
}

fn docs(file: &FileDescriptorProto) -> HashMap<Vec<i32>, String> {
    let places = file.source_code_info.iter().flat_map(|info| &info.location);
    places.filter_map(|place| Some((place.path.clone(), place.leading_comments.clone()?))).collect()
}

/// A comment's lines have a blank behind the slashes.
fn comment(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    tidy_doc(&lines.join("\n"))
}

struct Reader<'a> {
    docs: HashMap<Vec<i32>, String>,
    known: HashMap<String, &'a DescriptorProto>,
    enums: HashMap<String, &'a EnumDescriptorProto>,
    notes: Vec<Note>,
    /// The messages that are being read, one within the other.
    open: Vec<String>,
    fields: usize,
}

impl<'a> Reader<'a> {
    fn note(&mut self, thing: Thing, at: &str, what: String) {
        self.notes.push(Note::new(Outcome::Lost, thing, at, what));
    }

    fn collect(&mut self, message: &'a DescriptorProto, scope: &str) {
        let name = if scope.is_empty() { message.name().to_owned() } else { format!("{scope}.{}", message.name()) };
        for each in &message.enum_type {
            self.enums.insert(format!("{name}.{}", each.name()), each);
        }
        for inner in &message.nested_type {
            self.collect(inner, &name);
        }
        self.known.insert(name, message);
    }

    /// What a name means within a scope: the innermost counts.
    fn find<T: Copy>(map: &HashMap<String, T>, scope: &str, name: &str) -> Option<(String, T)> {
        let bare = name.trim_start_matches('.');
        let mut scope = Some(scope);
        while let Some(within) = scope {
            let full = if within.is_empty() { bare.to_owned() } else { format!("{within}.{bare}") };
            if let Some(found) = map.get(&full) {
                return Some((full, *found));
            }
            scope = if within.is_empty() { None } else { Some(within.rsplit_once('.').map_or("", |(outer, _)| outer)) };
        }
        // a name may also be spelled with the package before it
        let suffix = |full: &&String| bare.ends_with(&format!(".{full}"));
        map.keys().filter(suffix).max_by_key(|full| full.len()).and_then(|full| Some((full.clone(), *map.get(full)?)))
    }

    fn columns(
        &mut self,
        message: &'a DescriptorProto,
        scope: &str,
        path: &[i32],
        at: &str,
        depth: usize,
    ) -> Result<Vec<Column>, Fault> {
        let mut columns = Vec::new();
        for (index, field) in message.field.iter().enumerate() {
            let at = format!("{at}.{}", field.name());
            let name = names::column(field.name()).map_err(|fault| fault.at(at.as_str()))?;
            let mut column = Column::plain(name, self.field(field, message, scope, &at, depth)?);
            let mut place = path.to_vec();
            place.extend([2, i32::try_from(index).unwrap_or(i32::MAX)]);
            column.doc = self.docs.get(&place).and_then(|doc| comment(doc));
            if let Some(options) = &field.options {
                if options.deprecated() {
                    column.deprecated = Some("deprecated".to_owned());
                }
                for option in &options.uninterpreted_option {
                    let name: Vec<&str> = option.name.iter().map(|part| part.name_part.as_str()).collect();
                    let name = name.join(".");
                    if name == "deprecated" && option.identifier_value.as_deref() == Some("true") {
                        column.deprecated = Some("deprecated".to_owned());
                    } else {
                        self.note(Thing::Foreign, &at, format!("the option {name}"));
                    }
                }
            }
            if let Some(default) = &field.default_value {
                self.note(Thing::Default, &at, format!("default = {default}"));
            }
            columns.push(column);
        }
        Ok(columns)
    }

    fn field(
        &mut self,
        field: &FieldDescriptorProto,
        message: &'a DescriptorProto,
        scope: &str,
        at: &str,
        depth: usize,
    ) -> Result<ValueType, Fault> {
        self.fields += 1;
        if depth > MAX_DEPTH || self.fields > 10_000 {
            let what = "the message has more parts than a contract can have";
            return Err(Fault::new(what, "leave the field out").at(at));
        }
        let entry = field.type_name().rsplit('.').next().unwrap_or_default();
        let entry = message
            .nested_type
            .iter()
            .find(|inner| inner.name() == entry && inner.options.as_ref().is_some_and(|options| options.map_entry()));
        if let Some(entry) = entry {
            let mut part = |number: usize| match entry.field.get(number) {
                Some(part) => self.ty(part, scope, at, depth + 1),
                None => Err(Fault::new("a map needs a key and a value", "").at(at)),
            };
            let (key, item) = (part(0)?, part(1)?);
            return Ok(ValueType::plain(DataType::Map(Box::new(plain(key)), Box::new(plain(item)))));
        }
        let value = self.ty(field, scope, at, depth)?;
        if field.label() == Label::Repeated {
            return Ok(ValueType::plain(DataType::List(Box::new(plain(value)))));
        }
        let chosen = field.oneof_index.is_some();
        if chosen && !field.proto3_optional() {
            let of = field.oneof_index.and_then(|index| usize::try_from(index).ok());
            let of = of.and_then(|index| message.oneof_decl.get(index)).map_or("", |of| of.name());
            self.note(Thing::Constraint, at, format!("oneof {of}: that no other of its fields is set"));
        }
        Ok(ValueType { nullable: value.nullable || chosen, ..value })
    }

    fn ty(&mut self, field: &FieldDescriptorProto, scope: &str, at: &str, depth: usize) -> Result<ValueType, Fault> {
        let data = match field.r#type.map(|_| field.r#type()) {
            Some(Type::Double) => DataType::Float(64),
            Some(Type::Float) => DataType::Float(32),
            Some(Type::Int64 | Type::Sint64 | Type::Sfixed64) => DataType::Int(64),
            Some(Type::Int32 | Type::Sint32 | Type::Sfixed32) => DataType::Int(32),
            Some(Type::Uint64 | Type::Fixed64) => DataType::Uint(64),
            Some(Type::Uint32 | Type::Fixed32) => DataType::Uint(32),
            Some(Type::Bool) => DataType::Bool,
            Some(Type::String) => DataType::String,
            Some(Type::Bytes) => DataType::Bytes,
            _ => return self.named(field.type_name(), scope, at, depth),
        };
        Ok(ValueType::plain(data))
    }

    fn named(&mut self, name: &str, scope: &str, at: &str, depth: usize) -> Result<ValueType, Fault> {
        let nullable = |data: DataType| Ok(ValueType::plain(data).or_null());
        match name.trim_start_matches('.') {
            "google.protobuf.Timestamp" => {
                return Ok(ValueType::plain(DataType::Timestamp { unit: TimeUnit::Ns, naive: false }));
            }
            "google.protobuf.Duration" => return Ok(ValueType::plain(DataType::Duration)),
            "google.protobuf.DoubleValue" => return nullable(DataType::Float(64)),
            "google.protobuf.FloatValue" => return nullable(DataType::Float(32)),
            "google.protobuf.Int64Value" => return nullable(DataType::Int(64)),
            "google.protobuf.Int32Value" => return nullable(DataType::Int(32)),
            "google.protobuf.UInt64Value" => return nullable(DataType::Uint(64)),
            "google.protobuf.UInt32Value" => return nullable(DataType::Uint(32)),
            "google.protobuf.BoolValue" => return nullable(DataType::Bool),
            "google.protobuf.StringValue" => return nullable(DataType::String),
            "google.protobuf.BytesValue" => return nullable(DataType::Bytes),
            "google.protobuf.Struct"
            | "google.protobuf.Value"
            | "google.protobuf.ListValue"
            | "google.protobuf.Any" => {
                return Ok(ValueType::plain(DataType::Json));
            }
            _ => {}
        }
        if let Some((full, message)) = Self::find(&self.known, scope, name) {
            if self.open.contains(&full) {
                let what = format!("the message `{full}` holds itself, and the types of a contract cannot");
                return Err(Fault::new(what, "leave the field out").at(at));
            }
            self.open.push(full.clone());
            let mut fields = Vec::new();
            for column in self.columns(message, &full, &[-1], at, depth + 1)? {
                fields.push(StructField { name: column.name, value: column.value, default: None });
            }
            self.open.pop();
            return Ok(ValueType::plain(DataType::Struct(fields)));
        }
        if let Some((_, each)) = Self::find(&self.enums, scope, name) {
            return Ok(ValueType::plain(DataType::Enum { members: members(each), open: false }));
        }
        self.note(Thing::Type, at, format!("{name}, which is in another file, read as json"));
        Ok(ValueType::plain(DataType::Json))
    }
}

fn plain(value: ValueType) -> ValueType {
    ValueType { nullable: false, ..value }
}

/// The members of an enum, without the prefix that the style guide asks for and without the zero that stands for nothing.
fn members(each: &EnumDescriptorProto) -> Vec<String> {
    let upper = super::upper(each.name());
    let prefixes = [format!("{upper}_"), format!("{}_", each.name().to_uppercase())];
    let all: Vec<&str> = each.value.iter().map(|value| value.name()).collect();
    let prefix = prefixes.iter().find(|prefix| all.iter().all(|name| name.starts_with(prefix.as_str())));
    let bare = |name: &str| {
        let short =
            prefix.and_then(|prefix| name.strip_prefix(prefix.as_str())).filter(|rest| crate::mlp::is_name(rest));
        short.unwrap_or(name).to_owned()
    };
    let unset = |name: &String| name == "UNSPECIFIED" || name == "UNKNOWN_UNSPECIFIED";
    let found: Vec<String> = all.into_iter().map(bare).filter(|name| !unset(name)).collect();
    if found.is_empty() { vec!["UNSPECIFIED".to_owned()] } else { found }
}
