//! Constraints and conditions in SQL. Where PostgreSQL would not decide as the engine does, there is no SQL, and a reason.

use std::collections::BTreeMap;

use chrono::Timelike as _;
use mlp_plan::{ArithmeticOp, CompareOp, Constraint, DataType, Expr, Literal};

use super::{
    column::{Column, Kind, text},
    pattern,
};

/// SQL, or why there is none.
pub type Sql = Result<String, String>;

/// The columns of the relation, by their names in the contract.
pub type Columns = BTreeMap<String, Column>;

fn other<T>(what: &str) -> Result<T, String> {
    Err(format!("PostgreSQL would not decide {what} as it is meant here"))
}

/// Whether a value that is not null keeps a constraint.
pub fn constraint(constraint: &Constraint, column: &Column, columns: &Columns) -> Sql {
    let sql = &column.value;
    match constraint {
        Constraint::Range { low, high } => range(sql, column.kind, low.as_ref(), high.as_ref()),
        Constraint::OneOf(members) => one_of(sql, column.kind, members),
        Constraint::Length { min, max } => {
            let length = match column.kind {
                Kind::Text => format!("char_length({sql})"),
                Kind::Bytes => format!("octet_length({sql})"),
                _ => return other("a length"),
            };
            Ok(match max {
                Some(max) => format!("{length} BETWEEN {min} AND {max}"),
                None => format!("{length} >= {min}"),
            })
        }
        Constraint::Matches(pattern) => matches(sql, column.kind, pattern),
        Constraint::Where(expr) => {
            let this = Term { sql: sql.clone(), kind: Some(column.kind) };
            // a null satisfies
            Ok(format!("coalesce({}, true)", Terms { columns, this: Some(&this) }.truth(expr)?))
        }
        Constraint::Unique => other("this"),
    }
}

fn range(sql: &str, kind: Kind, low: Option<&Literal>, high: Option<&Literal>) -> Sql {
    let mut parts = Vec::new();
    for (op, end) in [(">=", low), ("<=", high)] {
        if let Some(end) = end {
            parts.push(format!("{sql} {op} {}", literal(end, kind)?));
        }
    }
    if let Kind::Float(_) = kind {
        parts.push(format!("{sql} <> 'NaN'"));
    }
    Ok(if parts.is_empty() { "true".to_owned() } else { format!("({})", parts.join(" AND ")) })
}

fn one_of(sql: &str, kind: Kind, members: &[Literal]) -> Sql {
    let members: Vec<String> = members.iter().map(|member| literal(member, kind)).collect::<Result<_, _>>()?;
    Ok(if members.is_empty() { "false".to_owned() } else { format!("{sql} IN ({})", members.join(", ")) })
}

fn matches(sql: &str, kind: Kind, pattern: &str) -> Sql {
    match pattern::whole(pattern) {
        Some(pattern) if kind == Kind::Text => Ok(format!("{sql} ~ {}", text(&pattern))),
        _ => other(&format!("/{pattern}/")),
    }
}

/// A literal as a value of that kind.
pub fn literal(value: &Literal, kind: Kind) -> Sql {
    let fine = |nanoseconds: u32| nanoseconds.is_multiple_of(1_000);
    Ok(match (value, kind) {
        (Literal::Number(number), Kind::Int | Kind::Numeric) => number.normalized().to_plain_string(),
        (Literal::Number(number), Kind::Float(bits)) => {
            format!("'{}'::float{}", number.normalized().to_plain_string(), bits / 8)
        }
        (Literal::Nan, Kind::Float(bits)) => format!("'NaN'::float{}", bits / 8),
        (Literal::Size(bytes), Kind::Int | Kind::Numeric) => bytes.to_string(),
        (Literal::Bool(value), Kind::Bool) => value.to_string(),
        (Literal::Text(value), Kind::Text) if !value.contains('\0') => text(value),
        (Literal::Text(value), Kind::Uuid) if mlp_engine::table::parse::is_uuid(value) => {
            format!("{}::uuid", text(value))
        }
        (Literal::Date(day), Kind::Date) => format!("date '{day}'"),
        (Literal::Date(day), Kind::Naive) => format!("timestamp '{day}'"),
        (Literal::Date(day), Kind::Instant) => format!("timestamptz '{day} 00:00:00+00'"),
        (Literal::Timestamp(at), Kind::Naive) if fine(at.and_utc().timestamp_subsec_nanos()) => {
            format!("timestamp '{at}'")
        }
        (Literal::Timestamp(at), Kind::Instant) if fine(at.and_utc().timestamp_subsec_nanos()) => {
            format!("timestamptz '{at}+00'")
        }
        (Literal::Time(time), Kind::Time) if fine(time.nanosecond()) => format!("time '{time}'"),
        _ => return other(&format!("{value} in a column of this type")),
    })
}

/// A value in SQL; of a literal, the kind is that of what it meets.
#[derive(Clone, Debug)]
pub struct Term {
    sql: String,
    kind: Option<Kind>,
}

/// Expressions over the columns of a row.
pub struct Terms<'c> {
    /// The columns.
    pub columns: &'c Columns,
    /// What `self` is.
    pub this: Option<&'c Term>,
}

impl Terms<'_> {
    /// Whether an expression holds: true, false or null.
    pub fn truth(&self, expr: &Expr) -> Sql {
        Ok(match expr {
            Expr::Literal(Literal::Bool(value)) => value.to_string(),
            Expr::Literal(Literal::Null) => "null::bool".to_owned(),
            Expr::Not(inner) => format!("(NOT {})", self.truth(inner)?),
            Expr::All(parts) => self.joined(parts, " AND ")?,
            Expr::Any(parts) => self.joined(parts, " OR ")?,
            Expr::Compare(op, left, right) => self.compare(*op, left, right)?,
            Expr::Between { value, low, high } => {
                let mut parts = Vec::new();
                for (op, end) in [(CompareOp::Ge, low), (CompareOp::Le, high)] {
                    if let Some(end) = end {
                        parts.push(self.compare(op, value, end)?);
                    }
                }
                let value = self.value(value)?;
                if parts.is_empty() {
                    parts.push("true".to_owned());
                }
                // a null lies neither inside nor outside
                format!("(CASE WHEN {} IS NULL THEN null ELSE {} END)", value.sql, parts.join(" AND "))
            }
            Expr::OneOf(value, members) => {
                let Term { sql, kind: Some(kind) } = self.value(value)? else { return other("this set") };
                if members.contains(&Literal::Null) {
                    return other("a set with `none` in it");
                }
                format!("({})", one_of(&sql, kind, members)?)
            }
            Expr::Matches(value, pattern) => {
                let Term { sql, kind: Some(kind) } = self.value(value)? else { return other("this match") };
                format!("({})", matches(&sql, kind, pattern)?)
            }
            Expr::Call { function, args } if function == "is_none" => {
                let value = args.first().map_or_else(|| other("this"), |arg| self.value(arg))?;
                format!("({} IS NULL)", value.sql)
            }
            other_expr => match self.value(other_expr)? {
                Term { sql, kind: Some(Kind::Bool) } => sql,
                _ => return other(&format!("`{other_expr}`")),
            },
        })
    }

    fn joined(&self, parts: &[Expr], word: &str) -> Sql {
        let parts: Vec<String> = parts.iter().map(|part| self.truth(part)).collect::<Result<_, _>>()?;
        Ok(if parts.is_empty() { (word == " AND ").to_string() } else { format!("({})", parts.join(word)) })
    }

    fn compare(&self, op: CompareOp, left: &Expr, right: &Expr) -> Sql {
        let (a, b) = (self.value(left)?, self.value(right)?);
        let kind = a.kind.or(b.kind).map_or_else(|| other("a comparison of constants"), Ok)?;
        let side = |expr: &Expr, term: Term| match (expr, term.kind) {
            (Expr::Literal(value), _) => literal(value, kind),
            _ => Ok(term.sql),
        };
        let numbers = |kind: Kind| matches!(kind, Kind::Int | Kind::Numeric);
        let (x, y) = (a.kind.unwrap_or(kind), b.kind.unwrap_or(kind));
        let alike = x == y || (numbers(x) && numbers(y));
        if !alike {
            return other(&format!("a comparison of `{left}` with `{right}`"));
        }
        let (a, b) = (side(left, a)?, side(right, b)?);
        let symbol = match op {
            CompareOp::Eq => "=",
            CompareOp::Ne => "<>",
            other => other.symbol(),
        };
        Ok(match (kind, op) {
            // NaN is no number: it compares false with everything but by `!=`
            (Kind::Float(_), CompareOp::Ne) => format!("({a} <> {b} OR {a} = 'NaN' OR {b} = 'NaN')"),
            (Kind::Float(_), _) => format!("({a} {symbol} {b} AND {a} <> 'NaN' AND {b} <> 'NaN')"),
            _ => format!("({a} {symbol} {b})"),
        })
    }

    fn value(&self, expr: &Expr) -> Result<Term, String> {
        let numeric = |term: Term| match term.kind {
            Some(Kind::Int | Kind::Numeric) => Ok(format!("{}::numeric", term.sql)),
            _ => other(&format!("the arithmetic of `{expr}`")),
        };
        Ok(match expr {
            Expr::This => match self.this {
                Some(this) => this.clone(),
                None => return other("`self`"),
            },
            Expr::Column(name) => match self.columns.get(name) {
                Some(column) => Term { sql: column.value.clone(), kind: Some(column.kind) },
                None => return Err(format!("`{name}` cannot be had")),
            },
            Expr::Literal(Literal::Number(number)) => Term { sql: number.normalized().to_plain_string(), kind: None },
            Expr::Literal(value) => Term { sql: value.to_string(), kind: None },
            Expr::Negate(inner) => {
                Term { sql: format!("(-{})", numeric(self.value(inner)?)?), kind: Some(Kind::Numeric) }
            }
            Expr::Arithmetic(op @ (ArithmeticOp::Add | ArithmeticOp::Sub | ArithmeticOp::Mul), left, right) => {
                let side = |expr: &Expr| match expr {
                    Expr::Literal(Literal::Number(number)) => {
                        Ok(format!("{}::numeric", number.normalized().to_plain_string()))
                    }
                    expr => numeric(self.value(expr)?),
                };
                let sql = format!("({} {} {})", side(left)?, op.symbol(), side(right)?);
                Term { sql, kind: Some(Kind::Numeric) }
            }
            Expr::Call { function, args } => self.call(function, args)?,
            other_expr => return other(&format!("`{other_expr}`")),
        })
    }

    fn call(&self, function: &str, args: &[Expr]) -> Result<Term, String> {
        let first = args.first().map_or_else(|| other(function), |arg| self.value(arg))?;
        let sql = &first.sql;
        let (sql, kind) = match (function, first.kind) {
            ("length", Some(Kind::Text)) => (format!("char_length({sql})"), Kind::Int),
            // halves are rounded away from zero there, too
            ("abs" | "round" | "floor" | "ceil", Some(Kind::Int | Kind::Numeric)) => {
                (format!("{function}({sql}::numeric)"), Kind::Numeric)
            }
            ("abs" | "floor" | "ceil", Some(Kind::Float(bits))) => {
                (format!("{function}({sql})::float{}", bits / 8), Kind::Float(bits))
            }
            ("year" | "month" | "day", Some(Kind::Date | Kind::Naive)) | ("hour", Some(Kind::Naive | Kind::Time)) => {
                (format!("extract({function} FROM {sql})::int"), Kind::Int)
            }
            ("hour", Some(Kind::Date)) => (format!("(CASE WHEN {sql} IS NOT NULL THEN 0 END)"), Kind::Int),
            // the session is in UTC
            ("year" | "month" | "day" | "hour", Some(Kind::Instant)) => {
                (format!("extract({function} FROM {sql})::int"), Kind::Int)
            }
            ("coalesce", Some(kind)) if kind != Kind::Json => (self.coalesce(sql, kind, args)?, kind),
            _ => return other(&format!("`{function}`")),
        };
        Ok(Term { sql, kind: Some(kind) })
    }

    /// The first of two values of one kind that is not null.
    fn coalesce(&self, first: &str, kind: Kind, args: &[Expr]) -> Sql {
        let second = match args.get(1) {
            Some(Expr::Literal(value)) => literal(value, kind)?,
            Some(expr) => match self.value(expr)? {
                Term { sql, kind: Some(found) } if found == kind => sql,
                _ => return other("`coalesce`"),
            },
            None => return other("`coalesce`"),
        };
        Ok(format!("coalesce({first}, {second})"))
    }
}

/// What a value is read back as.
pub const fn is_nested(data: &DataType) -> bool {
    matches!(data, DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. })
}
