//! State that is damaged, foreign, locked or has no room: said clearly, never taken for whole.
#![cfg(test)]

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use mlp_store::{CacheEntry, NodeRecord, NodeState, Outputs, RunRecord, Store, StoreError, now};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn record(run: &str, node: &str) -> NodeRecord {
    NodeRecord {
        run: run.to_owned(),
        node: node.to_owned(),
        pipeline: "p".to_owned(),
        state: NodeState::Done,
        finished: Some(now()),
        ..NodeRecord::default()
    }
}

#[test]
fn the_second_writer_is_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Store::open(folder.path()).unwrap(), Store::open(folder.path()).unwrap());
    let lock = first.lock("mlp run late").unwrap();
    let error = second.lock("mlp run late").unwrap_err();
    let StoreError::Busy(holder) = &error else { panic!("{error}") };
    assert_eq!((holder.pid, holder.what.as_str()), (std::process::id(), "mlp run late"));
    assert!(
        error.to_string().starts_with("another run is at work in this package: `mlp run late`, process "),
        "{error}"
    );
    assert_eq!(second.runs(10).unwrap().len(), 0, "readers are not kept waiting");
    drop(lock);
    second.lock("mlp run late").unwrap();
}

#[test]
fn state_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let database = rusqlite::Connection::open(folder.path().join(".mlp/state.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let error = Store::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("has format 99, this mlp knows format 1"), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".mlp")).unwrap();
    fs::write(folder.path().join(".mlp/state.db"), "not a database, but long enough to be looked at".repeat(100))
        .unwrap();
    let error = Store::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("state.db`: it is damaged"), "{error}");
}

#[test]
fn a_log_cut_anywhere_loses_at_most_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    for number in 0..6 {
        store.save_nodes(&[&record("r", &format!("n{number}"))], &[]).unwrap();
    }
    let state = folder.path().join(".mlp");
    let (database, log) = (fs::read(state.join("state.db")).unwrap(), fs::read(state.join("state.db-wal")).unwrap());
    assert!(log.len() > 1000, "the log was to be cut, but it is empty");
    let mut seen = std::collections::BTreeSet::new();
    for cut in (0..=log.len()).step_by(997) {
        let copy = tempfile::tempdir().unwrap();
        let state = copy.path().join(".mlp");
        fs::create_dir(&state).unwrap();
        fs::write(state.join("state.db"), &database).unwrap();
        fs::write(state.join("state.db-wal"), &log[..cut]).unwrap();
        let nodes: Vec<String> =
            Store::open(copy.path()).unwrap().nodes("r").unwrap().into_iter().map(|node| node.node).collect();
        let expected: Vec<String> = (0..nodes.len()).map(|number| format!("n{number}")).collect();
        assert_eq!(nodes, expected, "cut at {cut}");
        seen.insert(nodes.len());
    }
    assert!(seen.len() > 3, "{seen:?}");
}

#[test]
fn a_cache_entry_whose_object_is_gone_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let staging = store.staging("test").unwrap();
    fs::write(staging.path().join("file"), "x").unwrap();
    let stored = store.publish(&staging.path().join("file")).unwrap();
    let outputs = Outputs::from([("result".to_owned(), Some(stored.clone()))]);
    let components = [("code".to_owned(), "1".to_owned())].into();
    let entry = CacheEntry {
        key: "k".to_owned(),
        pipeline: "p".to_owned(),
        node: "n".to_owned(),
        run: "r".to_owned(),
        made: now(),
        outputs,
        components,
    };
    store.remember(std::slice::from_ref(&entry)).unwrap();
    assert_eq!(store.lookup(&["k", "other"]).unwrap().iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    assert_eq!(store.last_components("p", "n").unwrap().unwrap()["code"], "1");
    fs::remove_file(store.object_path(&stored.digest)).unwrap();
    assert_eq!(store.lookup(&["k"]).unwrap(), [None]);
}

#[test]
fn garbage_goes_and_what_is_named_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let staging = store.staging("test").unwrap();
    let put = |name: &str| {
        let path = staging.path().join(name);
        fs::write(&path, name).unwrap();
        store.publish(&path).unwrap()
    };
    let (kept, dropped, loose) = (put("kept"), put("dropped"), put("loose"));
    for (run, stored, at) in [("old", &dropped, "2013-01-01T00:00:00Z"), ("new", &kept, "2013-01-02T00:00:00Z")] {
        store.begin_run(RunRecord { id: run.to_owned(), started: at.to_owned(), ..RunRecord::default() }).unwrap();
        let outputs = Outputs::from([("result".to_owned(), Some(stored.clone()))]);
        store.save_nodes(&[&NodeRecord { outputs, ..record(run, "n") }], &[]).unwrap();
    }
    let lock = store.lock("gc").unwrap();
    let collected = store.collect(1, &lock).unwrap();
    assert_eq!((collected.objects, collected.runs), (2, 1));
    assert!(store.has(&kept) && !store.has(&dropped) && !store.has(&loose));
    assert_eq!(store.runs(10).unwrap().len(), 1);
}

/// Opens a store in another process, as another user where we are root: permissions do not bind root.
fn open_elsewhere(folder: &Path) -> String {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(["--exact", "opens_what_the_environment_names", "--nocapture"]).env("MLP_TEST_OPEN", folder);
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn opens_what_the_environment_names() {
    let Some(folder) = std::env::var_os("MLP_TEST_OPEN") else {
        // Run by itself: the helper of the test below, on a folder that may be written.
        let folder = tempfile::tempdir().unwrap();
        assert!(Store::open(folder.path()).is_ok());
        return;
    };
    match Store::open(Path::new(&folder)) {
        Ok(_) => println!("opened"),
        Err(error) => println!("error: {error}"),
    }
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    fs::create_dir(&package).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&package, fs::Permissions::from_mode(0o555)).unwrap();
    let program = std::env::current_exe().unwrap();
    if is_root() && !may_be_run_by_others(&program) {
        println!("the test program lies where no other user may run it: not looked at");
        return;
    }
    let said = open_elsewhere(&package);
    let wanted = format!(
        "error: cannot make the folder `{}`: permission denied",
        fs::canonicalize(&package).unwrap().join(".mlp/objects").display()
    );
    assert!(said.contains(&wanted), "{said}");
}

fn may_be_run_by_others(program: &Path) -> bool {
    program.ancestors().all(|part| fs::metadata(part).is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0))
}

/// A file system of 2 MiB, where we may make one.
struct Tiny(PathBuf);

impl Tiny {
    fn mount(folder: &Path) -> Option<Self> {
        let path = folder.join("tiny");
        fs::create_dir(&path).unwrap();
        let mounted = is_root()
            && Command::new("mount")
                .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
                .arg(&path)
                .output()
                .is_ok_and(|out| out.status.success());
        mounted.then_some(Self(path))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_half_written_counts() {
    let folder = tempfile::tempdir().unwrap();
    let Some(tiny) = Tiny::mount(folder.path()) else {
        println!("no small file system can be mounted here: a full disk is not looked at");
        return;
    };
    let store = Store::open(&tiny.0).unwrap();
    let elsewhere = folder.path().join("big");
    fs::write(&elsewhere, vec![7; 4 << 20]).unwrap();
    // From another file system it has to be copied, which fails in the middle.
    let error = store.publish(&elsewhere).unwrap_err();
    assert!(error.is_full(), "{error}");
    assert!(error.to_string().ends_with("the disk is full; free some space and run again"), "{error}");
    let digest = mlp_store::digest_bytes(&vec![7; 4 << 20]);
    assert!(!store.object_path(&digest).exists());
    // Now fill it: the database has its own words for it.
    let filler = tiny.0.join("filler");
    let _ = fs::write(&filler, vec![0; 4 << 20]);
    let records: Vec<NodeRecord> = (0..2000).map(|number| record("r", &format!("n{number}"))).collect();
    let error = store.save_nodes(&records.iter().collect::<Vec<_>>(), &[]).unwrap_err();
    assert!(error.is_full() && error.to_string().contains("the disk is full"), "{error}");
    fs::remove_file(&filler).unwrap();
    let small = tiny.0.join("small");
    fs::write(&small, "fits").unwrap();
    store.publish(&small).unwrap();
    store.save_nodes(&[&records[0]], &[]).unwrap();
    assert_eq!(store.nodes("r").unwrap().len(), 1);
}
