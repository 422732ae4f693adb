//! What several formats say alike.

use mlp_plan::Constraint;

/// The first constraint of each kind that a format says: it has one place for each.
pub(crate) fn first_of_each(constraints: &[Constraint], kind: impl Fn(&Constraint) -> Option<u8>) -> Vec<Constraint> {
    let mut seen: Vec<u8> = Vec::new();
    let first = |constraint: &&Constraint| match kind(constraint) {
        Some(kind) if !seen.contains(&kind) => {
            seen.push(kind);
            true
        }
        _ => false,
    };
    constraints.iter().filter(first).cloned().collect()
}
