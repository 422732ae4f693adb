//! mlp-step
