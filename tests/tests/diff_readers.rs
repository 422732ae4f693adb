//! Who reads what `mlp diff` finds changed: in the package, and in the others of its repository.

use std::fs;

use mlp_tests::{
    repository::{LINE, ORDERS, change, diff, git, json, kinds, neighbours, repository, with},
    text,
};
use serde_json::Value;

#[test]
fn readers_in_other_packages_are_told_with_their_path() {
    let consumer = r#"use contracts.orders.{Order}
source orders() -> Table<Order> { from = parquet("orders.parquet") }
contract Totals { id: int64, amount: float64 unit EUR }
stage total(rows: Table<Order>) -> Table<Totals> { run = sql("select id, amount from rows") }
sink publish(rows: Table<Totals>) { to = parquet("totals.parquet") }
pipeline totals { publish(total(orders())) }
"#;
    let folder = neighbours(consumer);
    let contracts = folder.path().join("contracts");
    change(&contracts, "  amount: float64 unit EUR in 0 .. 1_000\n", "");
    change(&contracts, "  email:  string @pii\n", "");
    let done = diff(&contracts, &["--against", "HEAD", "--format", "json"]);
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    let broken = with("MLP310", &answer);
    let readers = |path: &str| broken.iter().find(|change| change["path"] == path).unwrap()["readers"].clone();
    assert_eq!(readers("amount")[0]["package"], "shop");
    assert_eq!(readers("amount")[0]["path"][0], "Order");
    assert!(readers("amount")[0]["path"][1].as_str().unwrap().starts_with("totals."));
    // the SQL does not name it
    assert_eq!(readers("email").as_array().unwrap().len(), 0);
    // it checked before, and no mode permits that it no longer does
    let dependent = broken.iter().find(|change| change["kind"] == "dependent_broken").unwrap();
    assert_eq!((&dependent["subject"], &dependent["range"]["start"]["line"]), (&"shop".into(), &4.into()));
    assert!(dependent["message"].as_str().unwrap().contains("does not check any more: MLP404"), "{dependent}");
    let said = text(&diff(&contracts, &["--against", "HEAD", "--format", "github"]));
    assert!(said.contains("::error file=shop/src/shop.mlp,line=4,"), "{said}");
    // both packages together, from the top
    let (_, answer) = json(folder.path(), &["--against", "HEAD", "--head", "HEAD"]);
    assert_eq!(answer["verdict"], "ok");
}

/// What runs nowhere breaks for nobody but its authors, who are told.
#[test]
fn a_stage_that_no_pipeline_calls_is_told_and_breaks_nobody() {
    let stage = "stage tidy(rows: Table<Order>) -> Table<Order> { run = command([\"tidy\"]) }\n";
    let ids = "contract Ids { id: int64 }\nstage ids(rows: Table<Order>) -> Table<Ids> { run = sql(\"select id from rows\") }\n";
    let folder = repository(&ORDERS.replace("  email:", "  note:   string?\n  email:").replacen(
        "contract",
        &format!("{stage}{ids}contract"),
        1,
    ));
    change(folder.path(), "  note:   string?\n", "");
    change(folder.path(), "1.0.0", "1.1.0");
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!((code, kinds(&answer)), (0, vec![("column_removed".to_owned(), None)]));
    assert_eq!(answer["changes"][0]["readers"][0]["path"], serde_json::json!(["Order", "tidy"]));
    change(folder.path(), "  email:  string @pii\n", "");
    let said = text(&diff(folder.path(), &["--against", "HEAD", "--format", "pretty"]));
    assert!(said.contains("read by Order → tidy, which nothing calls (orders, src/orders.mlp:1:"), "{said}");
    assert!(!said.contains("Order → ids"), "{said}");
    // once it is called, it is told as what calls it
    let called = "source orders() -> Table<Order> { from = parquet(\"o\") }\nsink keep(rows: Table<Order>) { to = parquet(\"p\") }\npipeline p { keep(tidy(orders())) }\n";
    change(folder.path(), "contract Order", &format!("{called}contract Order"));
    git(folder.path(), &["commit", "-qam", "two"]);
    change(folder.path(), "  amount: float64 unit EUR in 0 .. 1_000\n", "");
    let said = text(&diff(folder.path(), &["--against", "HEAD", "--format", "pretty"]));
    assert!(said.contains("read by Order → p.keep-tidy") && !said.contains("which nothing calls"), "{said}");
}

/// A mode says what is promised, and not who gets hurt.
#[test]
fn a_break_that_its_mode_permits_is_a_warning_where_another_package_reads() {
    let consumer = r#"use contracts.orders.{Order}
source orders() -> Table<Order> { from = parquet("orders.parquet") }
sink publish(rows: Table<Order>) { to = parquet("totals.parquet"), clearance = [pii] }
pipeline totals { publish(orders()) }
"#;
    let folder = neighbours(consumer);
    let contracts = folder.path().join("contracts");
    change(&contracts, "compatibility = full", "compatibility = backward");
    git(folder.path(), &["commit", "-qam", "two"]);
    change(&contracts, "  amount: float64 unit EUR in 0 .. 1_000\n", "");
    change(&contracts, "1.0.0", "1.1.0");
    let said = |format: &str| {
        let done = diff(&contracts, &["--against", "HEAD", "--format", format]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done));
        String::from_utf8(done.stdout).unwrap()
    };
    assert!(
        said("markdown").contains(": ⚠️ breaks readers in this repository, which its modes permit\n"),
        "{}",
        said("markdown")
    );
    assert!(said("markdown").contains("read by Order → totals"), "{}", said("markdown"));
    assert!(said("github").starts_with("::warning file=contracts/src/orders.mlp,line=1,"), "{}", said("github"));
    assert!(
        said("short").contains("warning[MLP310]") && said("short").contains("(read by Order → totals"),
        "{}",
        said("short")
    );
    assert!(said("pretty").contains("read by Order → totals"), "{}", said("pretty"));
    assert!(said("sarif").contains("\"level\": \"warning\""), "{}", said("sarif"));
    // what is permitted and read by nobody else needs no warning
    fs::write(folder.path().join("shop/src/shop.mlp"), LINE).unwrap();
    git(folder.path(), &["add", "shop"]);
    git(folder.path(), &["commit", "-qm", "three"]);
    assert!(
        said("markdown").contains(": ✅ breaks only what its modes permit, or what was accepted\n"),
        "{}",
        said("markdown")
    );
    assert_eq!(said("github"), "");
}

/// Nobody knows what they read who do not check.
#[test]
fn readers_that_cannot_be_looked_at_are_not_said_to_be_none() {
    let folder = neighbours("use contracts.orders.{Order}\ncontract Line { id: int63 }\n");
    let contracts = folder.path().join("contracts");
    change(&contracts, "  email:  string @pii\n", "");
    let done = diff(&contracts, &["--against", "HEAD", "--format", "pretty"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done));
    let said = text(&done);
    assert!(
        said.contains("whether `shop` reads it is not known: it depends on this package and does not check"),
        "{said}"
    );
    assert!(!said.contains("reads it\n"), "{said}");
    // nor where the mode permits the break
    change(&contracts, "compatibility = full", "compatibility = none");
    git(folder.path(), &["commit", "-qam", "two"]);
    change(&contracts, "  amount: float64 unit EUR in 0 .. 1_000\n", "");
    let done = diff(&contracts, &["--against", "HEAD", "--format", "markdown"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(said.contains("⚠️") && said.contains("- note: what `shop` reads is not known"), "{said}");
    let done = diff(&contracts, &["--against", "HEAD", "--format", "junit"]);
    assert_eq!(String::from_utf8(done.stdout).unwrap().matches("<?xml").count(), 1);
}

/// Neighbours are only read.
#[test]
fn the_lock_files_of_other_packages_are_left_alone() {
    let folder = neighbours(LINE);
    let (contracts, lock) = (folder.path().join("contracts"), folder.path().join("shop/mlp.lock"));
    assert_eq!(json(&contracts, &["--against", "HEAD"]).0, 0);
    assert!(!lock.exists());
    fs::write(&lock, "# as it was committed\nversion = 1\n").unwrap();
    change(&contracts, "0 .. 1_000", "0 .. 500");
    assert_eq!(json(&contracts, &["--against", "HEAD"]).0, 1);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "# as it was committed\nversion = 1\n");
}
