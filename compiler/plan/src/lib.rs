//! mlp-plan
