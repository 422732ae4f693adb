//! mlp-source
