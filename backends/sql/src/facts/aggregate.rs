//! Aggregates and window functions.

use datafusion::{
    common::ScalarValue,
    logical_expr::{
        Aggregate, Expr, GroupingSet, WindowFrame, WindowFrameBound, WindowFunctionDefinition,
        expr::{AggregateFunction, WindowFunction},
        utils::grouping_set_to_exprlist,
    },
};

use super::{Fact, Scope, expr::of_expr};
use crate::functions::{self, AggregateNulls};

/// What an aggregate ranges over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// At least one row: a group, or a frame that the current row is in.
    AtLeastOne,
    /// Perhaps none.
    MayBeNone,
}

/// The columns of a `group by`: its keys, then its aggregates.
pub fn of_group_by(node: &Aggregate, scope: &Scope<'_>) -> Vec<Fact> {
    let sets = matches!(node.group_expr.first(), Some(Expr::GroupingSet(_)));
    let keys = grouping_set_to_exprlist(&node.group_expr).unwrap_or_default();
    let mut facts: Vec<Fact> = keys
        .into_iter()
        .map(|key| {
            let fact = of_expr(key, scope);
            // A key is null in the rows of the sets that it is not in.
            let nullable = fact.nullable || sets;
            fact.with_nullable(nullable)
        })
        .collect();
    if sets {
        facts.push(Fact::constant(false)); // the number of the set
    }
    let rows =
        if node.group_expr.is_empty() || has_empty_set(&node.group_expr) { Rows::MayBeNone } else { Rows::AtLeastOne };
    facts.extend(node.aggr_expr.iter().map(|expr| of_aggregate_expr(expr, scope, rows)));
    facts
}

/// Whether one of the grouping sets is the whole table, which may have no rows.
fn has_empty_set(group: &[Expr]) -> bool {
    match group.first() {
        Some(Expr::GroupingSet(GroupingSet::GroupingSets(sets))) => sets.iter().any(Vec::is_empty),
        Some(Expr::GroupingSet(_)) => true,
        _ => false,
    }
}

fn of_aggregate_expr(expr: &Expr, scope: &Scope<'_>, rows: Rows) -> Fact {
    match expr {
        Expr::Alias(alias) => of_aggregate_expr(&alias.expr, scope, rows),
        Expr::AggregateFunction(call) => of_aggregate(call, scope, rows),
        other => of_expr(other, scope).with_nullable(true),
    }
}

/// An aggregate over rows.
pub fn of_aggregate(call: &AggregateFunction, scope: &Scope<'_>, rows: Rows) -> Fact {
    let params = &call.params;
    let mut fact = of_values(call.func.name(), &params.args, rows, params.filter.is_some(), scope);
    let order = params.order_by.iter().map(|sort| &sort.expr);
    choose(&mut fact, order.chain(params.filter.as_deref()), scope);
    fact
}

/// A window function: its partition, order and filter say which rows it sees.
pub fn of_window(call: &WindowFunction, scope: &Scope<'_>) -> Fact {
    let params = &call.params;
    let rows = if holds_current_row(&params.window_frame) { Rows::AtLeastOne } else { Rows::MayBeNone };
    let mut fact = match &call.fun {
        WindowFunctionDefinition::AggregateUDF(function) => {
            of_values(function.name(), &params.args, rows, params.filter.is_some(), scope)
        }
        WindowFunctionDefinition::WindowUDF(function) => of_window_udf(function.name(), &params.args, rows, scope),
    };
    let order = params.order_by.iter().map(|sort| &sort.expr);
    if is_ranking(call.fun.name()) {
        // a rank says where a value stands among the others: it is computed from what it is ordered by
        order.clone().for_each(|key| fact.absorb(&of_expr(key, scope)));
    }
    choose(&mut fact, params.partition_by.iter().chain(order).chain(params.filter.as_deref()), scope);
    fact
}

/// Whether a window function gives the place of a row in an order.
fn is_ranking(name: &str) -> bool {
    matches!(name, "row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" | "ntile")
}

fn of_window_udf(name: &str, args: &[Expr], rows: Rows, scope: &Scope<'_>) -> Fact {
    let parts: Vec<Fact> = args.iter().map(|arg| of_expr(arg, scope)).collect();
    let nullable = |at: usize| parts.get(at).is_none_or(|part| part.nullable);
    match name {
        _ if is_ranking(name) => Fact::computed(&parts).with_nullable(false),
        "lag" | "lead" => {
            let default = parts.get(2);
            let mut value: Vec<Fact> = parts.first().cloned().into_iter().collect();
            value.extend(default.cloned());
            let mut fact = Fact::one_of(&value);
            fact.passes = None;
            fact.with_nullable(nullable(0) || nullable(2))
        }
        "first_value" | "last_value" => {
            let mut fact = Fact::one_of(parts.get(..1).unwrap_or_default());
            fact.passes = None;
            fact.with_nullable(nullable(0) || rows == Rows::MayBeNone)
        }
        "nth_value" => {
            let mut fact = Fact::one_of(parts.get(..1).unwrap_or_default());
            fact.passes = None;
            fact.with_nullable(true)
        }
        _ => Fact::computed(&parts).with_nullable(true),
    }
}

fn of_values(name: &str, args: &[Expr], rows: Rows, filtered: bool, scope: &Scope<'_>) -> Fact {
    let parts: Vec<Fact> = args.iter().map(|arg| of_expr(arg, scope)).collect();
    let mut fact = if functions::selects(name) {
        Fact::one_of(parts.get(..1).unwrap_or_default())
    } else {
        Fact::computed(&parts)
    };
    fact.passes = None;
    fact.nullable = match functions::aggregate_nulls(name) {
        AggregateNulls::Never => false,
        // A list of nulls is a list.
        AggregateNulls::Empty if name == "array_agg" => rows == Rows::MayBeNone || filtered,
        AggregateNulls::Empty => rows == Rows::MayBeNone || filtered || parts.iter().any(|part| part.nullable),
        AggregateNulls::Maybe => true,
    };
    fact
}

/// Takes in what chose the rows: not their values, but when they could be chosen.
fn choose<'a>(fact: &mut Fact, choosers: impl Iterator<Item = &'a Expr>, scope: &Scope<'_>) {
    for chooser in choosers {
        fact.conditions.extend(of_expr(chooser, scope).touches());
    }
}

/// Whether the frame of a row holds at least that row.
fn holds_current_row(frame: &WindowFrame) -> bool {
    let starts = match &frame.start_bound {
        WindowFrameBound::Preceding(_) | WindowFrameBound::CurrentRow => true,
        WindowFrameBound::Following(by) => is_zero(by),
    };
    let ends = match &frame.end_bound {
        WindowFrameBound::Following(_) | WindowFrameBound::CurrentRow => true,
        WindowFrameBound::Preceding(by) => is_zero(by),
    };
    starts && ends
}

fn is_zero(by: &ScalarValue) -> bool {
    !by.is_null() && ScalarValue::new_zero(&by.data_type()).is_ok_and(|zero| zero == *by)
}
