//! Stages that a package declares and no plan runs.

use crate::Place;

/// A stage that nothing calls. It is no part of a plan, and somebody's reading of a contract all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncalled {
    /// Its name, with its module.
    pub stage: String,
    /// The contracts of the tables that it takes, by their names in the plan.
    pub reads: Vec<String>,
    /// Its SQL, where it is that.
    pub sql: Option<String>,
    /// Where it is declared.
    pub place: Place,
}
