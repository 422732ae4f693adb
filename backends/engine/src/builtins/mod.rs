//! The standard library's stages over tables.
