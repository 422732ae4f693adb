//! Parameters of a pipeline as Airflow `Param`s: a default and a JSON Schema, so that the trigger form shows type, limits and docs.

use mlp_plan::{Constraint, DataType, Literal, Parameter};

use mlp_write::python::Py;

/// Digits that a plain number may have; beyond them it is written with an exponent.
const DIGITS: i64 = 40;

/// `Param(default, type=.., ..)`. Without a default and on a schedule, none stands in, so that the file loads; `mlp step` then asks for it.
pub fn param(parameter: &Parameter, scheduled: bool) -> Py {
    let mut schema = schema(&parameter.data);
    let optional =
        parameter.nullable || parameter.default == Some(Literal::Null) || (parameter.default.is_none() && scheduled);
    constrain(&mut schema, &parameter.data, &parameter.constraints);
    if optional {
        make_optional(&mut schema);
    }
    if let Some(doc) = &parameter.doc {
        schema.push(("description", Py::text(doc)));
    }
    let default = parameter.default.as_ref().map(|default| literal(default, &parameter.data));
    Py::Call("Param", default.or_else(|| optional.then(|| Py::word("None"))).into_iter().collect(), schema)
}

type Schema = Vec<(&'static str, Py)>;

fn schema(data: &DataType) -> Schema {
    let kind = |name: &str| ("type", Py::text(name));
    match data {
        DataType::Bool => vec![kind("boolean")],
        DataType::Int(bits) => [vec![kind("integer")], bounds(*bits, true)].concat(),
        DataType::Uint(bits) => [vec![kind("integer")], bounds(*bits, false)].concat(),
        DataType::Float(_) => vec![kind("number")],
        DataType::Decimal { .. } => vec![kind("string"), ("pattern", Py::text(r"^-?[0-9]+(\.[0-9]+)?$"))],
        DataType::Uuid => vec![kind("string"), ("format", Py::text("uuid"))],
        DataType::Date => vec![kind("string"), ("format", Py::text("date"))],
        DataType::Time => vec![kind("string"), ("format", Py::text("time"))],
        DataType::Timestamp { naive: false, .. } => vec![kind("string"), ("format", Py::text("date-time"))],
        DataType::Duration => vec![kind("string"), ("pattern", Py::text(r"^-?[0-9]+(ns|us|ms|s|min|h|d|w)$"))],
        DataType::Enum { members, open } => {
            let members = Py::List(members.iter().map(Py::text).collect());
            vec![kind("string"), (if *open { "examples" } else { "enum" }, members)]
        }
        DataType::List(element) => vec![kind("array"), ("items", items(&element.data))],
        DataType::Vector { element, length } => {
            let length = Py::word(length.to_string());
            vec![kind("array"), ("items", items(&element.data)), ("minItems", length.clone()), ("maxItems", length)]
        }
        DataType::Map(..) | DataType::Struct(_) => vec![kind("object")],
        DataType::String | DataType::Bytes | DataType::Json | DataType::Timestamp { naive: true, .. } => {
            vec![kind("string")]
        }
    }
}

fn items(data: &DataType) -> Py {
    Py::Dict(schema(data).into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn bounds(bits: u8, signed: bool) -> Schema {
    let (low, high) = match (bits, signed) {
        (8, true) => ("-128", "127"),
        (16, true) => ("-32768", "32767"),
        (32, true) => ("-2147483648", "2147483647"),
        (8, false) => ("0", "255"),
        (16, false) => ("0", "65535"),
        (32, false) => ("0", "4294967295"),
        (_, true) => return Vec::new(),
        (_, false) => return vec![("minimum", Py::word("0"))],
    };
    vec![("minimum", Py::word(low)), ("maximum", Py::word(high))]
}

/// Adds what JSON Schema can say of the constraints; the rest is checked by `mlp step` as everywhere.
fn constrain(schema: &mut Schema, data: &DataType, constraints: &[Constraint]) {
    let numeric = matches!(data, DataType::Int(_) | DataType::Uint(_) | DataType::Float(_));
    for constraint in constraints {
        match constraint {
            Constraint::Range { low, high } if numeric => {
                let ends = [("minimum", low), ("maximum", high)];
                for (key, end) in ends.into_iter().filter_map(|(key, end)| end.as_ref().map(|end| (key, end))) {
                    set(schema, key, literal(end, data));
                }
            }
            Constraint::OneOf(members) => {
                set(schema, "enum", Py::List(members.iter().map(|member| literal(member, data)).collect()))
            }
            Constraint::Length { min, max } => {
                let array = matches!(data, DataType::List(_));
                set(schema, if array { "minItems" } else { "minLength" }, Py::word(min.to_string()));
                if let Some(max) = max {
                    set(schema, if array { "maxItems" } else { "maxLength" }, Py::word(max.to_string()));
                }
            }
            Constraint::Matches(pattern) if portable(pattern) => {
                set(schema, "pattern", Py::text(format!("^(?:{pattern})$")))
            }
            _ => {}
        }
    }
}

fn set(schema: &mut Schema, key: &'static str, value: Py) {
    schema.retain(|(existing, _)| *existing != key);
    schema.push((key, value));
}

fn make_optional(schema: &mut Schema) {
    for (key, value) in schema {
        match (*key, value) {
            ("type", kind) => *kind = Py::List(vec![Py::text("null"), kind.clone()]),
            ("enum", Py::List(members)) => members.push(Py::word("None")),
            _ => {}
        }
    }
}

/// A value as the schema of `data` has it.
fn literal(value: &Literal, data: &DataType) -> Py {
    let element = match data {
        DataType::List(element) | DataType::Vector { element, .. } => &element.data,
        other => other,
    };
    match value {
        Literal::Null => Py::word("None"),
        Literal::Bool(value) => Py::bool(*value),
        Literal::List(values) => Py::List(values.iter().map(|value| literal(value, element)).collect()),
        Literal::Text(text) => Py::text(text),
        Literal::Date(date) if matches!(data, DataType::Timestamp { naive: false, .. }) => {
            Py::text(format!("{date}T00:00:00Z"))
        }
        Literal::Number(number) => {
            let (digits, exponent) = number.as_bigint_and_exponent();
            let short = exponent.abs() <= DIGITS && digits.bits() < 200;
            let plain = if short { number.normalized().to_plain_string() } else { number.normalized().to_string() };
            match data {
                DataType::Int(_) | DataType::Uint(_) if short && number.is_integer() => Py::word(plain),
                // Read from its decimal text, which is rounded once; a conversion by powers of ten is not.
                DataType::Float(_) => match number.to_string().parse::<f64>() {
                    Ok(float) if float.is_finite() => Py::word(format!("{float:?}")),
                    _ => Py::text(plain),
                },
                _ => Py::text(plain),
            }
        }
        other => Py::text(other.to_string()),
    }
}

/// Whether a pattern of Rust's regex syntax is certain to mean the same to Python and to a browser: plain classes, groups and repetition only.
fn portable(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    let mut repeated = false;
    while let Some(c) = chars.next() {
        let repeats = !in_class && matches!(c, '*' | '+' | '}');
        match c {
            '\\' if !chars.next().is_some_and(|escaped| "dws.-+*?()[]{}|/^$\\".contains(escaped)) => return false,
            '[' if in_class => return false,
            '[' => in_class = true,
            ']' => in_class = false,
            '&' | '~' if in_class => return false,
            '-' if in_class && chars.peek() == Some(&'-') => return false,
            '(' if !in_class && chars.peek() == Some(&'?') => return false,
            '{' if !in_class && !chars.peek().is_some_and(char::is_ascii_digit) => return false,
            '+' if repeated => return false,
            c if !c.is_ascii() || c.is_ascii_control() => return false,
            _ => {}
        }
        repeated = repeats || (!in_class && c == '?');
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_common_regexes_are_passed_on() {
        for pattern in ["[A-Z0-9]{5,6}", r"\d+\.csv", "(a|b)*c?"] {
            assert!(portable(pattern), "{pattern}");
        }
        for pattern in [r"\p{L}+", "(?i)a", "[a&&b]", "[[:alpha:]]", "a*+", "a{,3}", "é", r"\z"] {
            assert!(!portable(pattern), "{pattern}");
        }
    }

    #[test]
    fn numbers_keep_their_kind() {
        let number = |text: &str| Literal::Number(text.parse().unwrap());
        assert_eq!(literal(&number("6"), &DataType::Int(64)).flat(), "6");
        assert_eq!(literal(&number("6"), &DataType::Float(64)).flat(), "6.0");
        assert_eq!(literal(&number("1e300"), &DataType::Float(64)).flat(), "1e300");
        assert_eq!(literal(&number("0.10"), &DataType::Decimal { precision: 4, scale: 2 }).flat(), "\"0.1\"");
        assert!(literal(&number("1e999999999"), &DataType::Int(64)).flat().len() < 40);
    }
}
