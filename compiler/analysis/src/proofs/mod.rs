//! What is proven beyond schemas.

mod deployments;
mod evaluation;
pub mod moments;
pub(crate) mod policies;
mod promotions;
mod provenance;
mod tags;
mod triggers;
mod ways;
