//! mlp-analysis
