//! One finding, as plain data.

use mlp_source::Span;

use crate::{Code, Severity};

/// One finding of the compiler: what is wrong, where, why, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// Whether it fails the check.
    pub severity: Severity,
    /// One line that says what is wrong.
    pub message: String,
    /// Where it begins; the code's rule of where is in the language reference.
    pub primary: Span,
    /// What to say at the primary span; the message alone where empty.
    pub label: String,
    /// Other places that caused it: the other end of the edge, the contract's line.
    pub labels: Vec<Label>,
    /// How to mend it, in words.
    pub help: Option<String>,
    /// How to mend it, as an edit that is safe to apply.
    pub fix: Option<Fix>,
}

/// A place that belongs to a diagnostic, with what to say there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say there.
    pub message: String,
}

/// A mend that a machine may apply.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fix {
    /// What the edits do, in words.
    pub title: String,
    /// Replacements that do not overlap.
    pub edits: Vec<Edit>,
}

/// A replacement of one span by a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// What to replace; an empty span inserts.
    pub span: Span,
    /// The new text.
    pub text: String,
}

impl Diagnostic {
    /// A diagnostic of `code` at `primary`, with the code's own severity.
    #[must_use]
    pub fn new(code: Code, primary: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary,
            label: String::new(),
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// What to say at the primary span.
    #[must_use]
    pub fn here(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds another place that caused it.
    #[must_use]
    pub fn because(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds an edit that is safe to apply; the title is shown as help where there is none.
    #[must_use]
    pub fn fix(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.edits(title, vec![Edit { span, text: text.into() }])
    }

    /// Adds edits that are safe to apply together; the title is shown as help where there is none.
    #[must_use]
    pub fn edits(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        let title = title.into();
        if self.help.is_none() {
            self.help = Some(title.clone());
        }
        self.fix = Some(Fix { title, edits });
        self
    }

    /// Whether it fails the check.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
