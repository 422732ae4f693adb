//! 1xx: syntax.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// Something stands where something else was expected.
#[must_use]
pub fn unexpected(span: Span, found: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("unexpected {}: expected {expected}", shown(found)))
        .here(format!("expected {expected}"))
}

/// Something that has no place there, and no word says what has.
#[must_use]
pub fn unreadable(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("unexpected {}", shown(found)))
        .here("this does not fit what stands before it")
}

/// `use std.split.by_time`.
#[must_use]
pub fn bare_use(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, "names are imported in braces")
        .here("expected `{` before this")
        .help(format!("write `use module.{{{name}}}`"))
        .fix("put the name in braces", span, format!("{{{name}}}"))
}

/// Something is missing behind the last token of a line.
#[must_use]
pub fn missing_behind(span: Span, token: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("{expected} is missing behind {}", shown(token)))
        .here(format!("expected {expected} behind this"))
}

/// `y string`.
#[must_use]
pub fn missing_colon(name: Span, found: Span, text: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, found, format!("a `:` is missing between `{text}` and its type"))
        .here("expected `:` before this")
        .help(format!("a field or parameter is written `{text}: Type`"))
        .fix(format!("write `{text}:`"), Span::at(name.file, name.end), ":")
}

/// `x = int32` among fields.
#[must_use]
pub fn equals_for_colon(sign: Span, name: &str, ty: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, sign, format!("`{name}` is declared with `=`"))
        .here("expected `:`")
        .help(format!("`name: Type` declares, `name = value` sets: write `{name}: {ty}`"))
        .fix("write `:`", sign, ":")
}

/// `owner: "me"`.
#[must_use]
pub fn colon_for_equals(sign: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, sign, format!("`{name}` is set with `:`"))
        .here("expected `=`")
        .help(format!("`name: Type` declares, `name = value` sets: write `{name} = ..`"))
        .fix("write `=`", sign, "=")
}

/// `run python(..)`.
#[must_use]
pub fn missing_equals(name: Span, found: Span, text: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, found, format!("a `=` is missing between `{text}` and its value"))
        .here("expected `=` before this")
        .help(format!("write `{text} = ..`"))
        .fix("write `=`", Span::at(name.file, name.end), " =")
}

/// `contrct A {`.
#[must_use]
pub fn misspelt_keyword(span: Span, found: &str, nearest: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("unknown keyword `{found}`: did you mean `{nearest}`?"))
        .here(format!("expected `{nearest}`"))
        .fix(format!("write `{nearest}`"), span, nearest)
}

/// `x:` without a type.
#[must_use]
pub fn missing_type(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("`{name}` has no type"))
        .here("expected a type behind this")
        .help(format!("write `{name}: Type`, for example `{name}: int32`"))
}

/// `[a b]`, `{ a: int32 b: bool }`.
#[must_use]
pub fn missing_comma(before: Span, found: Span, text: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, found, format!("a comma is missing before {}", shown(text)))
        .here("expected `,` before this")
        .fix("write a comma", Span::at(before.file, before.end), ",")
}

/// Two entries on one line.
#[must_use]
pub fn missing_line_end(found: Span, text: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, found, format!("{} begins in the middle of a line", shown(text)))
        .here("expected a comma or a new line before this")
        .help("entries of a block stand on lines of their own, or are separated by commas")
}

/// `stage f(..) Table<A> {`.
#[must_use]
pub fn missing_arrow(before: Span, found: Span, text: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, found, format!("`->` is missing before {}", shown(text)))
        .here("expected `->` before this")
        .fix("write `->`", Span::at(before.file, before.end), " ->")
}

/// A stage or source that does not say what it gives.
#[must_use]
pub fn missing_result(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("`{name}` does not say what it gives"))
        .here("expected `-> Type` before this")
        .help("write `-> Type` behind the parameters; `-> ()` gives nothing")
}

/// `'text'`.
#[must_use]
pub fn single_quotes(span: Span, inner: &str) -> Diagnostic {
    let found =
        Diagnostic::new(Code::UnexpectedText, span, "a text stands in single quotes").here("expected double quotes");
    if inner.contains(['"', '\\']) {
        found.help("write it in double quotes")
    } else {
        found.fix("write it in double quotes", span, format!("\"{inner}\""))
    }
}

/// `# comment`.
#[must_use]
pub fn hash_comment(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, "a comment begins with `//`, not with `#`").here("expected `//`").fix(
        "write `//`",
        span,
        "//",
    )
}

/// `/* comment */`.
#[must_use]
pub fn block_comment(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, "a comment begins with `//` and ends with its line")
        .here("expected `//`")
        .help("write `//` before each line of the comment")
}

/// `True`, `None`.
#[must_use]
pub fn foreign_literal(span: Span, found: &str, ours: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("`{found}` is written `{ours}`"))
        .here(format!("expected `{ours}`"))
        .fix(format!("write `{ours}`"), span, ours)
}

/// `a && b`.
#[must_use]
pub fn foreign_operator(span: Span, found: &str, ours: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("`{found}` is written `{ours}`"))
        .here(format!("expected `{ours}`"))
        .help(format!("write `{ours}`"))
}

/// `.5`.
#[must_use]
pub fn bare_fraction(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, "a number begins with a digit")
        .here("expected a digit before the point")
        .fix(format!("write `0{found}`"), Span::at(span.file, span.start), "0")
}

/// A character that no program has.
#[must_use]
pub fn bad_character(span: Span, found: &str) -> Diagnostic {
    let shown = found
        .chars()
        .map(|c| if c.is_whitespace() || c.is_control() { format!("U+{:04X}", c as u32) } else { format!("`{c}`") })
        .collect::<String>();
    Diagnostic::new(Code::UnexpectedText, span, format!("unexpected character {shown}"))
        .here("this has no meaning outside of texts and comments")
}

/// `<<<<<<< HEAD`.
#[must_use]
pub fn merge_conflict(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, "a merge left a conflict here")
        .here("two versions of the same lines stand here")
        .help("keep what is right of both sides, and delete the lines of `<<<<<<<`, `=======` and `>>>>>>>`")
}

/// `a or b and c`.
#[must_use]
pub fn mixed_logic(span: Span, inner: &str, outer: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, format!("`{inner}` and `{outer}` are mixed without parentheses"))
        .here("which of them binds first?")
        .help("put parentheses around the part that belongs together: `(a and b) or c`")
}

/// `0 < x < 1`.
#[must_use]
pub fn chained_comparison(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, "comparisons do not chain")
        .here(format!("`{found}` compares what was already compared"))
        .help("write `x > 0 and x < 1`, or `x in 0 .. 1`")
}

/// A literal that cannot be read.
#[must_use]
pub fn bad_literal(span: Span, message: &str, help: &str) -> Diagnostic {
    let found = Diagnostic::new(Code::UnexpectedText, span, message);
    if help.is_empty() { found } else { found.help(help) }
}

/// A text of the language that stands in the wrong place, with what to do instead.
#[must_use]
pub fn misplaced(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, span, message).help(help)
}

/// A bracket that is never closed.
#[must_use]
pub fn unclosed_bracket(span: Span, bracket: &str) -> Diagnostic {
    let close = match bracket {
        "(" => ")",
        "[" => "]",
        "<" => ">",
        _ => "}",
    };
    Diagnostic::new(Code::Unclosed, span, format!("this `{bracket}` is never closed"))
        .here("opened here")
        .help(format!("write the `{close}` that belongs to it"))
}

/// A text that is never closed.
#[must_use]
pub fn unclosed_text(span: Span, quote: &str) -> Diagnostic {
    let help = if quote.len() == 1 {
        "a text ends on its line; one of several lines stands in `\"\"\"`"
    } else {
        "write `\"\"\"` behind its last line"
    };
    Diagnostic::new(Code::Unclosed, span, "this text is never closed").here("begins here").help(help)
}

/// A regular expression that is never closed.
#[must_use]
pub fn unclosed_regex(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Unclosed, span, "this regular expression is never closed")
        .here("begins here")
        .help("write `/` behind it; a slash within it is written `\\/`")
}

/// A comment that is never closed.
#[must_use]
pub fn unclosed_comment(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Unclosed, span, "this comment is never closed")
        .here("begins here")
        .help("comments begin with `//` and end with their line")
}

/// Nesting deeper than the compiler follows.
#[must_use]
pub fn too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, span, format!("nested more than {limit} levels deep"))
        .here("too deep from here on")
        .help("name a part of it with `let`, `type` or `contract`")
}

/// A token as a message shows it.
fn shown(text: &str) -> String {
    if text.is_empty() {
        return "end of the file".to_owned();
    }
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > 40 {
        format!("`{}..`", line.chars().take(38).collect::<String>())
    } else {
        format!("`{line}`")
    }
}
