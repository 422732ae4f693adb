//! A store in a bucket of a real S3 server.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bucket;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Barrier, OnceLock},
};

use bucket::Server;
use mlp_store::{Decided, Decision, Manifest, Outputs, Store, Stored, Verdict, now};

fn server() -> Server {
    // One environment for all tests here, made by whoever is first.
    static MADE: OnceLock<()> = OnceLock::new();
    let start = || {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
        Server::start(&tests, Path::new(env!("CARGO_TARGET_TMPDIR")))
    };
    MADE.get_or_init(|| drop(start()));
    start()
}

/// A store on a machine whose cache is `home`.
fn machine(server: &Server, home: &Path, url: &str) -> Store {
    let mut variables: BTreeMap<String, String> = server.variables().into_iter().collect();
    variables.insert("XDG_CACHE_HOME".to_owned(), home.display().to_string());
    Store::open_url_with(home, url, &variables).unwrap()
}

fn publish(store: &Store, bytes: &[u8]) -> Stored {
    let staging = store.staging("test").unwrap();
    let path = staging.path().join("file");
    fs::write(&path, bytes).unwrap();
    store.publish(&path).unwrap()
}

fn manifest(stored: &Stored) -> Manifest {
    Manifest {
        run: "scheduled__2024-01-01T00:00:00+00:00".to_owned(),
        pipeline: "p".to_owned(),
        node: "load".to_owned(),
        key: "k".to_owned(),
        outputs: Outputs::from([("result".to_owned(), Some(stored.clone()))]),
        inputs: BTreeMap::new(),
        environment: BTreeMap::new(),
        cached_from: None,
        started: now(),
        finished: now(),
    }
}

fn decision(artifact: &Stored, run: &str) -> Decision {
    Decision {
        model: "Late".to_owned(),
        rung: "production".to_owned(),
        artifact: artifact.clone(),
        verdict: Verdict::Promote,
        run: run.to_owned(),
        node: "promote".to_owned(),
        author: "ann".to_owned(),
        why: "every clause passed".to_owned(),
        body: serde_json::json!({}),
        approvals: None,
    }
}

#[test]
fn small_and_large_objects_arrive() {
    let server = server();
    server.make("models");
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = machine(&server, one.path(), "s3://models/team/a b/");
    let there = machine(&server, two.path(), "s3://models/team/a b");
    for size in [0, 5, (8 << 20) + 1, 40 << 20] {
        let bytes: Vec<u8> =
            (0..size).map(|at: u32| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
        let stored = publish(&here, &bytes);
        let told = manifest(&stored);
        here.write_manifest(&told, true).unwrap();
        assert_eq!(there.read_manifest(&told.run, "load").unwrap(), Some(told));
        assert!(there.has(&stored));
        assert!(fs::read(there.fetch(&stored).unwrap()).unwrap() == bytes, "{size} bytes");
    }
}

#[test]
fn programs_in_folders_stay_programs() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = server();
    server.make("models");
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (here, there) = (machine(&server, one.path(), "s3://models"), machine(&server, two.path(), "s3://models"));
    let staging = here.staging("test").unwrap();
    let made = staging.path().join("made");
    fs::create_dir_all(made.join("bin")).unwrap();
    fs::write(made.join("bin/serve"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(made.join("bin/serve"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(made.join("weights"), [0; 100]).unwrap();
    let stored = here.publish(&made).unwrap();
    here.write_manifest(&manifest(&stored), true).unwrap();
    let target = two.path().join("target");
    there.materialise(&stored, &target).unwrap();
    let mode = |name: &str| fs::metadata(target.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("bin/serve"), mode("weights")), (0o555, 0o444));
}

#[test]
fn a_promotion_is_one_swap() {
    let server = Arc::new(server());
    server.make("models");
    let (threads, each) = (3, 3);
    let barrier = Arc::new(Barrier::new(threads));
    let racers: Vec<_> = (0..threads)
        .map(|thread| {
            let (server, barrier) = (Arc::clone(&server), Arc::clone(&barrier));
            std::thread::spawn(move || {
                let home = tempfile::tempdir().unwrap();
                let store = machine(&server, home.path(), "s3://models/team");
                let models: Vec<Stored> =
                    (0..each).map(|turn| publish(&store, format!("{thread} {turn}").as_bytes())).collect();
                barrier.wait();
                for (turn, model) in models.iter().enumerate() {
                    let decided = store.decide(&decision(model, &format!("run-{thread}-{turn}"))).unwrap();
                    assert!(matches!(decided, Decided::Moved(_)), "{decided:?}");
                }
            })
        })
        .collect();
    racers.into_iter().for_each(|racer| racer.join().unwrap());
    let home = tempfile::tempdir().unwrap();
    let store = machine(&server, home.path(), "s3://models/team");
    let report = store.verify_audit().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.entries, (threads * each) as u64);
    assert_eq!(store.versions(Some("Late")).unwrap().len(), threads * each);
}

#[test]
fn a_bucket_that_is_not_there_is_said() {
    let server = server();
    let home = tempfile::tempdir().unwrap();
    let store = machine(&server, home.path(), "s3://nowhere/team");
    let errors = [
        store.pin_rungs("run").map(drop).unwrap_err(),
        store.read_manifest("run", "load").map(drop).unwrap_err(),
        store.lookup(&["k"]).map(drop).unwrap_err(),
        store.decide(&decision(&publish(&store, b"model"), "run")).map(drop).unwrap_err(),
    ];
    for error in errors {
        let words = error.to_string();
        assert!(words.contains("s3://nowhere/team/"), "{words}");
    }
    let words = store.pin_rungs("run").unwrap_err().to_string();
    assert!(words.ends_with("there is no such bucket; make it first, or mend the name"), "{words}");
    // `Missing` where it is `has` that asks: it has no words to give.
    assert!(!store.has(&Stored { bytes: 1, ..publish(&store, b"model") }));
}
