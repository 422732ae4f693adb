//! 6xx: policies and metrics.

use mlp_source::Span;

use crate::{Code, Diagnostic, Edit};

/// A metric that the report does not have.
#[must_use]
pub fn unknown_metric(span: Span, report: &str, metrics: &str, metric: &str, nearest: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(
        Code::UnknownMetric,
        span,
        format!("`{report}` is a Report<{metrics}>, which has no metric `{metric}`"),
    )
    .here("not measured by that report");
    match nearest {
        Some(name) => found.help(format!("did you mean `{name}`?")),
        None => found,
    }
}

/// A comparison in the wrong direction; `turned` is what was probably meant.
#[must_use]
pub fn direction(span: Span, message: impl Into<String>, turned: &str) -> Diagnostic {
    Diagnostic::new(Code::Direction, span, message)
        .here("compares the wrong way")
        .help(format!("did you mean `{turned}`?"))
}

/// Turns the operator of a comparison round.
#[must_use]
pub fn turn(found: Diagnostic, operator: Span, turned: &str) -> Diagnostic {
    found.fix(format!("compare with `{turned}`"), operator, turned)
}

/// A comparison of things that cannot be compared.
#[must_use]
pub fn unlike(span: Span, message: impl Into<String>, example: &str) -> Diagnostic {
    Diagnostic::new(Code::Direction, span, message)
        .here("these cannot be compared")
        .help(format!("compare like with like, as in `{example}`"))
}

/// A policy without a `require`; `head` is its first line.
#[must_use]
pub fn requires_nothing(head: Span, policy: &str) -> Diagnostic {
    Diagnostic::new(Code::RequiresNothing, head, format!("the policy `{policy}` requires nothing"))
        .here("lets every model through")
        .help("add a `require`; if it is meant to let everything through, write `require nothing because \"..\"`")
}

/// An optional report that is read without `when`.
#[must_use]
pub fn optional_without_when(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::OptionalWithoutWhen, span, format!("`{name}` may be none when this is asked"))
        .here("on the first run there is none, and this has no answer")
        .help(format!("ask it only where there is one: `when {name} {{ .. }}`"))
        .edits(
            format!("read it inside of `when {name}`"),
            vec![
                Edit { span: Span::at(span.file, span.start), text: format!("when {name} {{ ") },
                Edit { span: Span::at(span.file, span.end), text: " }".to_owned() },
            ],
        )
}

/// An optional report that is given where a policy takes one that is always there.
#[must_use]
pub fn optional_argument(span: Span, policy: &str, name: &str, given: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(
        Code::OptionalWithoutWhen,
        span,
        format!("`{name}` of `{policy}` may be none here, and the policy takes one that never is"),
    )
    .here("on the first run the policy has no answer")
    .because(given, "none on the first run")
    .because(declared, "takes no none")
    .help(format!("declare it with `?` (`{name}: Report<..>?`), and read it inside of `when {name} {{ .. }}`"))
}

/// A clause that can never hold: by itself, or beside others; `against` is the one that is enough, where one is. `ranges` says in which ranges its metrics
/// lie.
#[must_use]
pub fn unsatisfiable(span: Span, clause: &str, against: Option<Option<&str>>, ranges: &str) -> Diagnostic {
    let message = match against {
        None => format!("`{clause}` can never hold"),
        Some(Some(other)) => format!("`{clause}` and `{other}` cannot hold together"),
        Some(None) => format!("`{clause}` cannot hold together with the other clauses"),
    };
    Diagnostic::new(Code::UnsatisfiablePolicy, span, message).here("no model would ever be promoted").help(
        match against {
            None if !ranges.is_empty() => format!("{ranges}: loosen the bound"),
            None => "loosen the bound".to_owned(),
            Some(_) => "loosen one of the bounds; `mlp explain MLP603` says what holds between metrics".to_owned(),
        },
    )
}

/// A clause that says nothing new: others ask as much (`by`), or the range of its metrics does (`ranges`).
#[must_use]
pub fn implied(span: Span, clause: &str, by: &[String], ranges: &str) -> Diagnostic {
    let message = match by {
        [] => format!("`{clause}` says nothing: it holds whatever is measured"),
        [other] => format!("`{clause}` says nothing new: `{other}` asks at least as much"),
        several => format!("`{clause}` says nothing new: it follows from `{}`", several.join("` and `")),
    };
    let found = Diagnostic::new(Code::ImpliedClause, span, message).here("decides nothing");
    if ranges.is_empty() {
        found.help("leave it out, or tighten it")
    } else {
        found.help(format!("{ranges}: leave it out, or tighten it"))
    }
}

/// Deletes a clause that decides nothing.
#[must_use]
pub fn delete_clause(found: Diagnostic, clause: &str) -> Diagnostic {
    let span = found.primary;
    found.fix(format!("delete `{clause}`, which decides nothing"), span, "")
}

/// A promotion to the last rung that nothing judges.
#[must_use]
pub fn no_policy(span: Span, model: &str, rung: &str) -> Diagnostic {
    Diagnostic::new(Code::NoPolicy, span, format!("`{model}.{rung}` is reached without a policy"))
        .here("every model gets there, however bad")
        .help("add `when` and a policy, as in `when Release(report)`; `require nothing because \"..\"` in it lets every model through, and says why")
}

/// A slice that the report does not have.
#[must_use]
pub fn unknown_slice(span: Span, report: &str, slice: &str, nearest: Option<&str>) -> Diagnostic {
    let found =
        Diagnostic::new(Code::UnknownSlice, span, format!("the report given as `{report}` has no slices by `{slice}`"))
            .here("its policy reads slices that the report does not have");
    match nearest {
        Some(name) => found.help(format!("did you mean `{name}`?")),
        None => found.help(format!("measure it: `slices: [.{slice}]` in the call that makes the report")),
    }
}

/// A clause whose interval is too wide for what it asks, with the rows that there are; `slice` where they are those of one slice.
#[must_use]
pub fn underpowered(span: Span, clause: &str, rows: f64, needed: f64, slice: Option<&str>) -> Diagnostic {
    let (each, mend) = match slice {
        Some(by) => (format!(" in a slice by `{by}`"), format!("raise `support` to {needed}")),
        None => (String::new(), format!("promise more rows (`expect rows >= {needed}` in the contract)")),
    };
    Diagnostic::new(
        Code::Underpowered,
        span,
        format!("`{clause}` can hardly be decided with {rows} rows{each}: about {needed} are needed"),
    )
    .here("too few rows for this confidence")
    .help(format!("{mend}, ask for less confidence, or leave a wider margin"))
}
