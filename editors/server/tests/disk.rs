//! Files that come, go and change on disk, as clients tell it, or as the lookout sees it where they do not: one by one, many at once, with their folders.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use lsp_server::{Connection, Message, Notification, Request};
use mlp_ports::NoSql;
use mlp_server::{
    history::NoHistory,
    lookout::{Files, News},
};
use serde_json::{Value, json};

use self::common::{Client, MANIFEST};

const ORDERS: &str = "contract Order { id: int64 }\n";
const STAGES: &str = "use sub.orders.{Order}\n\nstage make() -> Table<Order> { run = command([\"true\"]) }\n";
const MISSING: &str = "stages.mlp:0:4 MLP203 there is no module `sub.orders`";

fn shop() -> Client {
    let folder = tempfile::tempdir().unwrap();
    common::write(folder.path(), "mlp.toml", MANIFEST);
    common::write(folder.path(), "src/sub/orders.mlp", ORDERS);
    common::write(folder.path(), "src/stages.mlp", STAGES);
    let mut client = Client::within(folder, json!({}));
    assert_eq!(client.findings(), [] as [String; 0]);
    client
}

fn watched(client: &mut Client, names: &[&str]) {
    let changes: Vec<Value> = names.iter().map(|name| json!({"uri": client.uri(name), "type": 2})).collect();
    client.tell("workspace/didChangeWatchedFiles", json!({"changes": changes}));
}

/// The modules of the package that is open.
fn modules(client: &Client) -> Vec<String> {
    let package = client.session.workspace.packages().next().unwrap();
    package.documents().map(|document| document.module.clone()).collect()
}

#[test]
fn a_folder_that_is_renamed_takes_its_files_along_however_that_is_told() {
    for told in ["workspace/didRenameFiles", "workspace/didChangeWatchedFiles", "the lookout"] {
        let mut client = shop();
        fs::rename(client.path("src/sub"), client.path("src/new")).unwrap();
        let [old, new] = ["src/sub", "src/new"].map(|name| client.uri(name));
        match told {
            "workspace/didRenameFiles" => client.tell(told, json!({"files": [{"oldUri": old, "newUri": new}]})),
            // watchers tell of the folder alone
            "workspace/didChangeWatchedFiles" => watched(&mut client, &["src/sub", "src/new"]),
            _ => {
                let files = ["src/sub/orders.mlp", "src/new/orders.mlp"].map(|name| client.path(name)).to_vec();
                client.session.noticed(News { files, ..News::default() });
            }
        }
        assert_eq!(client.findings(), [MISSING], "{told}");
        assert_eq!(modules(&client), ["new.orders", "stages"], "{told}");
    }
}

#[test]
fn files_that_are_made_and_deleted_in_the_editor_are_taken_in() {
    let mut client = shop();
    let uri = client.uri("src/sub");
    fs::remove_dir_all(client.path("src/sub")).unwrap();
    client.tell("workspace/didDeleteFiles", json!({"files": [{"uri": uri}]}));
    assert_eq!(client.findings(), [MISSING]);
    client.write("src/sub/orders.mlp", ORDERS);
    client.tell("workspace/didCreateFiles", json!({"files": [{"uri": uri}]}));
    assert_eq!(client.pushed(), [("stages.mlp".to_owned(), Vec::new())]);
}

#[test]
fn a_file_that_is_deleted_while_it_is_open_is_there_until_it_is_closed() {
    let mut client = shop();
    client.open("src/sub/orders.mlp", ORDERS);
    fs::remove_dir_all(client.path("src/sub")).unwrap();
    watched(&mut client, &["src/sub", "src/sub/orders.mlp"]);
    assert_eq!(client.findings(), [] as [String; 0], "the buffer counts");
    let uri = client.uri("src/sub/orders.mlp");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(client.findings(), [MISSING]);
}

#[test]
fn a_branch_that_is_switched_is_one_change() {
    let mut client = shop();
    client.open("src/stages.mlp", STAGES);
    let names: Vec<String> = (0..500).map(|module| format!("src/m{module}.mlp")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = |module: &str| format!("contract A {{ id: {module} }}\n");
    for name in &names {
        client.write(name, &text("int64"));
    }
    watched(&mut client, &names);
    assert_eq!(client.findings(), [] as [String; 0]);
    assert_eq!(modules(&client).len(), 502);
    // what is open stays what it is there, though the other branch has another
    client.write("src/stages.mlp", "");
    names.iter().for_each(|name| client.write(name, &text("Nil")));
    fs::remove_dir_all(client.path("src/sub")).unwrap();
    watched(&mut client, &[&names[..], &["src/stages.mlp", "src/sub/orders.mlp"]].concat());
    let found = client.findings();
    assert_eq!(found.len(), 501);
    assert!(found.contains(&MISSING.to_owned()));
    names.iter().for_each(|name| fs::remove_file(client.path(name)).unwrap());
    watched(&mut client, &names);
    assert_eq!(modules(&client), ["stages"]);
}

#[test]
fn a_package_that_is_removed_is_gone_and_one_that_comes_takes_in_what_is_open() {
    let mut client = shop();
    client.open("src/stages.mlp", STAGES);
    fs::remove_file(client.path("mlp.toml")).unwrap();
    watched(&mut client, &["mlp.toml"]);
    assert_eq!(client.findings(), ["stages.mlp:0:4 MLP203 there is no module `sub.orders`"], "it stands alone");
    client.write("mlp.toml", MANIFEST);
    watched(&mut client, &["mlp.toml"]);
    assert_eq!(client.pushed(), [("stages.mlp".to_owned(), Vec::new())]);
    assert_eq!(client.session.workspace.packages().count(), 1, "nothing stands alone any more");
    let uri = client.uri("src/stages.mlp");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    fs::remove_dir_all(client.path("src")).unwrap();
    fs::remove_file(client.path("mlp.toml")).unwrap();
    watched(&mut client, &["src", "mlp.toml"]);
    assert_eq!(client.session.workspace.packages().count(), 0);
    assert_eq!(client.session.workspace.faults().len(), 0);
}

#[test]
fn the_lookout_sees_what_is_written_and_what_is_not_of_ours_it_passes_over() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_path_buf();
    common::write(&root, "a/b/c/d/e/f/g/old.mlp", "");
    let hour = Duration::from_secs(3600);
    let old = |name: &str| {
        let file = fs::File::options().write(true).open(root.join(name)).unwrap();
        file.set_modified(SystemTime::now() - hour).unwrap();
    };
    old("a/b/c/d/e/f/g/old.mlp");
    common::write(&root, "young.sql", "");
    let mut files = Files::since(SystemTime::now() - hour / 2);
    let mut changed = || {
        let mut news = News::default();
        files.look(std::slice::from_ref(&root), &mut news);
        let mut changed = news.files;
        changed.sort();
        changed.iter().map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(changed(), ["young.sql"], "written since the texts were read");
    assert_eq!(changed(), [] as [&str; 0]);
    for name in ["mlp.toml", "new.mlp", "f.py", ".git/x.mlp", "target/x.mlp", "readme.md", ".mlp/state.db"] {
        common::write(&root, name, "");
    }
    common::write(&root, "young.sql", "select 1");
    assert_eq!(changed(), ["f.py", "mlp.toml", "new.mlp", "young.sql"]);
    fs::rename(root.join("a"), root.join("z")).unwrap();
    assert_eq!(changed(), ["a/b/c/d/e/f/g/old.mlp", "z/b/c/d/e/f/g/old.mlp"]);
    old("new.mlp");
    assert_eq!(changed(), ["new.mlp"], "a time that goes backwards is another time");
    fs::remove_dir_all(&root).unwrap();
    assert_eq!(changed().len(), 5);
}

#[test]
fn only_for_clients_that_watch_no_files_are_files_watched() {
    let mut client = shop();
    assert_eq!(client.session.to_watch().unwrap().files, [client.folder.path()]);
    let watches = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let mut client = Client::new(watches);
    client.write("mlp.toml", MANIFEST);
    client.write("src/a.mlp", "");
    client.open("src/a.mlp", "");
    client.told();
    assert_eq!(client.session.to_watch().unwrap().files, [] as [PathBuf; 0]);
    // a package outside of what is open
    let elsewhere = tempfile::tempdir().unwrap();
    common::write(elsewhere.path(), "mlp.toml", MANIFEST);
    common::write(elsewhere.path(), "src/a.mlp", "");
    let mut client = shop();
    let uri = lsp_types::Url::from_file_path(elsewhere.path().join("src/a.mlp")).unwrap();
    let document = json!({"uri": uri, "languageId": "mlp", "version": 1, "text": ""});
    client.tell("textDocument/didOpen", json!({"textDocument": document}));
    client.told();
    assert_eq!(client.session.to_watch().unwrap().files, [client.folder.path(), elsewhere.path()]);
}

#[test]
fn what_came_and_went_before_anybody_looked_is_noticed_at_the_first_look() {
    let mut client = shop();
    fs::rename(client.path("src/sub"), client.path("src/new")).unwrap();
    let mut news = News::default();
    // with times as old as they are, a file that was moved is not told by its own
    Files::since(SystemTime::now() + Duration::from_secs(3600)).look(&[client.folder.path().to_path_buf()], &mut news);
    assert_eq!(news.files, [] as [PathBuf; 0]);
    client.session.noticed(news);
    assert_eq!(client.findings(), [MISSING]);
    assert_eq!(modules(&client), ["new.orders", "stages"]);
}

#[test]
fn a_server_whose_client_watches_nothing_notices_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    common::write(folder.path(), "mlp.toml", MANIFEST);
    common::write(folder.path(), "src/sub/orders.mlp", ORDERS);
    common::write(folder.path(), "src/stages.mlp", STAGES);
    let (server, client) = Connection::memory();
    let server = std::thread::spawn(move || mlp_server::converse(&server, Arc::new(NoSql), Box::new(NoHistory)));
    let root = lsp_types::Url::from_directory_path(folder.path()).unwrap();
    let params = json!({"capabilities": {}, "workspaceFolders": [{"uri": root, "name": "test"}]});
    client.sender.send(Request::new(0.into(), "initialize".to_owned(), params).into()).unwrap();
    let initialized = Notification::new("initialized".to_owned(), json!({}));
    client.sender.send(initialized.into()).unwrap();
    let pushed = || loop {
        match client.receiver.recv_timeout(Duration::from_secs(60)) {
            Ok(Message::Notification(told)) => return told.params["diagnostics"].as_array().unwrap().len(),
            Ok(_) => {}
            Err(_) => panic!("nothing is noticed"),
        }
    };
    common::write(folder.path(), "src/sub/orders.mlp", "contract Other { id: int64 }\n");
    assert_eq!(pushed(), 1);
    fs::rename(folder.path().join("src/sub"), folder.path().join("src/moved")).unwrap();
    assert_eq!(pushed(), 1, "another finding");
    common::write(folder.path(), "src/sub/orders.mlp", ORDERS);
    assert_eq!(pushed(), 0);
    drop(client);
    assert!(server.join().unwrap().is_err(), "it hung up");
}
