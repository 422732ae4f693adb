//! Literals as JSON and YAML have them, and back by the type of their column.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use mlp_plan::{DataType, Literal, duration_text};
use mlp_write::Doc;

use crate::read::{Kind, Node};

/// Whether a literal stands in a document as the same literal of that type.
pub(crate) fn comes_back(value: &Literal, data: &DataType) -> bool {
    doc(value, data).and_then(|doc| Node::of(&doc)).and_then(|node| literal(&node, data)).as_ref() == Some(value)
}

/// A literal as a document; `None` for what has no form there (NaN, a number of enormous length).
pub(crate) fn doc(value: &Literal, data: &DataType) -> Option<Doc> {
    Some(match value {
        Literal::Null => Doc::Null,
        Literal::Bool(flag) => Doc::Bool(*flag),
        Literal::Number(number) => Doc::Number(number_text(number)?),
        Literal::Nan => return None,
        Literal::Text(text) => Doc::text(text),
        Literal::Duration(nanoseconds) => Doc::text(duration_text(*nanoseconds)),
        Literal::Size(bytes) => Doc::number(bytes),
        Literal::Date(date) => Doc::text(date.to_string()),
        Literal::Time(time) => Doc::text(time.to_string()),
        Literal::Timestamp(at) => Doc::text(timestamp(*at, data)),
        Literal::List(values) => match data {
            DataType::List(element) => {
                Doc::List(values.iter().map(|value| doc(value, &element.data)).collect::<Option<_>>()?)
            }
            _ => return None,
        },
    })
}

/// `2013-10-01T06:00:00Z`; of a wall-clock time without the `Z`.
pub(crate) fn timestamp(at: NaiveDateTime, data: &DataType) -> String {
    let zone = if matches!(data, DataType::Timestamp { naive: true, .. }) { "" } else { "Z" };
    format!("{}{zone}", at.format("%Y-%m-%dT%H:%M:%S%.f"))
}

/// A number in plain digits; `None` where that would be absurdly long.
pub(crate) fn number_text(number: &BigDecimal) -> Option<String> {
    let (_, exponent) = number.as_bigint_and_exponent();
    if exponent.unsigned_abs() > 1000 {
        return None;
    }
    Some(number.normalized().to_plain_string())
}

/// What a document says, as a literal of that type; `None` where it is none.
pub(crate) fn literal(node: &Node, data: &DataType) -> Option<Literal> {
    match &node.kind {
        Kind::Null => Some(Literal::Null),
        Kind::Bool(flag) => (*data == DataType::Bool).then_some(Literal::Bool(*flag)),
        Kind::Number(text) if data.is_numeric() => number(text).map(Literal::Number),
        Kind::Number(text) if data.is_text() => Some(Literal::Text(text.clone())),
        Kind::Text(text) => from_text(text, data),
        Kind::List(items) => match data {
            DataType::List(element) => {
                items.iter().map(|item| literal(item, &element.data)).collect::<Option<_>>().map(Literal::List)
            }
            _ => None,
        },
        Kind::Number(_) | Kind::Map(_) => None,
    }
}

/// A number; `None` where it is none, or enormous.
pub(crate) fn number(text: &str) -> Option<BigDecimal> {
    let number: BigDecimal = text.parse().ok()?;
    let (_, exponent) = number.as_bigint_and_exponent();
    (exponent.unsigned_abs() <= 1000).then_some(number)
}

/// A text as a literal of a type.
pub(crate) fn from_text(text: &str, data: &DataType) -> Option<Literal> {
    Some(match data {
        DataType::Bool => Literal::Bool(text.parse().ok()?),
        data if data.is_numeric() => Literal::Number(number(text)?),
        DataType::Date => Literal::Date(text.parse::<NaiveDate>().ok()?),
        DataType::Time => Literal::Time(text.parse::<NaiveTime>().ok()?),
        DataType::Timestamp { .. } => Literal::Timestamp(instant(text)?),
        DataType::Duration | DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. } => {
            return None;
        }
        DataType::Uuid => Literal::Text(text.to_lowercase()),
        _ => Literal::Text(text.to_owned()),
    })
}

fn instant(text: &str) -> Option<NaiveDateTime> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.naive_utc());
    }
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let at = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    at.or_else(|| text.parse::<NaiveDate>().ok().map(mlp_plan::midnight))
}
