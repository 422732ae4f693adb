//! mlp-local
