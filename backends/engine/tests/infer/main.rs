//! Contracts out of data: the data keeps them, whatever it is and however it is written; and what is written down is what is meant.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod judgement;
mod properties;

use std::{collections::BTreeMap, path::Path};

use mlp_engine::{
    EngineError,
    infer::{Inference, Inferred},
    scan::{Bounds, Scan, local_inputs},
    table::{csv::Dialect, outcome::Verdict},
};

/// What is inferred from a file.
fn infer(path: &Path) -> Result<Inferred, EngineError> {
    let inputs = local_inputs(path, None)?;
    let (name, title) = ("Inferred".to_owned(), "data".to_owned());
    Inference { inputs: &inputs, dialect: Dialect::default(), name, title, sample: None }.run()
}

/// The rules of a contract that a file does not keep.
fn broken(path: &Path, inferred: &Inferred) -> Vec<String> {
    let inputs = local_inputs(path, None).unwrap();
    let scan = Scan {
        contract: &inferred.contract,
        inputs: &inputs,
        dialect: Dialect::default(),
        references: &BTreeMap::new(),
        now: chrono::DateTime::UNIX_EPOCH.naive_utc(),
        bounds: Bounds::default(),
        progress: &|_| {},
    };
    let outcomes = scan.run().unwrap().outcomes;
    let kept = |verdict| matches!(verdict, Verdict::Pass | Verdict::Warn);
    outcomes.into_iter().filter(|outcome| !kept(outcome.verdict)).map(|outcome| format!("{outcome:?}")).collect()
}
