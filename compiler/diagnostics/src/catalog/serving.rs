//! 7xx: deployments and monitors.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// Steps that do not rise to the whole, or have no end.
#[must_use]
pub fn rollout(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Rollout, span, message).here("how a new version takes over").help(help)
}

/// A trigger on what nobody measures.
#[must_use]
pub fn unmeasured(span: Span, metric: &str, measured: &str, nearest: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(Code::Unmeasured, span, format!("the endpoint does not measure `{metric}`"))
        .here(format!("it measures {measured}"));
    match nearest {
        Some(name) => found.help(format!("did you mean `{name}`?")),
        None => found.help("watch it in a `monitor`, and alert there"),
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
    .here("too close")
    .help("let the trigger begin where the policy ends, or ask more of the policy")
}

/// A trigger whose window is longer than it has, or a wait without an end.
#[must_use]
pub fn too_late(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::CannotFire, span, message).here("cannot fire in time").help(help)
}
