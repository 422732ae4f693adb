//! What ran last, read beside whoever writes: from states that are absent, locked, damaged or foreign nothing comes, at once, and nothing is touched.
#![cfg(test)]

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use mlp_store::{Decision, NodeRecord, NodeState, Past, RunRecord, RunState, Store, StoreError, Verdict};
use serde_json::json;

fn run(store: &Store, id: &str, pipeline: &str, started: &str, state: RunState) {
    let record = RunRecord {
        id: id.to_owned(),
        pipeline: pipeline.to_owned(),
        package: "shop".to_owned(),
        essence: format!("text of {id}"),
        started: started.to_owned(),
        ..RunRecord::default()
    };
    let record = store.begin_run(record).unwrap();
    store.save_run(&RunRecord { state, ..record }).unwrap();
}

fn node(store: &Store, run: &str, id: &str, state: NodeState, error: Option<&str>) {
    let record = NodeRecord {
        run: run.to_owned(),
        node: id.to_owned(),
        state,
        essence: format!("text of {id} in {run}"),
        finished: Some(mlp_store::now()),
        error: error.map(str::to_owned),
        ..NodeRecord::default()
    };
    store.save_nodes(&[&record], &[]).unwrap();
}

fn decide(store: &Store, run: &str, verdict: Verdict) {
    let path = store.staging("test").unwrap().keep().join("model");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("model.pkl"), run).unwrap();
    let held = (verdict == Verdict::Hold).then(|| mlp_store::Held { count: 1, ..mlp_store::Held::default() });
    let decision = Decision {
        model: "M".to_owned(),
        rung: "production".to_owned(),
        artifact: store.publish(&path).unwrap(),
        verdict,
        run: run.to_owned(),
        node: "promote-M".to_owned(),
        author: "ada".to_owned(),
        why: "so".to_owned(),
        body: json!({ "pipeline": "daily", "policies": [] }),
        approvals: held,
    };
    store.decide(&decision).unwrap();
}

#[test]
fn of_each_pipeline_it_is_the_last_run_and_what_went_wrong_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    run(&store, "a", "daily", "2024-01-01T00:00:00Z", RunState::Done);
    run(&store, "b", "daily", "2024-01-03T00:00:00Z", RunState::Failed);
    run(&store, "c", "daily", "2024-01-02T00:00:00Z", RunState::Done);
    run(&store, "d", "nightly", "2024-01-01T00:00:00Z", RunState::Done);
    node(&store, "b", "load", NodeState::Done, None);
    node(&store, "b", "model", NodeState::Broken, Some("error[MLP901]: so"));
    node(&store, "b", "keep", NodeState::NotReached, None);
    let past = Past::read(folder.path()).unwrap();
    let told: BTreeMap<_, _> = past
        .runs
        .iter()
        .map(|last| {
            (last.run.pipeline.as_str(), (last.run.id.as_str(), last.wrong.as_ref().map(|node| node.node.as_str())))
        })
        .collect();
    assert_eq!(told, BTreeMap::from([("daily", ("b", Some("model"))), ("nightly", ("d", None))]));
    assert_eq!(past.runs.iter().find(|last| last.run.id == "b").unwrap().run.essence, "text of b");
}

#[test]
fn of_each_promotion_it_is_the_last_decision_with_the_text_that_it_was_made_by() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    run(&store, "a", "daily", "2024-01-01T00:00:00Z", RunState::Done);
    node(&store, "a", "promote-M", NodeState::Done, None);
    decide(&store, "a", Verdict::Promote);
    decide(&store, "forgotten", Verdict::Hold);
    let last = |root: &Path| {
        let past = Past::read(root).unwrap();
        let told = past.decisions.iter().map(|last| {
            (last.package.clone(), last.pipeline.clone(), last.entry.kind.clone(), last.essence.clone(), last.approved)
        });
        told.collect::<Vec<_>>()
    };
    let forgotten = |approved| (None, "daily".to_owned(), "hold".to_owned(), String::new(), approved);
    let kept =
        (Some("shop".to_owned()), "daily".to_owned(), "promote".to_owned(), "text of promote-M in a".to_owned(), false);
    assert_eq!(last(folder.path()), [forgotten(false), kept.clone()]);
    store.approve("M", "production", "grace", "fine").unwrap();
    assert_eq!(last(folder.path()), [forgotten(true), kept]);
}

#[test]
fn a_run_whose_process_is_gone_was_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let state = || Past::read(folder.path()).unwrap().runs.first().unwrap().run.state;
    run(&store, "a", "daily", "2024-01-01T00:00:00Z", RunState::Running);
    assert_eq!(state(), RunState::Running, "this process is alive");
    let record = store.run("a").unwrap().unwrap();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    store.save_run(&RunRecord { pid: child.id(), ..record.clone() }).unwrap();
    assert_eq!(state(), RunState::Interrupted);
    store.save_run(&RunRecord { pid: child.id(), host: "elsewhere".to_owned(), ..record }).unwrap();
    assert_eq!(state(), RunState::Running, "who knows");
}

#[test]
fn where_nothing_ran_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Past::read(folder.path()).unwrap(), Past::default());
    assert_eq!(Past::stamp(folder.path()), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_read_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let database = rusqlite::Connection::open(folder.path().join(".mlp/state.db")).unwrap();
    database.pragma_update(None, "locking_mode", "exclusive").unwrap();
    database.execute_batch("begin exclusive; insert into meta values ('a', 'b')").unwrap();
    let before = Instant::now();
    assert!(matches!(Past::read(folder.path()), Err(StoreError::Database { .. })), "it is locked");
    // thirty seconds are what a writer waits
    assert!(before.elapsed().as_secs() < 15, "who only looks does not wait");
    database.execute_batch("commit").unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    assert!(matches!(Past::read(folder.path()), Err(StoreError::Format { found: 99, .. })));
    fs::write(folder.path().join(".mlp/state.db"), "not a database, but long enough to be looked at".repeat(100))
        .unwrap();
    assert!(Past::read(folder.path()).is_err());
}

#[test]
fn the_stamp_is_another_after_each_write_and_none_after_a_look() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut before = Past::stamp(folder.path()).unwrap();
    for id in ["a", "b"] {
        run(&store, id, "daily", "2024-01-01T00:00:00Z", RunState::Done);
        let now = Past::stamp(folder.path()).unwrap();
        assert!(now != before && now.is_fresh());
        before = now;
    }
    drop(store);
    Past::read(folder.path()).unwrap();
    let closed = Past::stamp(folder.path());
    Past::read(folder.path()).unwrap();
    assert_eq!(Past::stamp(folder.path()), closed);
}
