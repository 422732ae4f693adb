//! 7xx: deployments and monitors.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// Steps that do not rise to the whole, or have no end.
#[must_use]
pub fn rollout(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Rollout, span, message).here("does not bring a new version to all requests").help(help)
}

/// Puts the whole behind the last step of a canary.
#[must_use]
pub fn end_with_all(found: Diagnostic, last: Span) -> Diagnostic {
    found.fix("end the canary with `100%`", Span::at(last.file, last.end), ", 100%")
}

/// A trigger on what nobody measures.
#[must_use]
pub fn unmeasured(span: Span, metric: &str, measured: &str, nearest: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(Code::Unmeasured, span, format!("the endpoint does not measure `{metric}`"))
        .here(format!("it measures {measured}"));
    match nearest {
        Some(name) => found.help(format!("did you mean `{name}`?")),
        None => found.help("name one of those; watch anything else in a `monitor`, with `alert when`"),
    }
}

/// A version that a policy promotes and a trigger takes back; `does` is what the trigger does with it.
#[must_use]
pub fn taken_back(span: Span, policy: &str, does: &str, asked: &str, condition: &str) -> Diagnostic {
    Diagnostic::new(
        Code::PromotedAndRolledBack,
        span,
        format!("what `{policy}` lets through (`{asked}`) may be {does} at once (`{condition}`)"),
    )
    .here("acts on what was let through")
    .help("let the trigger begin where the policy ends, or ask more in the policy")
}

/// A trigger whose window is longer than it has, or a wait without an end.
#[must_use]
pub fn too_late(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::CannotFire, span, message).here("fires too late, or never").help(help)
}

/// A wait without an end, or work that starts itself again and again.
#[must_use]
pub fn endless(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::CannotFire, span, message).here("has no end").help(help)
}

/// A condition that nothing can make true.
#[must_use]
pub fn never(span: Span, message: impl Into<String>, range: &str) -> Diagnostic {
    Diagnostic::new(Code::CannotFire, span, message).here("never fires").help(range)
}

/// A stage that cannot make features of requests.
#[must_use]
pub fn unfit_features(span: Span, stage: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::NoRollback, span, format!("`{stage}` cannot make the features of a request: it {why}"))
        .here("is called with the requests, and nothing else")
        .help("name a stage that takes one table of requests, and gives one table of features")
}

/// Drift of nothing in particular, of no size, or against nothing.
#[must_use]
pub fn vague(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::VagueDrift, span, message).here("not enough to judge drift").help(help)
}

/// A step of a canary that sees too few requests for what a trigger looks for.
#[must_use]
pub fn few_requests(span: Span, window: &str, requests: f64, needed: f64) -> Diagnostic {
    Diagnostic::new(
        Code::Underpowered,
        span,
        format!(
            "the first step of the rollout sees about {requests} requests in {window}, and this needs about {needed}"
        ),
    )
    .here("too few requests to tell")
    .help("lengthen the window and the step, or give the first step a larger share of the requests")
}
