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
