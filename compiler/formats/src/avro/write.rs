//! From a contract to an Avro record.

use std::collections::HashSet;

use mlp_plan::{Column, Contract, DataType, Literal, StructField, TimeUnit, ValueType};
use mlp_write::{Doc, json};

use super::{Avro, is_name};
use crate::{
    fault::Fault,
    rest::{ColumnRest, ContractRest, KEY, ValueRest, Voice as _, heard_column, written},
    values,
};

/// The schema.
pub(crate) fn export(contract: &Contract) -> Result<String, Fault> {
    let heard = Avro.contract(contract);
    let mut writer = Writer { taken: HashSet::from([heard.name.clone()]) };
    let mut out = Doc::map([("type", Doc::text("record")), ("name", Doc::text(named(&heard.name, &contract.name)?))]);
    if let Some(doc) = &heard.doc {
        out.put("doc", Doc::text(doc));
    }
    let mut fields = Vec::new();
    for column in &contract.columns {
        fields.push(writer.field(column, &contract.name)?);
    }
    out.put("fields", Doc::List(fields));
    if let Some(rest) = written(&ContractRest::of(contract, &heard)) {
        out.put(KEY, rest);
    }
    Ok(json::document(&out))
}

fn named<'a>(name: &'a str, at: &str) -> Result<&'a str, Fault> {
    if is_name(name) {
        return Ok(name);
    }
    let what = format!("Avro has no name `{name}`: its names are of the letters a to z, digits and `_`");
    Err(Fault::new(what, "rename it, or export to another format").at(at))
}

struct Writer {
    /// Names of records and enums: each stands for one type.
    taken: HashSet<String>,
}

impl Writer {
    fn field(&mut self, column: &Column, at: &str) -> Result<Doc, Fault> {
        let at = format!("{at}.{}", column.name);
        let heard = heard_column(&Avro, column);
        let mut out = Doc::map([("name", Doc::text(named(&column.name, &at)?))]);
        if let Some(doc) = &heard.doc {
            out.put("doc", Doc::text(doc));
        }
        // a default is one of the first type of a union
        let null_first = !matches!(&heard.default, Some(default) if *default != Literal::Null);
        out.put("type", self.value(&column.value, null_first, None, &at)?);
        if let Some(default) = heard.default.as_ref().and_then(|default| values::doc(default, &heard.value.data)) {
            out.put("default", default);
        }
        if let Some(was) = &heard.was {
            out.put("aliases", Doc::List(vec![Doc::text(was)]));
        }
        if let Some(rest) = written(&ColumnRest::of(column, &heard)) {
            out.put(KEY, rest);
        }
        Ok(out)
    }

    fn inner(&mut self, value: &ValueType, at: &str) -> Result<Doc, Fault> {
        let rest = written(&ValueRest::of(value, &Avro.value(value)));
        self.value(value, true, rest, at)
    }

    fn value(&mut self, value: &ValueType, null_first: bool, rest: Option<Doc>, at: &str) -> Result<Doc, Fault> {
        let mut data = self.data(&Avro.value(value).data, at)?;
        if let Some(rest) = rest {
            if !matches!(data, Doc::Map(_)) {
                data = Doc::map([("type", data)]);
            }
            data.put(KEY, rest);
        }
        let null = Doc::text("null");
        Ok(match (value.nullable, null_first) {
            (false, _) => data,
            (true, true) => Doc::List(vec![null, data]),
            (true, false) => Doc::List(vec![data, null]),
        })
    }

    /// A name that no other type of the schema has.
    fn fresh(&mut self, at: &str) -> String {
        let base: String = at.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let name =
            std::iter::once(base.clone()).chain(numbered).find(|name| !self.taken.contains(name)).unwrap_or(base);
        self.taken.insert(name.clone());
        name
    }

    fn data(&mut self, data: &DataType, at: &str) -> Result<Doc, Fault> {
        let logical = |ty: &str, word: &str| Doc::map([("type", Doc::text(ty)), ("logicalType", Doc::text(word))]);
        Ok(match data {
            DataType::Bool => Doc::text("boolean"),
            DataType::Int(32) => Doc::text("int"),
            DataType::Int(_) | DataType::Uint(_) | DataType::Duration => Doc::text("long"),
            DataType::Float(32) => Doc::text("float"),
            DataType::Float(_) => Doc::text("double"),
            DataType::Decimal { precision, scale } => {
                let mut out = logical("bytes", "decimal");
                out.put("precision", Doc::number(precision));
                out.put("scale", Doc::number(scale));
                out
            }
            DataType::String | DataType::Json => Doc::text("string"),
            DataType::Bytes => Doc::text("bytes"),
            DataType::Uuid => logical("string", "uuid"),
            DataType::Date => logical("int", "date"),
            DataType::Time => logical("long", "time-micros"),
            DataType::Timestamp { naive: true, .. } => logical("long", "local-timestamp-micros"),
            DataType::Timestamp { unit: TimeUnit::Ms, .. } => logical("long", "timestamp-millis"),
            DataType::Timestamp { unit: TimeUnit::Us, .. } => logical("long", "timestamp-micros"),
            DataType::Timestamp { unit: TimeUnit::Ns, .. } => logical("long", "timestamp-nanos"),
            DataType::Enum { members, .. } => Doc::map([
                ("type", Doc::text("enum")),
                ("name", Doc::text(self.fresh(at))),
                ("symbols", Doc::List(members.iter().map(Doc::text).collect())),
            ]),
            DataType::List(element) | DataType::Vector { element, .. } => {
                let items = self.inner(element, &format!("{at}_item"))?;
                Doc::map([("type", Doc::text("array")), ("items", items)])
            }
            DataType::Map(_, item) => {
                let values = self.inner(item, &format!("{at}_value"))?;
                Doc::map([("type", Doc::text("map")), ("values", values)])
            }
            DataType::Struct(fields) => {
                let name = self.fresh(at);
                let fields: Result<Vec<Doc>, Fault> =
                    fields.iter().map(|field| self.field(&column(field), at)).collect();
                Doc::map([("type", Doc::text("record")), ("name", Doc::text(name)), ("fields", Doc::List(fields?))])
            }
        })
    }
}

fn column(field: &StructField) -> Column {
    Column { default: field.default.clone(), ..Column::plain(field.name.as_str(), field.value.clone()) }
}
