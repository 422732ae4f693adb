//! SARIF 2.1.0, which code hosts and editors read.

use mlp_source::{SourceMap, Span};
use serde_json::{Value, json};

use super::{Failure, place::Place};
use crate::{Code, Diagnostic, Severity, explain};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut codes: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, &codes, sources)).collect();
    log(&codes, &results, None)
}

/// A run that found nothing, since it could not look.
pub(super) fn unable(failures: &[Failure]) -> String {
    let told = |failure: &Failure| json!({ "level": "error", "message": { "text": failure.words() } });
    let told: Vec<Value> = failures.iter().map(told).collect();
    log(&[], &[], Some(json!([{ "executionSuccessful": false, "toolExecutionNotifications": told }])))
}

fn log(codes: &[Code], results: &[Value], invocations: Option<Value>) -> String {
    let mut run = json!({
        "columnKind": "unicodeCodePoints",
        "tool": { "driver": {
            "name": "mlp",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
        } },
        "results": results,
    });
    if let (Some(invocations), Some(run)) = (invocations, run.as_object_mut()) {
        run.insert("invocations".to_owned(), invocations);
    }
    super::json_text(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }))
}

fn rule(code: Code) -> Value {
    let mut rule = json!({
        "id": code.to_string(),
        "shortDescription": { "text": code.meaning() },
        "defaultConfiguration": { "level": level(code.severity()) },
    });
    if let (Some(page), Some(rule)) = (explain(code), rule.as_object_mut()) {
        rule.insert("help".to_owned(), json!({ "text": page, "markdown": page }));
    }
    rule
}

fn result(diagnostic: &Diagnostic, codes: &[Code], sources: &SourceMap) -> Value {
    let related: Vec<Value> = diagnostic
        .labels
        .iter()
        .enumerate()
        .filter_map(|(id, label)| {
            let mut location = location(label.span, sources)?;
            let fields = location.as_object_mut()?;
            fields.insert("id".to_owned(), json!(id));
            fields.insert("message".to_owned(), json!({ "text": label.message }));
            Some(location)
        })
        .collect();
    let words = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code.to_string(),
        "ruleIndex": codes.binary_search(&diagnostic.code).unwrap_or_default(),
        "level": level(diagnostic.severity),
        "message": { "text": words },
        "locations": location(diagnostic.primary, sources).into_iter().collect::<Vec<_>>(),
    });
    if let Some(fields) = result.as_object_mut() {
        if !related.is_empty() {
            fields.insert("relatedLocations".to_owned(), Value::Array(related));
        }
        if let Some(fix) = fix(diagnostic, sources) {
            fields.insert("fixes".to_owned(), json!([fix]));
        }
    }
    result
}

fn fix(diagnostic: &Diagnostic, sources: &SourceMap) -> Option<Value> {
    let fix = diagnostic.fix.as_ref()?;
    let changes: Option<Vec<Value>> = fix
        .edits
        .iter()
        .map(|edit| {
            let place = Place::of(edit.span, sources)?;
            Some(json!({
                "artifactLocation": { "uri": uri(place.file) },
                "replacements": [{ "deletedRegion": region(&place), "insertedContent": { "text": edit.text } }],
            }))
        })
        .collect();
    Some(json!({ "description": { "text": fix.title }, "artifactChanges": changes? }))
}

fn location(span: Span, sources: &SourceMap) -> Option<Value> {
    let place = Place::of(span, sources)?;
    Some(json!({ "physicalLocation": { "artifactLocation": { "uri": uri(place.file) }, "region": region(&place) } }))
}

fn region(place: &Place<'_>) -> Value {
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end.line,
        "endColumn": place.end.column,
        "byteOffset": place.start.offset,
        "byteLength": place.end.offset - place.start.offset,
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A path as a URI reference: everything but unreserved characters and `/` as `%XX`.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
