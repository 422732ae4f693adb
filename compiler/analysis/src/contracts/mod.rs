//! Contracts: from declarations and expressions to [`info::ContractInfo`].

mod algebra;
mod build;
pub mod info;
mod modifiers;

pub use info::Shared;
