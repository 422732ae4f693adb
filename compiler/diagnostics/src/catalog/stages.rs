//! 4xx: stages and pipelines.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// An argument that is unknown, missing, given twice, or of another type.
#[must_use]
pub fn argument(
    span: Span,
    message: impl Into<String>,
    at: Span,
    label: impl Into<String>,
    declared: Option<(Span, String)>,
) -> Diagnostic {
    let found = Diagnostic::new(Code::WrongArgument, span, message);
    let found = if at == span { found.here(label) } else { found.because(at, label) };
    match declared {
        Some((place, words)) => found.because(place, words),
        None => found,
    }
}

/// A stage whose `run` leads nowhere.
#[must_use]
pub fn unresolved_run(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::UnresolvedRun, span, message).here("cannot be run").help(help)
}

/// A value that nothing uses.
#[must_use]
pub fn unused(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnusedValue, span, format!("nothing uses `{name}`"))
        .here("runs, and its result is dropped")
        .help("use it, or delete the line")
}

/// SQL without a meaning.
#[must_use]
pub fn sql(span: Span, message: &str, help: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(Code::SqlInvalid, span, format!("SQL: {message}"));
    match help {
        Some(help) => found.help(help),
        None => found,
    }
}

/// SQL whose columns do not satisfy the declared output.
#[must_use]
pub fn sql_output(span: Span, stage: &str, contract: &str, problems: &[String]) -> Diagnostic {
    let text = match problems {
        [one] => one.clone(),
        many => format!("{} things differ: {}", many.len(), many.join("; ")),
    };
    Diagnostic::new(Code::SqlOutput, span, format!("SQL of `{stage}` does not give {contract}: {text}"))
        .here("what it selects")
        .help("select, cast or rename columns until they are those of the contract, or change the contract")
}

/// Definitions or imports that need each other.
#[must_use]
pub fn cycle(span: Span, what: &str, names: &[String]) -> Diagnostic {
    Diagnostic::new(Code::Cycle, span, format!("{what} need each other: {}", names.join(" → ")))
        .here("the circle begins here")
        .help("let one of them stand on its own")
}

/// Something that can change under the program's feet.
#[must_use]
pub fn not_pinned(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::NotPinned, span, message).here("not exact").help(help)
}

/// A schedule that is not one, or never fires.
#[must_use]
pub fn schedule(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::BadSchedule, span, message)
        .here("never starts a run")
        .help("five fields: minute hour day-of-month month day-of-week, as in `cron(\"0 6 * * *\", timezone: \"Europe/Lisbon\")`")
}

/// An expression that means nothing where it stands.
#[must_use]
pub fn misplaced(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    let help = help.into();
    let found = Diagnostic::new(Code::Misplaced, span, message).here("has no meaning here");
    if help.is_empty() { found } else { found.help(help) }
}

/// What a target cannot do.
#[must_use]
pub fn target(span: Span, target: &str, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::TargetCannot, span, format!("{target} target: {message}")).help(help)
}
