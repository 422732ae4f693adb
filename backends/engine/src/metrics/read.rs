//! Reading reports: those of evaluations, and whatever a user's stage calls one.

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value};

use super::{
    REPORT_FILE, ROWS_FILE,
    kind::{Kind, Settings},
    report::{Evidence, Measured, Report, Slice, Source, whole},
};
use crate::EngineError;

/// Reads a report: a folder with `report.json`, or a JSON file.
///
/// A user's report is an object of metrics, in groups or not (`{"latency": {"p99": 0.08}}` is `latency.p99`), times in seconds, sizes in bytes, with
/// `"slices": {"origin": {"EWR": {"rows": 120, "recall": 0.4}}}` where it has slices. `null`, `NaN`, `Infinity` and what is no number are unknown.
///
/// # Errors
/// Where there is no such file, or it holds no JSON object.
pub fn read_report(path: &Path) -> Result<Report, EngineError> {
    let file = if path.is_dir() { path.join(REPORT_FILE) } else { path.to_path_buf() };
    let text = fs::read_to_string(&file).map_err(EngineError::io(&file))?;
    let report: Value = serde_json::from_str(&without_bare_words(&text))
        .map_err(|error| EngineError::malformed(&file, format!("not JSON: {error}")))?;
    let Value::Object(report) = report else {
        return Err(EngineError::malformed(&file, "a report is a JSON object of metrics"));
    };
    Ok(of_json(report, path))
}

fn of_json(mut report: Map<String, Value>, folder: &Path) -> Report {
    let slices = match report.remove("slices") {
        Some(Value::Object(slices)) => {
            slices.into_iter().map(|(column, groups)| (column, groups_of_json(groups))).collect()
        }
        _ => BTreeMap::new(),
    };
    let metrics = match report.get("metrics") {
        Some(Value::String(name)) => Some(name.clone()),
        _ => None,
    };
    let source = evidence(&report, metrics.as_deref(), folder).map_or(Source::File, Source::Rows);
    let said: &[&str] = match (&source, &metrics) {
        (Source::Rows(_), _) => &["metrics", "params", "evidence"],
        (_, Some(_)) => &["metrics"],
        _ => &[],
    };
    said.iter().for_each(|key| drop(report.remove(*key)));
    Report { metrics, values: values_of_json(report), slices, source }
}

fn evidence(report: &Map<String, Value>, metrics: Option<&str>, folder: &Path) -> Option<Evidence> {
    let file = folder.join(ROWS_FILE);
    let settings = Settings::of_json(Kind::of_metrics(metrics?)?, report.get("params")?)?;
    let digest = report.get("evidence")?.as_str()?.to_owned();
    file.is_file().then_some(Evidence { digest, file, settings })
}

fn groups_of_json(groups: Value) -> BTreeMap<String, Slice> {
    let Value::Object(groups) = groups else { return BTreeMap::new() };
    let slice = |values: Value| {
        let Value::Object(values) = values else { return Slice::default() };
        let values = values_of_json(values);
        Slice { rows: values.get("rows").and_then(|rows| rows.value).and_then(whole), values }
    };
    groups.into_iter().map(|(key, values)| (key, slice(values))).collect()
}

/// The metrics of a report or of a slice: what stands under `values`, with reasons under `unknown`, or everything.
fn values_of_json(mut object: Map<String, Value>) -> BTreeMap<String, Measured> {
    let mut found = BTreeMap::new();
    let mut reasons = Map::new();
    if let Some(Value::Object(values)) = object.get_mut("values") {
        flatten("", std::mem::take(values), &mut found);
        object.remove("values");
        if let Some(Value::Object(given)) = object.remove("unknown") {
            reasons = given;
        }
    }
    flatten("", object, &mut found);
    for (metric, reason) in reasons {
        if let (Some(measured), Value::String(reason)) =
            (found.get_mut(&metric).filter(|measured| measured.value.is_none()), reason)
        {
            measured.reason = Some(reason);
        }
    }
    found
}

fn flatten(prefix: &str, object: Map<String, Value>, found: &mut BTreeMap<String, Measured>) {
    for (key, value) in object {
        let name = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        let measured = match value {
            Value::Object(inner) => {
                flatten(&name, inner, found);
                continue;
            }
            Value::Number(number) => number.as_f64().map_or_else(|| Measured::unknown("no number"), Measured::point),
            Value::Null => Measured::unknown("null"),
            Value::String(text) if text == "NaN" => Measured::unknown("NaN"),
            Value::String(text) if text == "Infinity" || text == "-Infinity" => Measured::unknown("infinite"),
            other => Measured::unknown(format!("{other} is no number")),
        };
        found.insert(name, measured);
    }
}

/// Python's `json` writes `NaN` and `Infinity` as bare words, which no JSON reader takes: they become strings.
fn without_bare_words(text: &str) -> Cow<'_, str> {
    const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !WORDS.iter().any(|word| text.contains(word)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let (mut rest, mut quoted) = (text, false);
    while let Some(next) = rest.chars().next() {
        if !quoted && let Some((word, after)) = WORDS.iter().find_map(|word| Some((word, rest.strip_prefix(word)?))) {
            out.push('"');
            out.push_str(word);
            out.push('"');
            rest = after;
            continue;
        }
        let mut length = next.len_utf8();
        if next == '\\' && quoted {
            length += rest.chars().nth(1).map_or(0, char::len_utf8);
        }
        quoted ^= next == '"';
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        out.push_str(piece);
        rest = after;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_words_become_strings_only_outside_of_strings() {
        let text = r#"{"NaN \" NaN": NaN, "b": [-Infinity, Infinity], "c": "\\", "d": NaN}"#;
        assert_eq!(
            without_bare_words(text),
            r#"{"NaN \" NaN": "NaN", "b": ["-Infinity", "Infinity"], "c": "\\", "d": "NaN"}"#
        );
    }
}
