//! What is proven beyond schemas.

pub mod moments;
