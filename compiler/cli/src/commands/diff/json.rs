//! The JSON form of a comparison.

use mlp_diagnostics::render::Failure;
use mlp_evolution::{Change, Judged, Verdict};
use mlp_source::{Position, SourceMap, Span};
use serde_json::{Value, json};

use super::Compared;

/// All packages as one object; `fails` is what the exit code says, `failures` why some were not compared.
pub fn write(compared: &[Compared], fails: bool, failures: &[Failure]) -> String {
    let mut changes = Vec::new();
    for one in compared {
        let (map, place) = one.shown.ranges();
        for change in &one.found.changes {
            let mut value = as_json(change, one.shown.name(&change.place), &map, place(&change.place));
            add(&mut value, "package", json!(one.package));
            changes.push(value);
        }
    }
    let contracts: Vec<Value> = compared
        .iter()
        .flat_map(|one| one.found.contracts.iter().map(|contract| judged(&one.package, contract)))
        .collect();
    let mut all = json!({ "changes": changes, "contracts": contracts, "verdict": if fails { "broken" } else { "ok" } });
    if !failures.is_empty() {
        add(&mut all, "failures", json!(failures));
    }
    format!("{all:#}\n")
}

fn add(value: &mut Value, name: &str, member: Value) {
    if let Value::Object(members) = value {
        members.insert(name.to_owned(), member);
    }
}

fn as_json(change: &Change, file: &str, map: &SourceMap, span: Option<Span>) -> Value {
    let position = |at: Position| json!({ "line": at.line, "column": at.column, "offset": at.offset });
    let range = span.map(|span| {
        let (start, end) = map.positions(span);
        json!({ "start": position(start), "end": position(end) })
    });
    let mut value = json!({
        "kind": change.kind,
        "subject": change.subject,
        "path": change.path,
        "class": change.class,
        "direction": change.direction,
        "breaks": change.breaks.words(),
        "code": change.code().map(|code| format!("MLP{code}")),
        "message": change.message,
        "old": change.old,
        "new": change.new,
        "file": file,
        "range": range,
        "help": change.help,
        "example": change.example,
        "readers": change.readers,
    });
    if let Verdict::Accepted { because, until } = &change.verdict {
        add(&mut value, "accepted", json!({ "because": because, "until": until.map(|until| until.to_string()) }));
    }
    value
}

fn judged(package: &str, one: &Judged) -> Value {
    json!({
        "package": package,
        "name": one.name,
        "mode": one.mode.word(),
        "verdict": if one.broken { "broken" } else { "ok" },
        "required_bump": one.required,
        "declared_bump": one.declared,
        "least_version": one.least.as_ref().map(ToString::to_string),
    })
}
