//! The SQL of stages in files of its own: what is found in it is told where it is, while it is edited.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use serde_json::{Value, json};

use self::common::{Client, MANIFEST, write};

const SHOP: &str = "contract Order { id: int64, amount: float64 }\ncontract Small { id: int64, sum: float64 }\n\
                    stage small(orders: Table<Order>) -> Table<Small> { run = sql(\"sql/small.sql\") }\n";

/// A client of a package with these files.
fn client(files: &[(&str, &str)], capabilities: Value) -> Client {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "mlp.toml", MANIFEST);
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    Client::within(folder, capabilities)
}

fn type_all(client: &mut Client, name: &str, version: i32, text: &str) {
    let changes =
        json!({"textDocument": {"uri": client.uri(name), "version": version}, "contentChanges": [{"text": text}]});
    client.tell("textDocument/didChange", changes);
}

#[test]
fn what_is_wrong_in_a_file_is_told_for_it_at_its_word_and_is_gone_once_it_is_mended() {
    let mut client =
        client(&[("src/shop.mlp", SHOP), ("sql/small.sql", "select id,\n  amont as sum from orders\n")], json!({}));
    let told = client.told();
    let told: Vec<&Value> = told.iter().filter(|told| told["method"] == "textDocument/publishDiagnostics").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let params = &told[0]["params"];
    assert!(params["uri"].as_str().unwrap().ends_with("/sql/small.sql"));
    let found = &params["diagnostics"][0];
    assert_eq!(found["range"], json!({"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 7}}));
    let related = found["relatedInformation"].as_array().unwrap();
    assert!(related.iter().any(|place| {
        place["location"]["uri"].as_str().unwrap().ends_with("/src/shop.mlp") && place["message"] == "run here"
    }));

    // the buffer is what counts, and each keystroke of it
    client.open("sql/small.sql", "select id, amount as sum from orders\n");
    assert_eq!(client.pushed(), [("small.sql".to_owned(), vec![])]);
    type_all(&mut client, "sql/small.sql", 2, "select id, amount as sum from order");
    let pushed = client.pushed();
    assert_eq!(pushed.len(), 1);
    assert!(pushed[0].1[0].starts_with("0:30 MLP404 SQL: no input of the stage is named `order`"), "{pushed:?}");
    type_all(&mut client, "sql/small.sql", 3, "select id, cast(amount as varchar) as sum from orders");
    let pushed = client.pushed();
    assert!(pushed[0].1[0].starts_with("0:11 MLP405 "), "{pushed:?}");

    // closed, it is what it is on disk again
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": client.uri("sql/small.sql")}}));
    assert!(client.pushed()[0].1[0].starts_with("1:2 MLP404"), "as on disk");
    client.write("sql/small.sql", "select id, amount as sum from orders");
    client
        .tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": client.uri("sql/small.sql"), "type": 2}]}));
    assert_eq!(client.pushed(), [("small.sql".to_owned(), vec![])]);
}

#[test]
fn a_file_that_a_stage_names_later_is_looked_into_from_then_on() {
    let before = SHOP.replace("sql/small.sql", "select id, amount as sum from orders");
    let mut client = client(&[("src/shop.mlp", &before), ("sql/small.sql", "select idd from orders")], json!({}));
    client.open("src/shop.mlp", &before);
    client.open("sql/small.sql", "select idd from orders");
    assert_eq!(client.pushed(), []);
    type_all(&mut client, "src/shop.mlp", 2, SHOP);
    assert_eq!(client.pushed()[0].0, "small.sql");
    type_all(&mut client, "src/shop.mlp", 3, &before);
    assert_eq!(client.pushed(), [("small.sql".to_owned(), vec![])]);
}

#[test]
fn a_file_that_no_stage_runs_gets_nothing_and_no_error() {
    let mut client = client(
        &[("src/shop.mlp", SHOP), ("sql/small.sql", "select id, amount as sum from orders")],
        json!({"textDocument": {"diagnostic": {}}}),
    );
    client.open("sql/other.sql", "select 1 from nowhere");
    let document = json!({"uri": client.uri("sql/other.sql")});
    let at = json!({"textDocument": document, "position": {"line": 0, "character": 8}});
    for method in ["hover", "definition", "completion", "documentHighlight", "rename", "prepareRename", "signatureHelp"]
    {
        assert_eq!(client.ask(&format!("textDocument/{method}"), at.clone()).unwrap(), Value::Null, "{method}");
    }
    for method in ["documentSymbol", "foldingRange", "semanticTokens/full", "codeLens", "formatting"] {
        let params = json!({"textDocument": document, "options": {"tabSize": 2, "insertSpaces": true}});
        assert_eq!(client.ask(&format!("textDocument/{method}"), params).unwrap(), Value::Null, "{method}");
    }
    // the loop asks by another door
    assert_eq!(client.accept("textDocument/hover", at), Some(Value::Null));
    let pulled = client.ask("textDocument/diagnostic", json!({"textDocument": document})).unwrap();
    assert_eq!(pulled["items"], json!([]));
}

#[test]
fn the_sql_of_a_stage_is_not_laid_out_as_if_it_were_ours() {
    let mut client = client(&[("src/shop.mlp", SHOP), ("sql/small.sql", "select   id from orders")], json!({}));
    client.open("sql/small.sql", "select   id from orders");
    let params =
        json!({"textDocument": {"uri": client.uri("sql/small.sql")}, "options": {"tabSize": 2, "insertSpaces": true}});
    assert_eq!(client.ask("textDocument/formatting", params).unwrap(), Value::Null);
}

#[test]
fn a_file_that_is_opened_alone_finds_its_package() {
    let folder = tempfile::tempdir().unwrap();
    let sql = "select idd, amount as sum from orders";
    for (path, text) in [("mlp.toml", MANIFEST), ("src/shop.mlp", SHOP), ("sql/small.sql", sql)] {
        write(&folder.path().join("shop"), path, text);
    }
    let mut client = Client::within(tempfile::tempdir().unwrap(), json!({}));
    let uri = lsp_types::Url::from_file_path(folder.path().join("shop/sql/small.sql")).unwrap();
    let document = json!({"uri": uri, "languageId": "sql", "version": 1, "text": sql});
    client.tell("textDocument/didOpen", json!({"textDocument": document}));
    assert_eq!(client.pushed().len(), 1);
}

/// Makes the edits of a rename; answers what is wrong before and after.
fn after_rename(
    files: &[(&str, &str)],
    (name, word, nth): (&str, &str, usize),
    new: &str,
) -> Result<Vec<(String, String)>, String> {
    let mut client = client(files, json!({"textDocument": {"diagnostic": {}}}));
    for (path, text) in files {
        client.open(path, text);
    }
    let wrong = |client: &mut Client| -> Vec<String> {
        let found = client.ask("workspace/diagnostic", json!({"previousResultIds": []})).unwrap();
        let reports = found["items"].as_array().unwrap().iter();
        let items = reports.flat_map(|report| report["items"].as_array().unwrap().clone());
        items.map(|item| format!("{}: {}", item["code"], item["message"])).collect()
    };
    assert_eq!(wrong(&mut client), [""; 0]);
    let text = files.iter().find(|(path, _)| *path == name).unwrap().1;
    let (at, _) = text.match_indices(word).nth(nth).unwrap();
    let before = text.get(..at).unwrap();
    let position =
        json!({"line": before.matches('\n').count(), "character": before.rsplit('\n').next().unwrap().len()});
    let params = json!({"textDocument": {"uri": client.uri(name)}, "position": position, "newName": new});
    let edits = client.ask("textDocument/rename", params)?;
    let mut after = Vec::new();
    for (path, text) in files {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let mut here = edits["changes"][client.uri(path).as_str()].as_array().cloned().unwrap_or_default();
        here.sort_by_key(|edit| std::cmp::Reverse(edit["range"]["start"]["character"].as_u64()));
        for edit in here {
            let number = |end: &str, part: &str| usize::try_from(edit["range"][end][part].as_u64().unwrap()).unwrap();
            let range = number("start", "character")..number("end", "character");
            lines[number("start", "line")].replace_range(range, edit["newText"].as_str().unwrap());
        }
        let text = lines.join("\n");
        type_all(&mut client, path, 2, &text);
        after.push(((*path).to_owned(), text));
    }
    assert_eq!(wrong(&mut client), [""; 0], "{after:?}");
    Ok(after)
}

#[test]
fn after_a_rename_the_package_checks_as_before() {
    let shop = "contract Order { id: int64, amount: float64, state: string }\n\
                contract Copy { id: int64, amount: float64, state: string }\n\
                contract Sum { id: int64, sum: float64 }\n\
                stage copy(orders: Table<Order>) -> Table<Copy> { run = sql(\"select * from orders\") }\n\
                stage sum(orders: Table<Order>, others: Table<Copy>) -> Table<Sum> { run = sql(\"sql/sum.sql\") }\n\
                stage quoted(orders: Table<Order>) -> Table<Sum> { run = sql(\"select \\\"id\\\", amount\\n as \\\"sum\\\" from orders\") }\n\
                stage same(rows: Table<Order>) -> Table<Order> { run = sql(\"select * from (select * from rows where state <> 'id') x order by id\") }\n";
    let sum = "with a as (select o.id, o.amount + c.amount as n from orders o join others c on o.id = c.id)\nselect id, n as sum from a order by id, sum\n";
    let files = [("src/shop.mlp", shop), ("sql/sum.sql", sum)];
    let places = [
        ("src/shop.mlp", "id:", 0),
        ("src/shop.mlp", "id:", 1),
        ("src/shop.mlp", "id:", 2),
        ("src/shop.mlp", "amount:", 0),
        ("src/shop.mlp", "amount:", 1),
        ("src/shop.mlp", "sum: ", 0),
        ("src/shop.mlp", "state", 0),
        ("src/shop.mlp", "orders:", 1),
        ("src/shop.mlp", "rows:", 0),
        ("sql/sum.sql", "a as", 0),
        ("sql/sum.sql", "n from", 0),
        ("sql/sum.sql", "c on", 0),
        ("sql/sum.sql", "id", 0),
        ("sql/sum.sql", "sum", 1),
    ];
    for place in places {
        for new in ["renamed", "order", "x9"] {
            let after = after_rename(&files, place, new).unwrap();
            assert!(after.iter().any(|(_, text)| text.contains(new)), "{place:?}");
        }
    }
}

#[test]
fn a_rename_that_changes_what_another_stage_runs_is_refused() {
    let shop = "contract Order { id: int64 }\ncontract Bill { id: int64 }\n\
                stage one(rows: Table<Order>) -> Table<Order> { run = sql(\"sql/all.sql\") }\n\
                stage two(rows: Table<Bill>) -> Table<Bill> { run = sql(\"sql/all.sql\") }\n";
    let files = [("src/shop.mlp", shop), ("sql/all.sql", "select id from rows")];
    let refused = after_rename(&files, ("src/shop.mlp", "id", 0), "number").unwrap_err();
    assert!(refused.contains("`sql/all.sql` is the SQL of `two` as well"), "{refused}");
    let taken =
        after_rename(&[("src/shop.mlp", "contract A { id: int64, n: int64 }\n")], ("src/shop.mlp", "id", 0), "n");
    assert!(taken.unwrap_err().contains("`n` is a column of `A` already"));
}
