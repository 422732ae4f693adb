use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path as FilePath,
    sync::{Arc, Barrier},
};

use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory, path::Path};
use proptest::prelude::*;
use tempfile::TempDir;

use super::Remote;
use crate::{
    CacheEntry, Decided, Decision, Form, Held, Manifest, Outputs, Store, StoreError, Stored, Verdict, Written, now,
};

/// A machine with an empty working folder, on a bucket that others use too.
struct Machine {
    store: Store,
    folder: TempDir,
}

fn machine(bucket: &Arc<InMemory>) -> Machine {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Arc::clone(bucket) as Arc<dyn ObjectStore>;
    let remote = Remote::new("s3://bucket/team", bucket, Path::from("team"), None).unwrap();
    let store = Store::open_remote(folder.path(), &folder.path().join("state"), remote).unwrap();
    Machine { store, folder }
}

fn publish(store: &Store, bytes: &[u8]) -> Stored {
    let staging = store.staging("test").unwrap();
    let path = staging.path().join("file");
    fs::write(&path, bytes).unwrap();
    store.publish(&path).unwrap()
}

fn folder(store: &Store, files: &BTreeMap<String, (Vec<u8>, bool)>) -> Stored {
    let staging = store.staging("test").unwrap();
    let made = staging.path().join("made");
    fs::create_dir_all(&made).unwrap();
    for (name, (bytes, executable)) in files {
        let path = made.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(if *executable { 0o755 } else { 0o644 })).unwrap();
    }
    store.publish(&made).unwrap()
}

fn manifest(node: &str, stored: &Stored) -> Manifest {
    Manifest {
        run: "scheduled__2024-01-01T00:00:00+00:00".to_owned(),
        pipeline: "p".to_owned(),
        node: node.to_owned(),
        key: "k".to_owned(),
        outputs: Outputs::from([("result".to_owned(), Some(stored.clone()))]),
        inputs: BTreeMap::new(),
        environment: BTreeMap::new(),
        cached_from: None,
        started: now(),
        finished: now(),
    }
}

fn names(bucket: &InMemory) -> Vec<String> {
    use futures::TryStreamExt as _;
    let all: Vec<_> = futures::executor::block_on(bucket.list(None).try_collect()).unwrap();
    all.into_iter().map(|meta| meta.location.to_string()).collect()
}

fn object(digest: &str) -> Path {
    let (head, tail) = digest.split_at(2);
    Path::from(format!("team/objects/{head}/{tail}"))
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
fn what_one_machine_made_another_reads() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let stored = publish(&one.store, b"rows");
    let told = manifest("load", &stored);
    one.store.write_manifest(&told, true).unwrap();
    assert_eq!(two.store.read_manifest(&told.run, "load").unwrap(), Some(told.clone()));
    assert_eq!(two.store.read_manifest(&told.run, "other").unwrap(), None);
    assert!(two.store.has(&stored) && !two.store.object_path(&stored.digest).exists(), "asked, not fetched");
    assert_eq!(fs::read(two.store.fetch(&stored).unwrap()).unwrap(), b"rows");
    two.store.verify(&stored).unwrap();

    // A node that was tried again has written another manifest.
    let again = manifest("load", &publish(&two.store, b"other rows"));
    two.store.write_manifest(&again, true).unwrap();
    assert_eq!(one.store.read_manifest(&told.run, "load").unwrap(), Some(again));
}

#[test]
fn what_dies_before_its_manifest_is_not_visible() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let (whole, lost) = (publish(&one.store, b"whole"), publish(&one.store, b"lost"));
    fs::remove_file(one.store.object_path(&lost.digest)).unwrap();
    let mut told = manifest("load", &whole);
    told.outputs.insert("second".to_owned(), Some(lost.clone()));
    assert!(matches!(one.store.write_manifest(&told, true), Err(StoreError::Missing { .. })));
    assert_eq!(two.store.read_manifest(&told.run, "load").unwrap(), None);
    assert!(!names(&bucket).iter().any(|name| name.starts_with("team/runs/")), "{:?}", names(&bucket));
    assert!(!two.store.has(&lost));
}

#[test]
fn an_object_that_changed_before_it_was_sent_is_refused() {
    let bucket = Arc::new(InMemory::new());
    let one = machine(&bucket);
    for size in [10, 20 << 20] {
        let stored = publish(&one.store, &vec![7; size]);
        let path = one.store.object_path(&stored.digest);
        fs::remove_file(&path).unwrap();
        fs::write(&path, vec![8; size]).unwrap();
        let error = one.store.write_manifest(&manifest("load", &stored), true).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert_eq!(names(&bucket), Vec::<String>::new());
    }
}

#[test]
fn a_large_object_goes_in_parts_and_comes_in_pieces() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    for size in [0, 8 << 20, (8 << 20) + 1, (32 << 20) + 1, 64 << 20, 70 << 20] {
        let bytes: Vec<u8> =
            (0..size).map(|at: u32| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
        let stored = publish(&one.store, &bytes);
        one.store.share(&stored).unwrap();
        assert!(fs::read(two.store.fetch(&stored).unwrap()).unwrap() == bytes, "{size} bytes");
    }
}

#[test]
fn a_damaged_object_is_refused_and_not_kept() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let stored = publish(&one.store, b"weights");
    one.store.share(&stored).unwrap();
    futures::executor::block_on(bucket.put(&object(&stored.digest), b"WEIGHTS".to_vec().into())).unwrap();
    let target = two.folder.path().join("target");
    for attempt in [two.store.materialise(&stored, &target), two.store.verify(&stored)] {
        let error = attempt.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. } | StoreError::Missing { .. }), "{error}");
    }
    assert!(!target.exists() && !two.store.object_path(&stored.digest).exists() && !two.store.has(&stored));

    // Made anew, it is whole again for all.
    let three = machine(&bucket);
    publish(&three.store, b"weights");
    three.store.share(&stored).unwrap();
    two.store.verify(&stored).unwrap();
}

#[test]
fn a_damaged_copy_is_fetched_again() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let files = BTreeMap::from([("a".to_owned(), (b"one".to_vec(), false))]);
    let (file, tree) = (publish(&one.store, b"weights"), folder(&one.store, &files));
    for stored in [&file, &tree] {
        one.store.share(stored).unwrap();
        let path = two.store.fetch(stored).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"WEIGHTS").unwrap();
        two.store.verify(stored).unwrap();
        two.store.materialise(stored, &two.folder.path().join(&stored.digest)).unwrap();
    }
}

#[test]
fn a_program_may_be_executed_wherever_it_goes() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let staging = one.store.staging("test").unwrap();
    let path = staging.path().join("program");
    fs::write(&path, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let stored = one.store.publish(&path).unwrap();
    one.store.share(&stored).unwrap();
    let mode = fs::metadata(two.store.fetch(&stored).unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o555);
}

fn trees() -> impl Strategy<Value = BTreeMap<String, (Vec<u8>, bool)>> {
    let name = prop_oneof!["[a-c]", "[a-c]/[d-f é#%]{1,3}x", "bin/[a-z]{1,4}"];
    let file = (proptest::collection::vec(any::<u8>(), 0..40), any::<bool>());
    proptest::collection::btree_map(name, file, 1..6).prop_map(|mut tree: BTreeMap<String, (Vec<u8>, bool)>| {
        // `a` cannot be a file and a folder.
        let folders: Vec<String> = tree.keys().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
        tree.retain(|name, _| !folders.contains(name));
        // The same bytes are one object, with one mode.
        for (bytes, executable) in tree.values_mut() {
            bytes.push(u8::from(*executable));
        }
        tree
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn folders_arrive_as_they_left(tree in trees()) {
        let bucket = Arc::new(InMemory::new());
        let (one, two) = (machine(&bucket), machine(&bucket));
        let stored = folder(&one.store, &tree);
        prop_assert_eq!(stored.form, Form::Folder);
        one.store.share(&stored).unwrap();
        prop_assert!(two.store.has(&stored));
        let target = two.folder.path().join("target");
        two.store.materialise(&stored, &target).unwrap();
        for (name, (bytes, executable)) in &tree {
            prop_assert_eq!(&fs::read(target.join(name)).unwrap(), bytes);
            let mode = fs::metadata(target.join(name)).unwrap().permissions().mode();
            prop_assert_eq!(mode & 0o100 != 0, *executable);
        }
        two.store.verify(&stored).unwrap();
    }
}

#[test]
fn the_cache_is_shared_while_its_objects_are_there() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let stored = publish(&one.store, b"rows");
    one.store.write_manifest(&manifest("load", &stored), true).unwrap();
    let entry = CacheEntry {
        key: "k".to_owned(),
        pipeline: "p".to_owned(),
        node: "load".to_owned(),
        run: "r".to_owned(),
        made: now(),
        outputs: Outputs::from([("result".to_owned(), Some(stored.clone()))]),
        components: BTreeMap::new(),
    };
    one.store.remember(std::slice::from_ref(&entry)).unwrap();
    assert_eq!(two.store.lookup(&["k", "other"]).unwrap(), [Some(entry), None]);
    futures::executor::block_on(bucket.delete(&object(&stored.digest))).unwrap();
    assert_eq!(machine(&bucket).store.lookup(&["k"]).unwrap(), [None]);
}

#[test]
fn two_promotions_at_once_are_one_after_the_other() {
    let bucket = Arc::new(InMemory::new());
    let (threads, each) = (4, 5);
    let barrier = Arc::new(Barrier::new(threads));
    let racers: Vec<_> = (0..threads)
        .map(|thread| {
            let (bucket, barrier) = (Arc::clone(&bucket), Arc::clone(&barrier));
            std::thread::spawn(move || {
                let own = machine(&bucket);
                let models: Vec<Stored> =
                    (0..each).map(|turn| publish(&own.store, format!("{thread} {turn}").as_bytes())).collect();
                barrier.wait();
                for (turn, model) in models.iter().enumerate() {
                    let decided = own.store.decide(&decision(model, &format!("run-{thread}-{turn}"))).unwrap();
                    assert!(matches!(decided, Decided::Moved(_)), "{decided:?}");
                }
            })
        })
        .collect();
    racers.into_iter().for_each(|racer| racer.join().unwrap());
    let after = machine(&bucket);
    let report = after.store.verify_audit().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.entries, (threads * each) as u64);
    let mut runs: Vec<_> = after.store.audit(Some("Late")).unwrap().into_iter().filter_map(|entry| entry.run).collect();
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), threads * each, "every decision is on record");
    let versions = after.store.versions(Some("Late")).unwrap();
    assert_eq!(versions.len(), threads * each);
    let history = after.store.rung_history("Late").unwrap();
    for pair in history.windows(2) {
        let [later, earlier] = pair else { panic!("two") };
        assert_eq!(later.previous, Some(earlier.version), "one chain");
    }
    let held = after.store.rung("Late", "production").unwrap().unwrap();
    assert_eq!(Some(held.version), history.first().map(|step| step.version));
    after.store.verify(&held.artifact).unwrap();
}

#[test]
fn a_decision_asked_again_is_one_entry() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let model = publish(&one.store, b"model");
    one.store.decide(&decision(&model, "r")).unwrap();
    let before = futures::executor::block_on(bucket.head(&Path::from("team/state.db"))).unwrap();
    assert_eq!(two.store.decide(&decision(&model, "r")).unwrap(), Decided::Already { version: 1 });
    let after = futures::executor::block_on(bucket.head(&Path::from("team/state.db"))).unwrap();
    assert_eq!(before.e_tag, after.e_tag, "nothing changed, nothing was written");
}

#[test]
fn approvals_and_rollbacks_work_from_anywhere() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let (first, second) = (publish(&one.store, b"first"), publish(&one.store, b"second"));
    one.store.decide(&decision(&first, "r1")).unwrap();
    let held = Held { count: 1, group: "ml".to_owned(), ..Held::default() };
    let waiting = Decision { verdict: Verdict::Hold, approvals: Some(held), ..decision(&second, "r2") };
    one.store.decide(&waiting).unwrap();
    assert!(matches!(two.store.approve("Late", "production", "bob", "fine").unwrap(), Decided::Moved(_)));
    assert_eq!(one.store.rung("Late", "production").unwrap().unwrap().version, 2);
    let error = two.store.approve("Late", "production", "bob", "fine").unwrap_err().to_string();
    assert!(error.contains("nothing waits"), "{error}");
    assert!(matches!(two.store.set_rung("Late", "production", None, "ann", "worse").unwrap(), Decided::Moved(_)));
    assert_eq!(one.store.rung("Late", "production").unwrap().unwrap().version, 1);
    assert!(one.store.verify_audit().unwrap().is_sound());
}

#[test]
fn rungs_are_pinned_once_for_a_run() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let (first, second) = (publish(&one.store, b"first"), publish(&one.store, b"second"));
    one.store.decide(&decision(&first, "r1")).unwrap();
    let pins = one.store.pin_rungs("run").unwrap();
    assert_eq!(pins.get("Late.production"), Some(&Some(first)));
    one.store.decide(&decision(&second, "r2")).unwrap();
    assert_eq!(two.store.pin_rungs("run").unwrap(), pins);
    assert_eq!(two.store.pin_rungs("next").unwrap().get("Late.production"), Some(&Some(second)));
}

#[test]
fn sinks_logs_and_rejected_rows_are_shared() {
    let bucket = Arc::new(InMemory::new());
    let (one, two) = (machine(&bucket), machine(&bucket));
    let written =
        Written { path: "/data/out.csv".to_owned(), key: "k".to_owned(), stored: publish(&one.store, b"rows") };
    one.store.remember_written(&written).unwrap();
    assert_eq!(two.store.written("/data/out.csv", "k").unwrap(), (Some(written.clone()), Some(written)));
    for file in ["runs/r/load.1.log", "rejected/r/load/rows.parquet"] {
        let path = one.store.state().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "text").unwrap();
    }
    for relative in ["runs/r/load.1.log", "rejected/r/load", "rejected/r/other"] {
        one.store.mirror(relative).unwrap();
    }
    let there = names(&bucket);
    for name in ["team/runs/r/load.1.log", "team/rejected/r/load/rows.parquet"] {
        assert!(there.iter().any(|there| there == name), "{there:?}");
    }
}

fn opened(url: &str, variables: &[(&str, &str)]) -> Result<Store, StoreError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Store::open_url_with(FilePath::new("/"), url, &variables)
}

#[test]
fn urls_say_what_is_wrong_with_them() {
    for (url, words) in [
        ("ftp://host/path", "ftp:// is not known; a store is a folder, or begins with s3://, gs:// or az://"),
        ("s3:///path", "it names no bucket; write s3://BUCKET/PREFIX"),
        ("s3://bucket/a//b", "empty"),
    ] {
        let error = opened(url, &[]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot open the store `{url}`: ")) && error.contains(words), "{error}");
    }
}

#[test]
fn folders_stay_folders_and_buckets_have_a_place_in_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for url in [path.display().to_string(), format!("file://{}", path.display())] {
        let store = opened(&url, &[]).unwrap();
        assert!(store.remote.is_none() && store.state() == path.canonicalize().unwrap());
    }
    let cache = folder.path().join("cache").display().to_string();
    let store = opened("s3://bucket/prefix", &[("XDG_CACHE_HOME", &cache)]).unwrap();
    assert!(store.state().starts_with(folder.path().join("cache/mlp/stores").canonicalize().unwrap()));
    let store = opened("s3://bucket/prefix", &[("HOME", "/proc/nowhere")]).unwrap();
    let private = store.state().to_owned();
    assert!(private.is_dir());
    drop(store);
    assert!(!private.exists(), "it goes with the store");
}

#[test]
fn an_endpoint_that_is_not_there_is_said() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let endpoint = endpoint.as_str();
    let clouds = [
        (
            "s3",
            "AWS_ALLOW_HTTP",
            vec![("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_ENDPOINT_URL", endpoint)],
        ),
        ("gs", "GOOGLE_ALLOW_HTTP", vec![("GOOGLE_SKIP_SIGNATURE", "true"), ("GOOGLE_BASE_URL", endpoint)]),
        (
            "az",
            "AZURE_ALLOW_HTTP",
            vec![
                ("AZURE_STORAGE_ACCOUNT_NAME", "name"),
                ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5"),
                ("AZURE_STORAGE_ENDPOINT", endpoint),
            ],
        ),
    ];
    for (scheme, allow, mut variables) in clouds {
        let url = format!("{scheme}://bucket/prefix");
        let asked = |variables: &[(&str, &str)]| opened(&url, variables).unwrap().rungs().unwrap_err().to_string();
        let error = asked(&variables);
        assert!(error.contains(&format!("set {allow}=true")), "{error}");
        variables.push((allow, "true"));
        let error = asked(&variables);
        assert!(error.starts_with(&format!("cannot read `{url}/state.db`: its endpoint cannot be reached")), "{error}");
    }
}
