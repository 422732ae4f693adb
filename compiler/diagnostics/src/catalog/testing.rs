//! 9xx: what `mlp test` says.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// An expectation of a `test` block that is not met; `why` is what was found instead.
#[must_use]
pub fn failed(span: Span, test: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::TestFailed, span, format!("test \"{test}\": {why}"))
        .here("not as expected")
        .help("mend the program, or what the test expects of it")
}
