//! `mlp check --explain-checks`: the rules of each edge, with what became of them.

use mlp_analysis::edges::{Compared, Explained, Outcome, explained};
use mlp_diagnostics::render::Format;
use mlp_workspace::Loaded;
use serde_json::{Value, json};

/// What a check found, and after it the edges of the package's own files.
pub fn with_edges(found: &str, format: Format, loaded: &Loaded, compared: &[Compared]) -> String {
    let edges: Vec<Explained> =
        explained(compared).into_iter().filter(|edge| loaded.own.contains(&edge.span.file)).collect();
    if format == Format::Json {
        return super::with_member(found, "edges", edges.iter().map(|edge| as_json(edge, loaded)).collect());
    }
    let mut text = found.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for edge in &edges {
        text.push_str(&as_text(edge, loaded));
    }
    text.push_str(&total(&edges));
    text
}

fn count(edges: &[Explained], outcome: Outcome) -> usize {
    edges.iter().flat_map(|edge| &edge.rules).filter(|(_, one)| *one == outcome).count()
}

fn total(edges: &[Explained]) -> String {
    let [proven, refuted, planted] =
        [Outcome::Proven, Outcome::Refuted, Outcome::Planted].map(|outcome| count(edges, outcome));
    let noun = if edges.len() == 1 { "edge" } else { "edges" };
    format!(
        "{} {noun}: {proven} rules proven, {refuted} refuted, {planted} planted (checked in each run)\n",
        edges.len()
    )
}

fn place(edge: &Explained, loaded: &Loaded) -> (String, u32, u32) {
    let file = loaded.sources.get(edge.span.file).map(|file| file.name.clone()).unwrap_or_default();
    let start = loaded.sources.start(edge.span);
    (file.to_string(), start.line, start.column)
}

fn as_text(edge: &Explained, loaded: &Loaded) -> String {
    let (file, line, column) = place(edge, loaded);
    let mut text = format!("{file}:{line}:{column}: {}: {} <: {}\n", edge.what, edge.from, edge.to);
    for (rule, outcome) in &edge.rules {
        text.push_str(&format!("  {outcome:<8}{rule}\n", outcome = outcome.to_string()));
    }
    text
}

fn as_json(edge: &Explained, loaded: &Loaded) -> Value {
    let (file, line, column) = place(edge, loaded);
    let rules: Vec<Value> =
        edge.rules.iter().map(|(rule, outcome)| json!({ "rule": rule, "outcome": outcome.to_string() })).collect();
    json!({
        "file": file, "line": line, "column": column, "given": edge.what, "from": edge.from, "to": edge.to, "rules": rules,
    })
}
