//! What is known of an expression.

use std::sync::Arc;

use arrow::datatypes::DataType as ArrowType;
use datafusion::{
    common::ScalarValue,
    logical_expr::{Case, Expr, ExprSchemable as _, Operator, expr::ScalarFunction},
};
use mlp_plan::DataType;

use super::{Fact, Known, NOTHING_KNOWN, Scope, aggregate, narrow, plan};
use crate::functions::{self, Nulls};

/// What is known of an expression where it stands.
pub fn of_expr(expr: &Expr, scope: &Scope<'_>) -> Fact {
    let all = |parts: &[&Expr]| Fact::computed(&parts.iter().map(|part| of_expr(part, scope)).collect::<Vec<_>>());
    match expr {
        Expr::Alias(alias) => of_expr(&alias.expr, scope),
        Expr::Column(column) => scope.column(column).unwrap_or_else(|| Fact::constant(true)),
        Expr::OuterReferenceColumn(_, column) => scope.outer_column(column).unwrap_or_else(|| Fact::constant(true)),
        Expr::Literal(value, _) => Fact::constant(value.is_null()),
        Expr::BinaryExpr(binary) => {
            let fact = all(&[&binary.left, &binary.right]);
            match binary.op {
                Operator::IsDistinctFrom | Operator::IsNotDistinctFrom => fact.with_nullable(false),
                Operator::And | Operator::Or | Operator::StringConcat => fact,
                op if narrow::is_strict(op) => fact,
                _ => fact.with_nullable(true),
            }
        }
        Expr::Like(like) | Expr::SimilarTo(like) => all(&[&like.expr, &like.pattern]),
        Expr::Not(inner) | Expr::Negative(inner) => all(&[inner]),
        Expr::IsNotNull(inner)
        | Expr::IsNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsNotUnknown(inner) => all(&[inner]).with_nullable(false),
        Expr::Between(between) => all(&[&between.expr, &between.low, &between.high]),
        Expr::Case(case) => of_case(case, scope),
        Expr::Cast(cast) => all(&[&cast.expr]),
        Expr::TryCast(cast) => all(&[&cast.expr]).with_nullable(true),
        Expr::ScalarFunction(call) => of_function(call, scope),
        Expr::AggregateFunction(call) => aggregate::of_aggregate(call, scope, aggregate::Rows::MayBeNone),
        Expr::WindowFunction(call) => aggregate::of_window(call, scope),
        Expr::InList(list) => {
            let parts: Vec<Fact> =
                std::iter::once(list.expr.as_ref()).chain(&list.list).map(|part| of_expr(part, scope)).collect();
            Fact::computed(&parts)
        }
        Expr::Exists(exists) => plan::of_existence(&exists.subquery.subquery, scope),
        Expr::InSubquery(inner) => one_of_subquery(&inner.expr, &inner.subquery.subquery, scope),
        Expr::SetComparison(inner) => one_of_subquery(&inner.expr, &inner.subquery.subquery, scope),
        Expr::ScalarSubquery(subquery) => plan::of_scalar_subquery(&subquery.subquery, scope),
        Expr::Unnest(unnest) => all(&[&unnest.expr]).with_nullable(true),
        Expr::HigherOrderFunction(call) => all(&call.args.iter().collect::<Vec<_>>()).with_nullable(true),
        Expr::Lambda(lambda) => of_expr(&lambda.body, scope),
        // A variable of a lambda is an element of the list beside it, whose lineage the call takes in anyhow.
        _ => Fact::constant(true),
    }
}

/// `x in (select y ..)`, `x > all (select y ..)`: computed from both; null where either may be.
fn one_of_subquery(expr: &Expr, subquery: &datafusion::logical_expr::LogicalPlan, scope: &Scope<'_>) -> Fact {
    let existence = plan::of_existence(subquery, scope);
    let mut parts = plan::of_plan(subquery, scope.inputs, Some(scope));
    parts.push(of_expr(expr, scope));
    let mut fact = Fact::computed(&parts);
    fact.absorb(&existence);
    fact
}

/// The branches, each under what its condition proves; the conditions decide the value, so their columns are part of it.
fn of_case(case: &Case, scope: &Scope<'_>) -> Fact {
    let mut known = scope.known.clone();
    let mut conditions = Fact::default();
    let mut branches = Vec::new();
    if let Some(tested) = &case.expr {
        conditions.absorb(&of_expr(tested, scope));
    }
    for (when, then) in &case.when_then_expr {
        let here = scope.knowing(&known);
        conditions.absorb(&of_expr(when, &here));
        let (yes, no) = match &case.expr {
            Some(tested) => (narrow::union(narrow::strict(tested, &here), narrow::strict(when, &here)), Known::new()),
            None => (narrow::when_true(when, &here), narrow::when_not_true(when, &here)),
        };
        let yes = narrow::union(yes, known.clone());
        branches.push(of_expr(then, &scope.knowing(&yes)));
        known = narrow::union(known, no);
    }
    let otherwise = case.else_expr.as_ref().map(|expr| of_expr(expr, &scope.knowing(&known)));
    let nullable = otherwise.as_ref().is_none_or(|fact| fact.nullable) || branches.iter().any(|fact| fact.nullable);
    branches.extend(otherwise);
    let mut fact = Fact::one_of(&branches).with_nullable(nullable);
    fact.passes = None;
    fact.absorb(&conditions);
    fact
}

fn of_function(call: &ScalarFunction, scope: &Scope<'_>) -> Fact {
    let parts: Vec<Fact> = call.args.iter().map(|arg| of_expr(arg, scope)).collect();
    let name = call.func.name();
    let mut fact = if functions::selects(name) { Fact::one_of(&parts) } else { Fact::computed(&parts) };
    fact.passes = None;
    let nullable = |at: usize| parts.get(at).is_none_or(|part| part.nullable);
    fact.nullable = match functions::nulls(name) {
        Nulls::Strict => fact.nullable,
        Nulls::All => parts.iter().all(|part| part.nullable),
        Nulls::Never => false,
        Nulls::Branches => nullable(1) || nullable(2),
        Nulls::Field => return of_field(call, &parts, scope, fact),
        Nulls::Maybe => true,
    };
    fact
}

/// `s.a`, `s['a']`: a field of a struct has the field's own type; a key of a map may not be there.
fn of_field(call: &ScalarFunction, parts: &[Fact], scope: &Scope<'_>, mut fact: Fact) -> Fact {
    let Some(base) = call.args.first() else { return fact.with_nullable(true) };
    let mut data = parts.first().and_then(|part| part.data.clone());
    let mut arrow = base.get_type(scope.schema).ok();
    let mut nullable = parts.first().is_none_or(|part| part.nullable);
    for arg in call.args.iter().skip(1) {
        let Expr::Literal(ScalarValue::Utf8(Some(name)) | ScalarValue::Utf8View(Some(name)), _) = arg else {
            return fact.with_nullable(true);
        };
        let Some(ArrowType::Struct(fields)) = &arrow else { return fact.with_nullable(true) };
        let Some((_, field)) = fields.find(name) else { return fact.with_nullable(true) };
        let declared = data.as_deref().and_then(|data| match data {
            DataType::Struct(fields) => fields.iter().find(|field| field.name == *name).map(|field| &field.value),
            _ => None,
        });
        // Inside of a value the engine calls everything nullable; the contract knows better.
        nullable |= declared.map_or(field.is_nullable(), |value| value.nullable);
        data = declared.map(|value| Arc::new(value.data.clone()));
        arrow = Some(field.data_type().clone());
    }
    fact.data = data;
    fact.with_nullable(nullable)
}

/// What is known of an expression over nothing: a row of `values`.
pub fn of_constant(expr: &Expr, scope: &Scope<'_>) -> Fact {
    of_expr(expr, &scope.knowing(&NOTHING_KNOWN))
}
