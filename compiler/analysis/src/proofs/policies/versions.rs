//! Whether what was asked before is still asked: for who compares two versions of a policy, or of what a contract expects of a whole data set.

use std::{collections::BTreeMap, sync::Arc};

use mlp_plan::{ClauseRule, Expr, Metrics, Policy};
use mlp_source::Span;

use super::{
    Clause, Clauses,
    differences::{Limit, System, ZERO},
    formula::{ONE, Terms},
};
use crate::{
    metrics::MetricsInfo,
    policies::{ClauseInfo, PolicyInfo, PolicyParam},
};

/// The `require`d comparisons of `old` that do not follow from what `new` requires, by their place among its clauses.
#[must_use]
pub fn loosened(old: &Policy, new: &Policy, metrics: &BTreeMap<String, Metrics>) -> Vec<usize> {
    let both = PolicyInfo {
        name: old.name.clone(),
        params: old.params.iter().map(|param| known(param, metrics)).collect(),
        clauses: old.clauses.iter().chain(&new.clauses).map(bare).collect(),
        span: Span::default(),
    };
    let clauses = Clauses::new(&both, &[]);
    let is_old =
        |clause: &Clause<'_>| both.clauses.iter().take(old.clauses.len()).any(|one| std::ptr::eq(one, clause.info));
    let of_new: Vec<&Clause<'_>> = clauses.gates.iter().filter(|clause| clause.required && !is_old(clause)).collect();
    let lost = |clause: &Clause<'_>| {
        let given: Vec<&Clause<'_>> = of_new.iter().filter(|other| other.counts(&clause.info.when)).copied().collect();
        let is_kept = given.iter().any(|other| other.gate == clause.gate);
        !is_kept && clauses.implied(clause, &given).is_none()
    };
    let place = |clause: &Clause<'_>| both.clauses.iter().position(|one| std::ptr::eq(one, clause.info));
    clauses.gates.iter().filter(|clause| clause.required && is_old(clause) && lost(clause)).filter_map(place).collect()
}

fn known(param: &mlp_plan::PolicyParam, metrics: &BTreeMap<String, Metrics>) -> PolicyParam {
    let face = param.report.as_ref().and_then(|name| metrics.get(name));
    PolicyParam {
        name: param.name.clone(),
        report: face.map(|face| {
            let name = face.name.clone();
            Arc::new(MetricsInfo {
                face: face.clone(),
                name,
                params: Vec::new(),
                places: Vec::new(),
                span: Span::default(),
            })
        }),
        scalar: None,
        optional: param.optional,
        default: param.default.clone(),
        span: Span::default(),
    }
}

fn bare(clause: &mlp_plan::Clause) -> ClauseInfo {
    // a group is compared by who looks at approvals
    let rule: ClauseRule = clause.rule.clone();
    ClauseInfo { rule, when: clause.when.clone(), message: None, span: Span::default(), required_by: None }
}

/// Whether a condition over measures of a data set (`rows`, `null_rate(x)`) or of an endpoint follows from others that hold together.
#[must_use]
pub fn follows(from: &[&Expr], to: &Expr) -> bool {
    let mut terms = Terms::new(|term| matches!(measure(term), Some("rows" | "distinct")));
    let measured = |expr: &Expr| {
        let mut expr = expr.clone();
        expr.walk_mut(&mut |part| {
            if matches!(part, Expr::Call { .. }) {
                *part = Expr::Param(part.to_string());
            }
        });
        expr
    };
    let given: Vec<Expr> = from.iter().map(|expr| measured(expr)).collect();
    let wanted = measured(to);
    if given.contains(&wanted) {
        return true;
    }
    let formulas: Vec<_> = given.iter().map(|expr| terms.formula(expr, true)).collect();
    let wanted = terms.formula(&wanted, true);
    let mut system = System::default();
    for (index, term) in terms.list.iter().enumerate() {
        system.add(measure_range(index + 1, term));
    }
    formulas.iter().for_each(|formula| system.add(formula.limits()));
    wanted.follows_from(&system)
}

/// Which measure a term is, as `follows` writes them.
fn measure(term: &Expr) -> Option<&str> {
    let Expr::Param(text) = term else { return None };
    text.split('(').next()
}

/// What holds of a measure of a data set by its definition: shares lie between 0 and 1, counts, ages and deviations are not negative.
fn measure_range(term: usize, expr: &Expr) -> Vec<Limit> {
    let Some(function) = measure(expr) else { return Vec::new() };
    let at_most = |bound: i128| Limit { left: term, right: ZERO, bound, strict: false };
    let at_least = |bound: i128| Limit { left: ZERO, right: term, bound: -bound, strict: false };
    let one = i128::from(ONE);
    match function {
        "null_rate" | "fraction" => vec![at_least(0), at_most(one)],
        "rows" | "distinct" | "stddev" | "freshness" => vec![at_least(0)],
        "correlation" => vec![at_least(-one), at_most(one)],
        _ => Vec::new(),
    }
}
