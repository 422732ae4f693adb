//! The JSON form of `check` and `test`, and its JSON Schema.

use mlp_source::{Position, SourceMap, Span};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Failure, Options, place::Place};
use crate::{Diagnostic, Severity};

/// What `mlp check --format json` and `mlp test --format json` print.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "mlp diagnostics", deny_unknown_fields)]
pub struct CheckJson {
    /// Every finding, by file and place.
    pub diagnostics: Vec<DiagnosticJson>,
    /// Why the command could not do its work; only where it ended with 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// How it went.
    pub summary: SummaryJson,
}

/// One finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DiagnosticJson {
    /// The stable code.
    #[schemars(regex(pattern = r"^MLP[0-9]{3}$"))]
    pub code: String,
    /// `error` or `warning`.
    pub severity: SeverityJson,
    /// What is wrong, in one line.
    pub message: String,
    /// The file, as the user or the package names it; empty where there is none.
    pub file: String,
    /// The primary range.
    pub range: RangeJson,
    /// Other places that caused it, and what to say at the primary one.
    pub labels: Vec<LabelJson>,
    /// How to mend it, in words.
    pub help: Option<String>,
    /// How to mend it, as an edit that is safe to apply.
    pub fix: Option<FixJson>,
}

/// Whether a finding fails the check.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SeverityJson {
    /// Fails the check.
    Error,
    /// Does not, unless warnings are denied.
    Warning,
}

/// A half-open range of text.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RangeJson {
    /// Where it begins.
    pub start: PositionJson,
    /// Behind its last character.
    pub end: PositionJson,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PositionJson {
    /// 1-based.
    #[schemars(range(min = 1))]
    pub line: u32,
    /// 1-based, in characters.
    #[schemars(range(min = 1))]
    pub column: u32,
    /// 0-based, in bytes.
    pub offset: u32,
}

/// Another place, with what to say there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LabelJson {
    /// Its file.
    pub file: String,
    /// The place.
    pub range: RangeJson,
    /// What to say there.
    pub message: String,
}

/// A mend that a machine may apply.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FixJson {
    /// What the edits do.
    pub title: String,
    /// Replacements that do not overlap.
    pub edits: Vec<EditJson>,
}

/// A replacement of one range.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EditJson {
    /// The file to change.
    pub file: String,
    /// What to replace; an empty range inserts.
    pub range: RangeJson,
    /// The new text.
    pub text: String,
}

/// Counts of the whole run.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SummaryJson {
    /// Findings that fail the check, and failures.
    pub errors: usize,
    /// Findings that do not.
    pub warnings: usize,
    /// Files that were looked at.
    pub files: usize,
    /// Wall time in milliseconds.
    pub millis: u64,
}

/// The JSON Schema of [`CheckJson`], draft 2020-12.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(CheckJson).to_value()
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap, options: &Options) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let all = CheckJson {
        diagnostics: diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect(),
        failures: Vec::new(),
        summary: SummaryJson {
            errors,
            warnings: diagnostics.len() - errors,
            files: options.files,
            millis: options.millis,
        },
    };
    super::json_text(&all)
}

pub(super) fn unable(failures: &[Failure], options: &Options) -> String {
    super::json_text(&CheckJson {
        diagnostics: Vec::new(),
        failures: failures.to_vec(),
        summary: SummaryJson { errors: failures.len(), warnings: 0, files: options.files, millis: options.millis },
    })
}

fn one(diagnostic: &Diagnostic, sources: &SourceMap) -> DiagnosticJson {
    let here = Some((diagnostic.primary, &diagnostic.label)).filter(|(_, words)| !words.is_empty());
    let others = diagnostic.labels.iter().map(|label| (label.span, &label.message));
    let (file, range) = ranged(diagnostic.primary, sources);
    DiagnosticJson {
        code: diagnostic.code.to_string(),
        severity: match diagnostic.severity {
            Severity::Error => SeverityJson::Error,
            Severity::Warning => SeverityJson::Warning,
        },
        message: diagnostic.message.clone(),
        file,
        range,
        labels: here.into_iter().chain(others).map(|(span, words)| labelled(span, words, sources)).collect(),
        help: diagnostic.help.clone(),
        fix: diagnostic.fix.as_ref().map(|fix| FixJson {
            title: fix.title.clone(),
            edits: fix
                .edits
                .iter()
                .map(|edit| {
                    let (file, range) = ranged(edit.span, sources);
                    EditJson { file, range, text: edit.text.clone() }
                })
                .collect(),
        }),
    }
}

fn labelled(span: Span, words: &str, sources: &SourceMap) -> LabelJson {
    let (file, range) = ranged(span, sources);
    LabelJson { file, range, message: words.to_owned() }
}

fn ranged(span: Span, sources: &SourceMap) -> (String, RangeJson) {
    Place::of(span, sources).map_or_else(
        || {
            let start = PositionJson { line: 1, column: 1, offset: 0 };
            (String::new(), RangeJson { start, end: start })
        },
        |place| (place.file.to_owned(), RangeJson { start: place.start.into(), end: place.end.into() }),
    )
}

impl From<Position> for PositionJson {
    fn from(position: Position) -> Self {
        Self { line: position.line, column: position.column, offset: position.offset }
    }
}
