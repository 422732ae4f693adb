//! JUnit XML, which CI servers draw as a table of tests.

use std::fmt::Write as _;

use mlp_source::SourceMap;

use super::{Failure, short};
use crate::Diagnostic;

/// One row of the table: a file that was checked, or a `test` block.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What it belongs to: the file.
    pub group: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How long it took, in milliseconds, where that was measured.
    pub millis: Option<u64>,
    /// What was found; it passes where none of them is an error.
    pub found: &'a [&'a Diagnostic],
}

/// A `check` as JUnit: one case for each file with findings, or one that passed.
pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap, command: &str) -> String {
    let mut files: Vec<(&str, Vec<&Diagnostic>)> = Vec::new();
    for diagnostic in diagnostics {
        let name = sources.name(diagnostic.primary.file);
        match files.iter_mut().find(|(file, _)| *file == name) {
            Some((_, found)) => found.push(diagnostic),
            None => files.push((name, vec![diagnostic])),
        }
    }
    if files.is_empty() {
        files.push(("", Vec::new()));
    }
    let cases: Vec<Case<'_>> =
        files.iter().map(|(file, found)| Case { group: file, name: command, millis: None, found }).collect();
    junit(&format!("mlp {command}"), &cases, sources)
}

/// Cases as one JUnit suite.
#[must_use]
pub fn junit(suite: &str, cases: &[Case<'_>], sources: &SourceMap) -> String {
    let failures = cases.iter().filter(|case| case.found.iter().any(|found| found.is_error())).count();
    let total = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", cases.len());
    let mut listed = String::new();
    for case in cases {
        write_case(&mut listed, case, sources);
    }
    document(suite, &total, &listed)
}

/// A suite whose one case could not be judged.
pub(super) fn unable(failures: &[Failure], command: &str) -> String {
    let mut case = format!("    <testcase classname=\"\" name=\"{}\">\n", escaped(command));
    for failure in failures {
        let (message, words) = (escaped(&failure.message), escaped(&failure.words()));
        let _ = writeln!(case, "      <error type=\"failure\" message=\"{message}\">{words}</error>");
    }
    case.push_str("    </testcase>\n");
    document(&format!("mlp {command}"), "tests=\"1\" failures=\"0\" errors=\"1\"", &case)
}

fn document(suite: &str, total: &str, cases: &str) -> String {
    let suite = escaped(suite);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {total}>\n  <testsuite name=\"{suite}\" {total}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn write_case(xml: &mut String, case: &Case<'_>, sources: &SourceMap) {
    let _ = write!(xml, "    <testcase classname=\"{}\" name=\"{}\"", escaped(case.group), escaped(case.name));
    if let Some(millis) = case.millis {
        let _ = write!(xml, " time=\"{}.{:03}\"", millis / 1_000, millis % 1_000);
    }
    if case.found.is_empty() {
        xml.push_str("/>\n");
        return;
    }
    xml.push_str(">\n");
    let (errors, warnings): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        case.found.iter().partition(|found| found.is_error());
    if let Some(first) = errors.first() {
        let _ = write!(xml, "      <failure type=\"{}\" message=\"{}\">", first.code, escaped(&first.message));
        let _ = writeln!(xml, "{}</failure>", escaped(&listed(&errors, sources)));
    }
    if !warnings.is_empty() {
        let _ = writeln!(xml, "      <system-out>{}</system-out>", escaped(&listed(&warnings, sources)));
    }
    xml.push_str("    </testcase>\n");
}

/// The short lines, each with its help.
fn listed(found: &[&Diagnostic], sources: &SourceMap) -> String {
    let mut lines = String::new();
    for diagnostic in found {
        lines.push_str(&short::render(std::slice::from_ref(*diagnostic), sources));
        if let Some(help) = &diagnostic.help {
            let _ = writeln!(lines, "  help: {help}");
        }
    }
    lines
}

/// Text for XML, in an element or an attribute; characters that XML cannot hold become U+FFFD.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' => xml.push_str("&#10;"),
            '\t' => xml.push_str("&#9;"),
            '\r' => xml.push_str("&#13;"),
            '\u{FFFE}' | '\u{FFFF}' => xml.push('\u{FFFD}'),
            other if other.is_control() => xml.push('\u{FFFD}'),
            other => xml.push(other),
        }
    }
    xml
}
