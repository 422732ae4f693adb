//! Literals: from what was written to an exact value of a type.

use bigdecimal::{BigDecimal, ToPrimitive as _};
use mlp_plan::{DataType, Literal, ValueType, midnight};
use mlp_syntax::tree::{Expr, ExprKind, Lit, UnaryOp};

use crate::overhear;

/// The value of a literal expression, whatever its type; `None` where it is not a literal.
#[must_use]
pub fn literal(expr: &Expr) -> Option<Literal> {
    Some(match &expr.kind {
        ExprKind::Literal(lit) => plain(lit),
        ExprKind::Unary(UnaryOp::Neg, inner) => match literal(inner)? {
            Literal::Number(number) => Literal::Number(-number),
            Literal::Duration(nanoseconds) => Literal::Duration(nanoseconds.checked_neg()?),
            _ => return None,
        },
        ExprKind::Paren(inner) => literal(inner)?,
        ExprKind::List(items) => Literal::List(items.iter().map(literal).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// A range of literals with its ends the other way round, as it would be written.
#[must_use]
pub fn turned(expr: &Expr) -> Option<String> {
    let ExprKind::Range { low: Some(low), high: Some(high) } = &expr.kind else { return None };
    Some(format!("{} .. {}", literal(high)?, literal(low)?))
}

fn plain(lit: &Lit) -> Literal {
    match lit {
        Lit::Bool(value) => Literal::Bool(*value),
        Lit::Number(value) | Lit::Percent(value) => Literal::Number(value.clone()),
        Lit::Duration(value) => Literal::Duration(*value),
        Lit::Size(value) => Literal::Size(*value),
        Lit::Date(value) => Literal::Date(*value),
        Lit::Timestamp { at, .. } => Literal::Timestamp(*at),
        Lit::Text(text) => Literal::Text(text.value.clone()),
        Lit::Nan => Literal::Nan,
        Lit::None => Literal::Null,
    }
}

/// A literal, or a bare name where an enum's member is meant, as a value of `ty`.
///
/// # Errors
/// Where it is no literal (`Fault::NotLiteral`), or breaks the type (`Fault::Breaks`, with the rule that it breaks).
pub fn typed(expr: &Expr, ty: &ValueType) -> Result<Literal, Fault> {
    if let (ExprKind::Name(name), DataType::Enum { members, open }) = (&expr.kind, &ty.data) {
        return if *open || members.contains(&name.text) {
            Ok(Literal::Text(name.text.clone()))
        } else {
            overhear::offer(&name.text, members.iter().map(String::as_str));
            Err(Fault::Breaks(ty.data.to_string()))
        };
    }
    let value = literal(expr).ok_or(Fault::NotLiteral)?;
    coerce(value, ty).map_err(|_| Fault::Breaks(ty.to_string()))
}

/// Why an expression is no value of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has no value when compiling.
    NotLiteral,
    /// Its value is not one of the type's: the rule that it breaks.
    Breaks(String),
}

/// A value as one of `ty`, without looking at constraints.
///
/// # Errors
/// Gives the value back where it is none of the type's.
pub fn coerce(value: Literal, ty: &ValueType) -> Result<Literal, Literal> {
    if value == Literal::Null {
        return if ty.nullable { Ok(value) } else { Err(value) };
    }
    match (&ty.data, value) {
        (DataType::Bool, value @ Literal::Bool(_)) => Ok(value),
        (DataType::Int(bits), Literal::Number(number)) => whole(number, int_bounds(*bits)),
        (DataType::Uint(bits), Literal::Number(number)) => whole(number, uint_bounds(*bits)),
        (DataType::Int(64) | DataType::Uint(64), Literal::Size(bytes)) => Ok(Literal::Number(bytes.into())),
        (DataType::Float(_), value @ (Literal::Number(_) | Literal::Nan)) => Ok(value),
        (DataType::Decimal { precision, scale }, Literal::Number(number)) => decimal(number, *precision, *scale),
        (DataType::String | DataType::Json | DataType::Bytes, value @ Literal::Text(_)) => Ok(value),
        (DataType::Uuid, Literal::Text(text)) if is_uuid(&text) => Ok(Literal::Text(text.to_lowercase())),
        (DataType::Enum { members, open }, Literal::Text(text)) if *open || members.contains(&text) => {
            Ok(Literal::Text(text))
        }
        (DataType::Date, value @ Literal::Date(_)) => Ok(value),
        (DataType::Time, Literal::Text(text)) => text.parse().map(Literal::Time).map_err(|_| Literal::Text(text)),
        (DataType::Time, value @ Literal::Time(_)) => Ok(value),
        (DataType::Timestamp { .. }, value @ Literal::Timestamp(_)) => Ok(value),
        (DataType::Timestamp { .. }, Literal::Date(date)) => Ok(Literal::Timestamp(midnight(date))),
        (DataType::Duration, value @ Literal::Duration(_)) => Ok(value),
        (DataType::List(element), Literal::List(values)) => {
            let values: Result<Vec<Literal>, Literal> =
                values.into_iter().map(|value| coerce(value, element)).collect();
            values.map(Literal::List)
        }
        (_, value) => Err(value),
    }
}

/// The smallest and largest value of a signed integer type.
#[must_use]
pub fn int_bounds(bits: u8) -> (BigDecimal, BigDecimal) {
    let half = 1_i128 << (bits.clamp(1, 64) - 1);
    (BigDecimal::from(-half), BigDecimal::from(half - 1))
}

/// The smallest and largest value of an unsigned integer type.
#[must_use]
pub fn uint_bounds(bits: u8) -> (BigDecimal, BigDecimal) {
    (BigDecimal::from(0), BigDecimal::from((1_i128 << bits.clamp(1, 64)) - 1))
}

fn whole(number: BigDecimal, (low, high): (BigDecimal, BigDecimal)) -> Result<Literal, Literal> {
    if number.is_integer() && number >= low && number <= high {
        Ok(Literal::Number(number))
    } else {
        Err(Literal::Number(number))
    }
}

fn decimal(number: BigDecimal, precision: u8, scale: u8) -> Result<Literal, Literal> {
    let normal = number.normalized();
    let (digits, own_scale) = normal.as_bigint_and_exponent();
    let written = digits.to_string().trim_start_matches('-').len();
    let integer_digits = i64::try_from(written).unwrap_or(i64::MAX).saturating_sub(own_scale);
    let fits =
        own_scale <= i64::from(scale) && (normal == 0 || integer_digits <= i64::from(precision.saturating_sub(scale)));
    if fits { Ok(Literal::Number(number)) } else { Err(Literal::Number(number)) }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}

/// A length or count: a whole number that is not negative.
#[must_use]
pub fn count(expr: &Expr) -> Option<u64> {
    match literal(expr)? {
        Literal::Number(number) if number.is_integer() => number.to_u64(),
        _ => None,
    }
}

/// Kind of a literal in words, for messages.
#[must_use]
pub const fn kind_word(value: &Literal) -> &'static str {
    match value {
        Literal::Null => "none",
        Literal::Bool(_) => "a bool",
        Literal::Number(_) | Literal::Nan => "a number",
        Literal::Text(_) => "text",
        Literal::Duration(_) => "a duration",
        Literal::Size(_) => "a size",
        Literal::Date(_) => "a date",
        Literal::Time(_) => "a time of day",
        Literal::Timestamp(_) => "a timestamp",
        Literal::List(_) => "a list",
    }
}

/// A value of `ty` from text that a user gave outside of a program: `--set k=v`, `[targets.NAME.set]`. Text and enum members stand bare.
///
/// # Errors
/// In words, where the text is no value of the type or breaks one of its constraints.
pub fn from_text(text: &str, ty: &ValueType) -> Result<Literal, String> {
    let bare =
        matches!(ty.data, DataType::String | DataType::Enum { .. } | DataType::Uuid | DataType::Json | DataType::Time);
    let fault = || format!("`{text}` is no {ty}");
    let value = if ty.nullable && text == "none" {
        Literal::Null
    } else if bare && !text.starts_with('"') {
        coerce(Literal::Text(text.to_owned()), ty).map_err(|_| fault())?
    } else {
        let parsed = mlp_syntax::parse(mlp_source::FileId(0), &format!("const x: int = {text}\n"));
        let value = match parsed.file.items.first().map(|item| &item.kind) {
            Some(mlp_syntax::tree::ItemKind::Const(decl)) if parsed.diagnostics.is_empty() => {
                typed(&decl.value, ty).ok()
            }
            _ => None,
        };
        value.ok_or_else(fault)?
    };
    match mlp_plan::holds::broken(&ty.constraints, &ty.data, &value) {
        Some(constraint) => Err(format!("`{text}` breaks `{constraint}`")),
        None => Ok(value),
    }
}
