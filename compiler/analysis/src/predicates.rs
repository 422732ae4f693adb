//! Predicates over rows and over data sets: from what was written to the plan's expressions, with every name and type looked at.

use bigdecimal::BigDecimal;
use mlp_diagnostics::{Diagnostic, catalog};
use mlp_plan::{ArithmeticOp, Column, CompareOp, DataType, Expr, Literal, TimeUnit, ValueType, nested};
use mlp_source::Span;
use mlp_syntax::tree::{self, BinaryOp, ExprKind, UnaryOp};

use crate::{
    contracts::Shared,
    functions::{OF_ROWS, OF_SETS, Takes},
    literals,
    scope::nearest,
};

/// The names of the contracts that an expression asks `referenced` of.
pub fn others_in<'e>(expr: &'e tree::Expr, found: &mut Vec<&'e tree::Name>) {
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => others_in(inner, found),
        ExprKind::Binary { left, right, .. } => {
            others_in(left, found);
            others_in(right, found);
        }
        ExprKind::In(value, _) => others_in(value, found),
        ExprKind::Call { callee, args } => {
            if matches!(&callee.kind, ExprKind::Name(name) if name.text == "referenced")
                && let Some(ExprKind::Field(base, _)) = args.get(1).map(|arg| &arg.value.kind)
                && let ExprKind::Name(other) = &base.kind
            {
                found.push(other);
            }
            args.iter().for_each(|arg| others_in(&arg.value, found));
        }
        _ => {}
    }
}

/// What a predicate may speak of.
pub struct Predicates<'a> {
    /// The columns of the contract.
    pub columns: &'a [Column],
    /// What `self` is, in a `where`.
    pub this: Option<&'a ValueType>,
    /// The contract's name, for messages.
    pub owner: &'a str,
    /// Whether it speaks of the data set as a whole.
    pub set: bool,
    /// The contracts whose columns `referenced` may name.
    pub others: &'a [(String, Shared)],
    /// Whether columns are missing because their lines were broken: then unknown ones are not reported.
    pub partial: bool,
    /// Where to report.
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Predicates<'_> {
    /// As [`Self::lower`], of an expression that holds or does not.
    pub fn condition(&mut self, expr: &tree::Expr) -> Option<Expr> {
        let lowered = self.lower(expr)?;
        let is_value = match &lowered {
            Expr::Literal(literal) => !matches!(literal, Literal::Bool(_)),
            Expr::Arithmetic(..) | Expr::Negate(_) => true,
            other => self.type_of(other).is_some_and(|ty| ty.data != DataType::Bool),
        };
        if is_value {
            self.diagnostics.push(catalog::stages::misplaced(
                expr.span,
                "a condition is meant here, and this is a value",
                "compare it with something, as in `self > 0` or `mean(delay) <= 60`",
            ));
            return None;
        }
        Some(lowered)
    }

    /// The plan's expression; `None` where something was reported.
    pub fn lower(&mut self, expr: &tree::Expr) -> Option<Expr> {
        if let Some(value) = literals::literal(expr) {
            return Some(Expr::Literal(value));
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.lower(inner),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Field(..) => self.path(expr),
            ExprKind::Call { callee, args } => self.call(expr.span, callee, args),
            ExprKind::Unary(UnaryOp::Not, inner) => Some(Expr::Not(Box::new(self.lower(inner)?))),
            ExprKind::Unary(UnaryOp::Neg, inner) => Some(Expr::Negate(Box::new(self.lower(inner)?))),
            ExprKind::Binary { left, op, op_span, right } => self.binary(left, *op, *op_span, right),
            ExprKind::In(value, choices) => self.is_in(value, choices),
            ExprKind::Matches(value, pattern) => {
                if let Some(fault) = crate::subtype::regular::fault(pattern) {
                    self.diagnostics.push(catalog::contracts::bad_pattern(expr.span, pattern, &fault));
                    return None;
                }
                let subject = self.lower(value)?;
                if self.set {
                    return self.of_row(expr.span, "`matches` is about a value of a row");
                }
                self.takes("matches", Takes::Text, &subject, value.span)?;
                Some(Expr::Matches(Box::new(subject), pattern.clone()))
            }
            ExprKind::Error => None,
            _ => {
                self.diagnostics.push(catalog::stages::misplaced(
                    expr.span,
                    "this expression has no meaning in a predicate",
                    "compare columns, `self` and literals, joined by `and`, `or` and `not`",
                ));
                None
            }
        }
    }

    fn name(&mut self, name: &tree::Name) -> Option<Expr> {
        if name.text == "self" && self.this.is_some() {
            return Some(Expr::This);
        }
        if self.set && name.text == "rows" {
            return Some(Expr::Call { function: "rows".to_owned(), args: Vec::new() });
        }
        if self.columns.iter().any(|column| column.name == name.text) {
            return self.column(name.span, &name.text);
        }
        self.unknown(name.span, &name.text);
        None
    }

    fn unknown(&mut self, span: Span, name: &str) {
        let near = nearest(name, self.columns.iter().map(|column| column.name.as_str()));
        if !self.partial {
            self.diagnostics.push(catalog::names::unknown_field(
                span,
                &format!("contract `{}`", self.owner),
                name,
                near.as_deref(),
            ));
        }
    }

    fn path(&mut self, expr: &tree::Expr) -> Option<Expr> {
        let mut names = Vec::new();
        let mut inner = expr;
        while let ExprKind::Field(base, name) = &inner.kind {
            names.push(name.text.as_str());
            inner = base;
        }
        let ExprKind::Name(first) = &inner.kind else {
            return self.lower(inner);
        };
        names.push(&first.text);
        names.reverse();
        let path = names.join(".");
        if nested(self.columns, &path).is_none() {
            self.unknown(expr.span, &path);
            return None;
        }
        self.column(expr.span, &path)
    }

    fn column(&mut self, span: Span, path: &str) -> Option<Expr> {
        if self.set {
            return self
                .of_row(span, &format!("`{path}` has a value in each row, and this is a rule of all rows together"));
        }
        Some(Expr::Column(path.to_owned()))
    }

    /// What has a meaning for a row only, in a rule of the set.
    fn of_row(&mut self, span: Span, words: &str) -> Option<Expr> {
        let help = "ask for a measure of the column, as in `mean(delay) <= 60`, or for a share of rows, as in `fraction(delay <= 60) >= 99%`";
        self.diagnostics.push(catalog::stages::misplaced(span, words, help));
        None
    }

    fn call(&mut self, span: Span, callee: &tree::Expr, args: &[tree::Arg]) -> Option<Expr> {
        let ExprKind::Name(function) = &callee.kind else {
            self.diagnostics.push(catalog::stages::misplaced(
                callee.span,
                "this cannot be called",
                "functions are called by their name, as in `length(self)`",
            ));
            return None;
        };
        let row = OF_ROWS.iter().find(|(name, _)| *name == function.text);
        let set = OF_SETS.iter().find(|(name, _)| self.set && *name == function.text);
        let Some((name, takes)) = set.or(row).copied() else {
            let known = OF_ROWS.iter().chain(OF_SETS.iter().filter(|_| self.set)).map(|(name, _)| *name);
            self.diagnostics.push(catalog::names::unknown(
                function.span,
                "function",
                &function.text,
                nearest(&function.text, known).as_deref(),
            ));
            return None;
        };
        let count = takes.len();
        if args.len() != count {
            let message = format!(
                "`{name}` takes {count} argument{}, and {} were given",
                if count == 1 { "" } else { "s" },
                args.len()
            );
            self.diagnostics.push(catalog::stages::argument(span, message, span, "wrong number of arguments", None));
            return None;
        }
        // of what is known of a set, only the size is asked for
        if self.set && set.is_none() && name != "abs" {
            return self.of_row(span, &format!("`{name}` is about a value of a row"));
        }
        let outside = self.set;
        self.set &= set.is_none();
        let call = if name == "referenced" {
            self.referenced(args)
        } else {
            let lowered =
                takes.iter().zip(args).map(|(takes, arg)| self.argument(name, *takes, &arg.value, set.is_some()));
            let lowered: Vec<Option<Expr>> = lowered.collect();
            let lowered: Option<Vec<Expr>> = lowered.into_iter().collect();
            lowered
                .and_then(|lowered| self.alike(name, args, lowered))
                .map(|args| Expr::Call { function: name.to_owned(), args })
        };
        self.set = outside;
        call
    }

    /// What `coalesce` takes for one another is of one kind.
    fn alike(&mut self, function: &str, args: &[tree::Arg], lowered: Vec<Expr>) -> Option<Vec<Expr>> {
        match (function, args, <[Expr; 2]>::try_from(lowered)) {
            ("coalesce", [left, right], Ok([a, b])) => {
                let (a, b) = self.comparable(&left.value, a, right.value.span, &right.value, b)?;
                Some(vec![a, b])
            }
            (_, _, Ok(both)) => Some(both.into()),
            (_, _, Err(others)) => Some(others),
        }
    }

    fn argument(&mut self, function: &str, takes: Takes, arg: &tree::Expr, of_set: bool) -> Option<Expr> {
        match takes {
            Takes::Condition => self.condition(arg),
            Takes::Share => match literals::literal(arg) {
                Some(Literal::Number(share)) if (BigDecimal::from(0)..=BigDecimal::from(1)).contains(&share) => {
                    Some(Expr::Literal(Literal::Number(share)))
                }
                other => {
                    let found = other.map_or_else(String::new, |value| value.to_string());
                    let what = format!("the share of `{function}`");
                    self.diagnostics.push(catalog::contracts::must_be(
                        arg.span,
                        &what,
                        &found,
                        "a number from 0% to 100%",
                    ));
                    None
                }
            },
            takes => {
                let value = self.lower(arg)?;
                if of_set && !matches!(value, Expr::Column(_)) {
                    let words = format!("`{function}` is asked of a column, and this is none");
                    let help = format!("as in `{function}(delay)`");
                    self.diagnostics.push(catalog::stages::misplaced(arg.span, words, help));
                    return None;
                }
                self.takes(function, takes, &value, arg.span)?;
                Some(value)
            }
        }
    }

    /// Reports a value of a type that a function says nothing about.
    fn takes(&mut self, function: &str, takes: Takes, value: &Expr, span: Span) -> Option<()> {
        let Some(ty) = self.type_of(value).filter(|ty| !takes.fits(&ty.data)) else { return Some(()) };
        self.diagnostics.push(catalog::contracts::modifier(span, function, &ty.data.to_string(), takes.words()));
        None
    }

    /// `referenced(column, Other.column)`: in the plan, the other contract and its column are texts.
    fn referenced(&mut self, args: &[tree::Arg]) -> Option<Expr> {
        let [ours, theirs] = args else { return None };
        let (first, second) = (self.lower(&ours.value), &theirs.value);
        let misplaced = |this: &mut Self, span: Span, words: &str| {
            let help = "as in `referenced(tailnum, Plane.tailnum) >= 80%`";
            this.diagnostics.push(catalog::stages::misplaced(span, words, help));
            None
        };
        let ours = match first? {
            column @ Expr::Column(_) if self.type_of(&column).is_some() => column,
            _ => return misplaced(self, ours.value.span, "`referenced` looks for the values of a column"),
        };
        let (other, column) = match &second.kind {
            ExprKind::Field(base, column) => match &base.kind {
                ExprKind::Name(other) => (other, column),
                _ => return misplaced(self, second.span, "a column of another contract is meant here"),
            },
            _ => return misplaced(self, second.span, "a column of another contract is meant here"),
        };
        let found = self.others.iter().find(|(name, _)| *name == other.text);
        // one that is not there was reported when it was looked for
        let columns = if other.text == self.owner {
            self.columns
        } else {
            found.map(|(_, info)| info.face.columns.as_slice())?
        };
        let Some(found) = columns.iter().find(|known| known.name == column.text) else {
            let near = nearest(&column.text, columns.iter().map(|column| column.name.as_str()));
            let owner = format!("contract `{}`", other.text);
            self.diagnostics.push(catalog::names::unknown_field(column.span, &owner, &column.text, near.as_deref()));
            return None;
        };
        if let Some(ty) = self.type_of(&ours)
            && !same_kind(&ty.data, &found.value.data)
        {
            let (a, b) = (ty.data.to_string(), found.value.data.to_string());
            self.diagnostics.push(catalog::contracts::incomparable(second.span, &a, &b));
            return None;
        }
        let text = |name: &tree::Name| Expr::Literal(Literal::Text(name.text.clone()));
        Some(Expr::Call { function: "referenced".to_owned(), args: vec![ours, text(other), text(column)] })
    }

    fn binary(&mut self, left: &tree::Expr, op: BinaryOp, span: Span, right: &tree::Expr) -> Option<Expr> {
        let compares = compare_op(op).is_some();
        let (a, b) = match (self.is_bare(left), self.is_bare(right)) {
            (false, true) if compares => {
                let a = self.lower(left)?;
                let b = self.member(&a, right).or_else(|| self.lower(right))?;
                (a, b)
            }
            (true, false) if compares => {
                let b = self.lower(right)?;
                let a = self.member(&b, left).or_else(|| self.lower(left))?;
                (a, b)
            }
            _ => {
                let (a, b) = (self.lower(left), self.lower(right));
                (a?, b?)
            }
        };
        Some(match op {
            BinaryOp::And => all_of(a, b),
            BinaryOp::Or => any_of(a, b),
            BinaryOp::Add => Expr::Arithmetic(ArithmeticOp::Add, Box::new(a), Box::new(b)),
            BinaryOp::Sub => Expr::Arithmetic(ArithmeticOp::Sub, Box::new(a), Box::new(b)),
            BinaryOp::Mul => Expr::Arithmetic(ArithmeticOp::Mul, Box::new(a), Box::new(b)),
            BinaryOp::Div => Expr::Arithmetic(ArithmeticOp::Div, Box::new(a), Box::new(b)),
            comparison => {
                let (a, b) = self.comparable(left, a, span, right, b)?;
                Expr::Compare(compare_op(comparison)?, Box::new(a), Box::new(b))
            }
        })
    }

    /// Whether an expression is a name that no column has.
    fn is_bare(&self, expr: &tree::Expr) -> bool {
        matches!(&expr.kind, ExprKind::Name(name) if name.text != "self" && !self.columns.iter().any(|column| column.name == name.text))
    }

    /// A bare name as a member of the enum that it is compared with.
    fn member(&self, subject: &Expr, expr: &tree::Expr) -> Option<Expr> {
        let ty = self.type_of(subject)?;
        let literal = matches!(ty.data, DataType::Enum { .. }).then(|| literals::typed(expr, &ty).ok());
        literal.flatten().map(Expr::Literal)
    }

    /// A literal is read by the type of what it is compared with; things of different kinds cannot be compared.
    fn comparable(
        &mut self,
        left: &tree::Expr,
        a: Expr,
        op: Span,
        right: &tree::Expr,
        b: Expr,
    ) -> Option<(Expr, Expr)> {
        match (self.type_of(&a), self.type_of(&b)) {
            (Some(ty), _) if is_literal(&b) => Some((a, Expr::Literal(self.literal_of(right, &ty)?))),
            (_, Some(ty)) if is_literal(&a) => Some((Expr::Literal(self.literal_of(left, &ty)?), b)),
            (Some(x), Some(y)) if !same_kind(&x.data, &y.data) => {
                self.diagnostics.push(catalog::contracts::incomparable(op, &x.data.to_string(), &y.data.to_string()));
                None
            }
            _ => Some((a, b)),
        }
    }

    fn literal_of(&mut self, expr: &tree::Expr, ty: &ValueType) -> Option<Literal> {
        let plain = ValueType { nullable: false, ..ty.clone() };
        let as_text = matches!((&ty.data, literals::literal(expr)), (DataType::Enum { .. }, Some(Literal::Text(_))));
        match literals::typed(expr, &plain) {
            Ok(value) => Some(value),
            // a whole number is compared with any number, and an enum with any text
            Err(_)
                if ty.data.is_numeric()
                    && literals::literal(expr)
                        .is_some_and(|value| matches!(value, Literal::Number(_) | Literal::Nan)) =>
            {
                literals::literal(expr)
            }
            Err(_) if as_text => literals::literal(expr),
            Err(_) => {
                let written = literals::literal(expr).map_or_else(String::new, |value| value.to_string());
                self.diagnostics.push(catalog::contracts::bad_literal(
                    expr.span,
                    "the value",
                    &written,
                    &ty.data.to_string(),
                ));
                None
            }
        }
    }

    fn is_in(&mut self, value: &tree::Expr, choices: &tree::Expr) -> Option<Expr> {
        let subject = self.lower(value)?;
        let ty = self.type_of(&subject);
        let read = |this: &mut Self, expr: &tree::Expr| match &ty {
            Some(ty) => this.literal_of(expr, ty),
            None => literals::literal(expr),
        };
        match &choices.kind {
            ExprKind::Range { low, high } => {
                let end = |this: &mut Self, end: &Option<Box<tree::Expr>>| match end {
                    None => Some(None),
                    Some(end) if literals::literal(end).is_some() => {
                        read(this, end).map(|value| Some(Box::new(Expr::Literal(value))))
                    }
                    Some(end) => this.lower(end).map(|expr| Some(Box::new(expr))),
                };
                let (low, high) = (end(self, low)?, end(self, high)?);
                Some(Expr::Between { value: Box::new(subject), low, high })
            }
            ExprKind::Set(members) | ExprKind::List(members) => {
                let members: Option<Vec<Literal>> = members.iter().map(|member| read(self, member)).collect();
                Some(Expr::OneOf(Box::new(subject), members?))
            }
            _ => {
                self.diagnostics.push(catalog::stages::misplaced(
                    choices.span,
                    "`in` needs a range or a set",
                    "as in `x in 0 .. 5` or `x in { \"a\", \"b\" }`",
                ));
                None
            }
        }
    }

    /// The type of an expression, where it is a column's, `self`'s or a function's.
    fn type_of(&self, expr: &Expr) -> Option<ValueType> {
        match expr {
            Expr::This => self.this.cloned(),
            Expr::Column(path) => nested(self.columns, path).cloned(),
            Expr::Call { function, args } => match function.as_str() {
                "length" | "year" | "month" | "day" | "hour" | "rows" | "distinct" => {
                    Some(ValueType::plain(DataType::Int(64)))
                }
                "null_rate" | "fraction" | "correlation" | "referenced" => Some(ValueType::plain(DataType::Float(64))),
                "mean" | "stddev" | "quantile" => {
                    let data = args.first().and_then(|arg| self.type_of(arg))?.data;
                    Some(ValueType::plain(match data {
                        // between two days lies a time of one of them
                        DataType::Date => DataType::Timestamp { unit: TimeUnit::Us, naive: false },
                        data if data.is_numeric() => DataType::Float(64),
                        data => data,
                    }))
                }
                "freshness" => Some(ValueType::plain(DataType::Duration)),
                "is_none" => Some(ValueType::plain(DataType::Bool)),
                _ => args.first().and_then(|arg| self.type_of(arg)),
            },
            Expr::Negate(inner) => self.type_of(inner),
            _ => None,
        }
    }
}

const fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(_))
}

/// Whether values of two types can be compared.
fn same_kind(a: &DataType, b: &DataType) -> bool {
    (a.is_numeric() && b.is_numeric())
        || (a.is_text() && b.is_text())
        || (is_time(a) && is_time(b))
        || std::mem::discriminant(a) == std::mem::discriminant(b)
}

const fn is_time(data: &DataType) -> bool {
    matches!(data, DataType::Date | DataType::Timestamp { .. })
}

/// The comparison that an operator stands for.
#[must_use]
pub const fn compare_op(op: BinaryOp) -> Option<CompareOp> {
    Some(match op {
        BinaryOp::Eq => CompareOp::Eq,
        BinaryOp::Ne => CompareOp::Ne,
        BinaryOp::Lt => CompareOp::Lt,
        BinaryOp::Le => CompareOp::Le,
        BinaryOp::Gt => CompareOp::Gt,
        BinaryOp::Ge => CompareOp::Ge,
        _ => return None,
    })
}

/// `a and b`, flattened.
pub fn all_of(a: Expr, b: Expr) -> Expr {
    Expr::All(flatten(a, b, |expr| match expr {
        Expr::All(parts) => Ok(parts),
        other => Err(other),
    }))
}

/// `a or b`, flattened.
pub fn any_of(a: Expr, b: Expr) -> Expr {
    Expr::Any(flatten(a, b, |expr| match expr {
        Expr::Any(parts) => Ok(parts),
        other => Err(other),
    }))
}

fn flatten(a: Expr, b: Expr, parts: impl Fn(Expr) -> Result<Vec<Expr>, Expr>) -> Vec<Expr> {
    let mut all = parts(a).unwrap_or_else(|single| vec![single]);
    all.extend(parts(b).unwrap_or_else(|single| vec![single]));
    all
}
