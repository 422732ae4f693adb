//! Whole programs: the conformance programs and the fixtures.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on fails")]

mod common;

use common::{conformance, findings, fixtures, read};
use mlp_syntax::{format, tokens};

#[test]
fn conformance_programs_have_the_syntax_errors_that_are_marked_and_no_others() {
    for (name, text) in conformance() {
        let marked: Vec<(usize, &str)> = (1..)
            .zip(text.lines())
            .filter_map(|(line, content)| Some((line, content.split_once("//~ ")?.1.trim())))
            .filter(|(_, mark)| mark.starts_with("MLP1"))
            .collect();
        let found = findings(&text);
        let short: Vec<(usize, &str)> = found
            .iter()
            .map(|found| {
                let mut parts = found.split(": ");
                let place = parts.next().unwrap();
                (place.split(':').next().unwrap().parse().unwrap(), parts.next().unwrap())
            })
            .collect();
        assert_eq!(short, marked, "{name}: {found:?}");
    }
}

#[test]
fn fixtures_parse_without_errors() {
    for (name, text) in fixtures() {
        assert_eq!(findings(&text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn formatting_keeps_all_tokens_and_settles_at_once() {
    for (name, text) in fixtures().into_iter().chain(conformance()) {
        let once = format(&read(&text).file, &text);
        assert_eq!(tokens(&once), tokens(&text), "{name}");
        assert_eq!(format(&read(&once).file, &once), once, "{name}");
        assert_eq!(findings(&once).len(), findings(&text).len(), "{name}:\n{once}");
    }
}

#[test]
fn the_layout_of_the_fixtures() {
    for (name, text) in fixtures() {
        insta::assert_snapshot!(name, format(&read(&text).file, &text));
    }
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_are_accepted() {
    for (name, text) in fixtures() {
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(findings(&windows), Vec::<String>::new(), "{name}");
        let formatted = format(&read(&windows).file, &windows).replace('\r', "");
        assert_eq!(formatted, format(&read(&text).file, &text), "{name}: only within long texts, the line ends stay");
    }
}

#[test]
fn every_prefix_of_a_program_parses_and_formats() {
    for (name, text) in fixtures().into_iter().chain(conformance()) {
        let step = if text.len() > 4000 { 41 } else { 3 };
        for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            let prefix = &text[..end];
            let once = format(&read(prefix).file, prefix);
            assert_eq!(tokens(&once), tokens(prefix), "{name} up to {end}");
            assert_eq!(format(&read(&once).file, &once), once, "{name} up to {end}");
        }
    }
}
