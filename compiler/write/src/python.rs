//! The one writer of Python: literals and calls, quoted and laid out as ruff and black do, 88 columns wide.

/// The widest line where it is ours to break.
const WIDTH: usize = 88;

/// A Python expression. Only [`Py::Text`] and [`Py::Prose`] may hold what a user wrote.
#[derive(Clone, Debug, PartialEq)]
pub enum Py {
    /// `None`, `True`, a number or a name: words of ours.
    Word(String),
    /// A string on one line.
    Text(String),
    /// A string with lines, written a line each.
    Prose(String),
    /// `[a, b]`.
    List(Vec<Py>),
    /// `{"a": b}`.
    Dict(Vec<(String, Py)>),
    /// `f(a, k=b)`.
    Call(&'static str, Vec<Py>, Vec<(&'static str, Py)>),
}

impl Py {
    /// A word of ours.
    #[must_use]
    pub fn word(text: impl Into<String>) -> Self {
        Self::Word(text.into())
    }

    /// A string.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// `True` or `False`.
    #[must_use]
    pub fn bool(value: bool) -> Self {
        Self::word(if value { "True" } else { "False" })
    }

    /// The expression on one line.
    #[must_use]
    pub fn flat(&self) -> String {
        let join = |parts: Vec<String>| parts.join(", ");
        match self {
            Self::Word(word) => word.clone(),
            Self::Text(text) | Self::Prose(text) => quoted(text),
            Self::List(items) => format!("[{}]", join(items.iter().map(Self::flat).collect())),
            Self::Dict(entries) => {
                format!(
                    "{{{}}}",
                    join(entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), value.flat())).collect())
                )
            }
            Self::Call(function, args, named) => {
                let named = named.iter().map(|(key, value)| format!("{key}={}", value.flat()));
                format!("{function}({})", join(args.iter().map(Self::flat).chain(named).collect()))
            }
        }
    }

    /// Writes it behind `out`, whose last line is `column` wide and indented by `indent`; `behind` columns follow it.
    pub fn write(&self, out: &mut String, indent: usize, column: usize, behind: usize) {
        let flat = self.flat();
        // Only ASCII is as wide as it is long; all else is laid out in the form that no width changes.
        if flat.is_ascii() && column + flat.len() + behind <= WIDTH {
            out.push_str(&flat);
            return;
        }
        match self {
            Self::Word(_) | Self::Text(_) => out.push_str(&flat),
            Self::Prose(text) => prose(text, &flat, out, indent),
            Self::List(items) => broken(out, ('[', ']'), indent, items.iter().map(|item| (String::new(), item))),
            Self::Dict(entries) => broken(
                out,
                ('{', '}'),
                indent,
                entries.iter().map(|(key, value)| (format!("{}: ", quoted(key)), value)),
            ),
            Self::Call(..) => self.write_broken(out, indent),
        }
    }

    /// Writes it with every argument on a line of its own, however short it is.
    pub fn write_broken(&self, out: &mut String, indent: usize) {
        let Self::Call(function, args, named) = self else { return self.write(out, indent, indent, 0) };
        out.push_str(function);
        let args = args.iter().map(|arg| (String::new(), arg));
        broken(out, ('(', ')'), indent, args.chain(named.iter().map(|(key, value)| (format!("{key}="), value))));
    }
}

/// One entry a line, each with a comma behind.
fn broken<'a>(
    out: &mut String,
    (open, close): (char, char),
    indent: usize,
    entries: impl Iterator<Item = (String, &'a Py)>,
) {
    out.push(open);
    let inner = indent + 4;
    let mut any = false;
    for (prefix, value) in entries {
        newline(out, inner);
        out.push_str(&prefix);
        value.write(out, inner, inner + prefix.len(), 1);
        out.push(',');
        any = true;
    }
    if any {
        newline(out, indent);
    }
    out.push(close);
}

/// Text of several lines as adjacent literals, where it is ASCII; a formatter joins those that fit, so that the width must be known.
fn prose(text: &str, flat: &str, out: &mut String, indent: usize) {
    let joined = indent + 4 + flat.len() <= WIDTH;
    if joined || !flat.is_ascii() || text.trim_end_matches('\n').lines().count() < 2 || text.contains(['"', '\r']) {
        return out.push_str(flat);
    }
    out.push('(');
    for line in text.split_inclusive('\n') {
        newline(out, indent + 4);
        out.push_str(&quoted(line));
    }
    newline(out, indent);
    out.push(')');
}

fn newline(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A string literal that stands for exactly `text`: in the quotes that need fewer escapes, controls and what changes the direction of text escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let count = |quote: char| text.chars().filter(|c| *c == quote).count();
    let quote = if count('"') > count('\'') { '\'' } else { '"' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        // Writing to a string does not fail.
        let _ = match c {
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            c if c == quote => write!(out, "\\{c}"),
            c if !hidden(c) => out.write_char(c),
            c if u32::from(c) <= 0xff => write!(out, "\\x{:02x}", u32::from(c)),
            c if u32::from(c) <= 0xffff => write!(out, "\\u{:04x}", u32::from(c)),
            c => write!(out, "\\U{:08x}", u32::from(c)),
        };
    }
    out.push(quote);
    out
}

/// Characters that a reader would not see, or that show the rest in another order.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}')
        || matches!(c, '\u{3000}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

/// A comment: letters, digits and a few signs of `text`, everything else as `?`, so that it cannot end.
#[must_use]
pub fn comment(text: &str) -> String {
    text.chars().take(200).map(|c| if c.is_ascii_alphanumeric() || "_-./:@+ ".contains(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_the_formatters_do() {
        assert_eq!(quoted("it's"), r#""it's""#);
        assert_eq!(quoted("a \"b\""), r#"'a "b"'"#);
        assert_eq!(quoted("\"'"), r#""\"'""#);
        assert_eq!(quoted("\0\u{202e}\u{e000}\\"), r#""\x00\u202e\ue000\\""#);
        assert_eq!(quoted("{{ ds }} {% raw %}"), r#""{{ ds }} {% raw %}""#);
    }

    #[test]
    fn breaks_what_is_too_wide() {
        let call =
            Py::Call("f", vec![Py::text("x".repeat(80))], vec![("key", Py::List(vec![Py::word("1"), Py::word("2")]))]);
        let mut out = String::new();
        call.write(&mut out, 0, 0, 0);
        assert_eq!(out, format!("f(\n    \"{}\",\n    key=[1, 2],\n)", "x".repeat(80)));
    }

    #[test]
    fn a_comment_cannot_end() {
        assert_eq!(comment("a\nimport os # \u{2028}"), "a?import os ? ?");
    }
}
