//! What ran last, above the lines that it is about: told beside the text as it stands, and told anew when there is something else to tell.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use mlp_server::history::Past;
use serde_json::{Value, json};

use self::common::{Client, MANIFEST, news};

const SHOP: &str = r#"contract A { id: int64 }

source load() -> Table<A> { from = csv("a.csv") }
sink keep(rows: Table<A>) { to = csv("b.csv") }

pipeline daily() {
  keep(load())
}

pipeline other() {
  keep(load())
}
"#;

const HOUR: i64 = 3600;

/// A client that sees what is refreshed, with a package whose pipeline `daily` failed at the beginning of time, with the text as it stands.
fn shop() -> Client {
    let folder = tempfile::tempdir().unwrap();
    common::write(folder.path(), "mlp.toml", MANIFEST);
    common::write(folder.path(), "src/shop.mlp", SHOP);
    let capabilities = json!({"workspace": {"codeLens": {"refreshSupport": true}, "configuration": true}});
    let mut client = Client::within(folder, capabilities);
    client.open("src/shop.mlp", SHOP);
    client.told();
    let past = past(&mut client);
    notice(&mut client, 2 * HOUR, Some(past));
    client
}

fn past(client: &mut Client) -> Past {
    let home = client.folder.path().to_path_buf();
    let plan = client.session.workspace.home_mut(&home).unwrap().plan().unwrap();
    let mut past = common::past();
    let daily = past.runs.get_mut(&("shop".to_owned(), "daily".to_owned())).unwrap();
    daily.essence = plan.essence("daily").unwrap().pipeline;
    past
}

fn notice(client: &mut Client, now: i64, past: Option<Past>) {
    let folder = client.folder.path().to_path_buf();
    client.session.noticed(news(now, past.map(|past| (folder, past))));
}

/// How often the client is asked to ask for lenses again.
fn refreshed(client: &mut Client) -> usize {
    client.told().iter().filter(|told| told["method"] == "workspace/codeLens/refresh").count()
}

fn write(client: &mut Client, text: &str) {
    let uri = client.uri("src/shop.mlp");
    let params = json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]});
    client.tell("textDocument/didChange", params);
}

const FAILED: &str = "5: failed at `load` 2 h ago: MLP901";

#[test]
fn a_run_is_of_an_earlier_text_once_its_own_pipeline_would_run_something_else() {
    let mut client = shop();
    assert_eq!(client.lasts("src/shop.mlp"), [FAILED]);
    for same in [
        SHOP.replacen("  keep(load())", "  // a comment\n  keep( load() )", 1),
        SHOP.replace("pipeline other() {\n  keep(load())", "pipeline other() {\n  keep(load())\n  keep(load())"),
        format!("{SHOP}\ncontract B {{ id: int64 in 0 .. 5 }}\n"),
    ] {
        write(&mut client, &same);
        assert_eq!(client.lasts("src/shop.mlp"), [FAILED], "{same}");
    }
    let earlier = format!("{FAILED} · of an earlier text");
    for other in [SHOP.replace("a.csv", "c.csv"), SHOP.replace("id: int64", "id: int64 in 0 ..")] {
        write(&mut client, &other);
        assert_eq!(client.lasts("src/shop.mlp"), std::slice::from_ref(&earlier), "{other}");
    }
    write(&mut client, SHOP);
    assert_eq!(client.lasts("src/shop.mlp"), [FAILED], "it was taken back");
}

#[test]
fn while_a_text_is_broken_it_is_as_it_was_when_it_was_whole() {
    let mut client = shop();
    assert_eq!(client.lasts("src/shop.mlp"), [FAILED]);
    write(&mut client, &SHOP.replace("sink keep", "sink kee"));
    assert_eq!(client.lasts("src/shop.mlp"), [FAILED]);
    // a text that was never whole is compared with nothing
    let mut client = shop();
    write(&mut client, &SHOP.replace("sink keep", "sink kee"));
    assert_eq!(client.lasts("src/shop.mlp"), [format!("{FAILED} · perhaps of an earlier text")]);
}

#[test]
fn lenses_are_asked_for_again_when_something_ran_and_when_what_they_say_is_no_longer_true() {
    let mut client = shop();
    assert_eq!(refreshed(&mut client), 1, "there is something to tell");
    client.lasts("src/shop.mlp");
    notice(&mut client, 3 * HOUR - 1, None);
    assert_eq!(refreshed(&mut client), 0, "it is still 2 h ago");
    notice(&mut client, 3 * HOUR, None);
    assert_eq!(refreshed(&mut client), 1);
    notice(&mut client, 9 * HOUR, None);
    assert_eq!(refreshed(&mut client), 0, "nobody has asked since");
    notice(&mut client, 9 * HOUR, Some(Past::default()));
    assert_eq!(refreshed(&mut client), 1);
    assert_eq!(client.lasts("src/shop.mlp"), [] as [String; 0]);
}

#[test]
fn a_package_with_another_name_is_another() {
    let mut client = shop();
    client.write("mlp.toml", &MANIFEST.replace("shop", "market"));
    let uri = client.uri("mlp.toml");
    client.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
    assert_eq!(client.lasts("src/shop.mlp"), [] as [String; 0]);
}

#[test]
fn it_can_be_switched_off_and_then_nobody_looks() {
    let mut client = shop();
    let watched = client.session.to_watch().unwrap();
    assert_eq!(watched.records, [client.folder.path()]);
    assert_eq!(client.session.to_watch(), None, "nothing else");
    client.tell("workspace/didChangeConfiguration", json!({"settings": null}));
    let told = client.told();
    let asked = told.iter().rfind(|told| told["method"] == "workspace/configuration").unwrap();
    let answer = json!({"id": asked["id"], "result": [{"lens": {"last": false}}]});
    client.session.answered(serde_json::from_value(answer).unwrap());
    assert_eq!(refreshed(&mut client), 1);
    assert_eq!(client.lasts("src/shop.mlp"), [] as [String; 0]);
    assert_eq!(client.session.to_watch().unwrap().records, [] as [std::path::PathBuf; 0]);
}

#[test]
fn a_file_without_a_package_has_its_runs_beside_it() {
    let mut client = Client::new(json!({}));
    client.write("alone.mlp", SHOP);
    client.open("alone.mlp", SHOP);
    client.told();
    assert_eq!(client.session.to_watch().unwrap().records, [client.folder.path()]);
    let mut past = common::past();
    past.runs = past.runs.into_iter().map(|((_, pipeline), run)| (("alone".to_owned(), pipeline), run)).collect();
    notice(&mut client, HOUR, Some(past));
    let told = client.lasts("alone.mlp");
    assert_eq!(told, ["5: failed at `load` 1 h ago: MLP901 · of an earlier text"]);
}

#[test]
fn a_click_asks_for_the_run() {
    let mut client = shop();
    let uri = client.uri("src/shop.mlp");
    let lenses = client.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}})).unwrap();
    let arguments: Vec<&Value> = lenses
        .as_array()
        .unwrap()
        .iter()
        .filter(|lens| lens["command"]["command"] == "mlp.showRun")
        .map(|lens| &lens["command"]["arguments"][0])
        .collect();
    assert_eq!(arguments, [&json!({"uri": uri, "run": "a"})]);
}
