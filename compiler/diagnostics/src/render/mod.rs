//! The forms in which diagnostics are shown, all made from the same data and the same positions.

mod drawn;
mod github;
mod json;
mod junit;
mod place;
mod pretty;
mod sarif;
mod short;
mod unable;

use std::{fmt, str::FromStr};

use mlp_source::SourceMap;

pub use json::{
    CheckJson, DiagnosticJson, EditJson, FixJson, LabelJson, PositionJson, RangeJson, SeverityJson, SummaryJson,
    json_schema,
};
pub use junit::{Case, junit};
pub use place::one_line;
pub use pretty::{FULL_PER_FILE, failure};
pub use unable::{Failure, unable};

use crate::Diagnostic;

/// A form of output; `pretty` and `narrated` are for people, the others are for machines and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Drawn with the source around it, by miette.
    Pretty,
    /// The same in sentences, for screen readers.
    Narrated,
    /// One stable line each, by codespan-reporting.
    Short,
    /// One JSON object; its schema is [`json_schema`].
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands, which show up at the lines of a pull request.
    Github,
    /// JUnit XML.
    Junit,
}

/// How to show diagnostics, and what the summary of the JSON form says about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// ANSI colours in `pretty`.
    pub color: bool,
    /// Box-drawing characters in `pretty`; ASCII otherwise.
    pub unicode: bool,
    /// Width of the terminal in columns; text is wrapped to it, drawn source is not.
    pub width: usize,
    /// Number of files that were looked at.
    pub files: usize,
    /// How long it took, in milliseconds of wall time.
    pub millis: u64,
    /// The command of `mlp` that found them, as reports of tests name it.
    pub command: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self { color: false, unicode: true, width: 120, files: 0, millis: 0, command: "check" }
    }
}

impl Format {
    /// Every form, in the order of the help text.
    pub const ALL: &'static [Self] =
        &[Self::Pretty, Self::Narrated, Self::Short, Self::Json, Self::Sarif, Self::Github, Self::Junit];

    /// Whether programs read it, and expect a document whatever happens.
    #[must_use]
    pub const fn is_for_machines(self) -> bool {
        matches!(self, Self::Json | Self::Sarif | Self::Github | Self::Junit)
    }

    /// The word by which `--format` names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Narrated => "narrated",
            Self::Short => "short",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Junit => "junit",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|format| format.name() == text).ok_or_else(|| {
            format!(
                "unknown format `{text}`: one of {}",
                Self::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ")
            )
        })
    }
}

/// All diagnostics in the given order and form. Answers for every span, even one outside of its file or of another map;
/// text forms end with a line end where they say anything at all.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, format: Format, options: &Options) -> String {
    match format {
        Format::Pretty => pretty::render(diagnostics, sources, options, false),
        Format::Narrated => pretty::render(diagnostics, sources, options, true),
        Format::Short => short::render(diagnostics, sources),
        Format::Json => json::render(diagnostics, sources, options),
        Format::Sarif => sarif::render(diagnostics, sources),
        Format::Github => github::render(diagnostics, sources),
        Format::Junit => junit::render(diagnostics, sources, options.command),
    }
}

/// `value` as indented JSON with a line end behind. Our types cannot fail to become JSON: every key is a string.
fn json_text<T: serde::Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
