//! What is proven beyond schemas.

mod deployments;
mod evaluation;
pub mod moments;
mod policies;
mod promotions;
mod provenance;
mod tags;
mod triggers;
mod ways;
