//! Parameters of a pipeline, from text to values of their types.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use mlp_plan::{DataType, Literal, Parameter, Pipeline, ValueType};

/// The parameters of a run: what is set, else what the program says.
pub(crate) fn resolve(
    pipeline: &Pipeline,
    set: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Literal>, String> {
    if let Some(name) = set.keys().find(|name| !pipeline.params.iter().any(|param| param.name == **name)) {
        let names: Vec<&str> = pipeline.params.iter().map(|param| param.name.as_str()).collect();
        let there = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
        return Err(format!("pipeline `{}` has no parameter `{name}`; {there}", pipeline.name));
    }
    let mut values = BTreeMap::new();
    for param in &pipeline.params {
        let value = match (set.get(&param.name), &param.default) {
            (Some(text), _) => parse_parameter(text, param)?,
            (None, Some(default)) => default.clone(),
            (None, None) if param.nullable => Literal::Null,
            (None, None) => return Err(format!("parameter `{0}` has no value; give it with --set {0}=..", param.name)),
        };
        values.insert(param.name.clone(), value);
    }
    Ok(values)
}

/// Reads a parameter's value as a program would spell it, or as JSON: text needs no quotes, and with those of JSON it is exactly what is in them.
///
/// # Errors
/// In words, where the text is not of the parameter's type or breaks one of its constraints.
pub fn parse_parameter(text: &str, param: &Parameter) -> Result<Literal, String> {
    if param.nullable && text.trim() == "none" {
        return Ok(Literal::Null);
    }
    let value = parse(text, &param.data)
        .ok_or_else(|| format!("parameter `{}`: `{text}` is not a {}", param.name, param.data))?;
    match mlp_plan::holds::broken(&param.constraints, &param.data, &value) {
        Some(broken) => Err(format!("parameter `{}`: {value} is not {broken}", param.name)),
        None => Ok(value),
    }
}

fn parse(text: &str, data: &DataType) -> Option<Literal> {
    let quoted = serde_json::from_str::<String>(text).ok();
    let text = match &quoted {
        Some(inside) => inside,
        None if is_text(data) => text,
        None => text.trim(),
    };
    Some(match data {
        DataType::Bool => Literal::Bool(text.parse().ok()?),
        DataType::Int(bits) => {
            let value = number(text)?;
            let limit = BigDecimal::from(1_i128 << (bits - 1));
            (value.is_integer() && value >= -limit.clone() && value < limit).then_some(Literal::Number(value))?
        }
        DataType::Uint(bits) => {
            let value = number(text)?;
            let limit = BigDecimal::from(1_i128 << bits);
            (value.is_integer() && value >= 0 && value < limit).then_some(Literal::Number(value))?
        }
        DataType::Float(_) if text == "nan" => Literal::Nan,
        DataType::Float(_) | DataType::Decimal { .. } => Literal::Number(number(text)?),
        DataType::Date => Literal::Date(date(text)?),
        DataType::Time => Literal::Time(
            NaiveTime::parse_from_str(text, "%H:%M:%S%.f")
                .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M"))
                .ok()?,
        ),
        DataType::Timestamp { .. } => Literal::Timestamp(timestamp(text)?),
        DataType::Duration => Literal::Duration(duration(text)?),
        DataType::Enum { members, open } => {
            (*open || members.iter().any(|member| member == text)).then(|| Literal::Text(text.to_owned()))?
        }
        DataType::List(element) => Literal::List(match serde_json::from_str::<Vec<serde_json::Value>>(text) {
            Ok(items) => items.iter().map(|item| json(item, element)).collect::<Option<_>>()?,
            Err(_) => {
                let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).trim();
                let items = inside.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(|item| parse(item, &element.data)).collect::<Option<_>>()?
            }
        }),
        DataType::String | DataType::Bytes | DataType::Uuid | DataType::Json => Literal::Text(text.to_owned()),
        DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. } => return None,
    })
}

/// Whether blanks around a value are part of it.
const fn is_text(data: &DataType) -> bool {
    matches!(data, DataType::String | DataType::Bytes | DataType::Json | DataType::Enum { open: true, .. })
}

fn json(item: &serde_json::Value, element: &ValueType) -> Option<Literal> {
    if item.is_null() { element.nullable.then_some(Literal::Null) } else { parse(&item.to_string(), &element.data) }
}

/// `-1_000`, `0.5`, `20%`.
fn number(text: &str) -> Option<BigDecimal> {
    let (digits, share) = text.strip_suffix('%').map_or((text, false), |digits| (digits, true));
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    let value: BigDecimal = digits.replace('_', "").parse().ok()?;
    Some(if share { value / BigDecimal::from(100) } else { value })
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn timestamp(text: &str) -> Option<NaiveDateTime> {
    if let Some(day) = date(text) {
        return Some(mlp_plan::midnight(day));
    }
    if let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(at.naive_utc());
    }
    let text = text.trim_end_matches('Z');
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
        ("w", 604_800_000_000_000),
    ];
    let (digits, size) =
        UNITS.into_iter().find_map(|(unit, size)| text.strip_suffix(unit).map(|digits| (digits, size)))?;
    Literal::Number(number(digits)? * BigDecimal::from(size)).as_i64()
}

#[cfg(test)]
mod tests {
    use mlp_plan::{Constraint, TimeUnit};

    use super::*;

    fn parameter(data: DataType, constraints: Vec<Constraint>) -> Parameter {
        Parameter {
            name: "p".to_owned(),
            data,
            nullable: false,
            default: None,
            constraints,
            doc: None,
            place: mlp_plan::Place::default(),
        }
    }

    fn read(text: &str, data: DataType, constraints: Vec<Constraint>) -> Result<String, String> {
        parse_parameter(text, &parameter(data, constraints)).map(|value| value.to_string())
    }

    #[test]
    fn values_are_read_by_their_type() {
        let timestamp = DataType::Timestamp { unit: TimeUnit::Us, naive: false };
        assert_eq!(read("1_000", DataType::Int(64), Vec::new()), Ok("1000".to_owned()));
        assert_eq!(read("20%", DataType::Float(64), Vec::new()), Ok("0.2".to_owned()));
        assert_eq!(read("2013-10-01", timestamp.clone(), Vec::new()), Ok("2013-10-01T00:00:00Z".to_owned()));
        assert_eq!(read("2013-10-01T05:00:00+02:00", timestamp, Vec::new()), Ok("2013-10-01T03:00:00Z".to_owned()));
        assert_eq!(read("90s", DataType::Duration, Vec::new()), Ok("90s".to_owned()));
        assert_eq!(read("1.5h", DataType::Duration, Vec::new()), Ok("90min".to_owned()));
        assert_eq!(
            read("a, b", DataType::List(Box::new(mlp_plan::ValueType::plain(DataType::String))), Vec::new()),
            Ok("[\"a\", \"b\"]".to_owned())
        );
    }

    #[test]
    fn text_arrives_byte_for_byte() {
        let text = |text: &str| {
            let param = Parameter { nullable: true, ..parameter(DataType::String, Vec::new()) };
            parse_parameter(text, &param).unwrap()
        };
        assert_eq!(text(" a\tb\n"), Literal::Text(" a\tb\n".to_owned()));
        assert_eq!(text("none"), Literal::Null);
        assert_eq!(text("\"none\""), Literal::Text("none".to_owned()), "in quotes it is a word as any other");
        assert_eq!(text(r#""\"a\" \ud83d\ude42\u0000\n""#), Literal::Text("\"a\" 🙂\0\n".to_owned()));
        let texts = || DataType::List(Box::new(ValueType::plain(DataType::String)));
        assert_eq!(read(r#"["a, b", "]", ""]"#, texts(), Vec::new()), Ok(r#"["a, b", "]", ""]"#.to_owned()));
        assert_eq!(read("\"2013-10-01\"", DataType::Date, Vec::new()), Ok("2013-10-01".to_owned()));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert_eq!(read("300", DataType::Uint(8), Vec::new()), Err("parameter `p`: `300` is not a uint8".to_owned()));
        assert_eq!(read("soon", DataType::Date, Vec::new()), Err("parameter `p`: `soon` is not a date".to_owned()));
        let range = Constraint::Range { low: Some(Literal::Number(1.into())), high: Some(Literal::Number(16.into())) };
        assert_eq!(read("17", DataType::Int(64), vec![range]), Err("parameter `p`: 17 is not in 1 .. 16".to_owned()));
        let matches = Constraint::Matches("[A-Z]+".to_owned());
        assert_eq!(
            read("abc", DataType::String, vec![matches]),
            Err("parameter `p`: \"abc\" is not matches /[A-Z]+/".to_owned())
        );
    }
}
