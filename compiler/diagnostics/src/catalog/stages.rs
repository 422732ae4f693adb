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

/// An argument of another type than its parameter: `what` names the parameter, `found` is what the argument is, with what to say of it.
#[must_use]
pub fn wrong_type(
    span: Span,
    what: &str,
    wanted: &str,
    (at, found, label): (Span, &str, &str),
    declared: Span,
) -> Diagnostic {
    let message = format!("{what} takes {wanted}, not {found}");
    argument(span, message, at, label, Some((declared, format!("takes {wanted}")))).help(format!("give it {wanted}"))
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
        .here("runs, and its result is thrown away")
        .help("use the result, or delete the line")
}

/// SQL without a meaning: at the word that has none, where that is known. `run` is where the program runs it, which is said of one in a file of its own.
#[must_use]
pub fn sql(run: Span, word: Option<Span>, in_file: bool, message: &str, help: Option<&str>) -> Diagnostic {
    let message = format!("SQL: {message}");
    let found = match word {
        None => Diagnostic::new(Code::SqlInvalid, run, message).here("in this SQL"),
        Some(word) if in_file => Diagnostic::new(Code::SqlInvalid, word, message).here("here").because(run, "run here"),
        Some(word) => Diagnostic::new(Code::SqlInvalid, word, message).here("here"),
    };
    match help {
        Some(help) => found.help(help),
        None => found.help("the SQL of a stage is one SELECT over its inputs, by the names of the parameters"),
    }
}

/// Writes the name that was probably meant into the SQL, in the place of the one that is there.
#[must_use]
pub fn rename_in_sql(found: Diagnostic, at: Span, name: &str) -> Diagnostic {
    found.fix(format!("did you mean `{name}`?"), at, name)
}

/// SQL whose columns do not satisfy the declared output: at the only column that does not, where it is written; `selected` are those that it gives.
#[must_use]
pub fn sql_output(
    (run, given, in_file): (Span, Option<Span>, bool),
    stage: &str,
    contract: &str,
    problems: &[String],
    selected: &[String],
) -> Diagnostic {
    let text = match problems {
        [one] => one.clone(),
        many => format!("{} things differ: {}", many.len(), many.join("; ")),
    };
    let message = format!("SQL of `{stage}` does not give `{contract}`: {text}");
    let selected = format!("it selects {}", selected.join(", "));
    let found = match given {
        None => Diagnostic::new(Code::SqlOutput, run, message).here(selected),
        Some(given) if in_file => {
            Diagnostic::new(Code::SqlOutput, given, message).here("given here").because(run, "run here")
        }
        Some(given) => Diagnostic::new(Code::SqlOutput, given, message).here("given here"),
    };
    found.help("select, cast or rename columns until they are those of the contract, or change the contract")
}

/// Columns that the SQL may make null, and the contract does not allow.
#[must_use]
pub fn sql_nulls(found: Diagnostic, column: &str) -> Diagnostic {
    found.help(format!(
        "fill the nulls (`coalesce({column}, ..)`), filter them (`where {column} is not null`), or allow them with `?` in the contract"
    ))
}

/// Definitions or imports that need each other; `others` are the places of all but the first.
#[must_use]
pub fn cycle(span: Span, what: &str, names: &[String], others: &[Span]) -> Diagnostic {
    let found = Diagnostic::new(Code::Cycle, span, format!("{what} need each other: {}", names.join(" → ")))
        .here("the circle begins here")
        .help("let one of them stand on its own, without the others");
    others.iter().take(3).fold(found, |found, other| found.because(*other, "and goes through here"))
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
        .help("a schedule is `every(1d)`, `update(a_source)`, or five fields: minute hour day-of-month month day-of-week, as in `cron(\"0 6 * * *\", timezone: \"Europe/Lisbon\")`")
}

/// A schedule that names a time of day which a change of clocks skips or doubles.
#[must_use]
pub fn bent_schedule(span: Span, message: &str, hours: &str) -> Diagnostic {
    Diagnostic::new(Code::BentSchedule, span, message)
        .here("what runs on that day, and how often, is for each engine to choose")
        .help(format!("stay out of {hours}, or take a zone whose clocks do not change, as in `timezone: \"UTC\"`"))
}

/// A time zone that nobody knows; `zone` is its text in the program, with the quotes.
#[must_use]
pub fn unknown_timezone(span: Span, name: &str, zone: Span, nearest: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(Code::BadSchedule, span, format!("there is no time zone `{name}`"))
        .here("never starts a run")
        .because(zone, "not found");
    match nearest {
        Some(near) => found.fix(format!("did you mean `{near}`?"), zone, format!("\"{near}\"")),
        None => found.help("time zones go by the names of the tz database, as in `Europe/Lisbon`"),
    }
}

/// A stage or source that is named where its result is meant; `bare` where it can be called without arguments.
#[must_use]
pub fn not_called(span: Span, kind: &str, name: &str, bare: bool) -> Diagnostic {
    let found = Diagnostic::new(Code::Misplaced, span, format!("`{name}` is a {kind}, and a value is meant here"))
        .here("not called");
    if bare {
        found.fix(format!("call it: `{name}()`"), Span::at(span.file, span.end), "()")
    } else {
        found.help(format!("call it: `{name}(..)`"))
    }
}

/// A sink that replaces what another one `does` (`writes` or `reads`) in the same place.
#[must_use]
pub fn overwrites(span: Span, sink: &str, other: &str, does: &str, at: Span) -> Diagnostic {
    Diagnostic::new(Code::Misplaced, span, format!("`{sink}` replaces what `{other}` {does}"))
        .here("writes over it")
        .because(at, format!("`{other}` {does} it here"))
        .help("give each a place of its own, or say `write = append` or `write = merge`")
}

/// An expression that means nothing where it stands.
#[must_use]
pub fn misplaced(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Misplaced, span, message).here("has no meaning here").help(help)
}

/// What a target cannot do.
#[must_use]
pub fn target(span: Span, target: &str, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::TargetCannot, span, message).here(format!("the target `{target}` cannot do this")).help(help)
}
