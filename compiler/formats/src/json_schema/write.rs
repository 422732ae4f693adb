//! From a contract to JSON Schema.

use mlp_plan::{Column, CompareOp, Constraint, Contract, DataType, Expr, Literal, StructField, ValueType};
use mlp_write::{Doc, json};

use super::{JsonSchema, whole_bounds};
use crate::{
    fault::Fault,
    pattern,
    rest::{ColumnRest, ContractRest, KEY, ValueRest, Voice as _, heard_column, written},
    values,
};

/// The schema of a row.
pub(crate) fn export(contract: &Contract) -> Result<String, Fault> {
    let heard = JsonSchema.contract(contract);
    let mut out = Doc::map([
        ("$schema", Doc::text("https://json-schema.org/draft/2020-12/schema")),
        ("title", Doc::text(&heard.name)),
    ]);
    if let Some(doc) = &heard.doc {
        out.put("description", Doc::text(doc));
    }
    out.put("type", Doc::text("object"));
    let properties: Vec<(String, Doc)> =
        contract.columns.iter().map(|column| (column.name.clone(), property(column))).collect();
    out.put("properties", Doc::Map(properties));
    let required = contract.columns.iter().filter(|column| is_required(column));
    out.put("required", Doc::List(required.map(|column| Doc::text(&column.name)).collect()));
    if let Some(rest) = written(&ContractRest::of(contract, &heard)) {
        out.put(KEY, rest);
    }
    Ok(json::document(&out))
}

/// Whether a row must have it: a reader takes the default of what is missing, and null where it may be null.
fn is_required(column: &Column) -> bool {
    !column.value.nullable && JsonSchema.column(column).default.is_none()
}

fn property(column: &Column) -> Doc {
    let heard = heard_column(&JsonSchema, column);
    let mut out = Doc::Map(Vec::new());
    if let Some(doc) = &heard.doc {
        out.put("description", Doc::text(doc));
    }
    value(&column.value, &mut out);
    if let Some(default) = heard.default.as_ref().and_then(|default| values::doc(default, &heard.value.data)) {
        out.put("default", default);
    }
    if column.deprecated.is_some() {
        out.put("deprecated", Doc::Bool(true));
    }
    if let Some(rest) = written(&ColumnRest::of(column, &heard)) {
        out.put(KEY, rest);
    }
    out
}

fn inner(inner: &ValueType) -> Doc {
    let mut out = Doc::Map(Vec::new());
    value(inner, &mut out);
    if let Some(rest) = written(&ValueRest::of(inner, &JsonSchema.value(inner))) {
        out.put(KEY, rest);
    }
    out
}

fn as_column(field: &StructField) -> Column {
    Column { default: field.default.clone(), ..Column::plain(field.name.as_str(), field.value.clone()) }
}

fn value(value: &ValueType, out: &mut Doc) {
    let heard = JsonSchema.value(value);
    let (word, format) = word(&heard.data);
    if heard.nullable {
        out.put("type", Doc::List(vec![Doc::text(word), Doc::text("null")]));
    } else {
        out.put("type", Doc::text(word));
    }
    if let Some(format) = format {
        out.put("format", Doc::text(format));
    }
    match &heard.data {
        DataType::Bytes => out.put("contentEncoding", Doc::text("base16")),
        DataType::Json => out.put("contentMediaType", Doc::text("application/json")),
        DataType::Enum { members, .. } => {
            let null = heard.nullable.then_some(Doc::Null);
            out.put("enum", Doc::List(members.iter().map(Doc::text).chain(null).collect()));
        }
        DataType::List(element) => out.put("items", inner(element)),
        DataType::Vector { element, length } => {
            out.put("items", inner(element));
            out.put("minItems", Doc::number(length));
            out.put("maxItems", Doc::number(length));
        }
        DataType::Map(_, item) => out.put("additionalProperties", inner(item)),
        DataType::Struct(fields) => {
            let fields: Vec<Column> = fields.iter().map(as_column).collect();
            out.put("properties", Doc::Map(fields.iter().map(|each| (each.name.clone(), property(each))).collect()));
            let required = fields.iter().filter(|column| is_required(column));
            out.put("required", Doc::List(required.map(|column| Doc::text(&column.name)).collect()));
        }
        _ => {}
    }
    constraints(&heard, out);
}

fn constraints(heard: &ValueType, out: &mut Doc) {
    let (mut low, mut high) = (None, None);
    let mut all = Vec::new();
    for constraint in &heard.constraints {
        match constraint {
            Constraint::Range { low: from, high: to } => {
                low = from.as_ref().and_then(|end| values::doc(end, &heard.data));
                high = to.as_ref().and_then(|end| values::doc(end, &heard.data));
            }
            Constraint::Length { min, max } if heard.data == DataType::String => {
                out.put("minLength", Doc::number(min));
                if let Some(max) = max {
                    out.put("maxLength", Doc::number(max));
                }
            }
            Constraint::Length { min, max } => {
                let mut ends = Doc::map([("minItems", Doc::number(min))]);
                if let Some(max) = max {
                    ends.put("maxItems", Doc::number(max));
                }
                all.push(ends);
            }
            Constraint::Matches(re) => out.put("pattern", Doc::text(pattern::anchored(re))),
            Constraint::OneOf(members) => {
                let null = heard.nullable.then_some(Doc::Null);
                let members = members.iter().filter_map(|member| values::doc(member, &heard.data)).chain(null);
                all.push(Doc::map([("enum", Doc::List(members.collect()))]));
            }
            Constraint::Where(Expr::Compare(op, _, right)) => {
                if let Expr::Literal(end @ Literal::Number(_)) = &**right
                    && let Some(end) = values::doc(end, &heard.data)
                {
                    out.put(if *op == CompareOp::Gt { "exclusiveMinimum" } else { "exclusiveMaximum" }, end);
                }
            }
            Constraint::Where(_) | Constraint::Unique => {}
        }
    }
    // what a type of whole numbers holds is checked, too
    let number = |bound: &bigdecimal::BigDecimal| Doc::Number(bound.normalized().to_plain_string());
    let bounds = whole_bounds(&heard.data);
    let low = low.or_else(|| bounds.as_ref().map(|(low, _)| number(low)));
    let high = high.or_else(|| bounds.as_ref().map(|(_, high)| number(high)));
    for (key, end) in [("minimum", low), ("maximum", high)] {
        if let Some(end) = end {
            out.put(key, end);
        }
    }
    if !all.is_empty() {
        out.put("allOf", Doc::List(all));
    }
}

/// `type` and `format`.
fn word(data: &DataType) -> (&'static str, Option<String>) {
    let format = |text: &str| Some(text.to_owned());
    match data {
        DataType::Bool => ("boolean", None),
        DataType::Int(bits) => ("integer", Some(format!("int{bits}"))),
        DataType::Uint(bits) => ("integer", Some(format!("uint{bits}"))),
        DataType::Float(32) => ("number", format("float")),
        DataType::Float(_) => ("number", format("double")),
        DataType::Uuid => ("string", format("uuid")),
        DataType::Date => ("string", format("date")),
        DataType::Time => ("string", format("time-local")),
        DataType::Timestamp { naive: false, .. } => ("string", format("date-time")),
        DataType::Timestamp { naive: true, .. } => ("string", format("date-time-local")),
        DataType::Duration => ("string", format("duration")),
        DataType::List(_) | DataType::Vector { .. } => ("array", None),
        DataType::Map(..) | DataType::Struct(_) => ("object", None),
        DataType::Decimal { .. } => ("number", None),
        DataType::String | DataType::Bytes | DataType::Json | DataType::Enum { .. } => ("string", None),
    }
}
