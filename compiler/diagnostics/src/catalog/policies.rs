//! 6xx: policies and metrics.

use mlp_source::Span;

use crate::{Code, Diagnostic};

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
}
