//! The one writer of YAML: block style, every string that any version of YAML could read as something else in double quotes, no anchors, no tags.
//!
//! Weighed against serde_norway and serde_yaml_ng: both keep to YAML 1.2's scalars; this is a screen of code, and what is written reads the same in
//! every version.

use crate::Doc;

/// A document in block style, from the left edge.
#[must_use]
pub fn document(doc: &Doc) -> String {
    let mut out = String::new();
    write(doc, 0, &mut out);
    out
}

/// Writes a mapping or list at the start of a line.
fn write(value: &Doc, indent: usize, out: &mut String) {
    match value {
        Doc::Map(map) if !map.is_empty() => entries(map, indent, true, out),
        Doc::List(items) if !items.is_empty() => list(items, indent, out),
        scalar => {
            pad(indent, out);
            out.push_str(&flat(scalar));
            out.push('\n');
        }
    }
}

/// The entries of a mapping; the first without indent where a dash stands before it.
fn entries(map: &[(String, Doc)], indent: usize, padded: bool, out: &mut String) {
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 || padded {
            pad(indent, out);
        }
        out.push_str(&scalar(key));
        out.push(':');
        behind(value, indent, out);
    }
}

/// A value behind `key:`.
fn behind(value: &Doc, indent: usize, out: &mut String) {
    match value {
        Doc::Map(map) if !map.is_empty() => {
            out.push('\n');
            entries(map, indent + 2, true, out);
        }
        Doc::List(items) if !items.is_empty() => {
            out.push('\n');
            list(items, indent, out);
        }
        Doc::Text(text) if is_block(text) => {
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

fn list(items: &[Doc], indent: usize, out: &mut String) {
    for item in items {
        pad(indent, out);
        out.push_str("- ");
        match item {
            Doc::Map(map) if !map.is_empty() => entries(map, indent + 2, false, out),
            Doc::List(inner) if !inner.is_empty() => {
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

fn flat(value: &Doc) -> String {
    match value {
        Doc::Null => "null".to_owned(),
        Doc::Bool(flag) => flag.to_string(),
        Doc::Number(number) => number.clone(),
        Doc::Text(text) => scalar(text),
        Doc::Template(text) => quoted(text, true),
        Doc::List(_) => "[]".to_owned(),
        Doc::Map(_) => "{}".to_owned(),
    }
}

/// Text as a scalar on one line: plain where no reader could take it for anything but a string.
#[must_use]
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
        assert_eq!(flat(&Doc::Template("{{x}}".to_owned())), r#""{{x}}""#);
        assert_eq!(scalar("mlp/late-2.yaml"), "mlp/late-2.yaml");
        assert_eq!(scalar("\0\u{85}\u{2028}\u{202e}\"\\"), r#""\x00\x85\u2028\u202e\"\\""#);
    }

    #[test]
    fn blocks_and_lists() {
        let number = Doc::number(1);
        let value = Doc::map([
            ("a", Doc::text("l1\nl2\n")),
            (
                "b",
                Doc::List(vec![
                    Doc::map([("name", Doc::text("first")), ("x", number.clone())]),
                    Doc::List(vec![number, Doc::List(vec![Doc::number(2)])]),
                    Doc::List(vec![]),
                    Doc::Map(vec![]),
                ]),
            ),
            ("c", Doc::map([("k", Doc::text("v\n"))])),
        ]);
        assert_eq!(
            document(&value),
            "a: |\n  l1\n  l2\nb:\n- name: first\n  x: 1\n-\n  - 1\n  -\n    - 2\n- []\n- {}\nc:\n  k: \"v\\n\"\n"
        );
    }
}
