//! mlp-graph
