//! From contracts to an ODCS document.

use mlp_plan::{Column, Constraint, Contract, DataType, Expectation, Literal, StructField, TimeUnit, ValueType};
use mlp_write::{Doc, yaml};

use super::{NO_VERSION, OPERATORS, Odcs, element_word, library, says};
use crate::{
    fault::Fault,
    pattern,
    rest::{ColumnRest, ContractRest, KEY, ValueRest, Voice as _, heard_column, written},
    values,
};

/// The document.
pub(crate) fn export(contracts: &[Contract]) -> Result<String, Fault> {
    let voice = Odcs::of(contracts);
    let name = contracts.first().map_or("", |contract| contract.name.as_str());
    let mut top = Doc::map([
        ("apiVersion", Doc::text("v3.2.0")),
        ("kind", Doc::text("DataContract")),
        ("id", Doc::text(name)),
        ("name", Doc::text(name)),
        ("version", Doc::text(voice.version.as_deref().unwrap_or(NO_VERSION))),
        ("status", Doc::text("active")),
    ]);
    if let Some(owner) = &voice.owner {
        top.put("team", Doc::map([("name", Doc::text(owner))]));
    }
    top.put("schema", Doc::List(contracts.iter().map(|contract| object(&voice, contract)).collect()));
    Ok(yaml::document(&top))
}

fn object(voice: &Odcs, contract: &Contract) -> Doc {
    let heard = voice.contract(contract);
    let mut out = Doc::map([("name", Doc::text(&contract.name)), ("logicalType", Doc::text("object"))]);
    if let Some(doc) = &heard.doc {
        out.put("description", Doc::text(doc));
    }
    let mut rest = ContractRest::of(contract, &heard);
    // owner and version stand once for all contracts of the document
    for (word, own, common) in
        [("owner", &contract.owner, &voice.owner), ("version", &contract.version, &voice.version)]
    {
        if own.is_none() && common.is_some() {
            rest.lacks.push(word.to_owned());
        }
    }
    custom(&mut out, written(&rest));
    if !contract.columns.is_empty() {
        let columns = contract.columns.iter().map(|column| property(voice, contract, column)).collect();
        out.put("properties", Doc::List(columns));
    }
    let references: Vec<Doc> = heard
        .references
        .iter()
        .map(|reference| {
            let ends = |owner: &str, names: &[String]| match names {
                [one] => Doc::text(format!("{owner}.{one}")),
                many => Doc::List(many.iter().map(|name| Doc::text(format!("{owner}.{name}"))).collect()),
            };
            Doc::map([
                ("type", Doc::text("foreignKey")),
                ("from", ends(&contract.name, &reference.from)),
                ("to", ends(&reference.contract, &reference.to)),
            ])
        })
        .collect();
    if !references.is_empty() {
        out.put("relationships", Doc::List(references));
    }
    let mut quality: Vec<Doc> = heard
        .uniques
        .iter()
        .map(|columns| {
            let columns = Doc::List(columns.iter().map(Doc::text).collect());
            Doc::map([
                ("type", Doc::text("library")),
                ("metric", Doc::text("duplicateValues")),
                ("arguments", Doc::map([("properties", columns)])),
                ("mustBe", Doc::number(0)),
            ])
        })
        .collect();
    let of_set = |rule: &&Expectation| !matches!(library(&rule.expr), Some((_, Some(_), ..)));
    quality.extend(heard.expectations.iter().filter(of_set).map(expectation));
    if !quality.is_empty() {
        out.put("quality", Doc::List(quality));
    }
    out
}

fn expectation(rule: &Expectation) -> Doc {
    let mut out;
    if let Some((metric, column, op, bound)) = library(&rule.expr) {
        out = Doc::map([("type", Doc::text("library")), ("metric", Doc::text(metric))]);
        let operator = OPERATORS.iter().find(|(known, _)| *known == op).map_or("mustBe", |(_, word)| word);
        let bound = if column.is_some() { bound * bigdecimal::BigDecimal::from(100) } else { bound.clone() };
        out.put(operator, Doc::Number(values::number_text(&bound).unwrap_or_default()));
        if column.is_some() {
            out.put("unit", Doc::text("percent"));
        }
    } else {
        let tree = serde_json::to_value(&rule.expr).map(|tree| crate::rest::doc(&tree)).unwrap_or(Doc::Null);
        out = Doc::map([
            ("type", Doc::text("custom")),
            ("name", Doc::text(rule.expr.to_string())),
            ("engine", Doc::text(KEY)),
            ("implementation", Doc::map([("expect", tree)])),
        ]);
    }
    if let Some(message) = &rule.message {
        out.put("description", Doc::text(message));
    }
    out.put("severity", Doc::text(if rule.warn { "warning" } else { "error" }));
    out
}

fn custom(out: &mut Doc, rest: Option<Doc>) {
    if let Some(rest) = rest {
        out.put("customProperties", Doc::List(vec![Doc::map([("property", Doc::text(KEY)), ("value", rest)])]));
    }
}

fn property(voice: &Odcs, contract: &Contract, column: &Column) -> Doc {
    let mut out = Doc::map([("name", Doc::text(&column.name))]);
    let heard = heard_column(voice, column);
    if let Some(doc) = &heard.doc {
        out.put("description", Doc::text(doc));
    }
    if !column.tags.is_empty() {
        out.put("tags", Doc::List(column.tags.iter().map(Doc::text).collect()));
    }
    if column.deprecated.is_some() {
        out.put("deprecated", Doc::Bool(true));
    }
    if let Some(key) = contract.keys.first()
        && let Some(place) = key.iter().position(|name| *name == column.name)
    {
        out.put("primaryKey", Doc::Bool(true));
        out.put("primaryKeyPosition", Doc::number(place + 1));
    }
    custom(&mut out, written(&ColumnRest::of(column, &heard)));
    let rules = contract
        .expectations
        .iter()
        .filter(|rule| matches!(library(&rule.expr), Some((_, Some(name), ..)) if name == column.name))
        .map(expectation);
    value(voice, &column.value, rules.collect(), &mut out);
    out
}

/// What is inside of another value: a rest of its own, no name.
fn inner(voice: &Odcs, inner: &ValueType) -> Doc {
    let mut out = Doc::Map(Vec::new());
    custom(&mut out, written(&ValueRest::of(inner, &voice.value(inner))));
    value(voice, inner, Vec::new(), &mut out);
    out
}

fn field(voice: &Odcs, field: &StructField) -> Doc {
    let column = Column { default: field.default.clone(), ..Column::plain(field.name.as_str(), field.value.clone()) };
    let mut out = Doc::map([("name", Doc::text(&field.name))]);
    custom(&mut out, written(&ColumnRest::of(&column, &heard_column(voice, &column))));
    value(voice, &field.value, Vec::new(), &mut out);
    out
}

fn value(voice: &Odcs, value: &ValueType, mut quality: Vec<Doc>, out: &mut Doc) {
    let heard = voice.value(value);
    let (logical, mut options, physical) = logical(&heard.data);
    out.put("logicalType", Doc::text(logical));
    if let Some(physical) = physical {
        out.put("physicalType", Doc::text(physical));
    }
    for constraint in &heard.constraints {
        if says(&heard.data, constraint).is_some() {
            self::constraint(constraint, &heard.data, &mut options, &mut quality, out);
        }
    }
    if !options.is_empty() {
        out.put("logicalTypeOptions", options);
    }
    if heard.nullable {
        out.put("required", Doc::Bool(false));
    } else {
        out.put("required", Doc::Bool(true));
    }
    match &heard.data {
        DataType::Enum { members, .. } => {
            let members = members.iter().map(|member| Doc::map([("value", Doc::text(member))])).collect();
            out.put("enum", Doc::List(members));
        }
        DataType::List(element) => out.put("items", inner(voice, element)),
        DataType::Map(key, item) => {
            out.put("map", Doc::map([("key", inner(voice, key)), ("value", inner(voice, item))]));
        }
        DataType::Struct(fields) => {
            out.put("properties", Doc::List(fields.iter().map(|each| field(voice, each)).collect()));
        }
        _ => {}
    }
    if !quality.is_empty() {
        out.put("quality", Doc::List(quality));
    }
}

/// The logical type with its options, and the physical one where it says more.
fn logical(data: &DataType) -> (&'static str, Doc, Option<String>) {
    let none = || Doc::Map(Vec::new());
    let format = |word: String| Doc::map([("format", Doc::Text(word))]);
    match data {
        DataType::Bool => ("boolean", none(), None),
        DataType::Int(bits) => ("integer", format(format!("i{bits}")), None),
        DataType::Uint(bits) => ("integer", format(format!("u{bits}")), None),
        DataType::Float(bits) => ("number", format(format!("f{bits}")), None),
        DataType::Decimal { precision, scale } => ("number", none(), Some(format!("DECIMAL({precision}, {scale})"))),
        DataType::Bytes => ("string", format("binary".to_owned()), None),
        DataType::Uuid => ("string", format("uuid".to_owned()), None),
        DataType::Json => ("string", format("json".to_owned()), None),
        DataType::Date => ("date", none(), None),
        DataType::Time => ("time", none(), None),
        DataType::Timestamp { unit, naive } => {
            let digits = match unit {
                TimeUnit::Ms => Some(3),
                TimeUnit::Us => None,
                TimeUnit::Ns => Some(9),
            };
            let options = Doc::map([("timezone", Doc::Bool(!naive))]);
            ("timestamp", options, digits.map(|digits| format!("TIMESTAMP({digits})")))
        }
        DataType::String | DataType::Duration | DataType::Enum { .. } => ("string", none(), None),
        DataType::List(_) => ("array", none(), None),
        DataType::Map(..) => ("map", none(), None),
        DataType::Struct(_) => ("object", none(), None),
        DataType::Vector { element, length } => {
            let word = element_word(element).unwrap_or("float32");
            let options = Doc::map([("dimensions", Doc::number(length)), ("elementType", Doc::text(word))]);
            ("vector", options, None)
        }
    }
}

fn constraint(constraint: &Constraint, data: &DataType, options: &mut Doc, quality: &mut Vec<Doc>, out: &mut Doc) {
    let put = |options: &mut Doc, key: &str, end: &Option<Literal>| {
        if let Some(doc) = end.as_ref().and_then(|end| values::doc(end, data)) {
            options.put(key, doc);
        }
    };
    match constraint {
        Constraint::Range { low, high } => {
            put(options, "minimum", low);
            put(options, "maximum", high);
        }
        Constraint::Length { min, max } => {
            let text = *data == DataType::String;
            options.put(if text { "minLength" } else { "minItems" }, Doc::number(min));
            if let Some(max) = max {
                options.put(if text { "maxLength" } else { "maxItems" }, Doc::number(max));
            }
        }
        Constraint::Matches(re) => options.put("pattern", Doc::text(pattern::anchored(re))),
        Constraint::OneOf(members) => {
            let members = members.iter().filter_map(|member| values::doc(member, data)).collect();
            quality.push(Doc::map([
                ("type", Doc::text("library")),
                ("metric", Doc::text("invalidValues")),
                ("arguments", Doc::map([("validValues", Doc::List(members))])),
                ("mustBe", Doc::number(0)),
            ]));
        }
        Constraint::Unique => out.put("unique", Doc::Bool(true)),
        Constraint::Where(_) => {}
    }
}
