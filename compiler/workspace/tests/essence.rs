//! What tells of a run's record that it is one of the text as it stands: the essence of its pipeline, which edits that change nothing of what a run does leave alone.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use mlp_plan::Essence;
use mlp_ports::NoSql;
use mlp_workspace::{Package, in_memory};

const SHOP: &str = r#"use std.evaluate.{binary, Binary}

contract Row { x: float64, y: bool label }
contract Scored = Row with { score: float64 in 0 .. 1 }
contract Bill { total: float64 }

source rows() -> Table<Row> { from = csv("rows.csv") }
source held() -> Table<Row> { from = csv("held.csv") }
source bills() -> Table<Bill> { from = csv("bills.csv") }
sink keep(bills: Table<Bill>) { to = csv("out.csv") }
stage fit(rows: Table<Row>, depth: int = 3, seed: int = 7) -> Model<Row, Scored> { run = command(["fit"]) }
stage score(model: Model<Row, Scored>, rows: Table<Row>) -> Table<Scored> { run = command(["score"]) }
model M: Model<Row, Scored> { ladder = [live] }

/// Good enough.
policy Release(candidate: Report<Binary>) {
  require candidate.auc >= 0.65   else "not good enough"
}

pipeline train() {
  let data   = rows()
  let model  = fit(data)
  let report = binary(score(model, held()), truth: .y, score: .score)
  promote model to M.live when Release(report)
}

pipeline bill() {
  keep(bills())
}
"#;

fn essence(text: &str, pipeline: &str) -> Essence {
    let mut package = Package::open(in_memory(&[("shop", text)]), Arc::new(NoSql));
    let plan = package.plan().unwrap_or_else(|| panic!("{:?}", package.diagnostics()));
    plan.essence(pipeline).unwrap()
}

/// Whether an edit leaves: the pipeline of the promotion, its first node, the promotion, the other pipeline.
fn leaves(from: &str, to: &str) -> [bool; 4] {
    assert_eq!(SHOP.matches(from).count(), 1, "{from}");
    let text = SHOP.replacen(from, to, 1);
    let (before, after) = (essence(SHOP, "train"), essence(&text, "train"));
    let promotion = |essence: &Essence| {
        essence.nodes.iter().find(|(id, _)| id.contains("promote")).map(|(_, digest)| digest.clone()).unwrap()
    };
    [
        before.pipeline == after.pipeline,
        before.nodes.contains_key("data") && before.nodes.get("data") == after.nodes.get("data"),
        promotion(&before) == promotion(&after),
        essence(SHOP, "bill") == essence(&text, "bill"),
    ]
}

#[test]
fn what_changes_nothing_of_a_run_leaves_it() {
    for (from, to) in [
        ("contract Row", "// a comment\n\ncontract Row"),
        ("/// Good enough.\n", "/// As good as it has to be.\n"),
        ("let model  = fit", "let model =\n    fit"),
        ("\"not good enough\"", "\"too bad\""),
        ("0.65   else", "0.65 else"),
        ("{ run = command([\"fit\"]) }", "{ run = command([\"fit\"]), timeout = 3h, retries = 2 }"),
        ("pipeline train() {", "pipeline train() {\n  schedule = cron(\"0 6 * * *\")"),
    ] {
        assert_eq!(leaves(from, to), [true; 4], "{to}");
    }
}

#[test]
fn an_edit_is_told_of_what_it_reaches_and_of_nothing_else() {
    for (from, to, left) in [
        ("0.65", "0.7", [false, true, false, true]),
        ("command([\"fit\"])", "command([\"fit\", \"-v\"])", [false, true, false, true]),
        ("depth: int = 3", "depth: int = 4", [false, true, false, true]),
        ("rows.csv", "other.csv", [false, false, false, true]),
        ("{ x: float64, y", "{ x: float64 in 0 .. 1, y", [false, false, false, true]),
        ("bills.csv", "other.csv", [true, true, true, false]),
        ("total: float64", "total: float64 in 0 ..", [true, true, true, false]),
        ("pipeline train() {", "pipeline train(day: int = 3) {", [false, true, true, true]),
    ] {
        assert_eq!(leaves(from, to), left, "{to}");
    }
}
