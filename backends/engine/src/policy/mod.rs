//! Verdicts of policies.
