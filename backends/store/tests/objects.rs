//! Artifacts: kept whole or not at all, found by content, checked when it matters.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "a test that cannot go on fails")]

use std::{fs, os::unix::fs::symlink, path::Path};

use mlp_store::{Form, Store, StoreError, digest_bytes, digest_path};
use proptest::prelude::*;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn put(store: &Store, bytes: &[u8]) -> mlp_store::Stored {
    let staging = store.staging("test").unwrap();
    let path = staging.path().join("file");
    fs::write(&path, bytes).unwrap();
    store.publish(&path).unwrap()
}

fn overwrite(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn the_same_bytes_are_the_same_object() {
    let (_folder, store) = store();
    let (one, two) = (put(&store, b"hello"), put(&store, b"hello"));
    assert_eq!(one, two);
    assert_eq!(one.digest, digest_bytes(b"hello"));
    assert_eq!(fs::read(store.object_path(&one.digest)).unwrap(), b"hello");
    assert!(store.has(&one));
    store.verify(&one).unwrap();
}

#[test]
fn a_folder_comes_back_as_it_was() {
    let (_folder, store) = store();
    let staging = store.staging("test").unwrap();
    let made = staging.path().join("model");
    fs::create_dir_all(made.join("deep/empty")).unwrap();
    fs::write(made.join("a.bin"), b"same").unwrap();
    fs::write(made.join("deep/b.bin"), b"same").unwrap();
    symlink("a.bin", made.join("link")).unwrap();
    let before = digest_path(&made).unwrap();
    let stored = store.publish(&made).unwrap();
    assert_eq!((stored.form, &stored.digest), (Form::Folder, &before.digest));
    assert!(store.has(&stored));
    let back = staging.path().join("back");
    store.materialise(&stored, &back).unwrap();
    assert_eq!(fs::read(back.join("deep/b.bin")).unwrap(), b"same");
    assert_eq!(
        fs::read(back.join("link")).unwrap(),
        b"same",
        "a link inside the folder is kept as the file that it names"
    );
    assert!(back.join("deep/empty").is_dir());
    assert_eq!(digest_path(&back).unwrap().digest, stored.digest);
}

#[test]
fn a_link_that_leads_out_is_refused() {
    let (folder, store) = store();
    let staging = store.staging("test").unwrap();
    let made = staging.path().join("model");
    fs::create_dir(&made).unwrap();
    fs::write(folder.path().join("secret"), b"x").unwrap();
    symlink(folder.path().join("secret"), made.join("link")).unwrap();
    let error = store.publish(&made).unwrap_err().to_string();
    assert!(error.ends_with("link` cannot be kept: it is a link that leads out of the folder"), "{error}");
    fs::remove_file(made.join("link")).unwrap();
    symlink("../model", made.join("loop")).unwrap();
    let error = store.publish(&made).unwrap_err().to_string();
    assert!(error.ends_with("loop` cannot be kept: it is a link that leads back to a folder around it"), "{error}");
}

#[test]
fn damage_is_seen_and_the_object_dropped() {
    let (_folder, store) = store();
    let stored = put(&store, b"0123456789");
    let path = store.object_path(&stored.digest);
    overwrite(&path, b"012345678X");
    assert!(store.has(&stored), "the size is the same: only reading tells");
    let error = store.verify(&stored).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(!path.exists());
    assert!(matches!(store.verify(&stored).unwrap_err(), StoreError::Missing { .. }));
    let again = put(&store, b"0123456789");
    store.verify(&again).unwrap();
    overwrite(&path, b"short");
    assert!(!store.has(&stored));
    let target = store.state().join("tmp/target");
    assert!(matches!(store.materialise(&stored, &target).unwrap_err(), StoreError::Corrupt { .. }));
}

#[test]
fn what_a_power_cut_tore_is_found_at_the_next_start() {
    let (folder, store) = store();
    let (whole, torn) = (put(&store, b"whole"), put(&store, b"torn"));
    // As if the machine had been started anew since.
    store.set_meta("unflushed", "another boot").unwrap();
    drop(store);
    let path = folder.path().join(".mlp/objects").join(&torn.digest[..2]).join(&torn.digest[2..]);
    overwrite(&path, b"\0\0\0\0");
    let store = Store::open(folder.path()).unwrap();
    assert!(store.has(&whole));
    assert!(!store.has(&torn));
    assert_eq!(store.meta("unflushed").unwrap().as_deref(), Some(""));
}

#[test]
fn a_changed_file_is_read_again_whatever_its_time_says() {
    let (folder, store) = store();
    let path = folder.path().join("data.csv");
    fs::write(&path, b"a").unwrap();
    assert_eq!(store.file_digest(&path).unwrap(), digest_bytes(b"a"));
    // Same size, within the resolution of the clock: a fresh file is never taken from memory.
    fs::write(&path, b"b").unwrap();
    assert_eq!(store.file_digest(&path).unwrap(), digest_bytes(b"b"));
    let old = fs::File::options().write(true).open(&path).unwrap();
    old.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    assert_eq!(store.file_digest(&path).unwrap(), digest_bytes(b"b"));
    assert_eq!(store.file_digest(&path).unwrap(), digest_bytes(b"b"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_tree_comes_back_with_its_digest(files in prop::collection::btree_map("[a-z]{1,3}(/[a-zé ]{1,3}){0,2}", prop::collection::vec(any::<u8>(), 0..40), 1..8)) {
        let (_folder, store) = store();
        let staging = store.staging("test").unwrap();
        let made = staging.path().join("made");
        for (name, bytes) in &files {
            let path = made.join(name);
            // A name may be a folder for another: then it is left out.
            if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) && !path.exists() {
                let _ = fs::write(path, bytes);
            }
        }
        let before = digest_path(&made).unwrap();
        let stored = store.publish(&made).unwrap();
        let back = staging.path().join("back");
        store.materialise(&stored, &back).unwrap();
        prop_assert_eq!(&digest_path(&back).unwrap().digest, &before.digest);
        store.verify(&stored).unwrap();
    }
}

/// Others read what was written where the umask lets them, as of any file; a file that was there keeps who may.
#[test]
fn a_file_is_readable_as_the_umask_has_it_and_stays_as_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    fs::write(folder.path().join("plain"), "").unwrap();
    mlp_store::write_atomically(&folder.path().join("ours"), b"x").unwrap();
    assert_eq!(mode("ours"), mode("plain"));
    fs::set_permissions(folder.path().join("ours"), fs::Permissions::from_mode(0o750)).unwrap();
    mlp_store::write_atomically(&folder.path().join("ours"), b"y").unwrap();
    assert_eq!((mode("ours"), fs::read(folder.path().join("ours")).unwrap()), (0o750, b"y".to_vec()));
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = mlp_store::write_atomically(&folder.path().join("none/x"), b"").unwrap_err().to_string();
    let none = folder.path().join("none");
    assert!(error.ends_with(&format!("there is no folder `{}`; make it first", none.display())), "{error}");
}
