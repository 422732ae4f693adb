//! 3xx: types and contracts.

use mlp_source::Span;

use crate::{Code, Diagnostic};
