//! The one writer of JSON documents for people: two blanks a level, short lists of scalars on one line.

use std::fmt::Write as _;

use crate::Doc;

/// The widest line in which a list of scalars stays on one line.
const WIDTH: usize = 120;

/// The document, and a line end.
#[must_use]
pub fn document(doc: &Doc) -> String {
    let mut out = String::new();
    write(doc, 0, &mut out);
    out.push('\n');
    out
}

/// The document on one line.
#[must_use]
pub fn flat(doc: &Doc) -> String {
    match doc {
        Doc::Null => "null".to_owned(),
        Doc::Bool(flag) => flag.to_string(),
        Doc::Number(number) => number.clone(),
        Doc::Text(text) | Doc::Template(text) => quoted(text),
        Doc::List(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", ")),
        Doc::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), flat(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn write(doc: &Doc, indent: usize, out: &mut String) {
    let inner = indent + 2;
    match doc {
        Doc::Map(entries) if !entries.is_empty() => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push_str(if at > 0 { ",\n" } else { "\n" });
                pad(inner, out);
                out.push_str(&quoted(key));
                out.push_str(": ");
                write(value, inner, out);
            }
            out.push('\n');
            pad(indent, out);
            out.push('}');
        }
        Doc::List(items) if !items.is_empty() => {
            let line = flat(doc);
            let scalars = items.iter().all(|item| !matches!(item, Doc::List(_) | Doc::Map(_)));
            if scalars && indent + line.len() <= WIDTH {
                return out.push_str(&line);
            }
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ",\n" } else { "\n" });
                pad(inner, out);
                write(item, inner, out);
            }
            out.push('\n');
            pad(indent, out);
            out.push(']');
        }
        other => out.push_str(&flat(other)),
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A text as JSON's string.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') =>
            {
                // writing to a string does not fail
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_and_short() {
        let doc = Doc::map([
            ("a\"", Doc::List(vec![Doc::number(1), Doc::text("x\u{202e}\u{0}")])),
            ("b", Doc::map([("c", Doc::List(vec![]))])),
            ("d", Doc::List(vec![Doc::map([("e", Doc::Null)])])),
        ]);
        assert_eq!(
            document(&doc),
            "{\n  \"a\\\"\": [1, \"x\\u202e\\u0000\"],\n  \"b\": {\n    \"c\": []\n  },\n  \"d\": [\n    {\n      \"e\": null\n    }\n  ]\n}\n"
        );
    }
}
