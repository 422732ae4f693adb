//! Constraints and expressions, with parentheses only where they say something.

use mlp_plan::{ArithmeticOp, Constraint, DataType, Expr, Literal, ValueType};

use super::{Text, text};

/// The conditions of a value, or all other constraints: a condition ends only where the line does, so that it comes last.
pub(super) fn constraints(value: &ValueType, conditions: bool) -> Text {
    let chosen = value.constraints.iter().filter(|held| matches!(held, Constraint::Where(_)) == conditions);
    chosen.map(|held| constraint(held, &value.data).map(|text| format!(" {text}"))).collect()
}

/// A constraint of a value of that type, as it follows the type.
fn constraint(constraint: &Constraint, data: &DataType) -> Text {
    Ok(match constraint {
        Constraint::Range { low: None, high: None } => return Err("a range needs an end".to_owned()),
        Constraint::Range { low, high } => format!("in {}", range(low.as_ref(), high.as_ref())?),
        Constraint::OneOf(members) => {
            let members: Result<Vec<String>, String> =
                members.iter().map(|member| text::literal_of(member, data)).collect();
            format!("in {{ {} }}", members?.join(", "))
        }
        Constraint::Length { min, max: Some(max) } if min == max => format!("length {min}"),
        Constraint::Length { min, max: Some(max) } => format!("length {min} .. {max}"),
        Constraint::Length { min, max: None } => format!("length {min} .."),
        Constraint::Matches(pattern) => format!("matches {}", text::pattern(pattern)?),
        Constraint::Where(condition) => format!("where {}", expr(condition)?),
        Constraint::Unique => "unique".to_owned(),
    })
}

fn range(low: Option<&Literal>, high: Option<&Literal>) -> Text {
    let end = |end: &Literal| match end {
        Literal::Number(_) | Literal::Duration(_) | Literal::Date(_) | Literal::Time(_) | Literal::Timestamp(_) => {
            text::literal(end)
        }
        other => Err(format!("{other} is no end of a range")),
    };
    let (low, high) = (low.map(end).transpose()?, high.map(end).transpose()?);
    Ok(match (low, high) {
        (Some(low), Some(high)) => format!("{low} .. {high}"),
        (Some(low), None) => format!("{low} .."),
        (None, high) => format!(".. {}", high.unwrap_or_default()),
    })
}

// How tightly operations bind, as in the grammar.
const JOINED: u8 = 0;
const NOT: u8 = 1;
const COMPARE: u8 = 2;
const ADD: u8 = 3;
const MULTIPLY: u8 = 4;
const NEGATE: u8 = 5;
const VALUE: u8 = 6;

const fn level(expr: &Expr) -> u8 {
    match expr {
        Expr::All(_) | Expr::Any(_) => JOINED,
        // behind an open end, any word would be taken for the end
        Expr::Between { high: None, .. } => JOINED,
        Expr::Not(_) => NOT,
        Expr::Compare(..) | Expr::Between { .. } | Expr::OneOf(..) | Expr::Matches(..) => COMPARE,
        Expr::Arithmetic(ArithmeticOp::Add | ArithmeticOp::Sub, ..) => ADD,
        Expr::Arithmetic(..) => MULTIPLY,
        Expr::Negate(_) => NEGATE,
        _ => VALUE,
    }
}

/// An operand, in parentheses where it binds less than is asked for.
fn operand(inner: &Expr, least: u8) -> Text {
    let text = expr(inner)?;
    Ok(if level(inner) < least { format!("({text})") } else { text })
}

/// An expression over a row or a data set.
pub(super) fn expr(tree: &Expr) -> Text {
    let joined = |parts: &[Expr], word: &str| {
        let parts: Result<Vec<String>, String> = parts.iter().map(|part| operand(part, NOT)).collect();
        parts.map(|parts| parts.join(word))
    };
    Ok(match tree {
        Expr::Literal(value) => text::literal(value)?,
        Expr::Column(path) => column(path)?,
        Expr::This => "self".to_owned(),
        Expr::Not(inner) => format!("not {}", operand(inner, NEGATE)?),
        Expr::Negate(inner) => format!("-{}", operand(inner, NEGATE)?),
        Expr::All(parts) => joined(parts, " and ")?,
        Expr::Any(parts) => joined(parts, " or ")?,
        Expr::Compare(op, left, right) => {
            format!("{} {} {}", operand(left, ADD)?, op.symbol(), operand(right, ADD)?)
        }
        Expr::Arithmetic(op, left, right) => {
            let level = level(tree);
            format!("{} {} {}", operand(left, level)?, op.symbol(), operand(right, level + 1)?)
        }
        // the grammar has no range without a lower end in an expression
        Expr::Between { value, low: None, high: Some(high) } => {
            format!("{} <= {}", operand(value, ADD)?, operand(high, ADD)?)
        }
        Expr::Between { value, low, high } => {
            let mut out = format!("{} in ", operand(value, ADD)?);
            if let Some(low) = low {
                out.push_str(&format!("{} ", operand(low, ADD)?));
            }
            out.push_str("..");
            if let Some(high) = high {
                out.push_str(&format!(" {}", operand(high, ADD)?));
            }
            out
        }
        Expr::OneOf(value, members) => {
            let members: Result<Vec<String>, String> = members.iter().map(text::literal).collect();
            format!("{} in {{ {} }}", operand(value, ADD)?, members?.join(", "))
        }
        Expr::Matches(value, pattern) => format!("{} matches {}", operand(value, ADD)?, text::pattern(pattern)?),
        Expr::Call { function, args } if args.is_empty() => text::name(function)?.to_owned(),
        Expr::Call { function, args } => {
            let args: Result<Vec<String>, String> = args.iter().map(expr).collect();
            format!("{}({})", text::name(function)?, args?.join(", "))
        }
        Expr::Metric { .. } | Expr::Param(_) | Expr::OverSlices { .. } => {
            return Err(format!("`{tree}` belongs to a policy, not to a contract"));
        }
    })
}

/// A column, or a field of a struct by its path.
fn column(path: &str) -> Text {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    if !text::is_column(first) {
        return Err(format!(
            "the column `{first}` cannot be spoken of in an expression: the word means something else"
        ));
    }
    for part in parts {
        text::name(part)?;
    }
    Ok(path.to_owned())
}
