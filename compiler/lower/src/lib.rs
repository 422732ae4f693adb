//! mlp-lower
