//! What went wrong with a node, ready to be shown.

use mlp_plan::Place;
use mlp_step::{Breach, Failure};
use serde::Serialize;

/// What went wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// `MLP901` data breaks its contract, `MLP902` a stage failed; none where the machinery failed.
    pub code: Option<String>,
    /// The node.
    pub node: String,
    /// One line.
    pub message: String,
    /// The place in the program.
    pub place: Place,
    /// More lines: broken rules with example rows and their places, or the end of the log.
    pub details: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Trouble {
    /// A stage that failed, or machinery that did.
    pub(crate) fn failure(node: &str, code: Option<&str>, failure: &Failure) -> Self {
        Self {
            code: code.map(str::to_owned),
            node: node.to_owned(),
            message: failure.message.clone(),
            place: failure.place.clone(),
            details: failure.tail.iter().map(|line| format!("| {line}")).collect(),
            help: failure.help.clone().or_else(|| {
                code.map(|_| format!("mend what it runs; `mlp runs log RUN {node}` shows all that it said"))
            }),
        }
    }

    /// Data that broke its contract.
    pub(crate) fn breach(node: &str, breach: &Breach) -> Self {
        let mut details = Vec::new();
        for violation in &breach.violations {
            details.push(format!("{violation}"));
            details.push(format!("  --> {}", violation.place));
            details.extend(violation.examples.iter().map(|example| format!("  row: {example}")));
        }
        Self {
            code: Some("MLP901".to_owned()),
            node: node.to_owned(),
            message: format!("{} breaks {}: {}", breach.edge, breach.contract, rules(breach.violations.len())),
            place: breach.violations.first().map_or_else(|| breach.place.clone(), |first| first.place.clone()),
            details,
            help: breach.help(),
        }
    }
}

fn rules(count: usize) -> String {
    if count == 1 { "1 expectation does not hold".to_owned() } else { format!("{count} expectations do not hold") }
}

/// As plain text: `error[MLP901]: ..`, the place, the details, the help.
impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.code {
            Some(code) => write!(f, "error[{code}]: {}", self.message)?,
            None => write!(f, "error: {}", self.message)?,
        }
        if self.place.line > 0 {
            write!(f, "\n  --> {}", self.place)?;
        }
        self.details.iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n  help: {help}"))
    }
}
