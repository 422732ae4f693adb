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
    .here("not measured");
    match nearest {
        Some(name) => found.help(format!("did you mean `{name}`?")),
        None => found,
    }
}

/// A comparison in the wrong direction, or of things that cannot be compared.
#[must_use]
pub fn direction(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Direction, span, message).here("compares the wrong way").help(help)
}

/// An optional report that is read without `when`.
#[must_use]
pub fn optional_without_when(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::OptionalWithoutWhen, span, format!("`{name}` may be none here"))
        .here("there is none on the first run")
        .help(format!("read it inside of `when {name} {{ .. }}`, or let the parameter be optional with `?`"))
        .edits(
            format!("read it inside of `when {name}`"),
            vec![
                Edit { span: Span::at(span.file, span.start), text: format!("when {name} {{ ") },
                Edit { span: Span::at(span.file, span.end), text: " }".to_owned() },
            ],
        )
}

/// A clause that can never hold: by itself, or beside others; `against` is the one that is enough, where one is.
#[must_use]
pub fn unsatisfiable(span: Span, clause: &str, against: Option<Option<&str>>) -> Diagnostic {
    let message = match against {
        None => format!("`{clause}` can never hold"),
        Some(Some(other)) => format!("`{clause}` and `{other}` cannot hold together"),
        Some(None) => format!("`{clause}` cannot hold together with the other clauses"),
    };
    Diagnostic::new(Code::UnsatisfiablePolicy, span, message)
        .here("no model would ever be promoted")
        .help("look at the ranges of the metrics (`mlp explain MLP603`), and loosen one of the bounds")
}

/// A clause that says nothing new: others ask as much (`by`), or the range of its metrics does.
#[must_use]
pub fn implied(span: Span, clause: &str, by: &[String]) -> Diagnostic {
    let message = match by {
        [] => format!("`{clause}` says nothing: it holds whatever is measured"),
        [other] => format!("`{clause}` says nothing new: `{other}` asks at least as much"),
        several => format!("`{clause}` says nothing new: it follows from `{}`", several.join("` and `")),
    };
    Diagnostic::new(Code::ImpliedClause, span, message).here("decides nothing").help("leave it out, or tighten it")
}

/// A promotion to the last rung that nothing judges.
#[must_use]
pub fn no_policy(span: Span, model: &str, rung: &str) -> Diagnostic {
    Diagnostic::new(Code::NoPolicy, span, format!("`{model}.{rung}` is reached without a policy"))
        .here("every model gets there")
        .help("add `when` and a policy; one that says `require nothing because \"..\"` lets everything pass, and says why")
}

/// A slice that the report does not have.
#[must_use]
pub fn unknown_slice(span: Span, report: &str, slice: &str, nearest: Option<&str>) -> Diagnostic {
    let found =
        Diagnostic::new(Code::UnknownSlice, span, format!("the report given as `{report}` has no slices by `{slice}`"))
            .here("not measured by that");
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
