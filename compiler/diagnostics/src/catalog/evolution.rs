//! 310 to 313: what `mlp diff` finds between two versions.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// A change that breaks what the old version's mode protects. `whom` are the readers that break, as `new readers of old data`.
#[must_use]
pub fn breaking(span: Span, name: &str, message: &str, whom: &[&str]) -> Diagnostic {
    Diagnostic::new(Code::BreakingChange, span, format!("`{name}`: {message}; this breaks {}", whom.join(" and ")))
        .here("changed here")
}

/// A version that says less than the changes ask for.
#[must_use]
pub fn version(span: Span, name: &str, message: &str) -> Diagnostic {
    Diagnostic::new(Code::VersionBump, span, format!("`{name}`: {message}")).here("says too little")
}

/// Less is asked, watched or held back than before.
#[must_use]
pub fn loosened(span: Span, name: &str, message: &str) -> Diagnostic {
    Diagnostic::new(Code::GovernanceLoosened, span, format!("`{name}`: {message}"))
        .here("less than before")
        .help("let it be as it was, or let those agree who answer for it; `--deny governance` makes it an error")
}

/// A break that was accepted until a day that is over.
#[must_use]
pub fn expired(span: Span, name: &str, message: &str) -> Diagnostic {
    Diagnostic::new(Code::ExpiredBreak, span, format!("`{name}`: {message}")).here("ran out")
}
