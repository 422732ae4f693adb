//! mlp-store
