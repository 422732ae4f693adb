//! mlp-syntax
