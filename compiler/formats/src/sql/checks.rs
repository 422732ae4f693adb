//! Constraints as `check`, literals, and both back.

use mlp_plan::{ArithmeticOp, CompareOp, Constraint, DataType, Expr, Literal};
use sqlparser::ast::{self, BinaryOperator as Op, UnaryOperator, Value};

use super::Dialect;
use crate::{pattern, values};

/// A literal; `None` where a dialect has no form for it.
pub(super) fn literal(value: &Literal, dialect: Dialect) -> Option<String> {
    Some(match value {
        Literal::Null => "NULL".to_owned(),
        Literal::Bool(flag) => if *flag { "TRUE" } else { "FALSE" }.to_owned(),
        Literal::Number(number) => values::number_text(number)?,
        Literal::Text(text) if Dialect::holds(text) => dialect.text(text),
        Literal::Date(date) => format!("DATE '{date}'"),
        Literal::Time(time) => format!("TIME '{time}'"),
        Literal::Timestamp(at) => format!("TIMESTAMP '{}'", at.format("%Y-%m-%d %H:%M:%S%.f")),
        Literal::Nan | Literal::Text(_) | Literal::Duration(_) | Literal::Size(_) | Literal::List(_) => return None,
    })
}

/// A constraint of a column as a condition; `None` where a dialect has no words for it.
pub(super) fn written(constraint: &Constraint, column: &str, dialect: Dialect) -> Option<String> {
    if !dialect.has_checks() {
        return None;
    }
    let name = dialect.name_of(column);
    Some(match constraint {
        Constraint::Range { low, high } => {
            // of an instant the reading depends on the session's zone
            let end = |end: &Literal| if matches!(end, Literal::Timestamp(_)) { None } else { literal(end, dialect) };
            let low = low.as_ref().map(|low| end(low).map(|low| format!("{name} >= {low}")));
            let high = high.as_ref().map(|high| end(high).map(|high| format!("{name} <= {high}")));
            let ends: Option<Vec<String>> = low.into_iter().chain(high).collect();
            ends.filter(|ends| !ends.is_empty())?.join(" AND ")
        }
        Constraint::OneOf(members) if !members.is_empty() => {
            let members: Option<Vec<String>> = members.iter().map(|member| literal(member, dialect)).collect();
            format!("{name} IN ({})", members?.join(", "))
        }
        Constraint::Length { min, max } => {
            let least = format!("length({name}) >= {min}");
            match max {
                Some(max) => format!("{least} AND length({name}) <= {max}"),
                None => least,
            }
        }
        Constraint::Matches(re) if pattern::is_portable(re) => match dialect {
            Dialect::PostgreSql => format!("{name} ~ {}", dialect.text(&format!("^(?:{re})$"))),
            _ => format!("regexp_full_match({name}, {})", dialect.text(re)),
        },
        Constraint::Where(condition) => expr(condition, &name, dialect)?,
        _ => return None,
    })
}

fn expr(tree: &Expr, this: &str, dialect: Dialect) -> Option<String> {
    let inner = |part: &Expr| match part {
        Expr::Literal(_) | Expr::This | Expr::Column(_) | Expr::Call { .. } => expr(part, this, dialect),
        _ => expr(part, this, dialect).map(|text| format!("({text})")),
    };
    let joined = |parts: &[Expr], word: &str| {
        let parts: Option<Vec<String>> = parts.iter().map(inner).collect();
        parts.map(|parts| parts.join(word))
    };
    Some(match tree {
        Expr::Literal(Literal::Timestamp(_) | Literal::Null) => return None,
        Expr::Literal(value) => literal(value, dialect)?,
        Expr::This => this.to_owned(),
        Expr::Column(name) if !name.contains('.') => dialect.name_of(name),
        Expr::Not(part) => format!("NOT {}", inner(part)?),
        Expr::All(parts) => joined(parts, " AND ")?,
        Expr::Any(parts) => joined(parts, " OR ")?,
        Expr::Compare(op, left, right) => {
            let symbol = match op {
                CompareOp::Eq => "=",
                CompareOp::Ne => "<>",
                other => other.symbol(),
            };
            format!("{} {symbol} {}", inner(left)?, inner(right)?)
        }
        Expr::Arithmetic(op @ (ArithmeticOp::Add | ArithmeticOp::Sub | ArithmeticOp::Mul), left, right) => {
            format!("{} {} {}", inner(left)?, op.symbol(), inner(right)?)
        }
        Expr::OneOf(value, members) if !members.is_empty() => {
            let members: Option<Vec<String>> = members.iter().map(|member| literal(member, dialect)).collect();
            format!("{} IN ({})", inner(value)?, members?.join(", "))
        }
        Expr::Between { value, low: Some(low), high: Some(high) } => {
            format!("{} BETWEEN {} AND {}", inner(value)?, inner(low)?, inner(high)?)
        }
        Expr::Call { function, args } if function == "length" => match args.as_slice() {
            [arg] => format!("length({})", expr(arg, this, dialect)?),
            _ => return None,
        },
        _ => return None,
    })
}

/// The types of the columns that a check may speak of.
type Columns<'a> = &'a dyn Fn(&str) -> Option<&'a DataType>;

/// The literal that an expression of SQL is, as one of that type.
pub(super) fn literal_of(expr: &ast::Expr, data: &DataType) -> Option<Literal> {
    match expr {
        ast::Expr::Value(value) => match &value.value {
            Value::Number(text, _) if data.is_numeric() => values::number(text).map(Literal::Number),
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) | Value::EscapedStringLiteral(text) => {
                values::from_text(text, data)
            }
            Value::Boolean(flag) => (*data == DataType::Bool).then_some(Literal::Bool(*flag)),
            Value::Null => Some(Literal::Null),
            _ => None,
        },
        ast::Expr::TypedString(typed) => match &typed.value.value {
            Value::SingleQuotedString(text) => values::from_text(text, data),
            _ => None,
        },
        ast::Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal_of(expr, data)? {
            Literal::Number(number) => Some(Literal::Number(-number)),
            _ => None,
        },
        ast::Expr::Nested(inner) => literal_of(inner, data),
        ast::Expr::Cast { expr, .. } => literal_of(expr, data),
        _ => None,
    }
}

/// An expression without what says nothing: parentheses, and around text the casts to text that PostgreSQL writes.
fn bare<'e>(expr: &'e ast::Expr, data: &DataType) -> &'e ast::Expr {
    use ast::DataType as Sql;
    match expr {
        ast::Expr::Nested(inner) => bare(inner, data),
        ast::Expr::Cast { expr, data_type: Sql::Text | Sql::Varchar(None) | Sql::CharacterVarying(None), .. }
            if data.is_text() =>
        {
            bare(expr, data)
        }
        _ => expr,
    }
}

fn is_column(expr: &ast::Expr, column: &str, data: &DataType) -> bool {
    matches!(bare(expr, data), ast::Expr::Identifier(name) if name.value.eq_ignore_ascii_case(column))
}

/// The members of `array[..]`, whatever it is cast to.
fn array(expr: &ast::Expr) -> Option<&[ast::Expr]> {
    match expr {
        ast::Expr::Nested(inner) | ast::Expr::Cast { expr: inner, .. } => array(inner),
        ast::Expr::Array(array) => Some(&array.elem),
        _ => None,
    }
}

fn literals(list: &[ast::Expr], data: &DataType) -> Option<Vec<Literal>> {
    list.iter().map(|member| literal_of(member, data)).collect()
}

/// A check as a constraint of a column, or of a column that it speaks of: `None` where the language has no word for it.
pub(super) fn read(expr: &ast::Expr, this: Option<&str>, columns: Columns<'_>) -> Option<Constraint> {
    if let ast::Expr::Nested(inner) = expr {
        return read(inner, this, columns);
    }
    if let Some(this) = this
        && let Some(data) = columns(this)
        && let Some(plain) = plain(expr, this, data)
    {
        return Some(plain);
    }
    condition(expr, this, columns).map(Constraint::Where)
}

/// A constraint that is no condition: a range, a set, a length, a pattern.
fn plain(expr: &ast::Expr, this: &str, data: &DataType) -> Option<Constraint> {
    match bare(expr, data) {
        ast::Expr::Between { expr, negated: false, low, high } if is_column(expr, this, data) => {
            Some(Constraint::Range { low: Some(literal_of(low, data)?), high: Some(literal_of(high, data)?) })
        }
        ast::Expr::BinaryOp { left, op: Op::And, right } => match (plain(left, this, data)?, plain(right, this, data)?)
        {
            (Constraint::Range { low, high: None }, Constraint::Range { low: None, high }) => {
                Some(Constraint::Range { low, high })
            }
            (Constraint::Length { min, max: None }, Constraint::Length { min: 0, max }) => {
                Some(Constraint::Length { min, max })
            }
            _ => None,
        },
        ast::Expr::BinaryOp { left, op, right } if is_column(left, this, data) => match op {
            Op::GtEq if data.is_ordered() => {
                Some(Constraint::Range { low: Some(literal_of(right, data)?), high: None })
            }
            Op::LtEq if data.is_ordered() => {
                Some(Constraint::Range { low: None, high: Some(literal_of(right, data)?) })
            }
            Op::PGRegexMatch => match literal_of(right, &DataType::String)? {
                Literal::Text(re) => Some(Constraint::Matches(pattern::whole(&re))),
                _ => None,
            },
            _ => None,
        },
        ast::Expr::BinaryOp { left, op, right } if is_length(left, this, data) => {
            let Literal::Number(number) = literal_of(right, &DataType::Int(64))? else { return None };
            let count = number.to_string().parse().ok()?;
            match op {
                Op::GtEq => Some(Constraint::Length { min: count, max: None }),
                Op::LtEq => Some(Constraint::Length { min: 0, max: Some(count) }),
                Op::Eq => Some(Constraint::Length { min: count, max: Some(count) }),
                _ => None,
            }
        }
        ast::Expr::InList { expr, list, negated: false } if is_column(expr, this, data) => {
            literals(list, data).map(Constraint::OneOf)
        }
        ast::Expr::AnyOp { left, compare_op: Op::Eq, right, .. } if is_column(left, this, data) => {
            literals(array(right)?, data).map(Constraint::OneOf)
        }
        ast::Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("regexp_full_match") => {
            let args = arguments(call)?;
            match args.as_slice() {
                [value, re] if is_column(value, this, data) => match literal_of(re, &DataType::String)? {
                    Literal::Text(re) => Some(Constraint::Matches(crate::mlp::tidy_pattern(&re))),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_length(expr: &ast::Expr, this: &str, data: &DataType) -> bool {
    let ast::Expr::Function(call) = bare(expr, &DataType::Int(64)) else { return false };
    let name = call.name.to_string().to_lowercase();
    let length = ["length", "char_length", "character_length", "len"].contains(&name.as_str());
    length && matches!(arguments(call).as_deref(), Some([value]) if is_column(value, this, data))
}

fn arguments(call: &ast::Function) -> Option<Vec<&ast::Expr>> {
    let ast::FunctionArguments::List(list) = &call.args else { return None };
    let one = |arg: &ast::FunctionArg| matches!(arg, ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(_)));
    if !list.args.iter().all(one) {
        return None;
    }
    Some(
        list.args
            .iter()
            .filter_map(|arg| match arg {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect(),
    )
}

/// A condition over the columns of a row.
fn condition(expr: &ast::Expr, this: Option<&str>, columns: Columns<'_>) -> Option<Expr> {
    Some(match expr {
        ast::Expr::Nested(inner) => condition(inner, this, columns)?,
        ast::Expr::BinaryOp { left, op: Op::And, right } => {
            flat(condition(left, this, columns)?, condition(right, this, columns)?, true)
        }
        ast::Expr::BinaryOp { left, op: Op::Or, right } => {
            flat(condition(left, this, columns)?, condition(right, this, columns)?, false)
        }
        ast::Expr::UnaryOp { op: UnaryOperator::Not, expr } => Expr::Not(Box::new(condition(expr, this, columns)?)),
        ast::Expr::InList { expr, list, negated: false } => {
            let (value, data) = operand(expr, this, columns)?;
            Expr::OneOf(Box::new(value), literals(list, &data)?)
        }
        ast::Expr::AnyOp { left, compare_op: Op::Eq, right, .. } => {
            let (value, data) = operand(left, this, columns)?;
            Expr::OneOf(Box::new(value), literals(array(right)?, &data)?)
        }
        ast::Expr::Between { expr, negated: false, low, high } => {
            let (value, data) = operand(expr, this, columns)?;
            let end = |end: &ast::Expr| literal_of(end, &data).map(|end| Some(Box::new(Expr::Literal(end))));
            Expr::Between { value: Box::new(value), low: end(low)?, high: end(high)? }
        }
        ast::Expr::BinaryOp { left, op, right } => {
            let op = match op {
                Op::Eq => CompareOp::Eq,
                Op::NotEq => CompareOp::Ne,
                Op::Lt => CompareOp::Lt,
                Op::LtEq => CompareOp::Le,
                Op::Gt => CompareOp::Gt,
                Op::GtEq => CompareOp::Ge,
                _ => return None,
            };
            let (a, b) = (operand(left, this, columns), operand(right, this, columns));
            let (a, b) = match (a, b) {
                (Some((a, data)), None) => (a, Expr::Literal(literal_of(right, &data)?)),
                (None, Some((b, data))) => (Expr::Literal(literal_of(left, &data)?), b),
                (Some((a, _)), Some((b, _))) => (a, b),
                (None, None) => return None,
            };
            Expr::Compare(op, Box::new(a), Box::new(b))
        }
        _ => return None,
    })
}

fn flat(a: Expr, b: Expr, all: bool) -> Expr {
    let parts = |part: Expr| match part {
        Expr::All(parts) if all => parts,
        Expr::Any(parts) if !all => parts,
        other => vec![other],
    };
    let both = parts(a).into_iter().chain(parts(b)).collect();
    if all { Expr::All(both) } else { Expr::Any(both) }
}

/// A column, `self`, a length or a sum of such with literals, and the type of its values.
fn operand(expr: &ast::Expr, this: Option<&str>, columns: Columns<'_>) -> Option<(Expr, DataType)> {
    match expr {
        ast::Expr::Nested(inner) => operand(inner, this, columns),
        ast::Expr::Cast { expr: inner, .. } => {
            let (value, data) = operand(inner, this, columns)?;
            (!std::ptr::eq(bare(expr, &data), expr)).then_some((value, data))
        }
        ast::Expr::Identifier(name) if this.is_some_and(|this| name.value.eq_ignore_ascii_case(this)) => {
            Some((Expr::This, columns(&name.value)?.clone()))
        }
        ast::Expr::Identifier(name) => Some((Expr::Column(name.value.clone()), columns(&name.value)?.clone())),
        ast::Expr::Function(call) if call.name.to_string().eq_ignore_ascii_case("length") => {
            let args = arguments(call)?;
            let [value] = args.as_slice() else { return None };
            let (value, _) = operand(value, this, columns)?;
            Some((Expr::Call { function: "length".to_owned(), args: vec![value] }, DataType::Int(64)))
        }
        ast::Expr::BinaryOp { left, op, right } => {
            let op = match op {
                Op::Plus => ArithmeticOp::Add,
                Op::Minus => ArithmeticOp::Sub,
                Op::Multiply => ArithmeticOp::Mul,
                _ => return None,
            };
            let (a, b) = (operand(left, this, columns), operand(right, this, columns));
            let (a, b, data) = match (a, b) {
                (Some((a, data)), None) => (a, Expr::Literal(literal_of(right, &data)?), data),
                (None, Some((b, data))) => (Expr::Literal(literal_of(left, &data)?), b, data),
                (Some((a, data)), Some((b, _))) => (a, b, data),
                (None, None) => return None,
            };
            Some((Expr::Arithmetic(op, Box::new(a), Box::new(b)), data))
        }
        _ => None,
    }
}
