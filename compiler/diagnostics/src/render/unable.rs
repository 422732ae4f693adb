//! What a command says that could not do its work: a document of the asked form, so that whoever reads it finds out, and not nothing.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Format, Options, github, json, junit, sarif};

/// Why a command could not do its work: no finding, and so without a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Failure {
    /// What went wrong.
    pub message: String,
    /// How to mend it, in words.
    pub help: Option<String>,
}

impl Failure {
    /// Both in one text.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = self.message.clone();
        if let Some(help) = &self.help {
            let _ = write!(words, "\nhelp: {help}");
        }
        words
    }
}

/// The document in a form for machines; nothing in the others, whose readers see stderr.
#[must_use]
pub fn unable(failures: &[Failure], format: Format, options: &Options) -> String {
    match format {
        Format::Pretty | Format::Narrated | Format::Short => String::new(),
        Format::Json => json::unable(failures, options),
        Format::Sarif => sarif::unable(failures),
        Format::Github => failures.iter().map(|failure| github::failed(options.command, &failure.words())).collect(),
        Format::Junit => junit::unable(failures, options.command),
    }
}
