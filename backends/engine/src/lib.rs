//! mlp-engine
