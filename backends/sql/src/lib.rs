//! mlp-sql
