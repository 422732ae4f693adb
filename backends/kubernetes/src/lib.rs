//! mlp-kubernetes
