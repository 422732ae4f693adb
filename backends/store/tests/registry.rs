//! The registry: a rung moves with its decision or not at all, and the trail tells of any change.
#![cfg(test)]

use std::fs;

use mlp_store::{Decided, Decision, Held, Store, StoreError, Stored, Verdict};
use serde_json::json;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn model(store: &Store, text: &str) -> Stored {
    let staging = store.staging("test").unwrap();
    let path = staging.path().join("model");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("model.pkl"), text).unwrap();
    store.publish(&path).unwrap()
}

fn decision(artifact: &Stored, verdict: Verdict, run: &str) -> Decision {
    Decision {
        model: "Late".to_owned(),
        rung: "production".to_owned(),
        artifact: artifact.clone(),
        verdict,
        run: run.to_owned(),
        node: "promote".to_owned(),
        author: "ada".to_owned(),
        why: "every clause passed".to_owned(),
        body: json!({ "policies": [{ "policy": "Release", "clauses": [] }] }),
        approvals: None,
    }
}

fn tamper(store: &Store, sql: &str) {
    let database = rusqlite::Connection::open(store.state().join("state.db")).unwrap();
    assert!(database.execute(sql, []).unwrap() > 0);
}

#[test]
fn a_promotion_moves_the_rung_and_is_on_record() {
    let (_folder, store) = store();
    let (first, second) = (model(&store, "one"), model(&store, "two"));
    let Decided::Moved(moved) = store.decide(&decision(&first, Verdict::Promote, "r1")).unwrap() else { panic!() };
    assert_eq!((moved.version, moved.previous), (1, None));
    let Decided::Moved(moved) = store.decide(&decision(&second, Verdict::Promote, "r2")).unwrap() else { panic!() };
    assert_eq!((moved.version, moved.previous), (2, Some(1)));
    assert_eq!(store.rung("Late", "production").unwrap().unwrap().artifact, second);
    assert_eq!(store.rung_history("Late").unwrap().iter().map(|entry| entry.version).collect::<Vec<_>>(), [2, 1]);
    let report = store.verify_audit().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.entries, 2);
    let entry = &store.audit(Some("Late")).unwrap()[1];
    assert_eq!(
        (entry.kind.as_str(), entry.body["who"].as_str(), entry.body["moved"].as_bool()),
        ("promote", Some("ada"), Some(true))
    );
}

#[test]
fn the_same_decision_twice_is_one() {
    let (_folder, store) = store();
    let first = model(&store, "one");
    store.decide(&decision(&first, Verdict::Promote, "r1")).unwrap();
    assert_eq!(store.decide(&decision(&first, Verdict::Promote, "r1")).unwrap(), Decided::Already { version: 1 });
    assert_eq!(store.decide(&decision(&first, Verdict::Promote, "r2")).unwrap(), Decided::Already { version: 1 });
    let other = model(&store, "two");
    let Decided::Recorded { audit } = store.decide(&decision(&other, Verdict::Refuse, "r3")).unwrap() else { panic!() };
    assert_eq!(store.decide(&decision(&other, Verdict::Refuse, "r3")).unwrap(), Decided::Recorded { audit });
    assert_eq!(store.verify_audit().unwrap().entries, 2);
    assert_eq!(store.rung("Late", "production").unwrap().unwrap().version, 1);
}

#[test]
fn a_damaged_candidate_is_not_promoted() {
    let (_folder, store) = store();
    let candidate = model(&store, "one");
    let object = store.object_path(&mlp_store::digest_bytes(b"one"));
    fs::remove_file(&object).unwrap();
    fs::write(&object, "0ne").unwrap();
    assert!(matches!(
        store.decide(&decision(&candidate, Verdict::Promote, "r1")).unwrap_err(),
        StoreError::Corrupt { .. }
    ));
    assert_eq!(store.rung("Late", "production").unwrap(), None);
    assert_eq!(store.verify_audit().unwrap().entries, 0);
}

#[test]
fn any_change_of_the_trail_is_found() {
    let changes = [
        (
            "update audit set body = replace(body, 'ada', 'eve') where seq = 2",
            "entry 2 was changed after it was written",
        ),
        ("update audit set at = '2013-01-01T00:00:00Z' where seq = 1", "entry 1 was changed after it was written"),
        ("delete from audit where seq = 2", "entry 2 is missing"),
        ("update rungs set version = 1", "Late.production holds version 1, but the last move on record says version 3"),
        (
            "delete from audit where seq = 3",
            "Late.production holds version 3, but the last move on record says version 2",
        ),
    ];
    for (sql, fault) in changes {
        let (_folder, store) = store();
        for number in 1..=3 {
            store
                .decide(&decision(&model(&store, &format!("model {number}")), Verdict::Promote, &format!("r{number}")))
                .unwrap();
        }
        tamper(&store, sql);
        let report = store.verify_audit().unwrap();
        assert!(report.faults.iter().any(|found| found == fault), "{sql}: {report:?}");
    }
}

#[test]
fn approvals_are_counted_by_person_and_the_last_one_moves_the_rung() {
    let (_folder, store) = store();
    let held = Held { count: 2, group: "risk-leads".to_owned(), except_author: true, until: None, given: Vec::new() };
    let candidate = model(&store, "one");
    let asked = Decision { approvals: Some(held), ..decision(&candidate, Verdict::Hold, "r1") };
    let Decided::Recorded { audit } = store.decide(&asked).unwrap() else { panic!() };
    assert_eq!(store.decide(&asked).unwrap(), Decided::Recorded { audit }, "asked again, nothing more is on record");
    assert!(store.awaits_approval(audit).unwrap());
    let error = |who: &str| store.approve("Late", "production", who, "looks good").unwrap_err().to_string();
    assert_eq!(error("ada"), "ada started the run: the policy asks for somebody else");
    assert!(matches!(store.approve("Late", "production", "bob", "looks good").unwrap(), Decided::Recorded { .. }));
    assert_eq!(error("bob"), "bob has approved already");
    assert_eq!(store.rung("Late", "production").unwrap(), None);
    let Decided::Moved(moved) = store.approve("Late", "production", "cyd", "looks good").unwrap() else { panic!() };
    assert_eq!(moved.version, 1);
    assert!(!store.awaits_approval(audit).unwrap());
    assert_eq!(error("dan"), "nothing waits for an approval of Late.production");
    assert!(store.verify_audit().unwrap().is_sound());
}

#[test]
fn an_approval_that_comes_too_late_does_not_count() {
    let (_folder, store) = store();
    let held = Held {
        count: 1,
        group: "leads".to_owned(),
        until: Some("2013-01-01T00:00:00.000000Z".to_owned()),
        ..Held::default()
    };
    let candidate = model(&store, "one");
    let asked = Decision { approvals: Some(held), ..decision(&candidate, Verdict::Hold, "r1") };
    let Decided::Recorded { audit } = store.decide(&asked).unwrap() else { panic!() };
    assert!(!store.awaits_approval(audit).unwrap());
    let error = store.approve("Late", "production", "bob", "").unwrap_err().to_string();
    assert_eq!(error, "the time for an approval is over since 2013-01-01T00:00:00.000000Z");
}

#[test]
fn a_rollback_returns_to_what_the_rung_held_before() {
    let (_folder, store) = store();
    for number in 1..=2 {
        store
            .decide(&decision(&model(&store, &format!("model {number}")), Verdict::Promote, &format!("r{number}")))
            .unwrap();
    }
    let Decided::Moved(moved) = store.set_rung("Late", "production", None, "bob", "too slow").unwrap() else {
        panic!()
    };
    assert_eq!((moved.version, moved.previous), (1, Some(2)));
    assert!(
        store
            .set_rung("Late", "production", None, "bob", "")
            .unwrap_err()
            .to_string()
            .contains("held nothing before version 1")
    );
    assert_eq!(
        store.set_rung("Late", "production", Some(9), "bob", "").unwrap_err().to_string(),
        "Late has no version 9"
    );
    assert_eq!(store.set_rung("Late", "production", Some(1), "bob", "").unwrap(), Decided::Already { version: 1 });
    assert!(store.verify_audit().unwrap().is_sound());
}
