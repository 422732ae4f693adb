//! mlp-diagnostics
