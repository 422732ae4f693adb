//! 4xx: stages and pipelines.

use mlp_source::Span;

use crate::{Code, Diagnostic};
