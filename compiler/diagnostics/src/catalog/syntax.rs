//! 1xx: syntax.

use mlp_source::Span;

use crate::{Code, Diagnostic};
