//! Scalars in pipelines: literals, parameters, constants, `run.date`, formatted strings and arithmetic on them.

use std::collections::HashMap;

use mlp_diagnostics::catalog::{names, stages};
use mlp_plan::{ArithmeticOp, DataType, FormatPiece, Literal, TimeUnit, Value, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{BinaryOp, Expr, ExprKind, FormatPart, ItemKind, UnaryOp};

use crate::{
    checker::Checker,
    literals,
    memo::{Answer, Query},
    program::{DeclId, Kind},
    scope::{Found, nearest},
    stages::ParamInfo,
    subtype::values::accepts,
    types::{Generics, Ty},
};

/// A scalar with its type.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// Its type.
    pub ty: ValueType,
    /// Its value, known now or when the run starts.
    pub value: Value,
}

/// Scalars by name: the parameters of a pipeline, source or sink.
pub type Scalars = HashMap<String, Scalar>;

impl Scalar {
    /// A parameter by its name: its value comes when a run starts.
    #[must_use]
    pub fn of_param(param: &ParamInfo) -> Self {
        let ty = match &param.ty {
            Ty::Value(value) => value.clone(),
            _ => ValueType::plain(DataType::String),
        };
        Self { ty, value: Value::Param(param.name.clone()) }
    }

    /// A value that is known now, with the type that it has by itself.
    #[must_use]
    pub fn literal(value: Literal) -> Option<Self> {
        let data = match &value {
            Literal::Bool(_) => DataType::Bool,
            Literal::Number(number) if number.is_integer() => DataType::Int(64),
            Literal::Number(_) | Literal::Nan => DataType::Float(64),
            Literal::Text(_) => DataType::String,
            Literal::Duration(_) => DataType::Duration,
            Literal::Size(_) => DataType::Int(64),
            Literal::Date(_) => DataType::Date,
            Literal::Time(_) => DataType::Time,
            Literal::Timestamp(_) => DataType::Timestamp { unit: TimeUnit::Us, naive: false },
            Literal::List(items) => DataType::List(Box::new(items.first().cloned().and_then(Self::literal)?.ty)),
            Literal::Null => return None,
        };
        Some(Self { ty: ValueType::plain(data), value: Value::Literal(value) })
    }
}

impl Scalar {
    /// Whether a parameter of that type takes it. `1.0` is a whole number until somebody asks for a float.
    #[must_use]
    pub fn fits(&self, wanted: &ValueType) -> bool {
        if self.ty.nullable && !wanted.nullable {
            return false;
        }
        match (&self.value, &self.ty.data, &wanted.data) {
            (Value::Literal(Literal::Number(_)), _, DataType::Float(_)) => true,
            (Value::Literal(list @ Literal::List(_)), ..) => literals::coerce(list.clone(), wanted).is_ok(),
            (Value::List(items), DataType::List(own), DataType::List(element)) => items.iter().all(|item| {
                let item = Self { ty: (**own).clone(), value: item.clone() };
                item.fits(element)
            }),
            (_, DataType::List(own), DataType::List(element)) => {
                Self { ty: (**own).clone(), value: self.value.clone() }.fits(element)
            }
            (_, have, wanted) => accepts(have, wanted).is_some(),
        }
    }
}

impl Checker<'_> {
    /// The scalar that an expression stands for; `None` after a report. With `wanted`, literals and enum members are read as that type.
    pub fn scalar(
        &mut self,
        module: usize,
        scope: &Scalars,
        expr: &Expr,
        wanted: Option<&ValueType>,
    ) -> Option<Scalar> {
        if let Some(ty) = wanted
            && let Ok(value) = literals::typed(expr, ty)
        {
            let shadowed = matches!(&expr.kind, ExprKind::Name(name) if scope.contains_key(&name.text));
            if !shadowed {
                self.occurs_member(&ty.data, expr);
                return Some(Scalar { ty: ty.clone(), value: Value::Literal(value) });
            }
        }
        if let Some(value) = literals::literal(expr) {
            return Scalar::literal(value);
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.scalar(module, scope, inner, wanted),
            ExprKind::Name(name) => {
                if let Some(known) = scope.get(&name.text) {
                    return Some(known.clone());
                }
                if let Found::Nothing = self.lookup(module, &name.text)
                    && let Some(near) = nearest(&name.text, scope.keys().map(String::as_str))
                {
                    self.report(names::unknown(name.span, "value", &name.text, Some(&near)));
                    return None;
                }
                let id = self.find(module, &name.text, name.span, "value", &[Kind::Const])?;
                let (ty, value) = self.constant(id)?;
                Some(Scalar { ty, value: Value::Literal(value) })
            }
            ExprKind::Field(base, field) => self.run_field(base, &field.text, expr),
            ExprKind::Format(parts) => {
                let pieces: Option<Vec<FormatPiece>> =
                    parts.iter().map(|part| self.piece(module, scope, part)).collect();
                Some(Scalar { ty: ValueType::plain(DataType::String), value: Value::Format(pieces?) })
            }
            ExprKind::Unary(UnaryOp::Neg, inner) => {
                let inner = self.scalar(module, scope, inner, wanted)?;
                let zero = Box::new(Value::Literal(Literal::Number(0.into())));
                Some(Scalar { ty: inner.ty, value: Value::Arithmetic(ArithmeticOp::Sub, zero, Box::new(inner.value)) })
            }
            ExprKind::Binary { left, op, right, .. } => self.arithmetic(module, scope, expr, left, *op, right),
            ExprKind::Range { low: Some(low), high: Some(high) } => {
                let (low, high) = (self.scalar(module, scope, low, wanted)?, self.scalar(module, scope, high, wanted)?);
                let ty = if wanted.is_some_and(|ty| !high.fits(ty)) { high.ty } else { low.ty };
                Some(Scalar { ty, value: Value::Range(Box::new(low.value), Box::new(high.value)) })
            }
            ExprKind::List(items) => {
                let element = match wanted.map(|ty| &ty.data) {
                    Some(DataType::List(element)) => Some((**element).clone()),
                    _ => None,
                };
                let items: Option<Vec<Scalar>> =
                    items.iter().map(|item| self.scalar(module, scope, item, element.as_ref())).collect();
                let items = items?;
                // one that does not fit tells its own type
                let misfit = element.as_ref().and_then(|ty| items.iter().find(|item| !item.fits(ty)));
                let ty = misfit
                    .map(|item| item.ty.clone())
                    .or(element)
                    .or_else(|| items.first().map(|item| item.ty.clone()))
                    .unwrap_or_else(|| ValueType::plain(DataType::String));
                Some(Scalar {
                    ty: ValueType::plain(DataType::List(Box::new(ty))),
                    value: Value::List(items.into_iter().map(|item| item.value).collect()),
                })
            }
            ExprKind::Error => None,
            _ => {
                self.report(stages::misplaced(
                    expr.span,
                    "this is not a value",
                    "a literal, a parameter, a `const`, `run.date`, or arithmetic on them",
                ));
                None
            }
        }
    }

    fn run_field(&mut self, base: &Expr, field: &str, expr: &Expr) -> Option<Scalar> {
        let is_run = matches!(&base.kind, ExprKind::Name(name) if name.text == "run");
        let scalar = |data: DataType, value: Value| Some(Scalar { ty: ValueType::plain(data), value });
        match (is_run, field) {
            (true, "date") => scalar(DataType::Date, Value::RunDate),
            (true, "time") => scalar(DataType::Timestamp { unit: TimeUnit::Us, naive: false }, Value::RunTime),
            (true, "id") => scalar(DataType::String, Value::RunId),
            (true, other) => {
                // the field is the last of the expression
                let length = u32::try_from(other.len()).unwrap_or_default();
                let at = Span::new(expr.span.file, expr.span.end.saturating_sub(length), expr.span.end);
                self.report(names::unknown_field(
                    at,
                    "`run`",
                    other,
                    nearest(other, ["date", "time", "id"]).as_deref(),
                ));
                None
            }
            _ => {
                self.report(stages::misplaced(
                    expr.span,
                    "this is not a value",
                    "a literal, a parameter, a `const`, or `run.date`",
                ));
                None
            }
        }
    }

    /// The value of an expression in a stage, source or sink, where its parameters stand for what a call gives.
    pub fn at_call(&mut self, decl: DeclId, given: &HashMap<String, Value>, expr: &Expr) -> Option<Value> {
        let module = self.module_of(decl);
        let signature = self.signature(decl)?;
        let mut scalars = Scalars::new();
        for param in &signature.params {
            if let (Ty::Value(ty), Some(value)) = (&param.ty, given.get(&param.name)) {
                scalars.insert(param.name.clone(), Scalar { ty: ty.clone(), value: value.clone() });
            }
        }
        self.quietly(|checker| checker.scalar(module, &scalars, expr, None)).map(|scalar| scalar.value)
    }

    fn piece(&mut self, module: usize, scope: &Scalars, part: &FormatPart) -> Option<FormatPiece> {
        match part {
            FormatPart::Text(text) => Some(FormatPiece::Text(text.clone())),
            FormatPart::Value { expr, format } => {
                let scalar = self.scalar(module, scope, expr, None)?;
                if format.is_some()
                    && !matches!(scalar.ty.data, DataType::Date | DataType::Timestamp { .. } | DataType::Time)
                {
                    self.report(stages::misplaced(
                        expr.span,
                        format!("a value of type {} takes no format", scalar.ty),
                        "formats such as `%Y%m%d` are for dates and times",
                    ));
                    return None;
                }
                Some(FormatPiece::Value { value: scalar.value, format: format.clone() })
            }
        }
    }

    fn arithmetic(
        &mut self,
        module: usize,
        scope: &Scalars,
        expr: &Expr,
        left: &Expr,
        op: BinaryOp,
        right: &Expr,
    ) -> Option<Scalar> {
        let op = match op {
            BinaryOp::Add => ArithmeticOp::Add,
            BinaryOp::Sub => ArithmeticOp::Sub,
            BinaryOp::Mul => ArithmeticOp::Mul,
            BinaryOp::Div => ArithmeticOp::Div,
            _ => {
                self.report(stages::misplaced(
                    expr.span,
                    "a comparison has no place here",
                    "values are computed with `+`, `-`, `*` and `/`",
                ));
                return None;
            }
        };
        let (a, b) = (self.scalar(module, scope, left, None), self.scalar(module, scope, right, None));
        let (a, b) = (a?, b?);
        let Some(ty) = arithmetic_type(op, &a.ty.data, &b.ty.data) else {
            self.report(stages::misplaced(
                expr.span,
                format!("{} {} {} has no value", a.ty, op.symbol(), b.ty),
                "numbers with numbers; a date or timestamp with a duration",
            ));
            return None;
        };
        if let (Value::Literal(x), Value::Literal(y)) = (&a.value, &b.value) {
            if let Some(value) = mlp_plan::arithmetic(op, x, y) {
                return Some(Scalar { ty: ValueType::plain(ty), value: Value::Literal(value) });
            }
            self.report(stages::misplaced(
                expr.span,
                format!("{x} {} {y} has no value", op.symbol()),
                "calculate with values of one kind",
            ));
            return None;
        }
        Some(Scalar { ty: ValueType::plain(ty), value: Value::Arithmetic(op, Box::new(a.value), Box::new(b.value)) })
    }

    /// The type and value of a `const`.
    pub fn constant(&mut self, id: DeclId) -> Option<(ValueType, Literal)> {
        match self.ask(Query::Const(id)) {
            Answer::Const(value) => value,
            _ => None,
        }
    }

    pub(crate) fn read_constant(&mut self, id: DeclId) -> Option<(ValueType, Literal)> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Const(tree) = &item.kind else { return None };
        self.constant_value(decl.module, tree).map(|(ty, value)| match self.set.get(&decl.name) {
            Some(text) => match literals::from_text(text, &ty) {
                Ok(value) => (ty, value),
                Err(why) => {
                    let found = mlp_diagnostics::catalog::contracts::bad_set(decl.span, &decl.name, &why);
                    self.report(found);
                    (ty, value)
                }
            },
            None => (ty, value),
        })
    }

    /// Whether a bare name where an enum is meant can be nothing but one of its members, known or not.
    pub fn is_member(&self, module: usize, expr: &Expr, ty: &ValueType) -> bool {
        matches!((&expr.kind, &ty.data), (ExprKind::Name(name), DataType::Enum { .. })
            if matches!(self.lookup(module, &name.text), Found::Nothing))
    }

    fn constant_value(&mut self, module: usize, tree: &mlp_syntax::tree::ValueDecl) -> Option<(ValueType, Literal)> {
        let ty = match &tree.ty {
            Some(ty) => match self.artifact(module, &Generics::new(), ty) {
                Ty::Value(value) => Some(value),
                Ty::Error => return None,
                other => {
                    self.report(stages::misplaced(
                        ty.span,
                        format!("a const is a scalar, not {}", other.text()),
                        "as in `const limit: int = 5`",
                    ));
                    return None;
                }
            },
            None => None,
        };
        let what = format!("the const `{}`,", tree.name.text);
        if let Some(ty) = &ty
            && (literals::literal(&tree.value) == Some(Literal::Null) || self.is_member(module, &tree.value, ty))
        {
            return Some((ty.clone(), self.value_of(&tree.value, ty, &what)?));
        }
        let scalar = self.scalar(module, &Scalars::new(), &tree.value, ty.as_ref())?;
        let Value::Literal(literal) = scalar.value else {
            self.report(stages::misplaced(
                tree.value.span,
                "a const is known when compiling",
                "parameters and `run.date` belong into pipelines",
            ));
            return None;
        };
        let ty = ty.unwrap_or(scalar.ty);
        match literals::coerce(literal, &ty) {
            Ok(literal) => {
                self.check_constraints(&literal, &ty, tree.value.span, &what);
                Some((ty, literal))
            }
            Err(literal) => {
                self.report(mlp_diagnostics::catalog::contracts::bad_literal(
                    tree.value.span,
                    &what,
                    &literal.to_string(),
                    &ty.to_string(),
                ));
                None
            }
        }
    }
}

fn arithmetic_type(op: ArithmeticOp, a: &DataType, b: &DataType) -> Option<DataType> {
    use ArithmeticOp::{Add, Mul, Sub};
    match (op, a, b) {
        (_, a, b) if a.is_numeric() && b.is_numeric() => {
            let whole = matches!(a, DataType::Int(_) | DataType::Uint(_))
                && matches!(b, DataType::Int(_) | DataType::Uint(_))
                && op != ArithmeticOp::Div;
            Some(if whole { DataType::Int(64) } else { DataType::Float(64) })
        }
        (Add | Sub, DataType::Date, DataType::Duration) => Some(DataType::Date),
        (Add | Sub, DataType::Timestamp { .. }, DataType::Duration) => Some(a.clone()),
        (Sub, DataType::Date, DataType::Date) | (Sub, DataType::Timestamp { .. }, DataType::Timestamp { .. }) => {
            Some(DataType::Duration)
        }
        (Add | Sub, DataType::Duration, DataType::Duration) => Some(DataType::Duration),
        (Mul, DataType::Duration, DataType::Int(_)) => Some(DataType::Duration),
        _ => None,
    }
}
