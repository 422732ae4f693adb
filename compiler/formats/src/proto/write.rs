//! From contracts to messages.

use std::collections::BTreeSet;

use mlp_plan::{Contract, DataType, StructField, ValueType};

use super::{Proto, is_name};
use crate::{
    fault::Fault,
    rest::{Voice as _, heard_column},
};

/// A file of `proto3`, a message for each contract.
pub(crate) fn export(contracts: &[Contract]) -> Result<String, Fault> {
    let mut imports = BTreeSet::new();
    let mut body = String::new();
    for contract in contracts {
        let heard = Proto.contract(contract);
        let mut message = Message { imports: &mut imports, nested: String::new(), indent: 1 };
        let mut fields = String::new();
        for (number, column) in contract.columns.iter().enumerate() {
            let at = format!("{}.{}", contract.name, column.name);
            let said = heard_column(&Proto, column);
            comment(&mut fields, 1, said.doc.as_deref());
            fields.push_str(&message.field(&column.name, &said.value, number, &at)?);
        }
        comment(&mut body, 0, heard.doc.as_deref());
        let nested = message.nested;
        body.push_str(&format!("message {} {{\n{nested}{fields}}}\n\n", named(&heard.name, &contract.name)?));
    }
    let imports: String = imports.iter().map(|path| format!("import \"{path}\";\n")).collect();
    let gap = if imports.is_empty() { "" } else { "\n" };
    Ok(format!("syntax = \"proto3\";\n\n{imports}{gap}{}\n", body.trim_end()))
}

/// Lines of a comment: it cannot end before its line does.
fn comment(out: &mut String, depth: usize, doc: Option<&str>) {
    for line in doc.into_iter().flat_map(str::lines) {
        out.push_str(format!("{}// {line}", "  ".repeat(depth)).trim_end());
        out.push('\n');
    }
}

fn named<'a>(name: &'a str, at: &str) -> Result<&'a str, Fault> {
    if is_name(name) {
        return Ok(name);
    }
    let what =
        format!("Protobuf has no name `{name}`: its names are of the letters a to z, digits and `_`, a letter first");
    Err(Fault::new(what, "rename it, or export to another format").at(at))
}

struct Message<'a> {
    imports: &'a mut BTreeSet<&'static str>,
    nested: String,
    indent: usize,
}

impl Message<'_> {
    /// Numbers begin at 1; those from 19000 to 19999 are Protobuf's own.
    fn field(&mut self, name: &str, value: &ValueType, index: usize, at: &str) -> Result<String, Fault> {
        named(name, at)?;
        let number = if index + 1 < 19_000 { index + 1 } else { index + 1_001 };
        let pad = "  ".repeat(self.indent);
        let (label, ty) = match &value.data {
            DataType::List(element) => ("repeated ", self.ty(&Proto.inner(element).data, name, at)?),
            DataType::Map(key, item) => {
                let key = self.ty(&Proto.inner(key).data, name, at)?;
                let item = self.ty(&Proto.inner(item).data, name, at)?;
                ("", format!("map<{key}, {item}>"))
            }
            data => {
                // of a message, presence is always known
                let label = if value.nullable { "optional " } else { "" };
                (label, self.ty(data, name, at)?)
            }
        };
        Ok(format!("{pad}{label}{ty} {name} = {number};\n"))
    }

    fn ty(&mut self, data: &DataType, name: &str, at: &str) -> Result<String, Fault> {
        Ok(match data {
            DataType::Bool => "bool".to_owned(),
            DataType::Int(64) => "int64".to_owned(),
            DataType::Int(_) => "int32".to_owned(),
            DataType::Uint(64) => "uint64".to_owned(),
            DataType::Uint(_) => "uint32".to_owned(),
            DataType::Float(32) => "float".to_owned(),
            DataType::Float(_) => "double".to_owned(),
            DataType::Bytes => "bytes".to_owned(),
            DataType::Timestamp { .. } => {
                self.imports.insert("google/protobuf/timestamp.proto");
                "google.protobuf.Timestamp".to_owned()
            }
            DataType::Duration => {
                self.imports.insert("google/protobuf/duration.proto");
                "google.protobuf.Duration".to_owned()
            }
            DataType::Enum { members, .. } => self.enumeration(members, name),
            DataType::Struct(fields) => self.message(fields, name, at)?,
            _ => "string".to_owned(),
        })
    }

    /// An enum of its own, its members with the enum's name before them: names of members are shared by all enums of a message. Zero stands for what
    /// was not set.
    fn enumeration(&mut self, members: &[String], name: &str) -> String {
        let ty = camel(name, "Enum");
        let prefix = super::upper(&ty);
        let pad = "  ".repeat(self.indent);
        let mut out = format!("{pad}enum {ty} {{\n{pad}  {prefix}_UNSPECIFIED = 0;\n");
        for (number, member) in members.iter().enumerate() {
            out.push_str(&format!("{pad}  {prefix}_{member} = {};\n", number + 1));
        }
        self.nested.push_str(&format!("{out}{pad}}}\n"));
        ty
    }

    fn message(&mut self, fields: &[StructField], name: &str, at: &str) -> Result<String, Fault> {
        let ty = camel(name, "Message");
        let mut inner = Message { imports: self.imports, nested: String::new(), indent: self.indent + 1 };
        let mut lines = String::new();
        for (number, field) in fields.iter().enumerate() {
            let at = format!("{at}.{}", field.name);
            // presence is known of the fields of a message as of those of a row
            let value = Proto.inner(&field.value);
            lines.push_str(&inner.field(&field.name, &value, number, &at)?);
        }
        let nested = inner.nested;
        let pad = "  ".repeat(self.indent);
        self.nested.push_str(&format!("{pad}message {ty} {{\n{nested}{lines}{pad}}}\n"));
        Ok(ty)
    }
}

fn camel(name: &str, suffix: &str) -> String {
    format!("{}{suffix}", crate::names::contract(name))
}
