//! mlp-tests
