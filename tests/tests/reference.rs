//! The pages of `docs/reference` that are made from the code: equal to it, or written again with `UPDATE_DOCS=1`.

use std::fmt::Write as _;

use mlp_diagnostics::{Code, Severity, explain, render::json_schema};
use mlp_plan::{Plan, canonical};
use mlp_tests::page_holds;

/// The page must hold this text.
fn holds(page: &str, wanted: &str) {
    page_holds(page, wanted, "reference");
}

#[test]
fn the_list_of_codes_is_the_codes() {
    let families = [
        (1, "Syntax"),
        (2, "Names and packages"),
        (3, "Types and contracts"),
        (4, "Stages and pipelines"),
        (5, "Learning safety"),
        (6, "Policies and metrics"),
        (7, "Deployments and monitors"),
        (8, "Targets"),
        (9, "Run time"),
    ];
    let mut text = String::from(
        "# Diagnostics\n\nEvery code has one meaning, for ever. `mlp explain CODE` shows its page, with a failing and a mended program.\n\
         This list is made from the compiler's own table; a test keeps it so.\n",
    );
    for (hundred, family) in families {
        let _ = write!(text, "\n## {hundred}xx: {family}\n\n| code | meaning | severity |\n|---|---|---|\n");
        for code in Code::ALL.iter().filter(|code| code.number() / 100 == hundred) {
            let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
            let name = match explain(*code) {
                Some(_) => format!("[{code}](../../compiler/diagnostics/explain/{code}.md)"),
                None => code.to_string(),
            };
            let _ = writeln!(text, "| {name} | {} | {severity} |", code.meaning().trim());
        }
    }
    let rows = text.matches("| error |").count() + text.matches("| warning |").count();
    assert_eq!(rows, Code::ALL.len(), "a code is in no family");
    holds("docs/reference/diagnostics.md", &text);
}

#[test]
fn the_schema_of_json_diagnostics_is_published() {
    holds("docs/reference/schemas/diagnostics.schema.json", &canonical(&json_schema()).unwrap());
}

#[test]
fn the_schema_of_plans_is_published() {
    holds("docs/reference/schemas/plan.schema.json", &canonical(&Plan::json_schema()).unwrap());
}
