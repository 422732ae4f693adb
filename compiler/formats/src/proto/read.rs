//! From messages to contracts.

use std::collections::HashMap;

use mlp_plan::{Column, Contract, DataType, Literal, StructField, TimeUnit, ValueType};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, UninterpretedOption,
    field_descriptor_proto::{Label, Type},
};

use super::source::Source;

use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
    values,
};

/// How deep messages may be nested in each other.
const MAX_DEPTH: usize = 32;

/// How many fields a contract may have, those of a message that is used twice counted twice.
const MAX_FIELDS: usize = 10_000;

/// The contracts of the messages that stand in the file themselves.
pub(crate) fn import(text: &str) -> Result<Imported, Fault> {
    let mut notes = Vec::new();
    let source = Source::of(text, &mut notes);
    let file = protox_parse::parse("input.proto", &source.text).map_err(|error| {
        let fault = Fault::new(format!("this is no Protobuf file: {error}"), "").or_another_format();
        match line_of(&error, &source.text) {
            Some(line) => fault.on(line),
            None => fault,
        }
    })?;
    if file.message_type.is_empty() {
        let help = "a contract is made of a message: import the file that declares it";
        return Err(Fault::new("there is no message in this file, so that there is nothing to import", help));
    }
    let mut reader = Reader {
        presence: Presence::of(&file, source.edition.as_deref()),
        docs: docs(&file),
        known: HashMap::new(),
        enums: HashMap::new(),
        places: HashMap::new(),
        notes,
        open: Vec::new(),
        fields: 0,
    };
    for (message, at) in file.message_type.iter().zip(0..) {
        reader.collect(message, "", vec![4, at]);
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
    for extension in &file.extension {
        let what = format!("the field {} that extends {}", extension.name(), extension.extendee());
        reader.note(Thing::Foreign, "", what);
    }
    let mut contracts = Vec::new();
    for (at, message) in file.message_type.iter().enumerate() {
        let mut contract = Contract { name: names::contract(message.name()), ..Contract::default() };
        let path = vec![4, i32::try_from(at).unwrap_or(i32::MAX)];
        reader.fields = 0;
        contract.doc = reader.docs.get(&path).and_then(|doc| comment(doc));
        reader.open = vec![message.name().to_owned()];
        contract.columns = reader.columns(message, message.name(), &path, &contract.name, 0);
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

/// Where a field without a label may be absent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// In `proto3`: only where it says `optional`.
    Implicit,
    /// In `proto2`, and in an edition that says nothing else: wherever it is not required.
    Explicit,
}

impl Presence {
    fn of(file: &FileDescriptorProto, edition: Option<&str>) -> Self {
        let options = file.options.iter().flat_map(|options| &options.uninterpreted_option);
        let implicit = match edition {
            Some(_) => presence(options).as_deref() == Some("IMPLICIT"),
            None => file.syntax() == "proto3",
        };
        if implicit { Self::Implicit } else { Self::Explicit }
    }
}

/// What `features.field_presence` says among some options.
fn presence<'o>(mut options: impl Iterator<Item = &'o UninterpretedOption>) -> Option<String> {
    options
        .find(|option| dotted(option) == "features.field_presence")
        .and_then(|option| option.identifier_value.clone())
}

fn dotted(option: &UninterpretedOption) -> String {
    let name: Vec<&str> = option.name.iter().map(|part| part.name_part.as_str()).collect();
    name.join(".")
}

struct Reader<'a> {
    presence: Presence,
    docs: HashMap<Vec<i32>, String>,
    known: HashMap<String, &'a DescriptorProto>,
    enums: HashMap<String, &'a EnumDescriptorProto>,
    /// Where each message stands in the file: the key of its docs.
    places: HashMap<String, Vec<i32>>,
    notes: Vec<Note>,
    /// The messages that are being read, one within the other.
    open: Vec<String>,
    fields: usize,
}

impl<'a> Reader<'a> {
    fn note(&mut self, thing: Thing, at: &str, what: String) {
        self.notes.push(Note::new(Outcome::Lost, thing, at, what));
    }

    fn collect(&mut self, message: &'a DescriptorProto, scope: &str, place: Vec<i32>) {
        let name = if scope.is_empty() { message.name().to_owned() } else { format!("{scope}.{}", message.name()) };
        for each in &message.enum_type {
            self.enums.insert(format!("{name}.{}", each.name()), each);
        }
        for (inner, at) in message.nested_type.iter().zip(0..) {
            self.collect(inner, &name, [place.as_slice(), &[3, at]].concat());
        }
        self.places.insert(name.clone(), place);
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

    /// The fields of a message; those of the innermost have no docs in a contract.
    fn columns(
        &mut self,
        message: &'a DescriptorProto,
        scope: &str,
        path: &[i32],
        at: &str,
        depth: usize,
    ) -> Vec<Column> {
        self.beside(message, at, depth);
        let mut columns = Vec::new();
        for (index, field) in message.field.iter().enumerate() {
            let of = at;
            let at = format!("{at}.{}", field.name());
            let Some(name) = names::column(field.name(), of, &mut self.notes) else { continue };
            let mut column = Column::plain(name, self.field(field, message, scope, &at, depth));
            let mut place = path.to_vec();
            place.extend([2, i32::try_from(index).unwrap_or(i32::MAX)]);
            column.doc = self.docs.get(&place).and_then(|doc| comment(doc));
            if let Some(options) = &field.options {
                if options.deprecated() {
                    column.deprecated = Some("deprecated".to_owned());
                }
                for option in &options.uninterpreted_option {
                    let name = dotted(option);
                    if name == "deprecated" && option.identifier_value.as_deref() == Some("true") {
                        column.deprecated = Some("deprecated".to_owned());
                    } else if name != "features.field_presence" {
                        self.note(Thing::Foreign, &at, format!("the option {name}"));
                    }
                }
            }
            if let Some(default) = &field.default_value {
                match default_of(default, &column.value.data) {
                    Some(read) => column.default = Some(read),
                    None => self.note(Thing::Default, &at, format!("default = {default}")),
                }
            }
            columns.push(column);
        }
        columns
    }

    /// What a message says beside its fields, once.
    fn beside(&mut self, message: &DescriptorProto, at: &str, depth: usize) {
        if depth > 0 {
            return;
        }
        let numbers: Vec<i32> = message.field.iter().map(|field| field.number()).collect();
        if !numbers.iter().zip(1..).all(|(number, expected)| *number == expected) {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            self.note(Thing::Foreign, at, format!("the numbers of its fields: {}", numbers.join(", ")));
        }
        let names = message.reserved_name.iter().cloned();
        let ranges = message
            .reserved_range
            .iter()
            .map(|range| format!("{} to {}", range.start(), range.end().saturating_sub(1)));
        let reserved: Vec<String> = ranges.chain(names).collect();
        if !reserved.is_empty() {
            self.note(Thing::Foreign, at, format!("reserved {}", reserved.join(", ")));
        }
        for extension in &message.extension {
            let what = format!("the field {} that extends {}", extension.name(), extension.extendee());
            self.note(Thing::Foreign, at, what);
        }
    }

    fn field(
        &mut self,
        field: &FieldDescriptorProto,
        message: &'a DescriptorProto,
        scope: &str,
        at: &str,
        depth: usize,
    ) -> ValueType {
        self.fields += 1;
        let entry = field.type_name().rsplit('.').next().unwrap_or_default();
        let entry = message
            .nested_type
            .iter()
            .find(|inner| inner.name() == entry && inner.options.as_ref().is_some_and(|options| options.map_entry()));
        if let Some(entry) = entry
            && let [key, item, ..] = entry.field.as_slice()
        {
            let (key, item) = (self.ty(key, scope, at, depth + 1), self.ty(item, scope, at, depth + 1));
            return ValueType::plain(DataType::Map(Box::new(plain(key)), Box::new(plain(item))));
        }
        let value = self.ty(field, scope, at, depth);
        if field.label() == Label::Repeated {
            return ValueType::plain(DataType::List(Box::new(plain(value))));
        }
        let chosen = field.oneof_index.is_some();
        if chosen && !field.proto3_optional() {
            let of = field.oneof_index.and_then(|index| usize::try_from(index).ok());
            let of = of.and_then(|index| message.oneof_decl.get(index)).map_or("", |of| of.name());
            self.note(Thing::Constraint, at, format!("oneof {of}: that no other of its fields is set"));
        }
        ValueType { nullable: value.nullable || chosen || self.may_be_absent(field), ..value }
    }

    fn may_be_absent(&self, field: &FieldDescriptorProto) -> bool {
        let options = field.options.iter().flat_map(|options| &options.uninterpreted_option);
        match presence(options).as_deref() {
            Some("EXPLICIT") => true,
            Some(_) => false,
            None => {
                self.presence == Presence::Explicit && field.label() == Label::Optional && field.default_value.is_none()
            }
        }
    }

    fn ty(&mut self, field: &FieldDescriptorProto, scope: &str, at: &str, depth: usize) -> ValueType {
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
        ValueType::plain(data)
    }

    fn named(&mut self, name: &str, scope: &str, at: &str, depth: usize) -> ValueType {
        let nullable = |data: DataType| ValueType::plain(data).or_null();
        match name.trim_start_matches('.') {
            "google.protobuf.Timestamp" => {
                return ValueType::plain(DataType::Timestamp { unit: TimeUnit::Ns, naive: false });
            }
            "google.protobuf.Duration" => return ValueType::plain(DataType::Duration),
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
                return ValueType::plain(DataType::Json);
            }
            _ => {}
        }
        if let Some((full, message)) = Self::find(&self.known, scope, name) {
            let endless =
                if self.open.contains(&full) { "holds itself" } else { "has more parts than a contract can have" };
            if self.open.contains(&full) || depth >= MAX_DEPTH || self.fields > MAX_FIELDS {
                self.note(Thing::Type, at, format!("{full}, which {endless}, read as json"));
                return ValueType::plain(DataType::Json);
            }
            self.open.push(full.clone());
            let place = self.places.get(&full).cloned().unwrap_or_default();
            if let Some(doc) = self.docs.get(&place).and_then(|doc| comment(doc)) {
                self.note(Thing::Doc, at, format!("/// {}", doc.lines().next().unwrap_or_default()));
            }
            let mut fields = Vec::new();
            for column in self.columns(message, &full, &place, at, depth + 1) {
                if column.deprecated.is_some() {
                    self.note(Thing::Deprecated, &format!("{at}.{}", column.name), "deprecated".to_owned());
                }
                if let Some(doc) = column.doc {
                    let first = doc.lines().next().unwrap_or_default();
                    self.note(Thing::Doc, &format!("{at}.{}", column.name), format!("/// {first}"));
                }
                fields.push(StructField { name: column.name, value: column.value, default: column.default });
            }
            self.open.pop();
            return ValueType::plain(DataType::Struct(fields));
        }
        if let Some((_, each)) = Self::find(&self.enums, scope, name) {
            return ValueType::plain(DataType::Enum { members: members(each), open: false });
        }
        self.note(Thing::Type, at, format!("{name}, which is in another file, read as json"));
        ValueType::plain(DataType::Json)
    }
}

/// A default of `proto2` as a literal of that type.
fn default_of(text: &str, data: &DataType) -> Option<Literal> {
    match data {
        DataType::Bytes | DataType::List(_) => None,
        DataType::Enum { members, .. } => {
            let bare = members.iter().filter(|member| text == member.as_str() || text.ends_with(&format!("_{member}")));
            bare.max_by_key(|member| member.len()).map(|member| Literal::Text(member.clone()))
        }
        _ => values::from_text(text, data),
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
