//! 2xx: names, imports, packages.

use mlp_source::Span;

use crate::{Code, Diagnostic};
