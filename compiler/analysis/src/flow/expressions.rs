//! Expressions in pipelines: names, outputs, lists, calls.

use mlp_diagnostics::catalog::{names, stages as words};
use mlp_plan::Origin;
use mlp_source::Span;
use mlp_syntax::tree::{Expr, ExprKind, Name};

use super::{Bound, Elaborator, Handle, Id, Val};
use crate::{
    program::Kind,
    scope::{Found, nearest},
    types::Ty,
    values::Scalar,
};

impl Elaborator<'_, '_> {
    /// What an expression stands for; `Val::Error` after a report.
    pub fn eval(&mut self, expr: &Expr, id: &Id) -> Val {
        match &expr.kind {
            ExprKind::Paren(inner) => self.eval(inner, id),
            ExprKind::Name(name) => self.name(name, expr),
            ExprKind::Field(base, field) => self.field(expr, base, field, id),
            ExprKind::Call { callee, args } => self.call(expr.span, callee, args, id),
            ExprKind::List(items) => {
                let mut values = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    values.push(self.eval(item, &Id::exact(format!("{}-{index}", id.of("list")))));
                }
                as_list(values)
            }
            ExprKind::Comprehension { body, loops } => {
                let mut values = Vec::new();
                self.unroll(body, loops, id, &mut values);
                as_list(values)
            }
            ExprKind::Promote(promote) => self.promote(expr.span, promote, id),
            ExprKind::Column(name) => Val::Column(name.clone()),
            ExprKind::Literal(mlp_syntax::tree::Lit::None) => Val::None,
            ExprKind::Error => Val::Error,
            _ => self.scalar(expr),
        }
    }

    fn scalar(&mut self, expr: &Expr) -> Val {
        let scalars = self.scalars.clone();
        self.checker.scalar(self.module, &scalars, expr, None).map_or(Val::Error, Val::Scalar)
    }

    fn name(&mut self, name: &Name, expr: &Expr) -> Val {
        if let Some(bound) = self.names.get_mut(&name.text) {
            bound.used = true;
            return bound.val.clone();
        }
        if self.scalars.contains_key(&name.text) {
            return self.scalar(expr);
        }
        match self.checker.lookup(self.module, &name.text) {
            Found::Poisoned => Val::Error,
            Found::Decl(decl) if self.checker.program.decl(decl).is_some_and(|decl| decl.kind == Kind::Const) => {
                self.scalar(expr)
            }
            Found::Decl(decl) => {
                let kind = self.checker.program.decl(decl).map_or("name", |decl| decl.kind.word());
                let found = if matches!(kind, "stage" | "source") {
                    let signature = self.checker.quietly(|checker| checker.signature(decl));
                    let bare = signature.is_some_and(|signature| {
                        signature
                            .params
                            .iter()
                            .all(|param| param.default.is_some() || matches!(param.ty, Ty::Optional(_)))
                    });
                    words::not_called(name.span, kind, &name.text, bare)
                } else {
                    words::misplaced(
                        name.span,
                        format!("`{}` is a {kind}, and a value is meant here", name.text),
                        "values are parameters, what `let` binds, and the results of calls",
                    )
                };
                self.checker.report(found);
                Val::Error
            }
            Found::Nothing => {
                self.unknown_value(name);
                Val::Error
            }
        }
    }

    fn unknown_value(&mut self, name: &Name) {
        let mut known: Vec<&str> = self.names.keys().chain(self.scalars.keys()).map(String::as_str).collect();
        known.sort_unstable();
        let near = nearest(&name.text, known);
        self.checker.report(names::unknown(name.span, "value", &name.text, near.as_deref()));
    }

    fn field(&mut self, expr: &Expr, base: &Expr, field: &Name, id: &Id) -> Val {
        if let ExprKind::Name(name) = &base.kind
            && !self.names.contains_key(&name.text)
        {
            if name.text == "run" {
                return self.scalar(expr);
            }
            if let Found::Decl(decl) = self.checker.lookup(self.module, &name.text)
                && self.checker.program.decl(decl).is_some_and(|decl| decl.kind == Kind::Model)
            {
                return self.rung(expr);
            }
        }
        match self.eval(base, &id.inside()) {
            Val::Record(fields) => match fields.iter().find(|(name, _)| *name == field.text) {
                Some((_, value)) => value.clone(),
                None => {
                    let near = nearest(&field.text, fields.iter().map(|(name, _)| name.as_str()));
                    let found = names::unknown_field(field.span, "this result", &field.text, near.as_deref());
                    let outputs = fields.iter().map(|(name, _)| name.as_str());
                    self.checker.report(names::listing(found, "its outputs are", outputs));
                    Val::Error
                }
            },
            Val::Error => Val::Error,
            other => {
                self.checker.report(names::unknown_field(field.span, &other.text(), &field.text, None));
                Val::Error
            }
        }
    }

    /// `M.production`: the registered model as it stood when the run began.
    fn rung(&mut self, expr: &Expr) -> Val {
        match self.checker.rung(self.module, expr) {
            Some((model, rung)) => Val::Artifact(Handle {
                ty: model.ty(),
                from: Origin::Rung { model: model.name.clone(), rung },
                optional: true,
                span: expr.span,
            }),
            None => Val::Error,
        }
    }

    /// Runs the body for every value of the first loop, with the others inside.
    fn unroll(&mut self, body: &Expr, loops: &[(Name, Expr)], id: &Id, values: &mut Vec<Val>) {
        let Some(((name, list), rest)) = loops.split_first() else {
            let index = values.len();
            let value = self.eval(body, &Id::exact(format!("{}-{index}", id.of("list"))));
            values.push(value);
            return;
        };
        let items = match self.eval(list, &id.inside()) {
            Val::List(items) => items,
            Val::Scalar(Scalar { ty, value: mlp_plan::Value::List(items) }) => elements(&ty, items.into_iter()),
            Val::Scalar(Scalar { ty, value: mlp_plan::Value::Literal(mlp_plan::Literal::List(items)) }) => {
                elements(&ty, items.into_iter().map(mlp_plan::Value::Literal))
            }
            Val::Error => {
                values.push(Val::Error);
                return;
            }
            other => {
                self.checker.report(words::misplaced(
                    list.span,
                    format!("{} cannot be gone through", other.text()),
                    "a list is unrolled when compiling, as in `for d in [2, 4]`",
                ));
                values.push(Val::Error);
                return;
            }
        };
        for item in items {
            if self.is_full(list.span, values.len()) {
                return;
            }
            let shadowed = self.bind(name, item);
            self.unroll(body, rest, id, values);
            self.unbind(name, shadowed);
        }
    }

    /// Binds the variable of a loop; answers what it hides.
    fn bind(&mut self, name: &Name, value: Val) -> (Option<Bound>, Option<Scalar>) {
        let scalar = self.scalars.remove(&name.text);
        let hidden = self.names.remove(&name.text);
        match value {
            Val::Scalar(value) => {
                self.scalars.insert(name.text.clone(), value);
            }
            value => {
                self.names.insert(name.text.clone(), Bound { val: value, span: name.span, used: true, is_let: false });
            }
        }
        (hidden, scalar)
    }

    fn unbind(&mut self, name: &Name, (bound, scalar): (Option<Bound>, Option<Scalar>)) {
        self.names.remove(&name.text);
        self.scalars.remove(&name.text);
        if let Some(bound) = bound {
            self.names.insert(name.text.clone(), bound);
        }
        if let Some(scalar) = scalar {
            self.scalars.insert(name.text.clone(), scalar);
        }
    }

    /// Says that something cannot be called.
    pub(super) fn not_callable(&mut self, span: Span) -> Val {
        self.checker.report(words::misplaced(
            span,
            "this cannot be called",
            "stages, sources and sinks are called by their name",
        ));
        Val::Error
    }

    /// The type of a value, where it has one.
    pub(super) fn ty_of(value: &Val) -> Option<Ty> {
        match value {
            Val::Artifact(handle) => Some(handle.ty.clone()),
            Val::List(items) => items.first().and_then(Self::ty_of).map(|ty| Ty::List(Box::new(ty))),
            Val::Scalar(scalar) => Some(Ty::Value(scalar.ty.clone())),
            _ => None,
        }
    }
}

/// The list, unless one of its values could not be made out.
fn as_list(values: Vec<Val>) -> Val {
    if values.iter().any(|value| matches!(value, Val::Error)) { Val::Error } else { Val::List(values) }
}

fn elements(ty: &mlp_plan::ValueType, items: impl Iterator<Item = mlp_plan::Value>) -> Vec<Val> {
    let element = match &ty.data {
        mlp_plan::DataType::List(element) => (**element).clone(),
        _ => ty.clone(),
    };
    items.map(|value| Val::Scalar(Scalar { ty: element.clone(), value })).collect()
}
