//! Evaluations on rows, and the reports that they make.

mod edges;
mod properties;
mod reports;
mod sklearn;
mod tables;
