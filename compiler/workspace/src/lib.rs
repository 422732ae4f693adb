//! mlp-workspace
