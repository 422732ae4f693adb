//! A pattern as PostgreSQL's regular expressions have it: from what it means, not from how it is spelt.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A pattern that matches the whole of a text where ours does; `None` where PostgreSQL has no such thing.
pub fn whole(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::from("\\A(?:");
    write(&hir, &mut text)?;
    text.push_str(")\\Z");
    Some(text)
}

fn write(hir: &Hir, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => text.push_str("(?:)"),
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).ok()?.chars().for_each(|letter| letter_of(letter, text))
        }
        HirKind::Class(class) => class_of(class, text)?,
        HirKind::Look(Look::Start) => text.push_str("\\A"),
        HirKind::Look(Look::End) => text.push_str("\\Z"),
        HirKind::Look(_) => return None,
        HirKind::Repetition(repetition) => {
            // PostgreSQL's bounds end at 255
            if repetition.min > 255 || repetition.max.is_some_and(|max| max > 255) {
                return None;
            }
            text.push_str("(?:");
            write(&repetition.sub, text)?;
            text.push(')');
            match (repetition.min, repetition.max) {
                (0, None) => text.push('*'),
                (1, None) => text.push('+'),
                (0, Some(1)) => text.push('?'),
                (min, None) => text.push_str(&format!("{{{min},}}")),
                (min, Some(max)) => text.push_str(&format!("{{{min},{max}}}")),
            }
        }
        HirKind::Capture(capture) => {
            text.push_str("(?:");
            write(&capture.sub, text)?;
            text.push(')');
        }
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, text))?,
        HirKind::Alternation(parts) => {
            text.push_str("(?:");
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    text.push('|');
                }
                write(part, text)?;
            }
            text.push(')');
        }
    }
    Some(())
}

fn letter_of(letter: char, text: &mut String) {
    if letter.is_ascii_alphanumeric() || letter == ' ' {
        text.push(letter);
    } else {
        text.push_str(&format!("\\U{:08X}", u32::from(letter)));
    }
}

fn class_of(class: &Class, text: &mut String) -> Option<()> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
        Class::Bytes(class) if class.is_ascii() => {
            class.iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
        Class::Bytes(_) => return None,
    };
    // no text of PostgreSQL holds a zero
    let ranges: Vec<_> =
        ranges.into_iter().filter(|(_, end)| *end > 0).map(|(start, end)| (start.max(1), end)).collect();
    if ranges.is_empty() {
        // nothing matches: a look ahead that cannot be
        text.push_str("(?!)");
        return Some(());
    }
    text.push('[');
    for (start, end) in ranges {
        text.push_str(&format!("\\U{start:08X}"));
        if start < end {
            text.push_str(&format!("-\\U{end:08X}"));
        }
    }
    text.push(']');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn patterns_are_spelt_out() {
        assert_eq!(
            whole("[A-Z][0-9A-Z]{2,5}").unwrap(),
            "\\A(?:[\\U00000041-\\U0000005A](?:[\\U00000030-\\U00000039\\U00000041-\\U0000005A]){2,5})\\Z"
        );
        assert_eq!(whole("a|bc?").unwrap(), "\\A(?:(?:a|b(?:c)?))\\Z");
        assert_eq!(whole("it's"), Some("\\A(?:it\\U00000027s)\\Z".to_owned()));
        assert_eq!(whole(r"\bword"), None);
    }
}
