//! The one writer of YAML: block style, every string that any version of YAML could read as something else in double quotes, no anchors, no tags.
//!
//! Weighed against serde_norway and serde_yaml_ng: both keep to YAML 1.2's scalars and order of insertion; this is a screen of code, and the same
//! bytes whatever features of serde_json a build turns on.

use serde_json::{Map, Value};

/// Documents, each behind a `---`.
pub fn documents(header: &str, objects: &[Value]) -> String {
    let mut out = String::from(header);
    for object in objects {
        out.push_str("---\n");
        write(object, 0, &mut out);
    }
    out
}

/// The key under which a text of ours waits that Argo is to read as a template; all other text is written without two braces in a row.
const TEMPLATE: &str = "$template";

/// A text in which `{{..}}` is Argo's. Only for text that holds nothing of a user's.
pub fn template(text: &str) -> Value {
    Value::Object(Map::from_iter([(TEMPLATE.to_owned(), Value::String(text.to_owned()))]))
}

fn as_template(map: &Map<String, Value>) -> Option<&str> {
    map.get(TEMPLATE).and_then(Value::as_str).filter(|_| map.len() == 1)
}

/// Writes a mapping or list at the start of a line.
fn write(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) => entries(map, indent, true, out),
        Value::Array(items) => list(items, indent, out),
        scalar => {
            pad(indent, out);
            out.push_str(&flat(scalar));
            out.push('\n');
        }
    }
}

/// The entries of a mapping: what names it first, then by key; the first without indent where a dash stands before it.
fn entries(map: &Map<String, Value>, indent: usize, padded: bool, out: &mut String) {
    let mut sorted: Vec<(&String, &Value)> = map.iter().collect();
    sorted.sort_by_key(|(key, _)| (rank(key), key.as_str()));
    for (at, (key, value)) in sorted.into_iter().enumerate() {
        if at > 0 || padded {
            pad(indent, out);
        }
        out.push_str(&scalar(key));
        out.push(':');
        behind(value, indent, out);
    }
}

fn rank(key: &str) -> u8 {
    match key {
        "apiVersion" | "kind" | "name" => 0,
        "metadata" => 1,
        _ => 2,
    }
}

/// A value behind `key:`.
fn behind(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() && as_template(map).is_none() => {
            out.push('\n');
            entries(map, indent + 2, true, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            list(items, indent, out);
        }
        Value::String(text) if is_block(text) => {
            out.push_str(" |\n");
            for line in text.lines() {
                if !line.is_empty() {
                    pad(indent + 2, out);
                }
                out.push_str(line);
                out.push('\n');
            }
        }
        other => {
            out.push(' ');
            out.push_str(&flat(other));
            out.push('\n');
        }
    }
}

fn list(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        pad(indent, out);
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() && as_template(map).is_none() => entries(map, indent + 2, false, out),
            Value::Array(inner) if !inner.is_empty() => {
                out.pop();
                out.push('\n');
                list(inner, indent + 2, out);
            }
            other => {
                out.push_str(&flat(other));
                out.push('\n');
            }
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn flat(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => scalar(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(map) => as_template(map).map_or_else(|| "{}".to_owned(), |text| quoted(text, true)),
    }
}

/// Text as a scalar on one line: plain where no reader could take it for anything but a string.
pub fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text, false) }
}

fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    starts && rest && text.len() <= 120 && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn quoted(text: &str, is_template: bool) -> String {
    use std::fmt::Write as _;
    let mut before = '\0';
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        // Writing to a string does not fail.
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\t' => out.write_str("\\t"),
            '{' if c == before && !is_template => write!(out, "\\x{:02x}", u32::from(c)),
            c if is_shown(c) => out.write_char(c),
            c if u32::from(c) <= 0xff => write!(out, "\\x{:02x}", u32::from(c)),
            c if u32::from(c) <= 0xffff => write!(out, "\\u{:04x}", u32::from(c)),
            c => write!(out, "\\U{:08x}", u32::from(c)),
        };
        before = c;
    }
    out.push('"');
    out
}

/// Printable in every version of YAML, and seen by a reader where it stands.
fn is_shown(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{200a}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205f}' | '\u{2070}'..='\u{d7ff}' | '\u{f900}'..='\u{fdff}')
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}')
        || matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{20000}'..='\u{2fa1f}')
}

/// Whether a text of lines reads back the same from a literal block.
fn is_block(text: &str) -> bool {
    let lines = text.ends_with('\n') && !text.ends_with("\n\n") && text.matches('\n').count() > 1;
    lines
        && !text.starts_with([' ', '\n'])
        && text.chars().all(|c| c == '\n' || is_shown(c))
        && text.lines().all(|line| !line.ends_with(' '))
        && !text.contains("{{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_as_something_else_is_quoted() {
        for text in [
            "y",
            "No",
            "null",
            "~",
            "",
            "010",
            "1e3",
            "0x1F",
            ".inf",
            "12:30:45",
            "2024-01-01",
            "=",
            "<<",
            "- a",
            "a: b",
            "a #b",
            "{{x}}",
            "*a",
            "&a",
            "!a",
            "@a",
            "é",
            " a",
        ] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
        assert_eq!(scalar("{{x}}"), r#""{\x7bx}}""#);
        assert_eq!(flat(&template("{{x}}")), r#""{{x}}""#);
        assert_eq!(scalar("mlp/late-2.yaml"), "mlp/late-2.yaml");
        assert_eq!(scalar("\0\u{85}\u{2028}\u{202e}\"\\"), r#""\x00\x85\u2028\u202e\"\\""#);
    }

    #[test]
    fn blocks_and_lists() {
        let value =
            serde_json::json!({"b": [{"x": 1, "name": "first"}, [1, [2]], [], {}], "a": "l1\nl2\n", "c": {"k": "v\n"}});
        assert_eq!(
            documents("", &[value]),
            "---\na: |\n  l1\n  l2\nb:\n- name: first\n  x: 1\n-\n  - 1\n  -\n    - 2\n- []\n- {}\nc:\n  k: \"v\\n\"\n"
        );
    }
}
