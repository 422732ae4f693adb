//! 9xx of data: what a check of a contract against data has to say.

use mlp_source::Span;

use crate::{Code, Diagnostic, Severity};

/// Data that breaks a rule, in words that say how many rows do; `rows` are some of them. One that only warns is a warning.
#[must_use]
pub fn broken(span: Span, what: String, warns: bool, rows: &[String]) -> Diagnostic {
    let mut found = Diagnostic::new(Code::DataBreaksContract, span, what).here("broken by the data");
    if warns {
        found.severity = Severity::Warning;
        found.label = "only warns".to_owned();
    }
    if !rows.is_empty() {
        found.help = Some(format!("mend the data where it is made; {}", rows.join("; ")));
    }
    found
}

/// A rule that could not be checked; a warning where that is allowed.
#[must_use]
pub fn unchecked(span: Span, rule: &str, why: &str, allowed: bool) -> Diagnostic {
    let mut found = Diagnostic::new(Code::DataNotChecked, span, format!("{rule}: not checked: {why}"))
        .here("nobody knows whether it holds");
    if allowed {
        found.severity = Severity::Warning;
    } else {
        let give = if why.contains("not at hand") { "give it with --with CONTRACT=DATA, or " } else { "" };
        found.help = Some(format!("{give}let such rules pass with --allow-unknown"));
    }
    found
}

/// Rules that an early end left open, one finding for all of them; a warning where that is allowed.
#[must_use]
pub fn left_out(span: Span, count: usize, all: usize, allowed: bool) -> Diagnostic {
    let are = if count == 1 { "is" } else { "are" };
    let what = format!("the check ended early, when enough rows were broken: {count} of {all} rules {are} not judged");
    let mut found = Diagnostic::new(Code::DataNotChecked, span, what).here("nobody knows whether the rest holds");
    found.help = Some("leave --fail-fast and --max-errors out to judge all rules".to_owned());
    if allowed {
        found.severity = Severity::Warning;
    }
    found
}
