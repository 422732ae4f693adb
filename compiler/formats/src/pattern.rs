//! Regular expressions of the language in those of others, and back.

use mlp_plan::Constraint;

use crate::note::{Note, Outcome, Thing};

/// Whether a pattern means the same to Rust, to ECMA-262, to Python and to the databases: characters, classes of characters, groups, alternatives and
/// repetitions, and nothing that one of them reads in another way (`\d` of other alphabets, flags, `.` before other line ends).
pub(crate) fn is_portable(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(escaped) if r"\.+*?()|[]{}^$-/".contains(escaped) => {}
                _ => return false,
            },
            '[' if class => return false,
            '[' => {
                class = true;
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
                // a bracket or hyphen right behind the opening one is read in several ways
                if matches!(chars.peek(), Some(']' | '-' | '^')) {
                    return false;
                }
            }
            ']' if class => class = false,
            '&' | '~' | '-' if class && chars.peek() == Some(&c) => return false,
            '-' if class && chars.peek() == Some(&']') => return false,
            '(' if !class && chars.peek() == Some(&'?') => {
                chars.next();
                if chars.next() != Some(':') {
                    return false;
                }
            }
            '*' | '+' | '?' | '}' if !class && matches!(chars.peek(), Some('+' | '*')) => return false,
            '.' | '^' | '$' | ']' if !class => return false,
            '{' if !class => {
                let mut counts = String::new();
                loop {
                    match chars.next() {
                        Some('}') => break,
                        Some(c) if c.is_ascii_digit() || c == ',' => counts.push(c),
                        _ => return false,
                    }
                }
                if !counts.starts_with(|c: char| c.is_ascii_digit()) || matches!(chars.peek(), Some('+' | '*')) {
                    return false;
                }
            }
            c if c.is_control() || u32::from(c) > 0xffff => return false,
            _ => {}
        }
    }
    !class
}

/// A pattern of the whole value as one that is searched for.
pub(crate) fn anchored(pattern: &str) -> String {
    if has_alternatives(pattern) || pattern.starts_with("(?:") || pattern.starts_with('^') {
        format!("^(?:{pattern})$")
    } else {
        format!("^{pattern}$")
    }
}

/// A pattern that is searched for as one of the whole value.
pub(crate) fn whole(pattern: &str) -> String {
    let inner = pattern.strip_prefix('^').or_else(|| pattern.strip_prefix("\\A")).and_then(|rest| {
        let rest = rest.strip_suffix('$').or_else(|| rest.strip_suffix("\\Z")).or_else(|| rest.strip_suffix("\\z"))?;
        let backslashes = rest.bytes().rev().take_while(|byte| *byte == b'\\').count();
        (backslashes % 2 == 0).then_some(rest)
    });
    let text = match inner {
        Some(inner) if is_group(inner) => inner.get(3..inner.len().saturating_sub(1)).unwrap_or(inner).to_owned(),
        Some(inner) if !has_alternatives(inner) => inner.to_owned(),
        _ => format!("(?s:.*)(?:{pattern})(?s:.*)"),
    };
    crate::mlp::tidy_pattern(&text)
}

/// A pattern of another language as a constraint; `None`, with a note, where it is none here (look-around, back-references).
pub(crate) fn imported(text: &str, at: &str, notes: &mut Vec<Note>) -> Option<Constraint> {
    let re = whole(text);
    if regex_syntax::parse(&re).is_ok() {
        return Some(Constraint::Matches(re));
    }
    let what = format!("pattern {}, which uses what patterns here do not have", crate::mlp::quoted(text));
    notes.push(Note::new(Outcome::Lost, Thing::Constraint, at, what));
    None
}

/// Whether it is one group from end to end.
fn is_group(pattern: &str) -> bool {
    pattern.starts_with("(?:") && pattern.ends_with(')') && depth_ends(pattern) == Some(pattern.len() - 1)
}

/// Where the group that opens at the start closes.
fn depth_ends(pattern: &str) -> Option<usize> {
    let mut depth = 0_usize;
    walk(pattern, |at, c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// Whether a `|` stands outside of all groups.
fn has_alternatives(pattern: &str) -> bool {
    let mut depth = 0_usize;
    walk(pattern, |at, c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (c == '|' && depth == 0).then_some(at)
    })
    .is_some()
}

/// The first answer of `visit` to a character outside of escapes and classes.
fn walk(pattern: &str, mut visit: impl FnMut(usize, char) -> Option<usize>) -> Option<usize> {
    let (mut escaped, mut class) = (false, false);
    pattern.char_indices().find_map(|(at, c)| {
        if escaped {
            escaped = false;
            return None;
        }
        match c {
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            _ if !class => return visit(at, c),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_read_alike() {
        for yes in ["[A-Z]{2}", "a|b", "(?:ab)*c+?", r"\.\/", "[^a-c]", "x{2,}", "é"] {
            assert!(is_portable(yes), "{yes}");
        }
        for no in [r"\d", r"\w+", ".", "(?i)a", "a++", "[a&&b]", "[[:alpha:]]", "(?P<x>a)", "^a", "[]a]", r"\p{L}"] {
            assert!(!is_portable(no), "{no}");
        }
    }

    #[test]
    fn there_and_back() {
        for pattern in ["[A-Z]{2}", "a|b", "(?:ab)", "(?:a)|(?:b)", "(a|b)c", "(?:a)(?:b)"] {
            assert_eq!(whole(&anchored(pattern)), pattern);
        }
        assert_eq!(whole("abc"), "(?s:.*)(?:abc)(?s:.*)");
        assert_eq!(whole("^a|b$"), "(?s:.*)(?:^a|b$)(?s:.*)");
        assert_eq!(whole(r"^a\$"), r"(?s:.*)(?:^a\$)(?s:.*)");
    }
}
