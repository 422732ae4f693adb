//! Rows of tests as JSON lines: those that are given are filled up, those that come are compared.

use mlp_analysis::{subtype::sample, tests::GivenRow};
use mlp_plan::{Contract, DataType, Literal, ValueType};

/// A row as JSON, the fields that are not given filled with a valid value, always the same one.
pub fn full_row(contract: &Contract, row: &GivenRow) -> Result<String, String> {
    let mut fields = Vec::new();
    for column in &contract.columns {
        let given = row.fields.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone());
        let value = match given.or_else(|| column.default.clone()) {
            Some(value) => json(&value),
            None => any_or_null(&column.value)
                .ok_or_else(|| format!("give `{}` a value: none can be made up for `{}`", column.name, column.value))?,
        };
        fields.push(format!("{}:{value}", json_text(&column.name)));
    }
    Ok(format!("{{{}}}", fields.join(",")))
}

/// A value that satisfies a type, as JSON, where one can be made up.
fn any(value: &ValueType) -> Option<String> {
    match &value.data {
        DataType::Struct(fields) => {
            let fields: Option<Vec<String>> = fields
                .iter()
                .map(|field| {
                    let inner = field.default.as_ref().map(json).or_else(|| any_or_null(&field.value))?;
                    Some(format!("{}:{inner}", json_text(&field.name)))
                })
                .collect();
            Some(format!("{{{}}}", fields?.join(",")))
        }
        DataType::Vector { element, length } => {
            let element = any_or_null(element)?;
            Some(format!("[{}]", vec![element; usize::try_from(*length).ok()?].join(",")))
        }
        DataType::List(element) if sample::value(value).is_none() => {
            let one = format!("[{}]", any_or_null(element)?);
            value.constraints.is_empty().then_some(one)
        }
        DataType::Map(..) if value.constraints.is_empty() => Some("{}".to_owned()),
        _ => sample::value(value).as_ref().map(json),
    }
}

fn any_or_null(value: &ValueType) -> Option<String> {
    if value.nullable { Some("null".to_owned()) } else { any(value) }
}

/// Whether rows are those that were expected, in order; otherwise the first difference.
pub fn same_rows(got: &[serde_json::Value], expected: &[GivenRow]) -> Result<(), String> {
    if got.len() != expected.len() {
        return Err(format!("it gives {} rows, and {} were expected", got.len(), expected.len()));
    }
    for (index, (row, wanted)) in got.iter().zip(expected).enumerate() {
        for (name, value) in &wanted.fields {
            let found = row.get(name).cloned().unwrap_or(serde_json::Value::Null);
            let want: serde_json::Value = serde_json::from_str(&json(value)).unwrap_or(serde_json::Value::Null);
            if !same_value(&found, &want) {
                return Err(format!("row {}: `{name}` is {found}, and {want} was expected", index + 1));
            }
        }
    }
    Ok(())
}

/// Numbers by value; instants by their text, however many zeros stand behind the second.
fn same_value(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), ..) => (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs()),
        (.., Some(a), Some(b)) => a.trim_end_matches('Z') == b.trim_end_matches('Z'),
        _ => a == b,
    }
}

/// A value as JSON.
pub fn json(value: &Literal) -> String {
    match value {
        Literal::Null | Literal::Nan => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Number(value) => value.normalized().to_plain_string(),
        Literal::Size(value) => value.to_string(),
        Literal::Duration(value) => value.to_string(),
        Literal::Text(text) => json_text(text),
        Literal::Date(value) => json_text(&value.to_string()),
        Literal::Time(value) => json_text(&value.to_string()),
        Literal::Timestamp(value) => json_text(&format!("{}Z", value.format("%Y-%m-%dT%H:%M:%S%.f"))),
        Literal::List(values) => format!("[{}]", values.iter().map(json).collect::<Vec<_>>().join(",")),
    }
}

/// A text as JSON.
pub fn json_text(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
