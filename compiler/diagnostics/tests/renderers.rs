//! The renderers: what they show, that they agree, and that no input makes them fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use mlp_diagnostics::{
    Code, Diagnostic, Format, Options, examples, explain, render,
    render::{Case, FULL_PER_FILE, Failure, failure, json_schema, junit, unable},
};
use mlp_source::{FileId, SourceMap, Span};
use proptest::prelude::*;

const PIPELINE: &str = "use shop.contracts.{Has, Need}\n\npipeline nightly {\n  let rows = make()\n  keep(rows)\n}\n";
const CONTRACTS: &str = "contract Has  { id: int64 }\ncontract Need { id: int64, name: string }\n";

/// Two files, an error whose cause is in both, and a warning with a mend.
fn sample() -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let pipeline = sources.add("src/night ly.mlp", PIPELINE);
    let contracts = sources.add("src/contracts.mlp", CONTRACTS);
    let span = |file, text: &str, part: &str| {
        let start = u32::try_from(text.find(part).unwrap()).unwrap();
        Span::new(file, start, start + u32::try_from(part.len()).unwrap())
    };
    let missing = Diagnostic::new(
        Code::MissingColumn,
        span(pipeline, PIPELINE, "keep(rows)"),
        "`rows` to `keep`: column `name` is missing",
    )
    .here("needs `name`")
    .because(span(pipeline, PIPELINE, "make()"), "made here")
    .because(span(contracts, CONTRACTS, "name: string"), "asked for here")
    .help("select `name` as well,\nor give the reader a default: 100% <safe> & \"quoted\"");
    let style = Diagnostic::new(
        Code::NameStyle,
        span(contracts, CONTRACTS, "Has"),
        "the contract `Has` is not in style",
    )
    .fix("write `Hat`", span(contracts, CONTRACTS, "Has"), "Hat");
    (sources, vec![missing, style])
}

fn shown(format: Format) -> String {
    let (sources, diagnostics) = sample();
    render(&diagnostics, &sources, format, &Options { width: 80, files: 2, millis: 7, ..Options::default() })
}

#[test]
fn pretty_draws_the_places_of_every_file() {
    insta::assert_snapshot!(shown(Format::Pretty));
}

#[test]
fn pretty_without_box_drawing() {
    let (sources, diagnostics) = sample();
    insta::assert_snapshot!(render(
        &diagnostics,
        &sources,
        Format::Pretty,
        &Options { unicode: false, ..Options::default() }
    ));
}

#[test]
fn narrated_says_it_in_sentences() {
    let (sources, diagnostics) = sample();
    insta::assert_snapshot!(render(&diagnostics, &sources, Format::Narrated, &Options::default()));
}

#[test]
fn colours_only_where_asked_for() {
    let (sources, diagnostics) = sample();
    let colored = render(&diagnostics, &sources, Format::Pretty, &Options { color: true, ..Options::default() });
    assert!(colored.contains("\u{1b}["));
    for format in Format::ALL {
        assert!(!shown(*format).contains('\u{1b}'), "{format}");
    }
}

#[test]
fn short_is_one_line_each() {
    insta::assert_snapshot!(shown(Format::Short), @r"
    src/night ly.mlp:5:3: error[MLP301]: `rows` to `keep`: column `name` is missing
    src/contracts.mlp:1:10: warning[MLP205]: the contract `Has` is not in style
    ");
}

#[test]
fn json_is_what_its_schema_says() {
    let text = shown(Format::Json);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::draft202012::new(&json_schema()).unwrap();
    assert!(validator.is_valid(&value));
    insta::assert_snapshot!(text);
    let mut wrong = value;
    wrong["diagnostics"][0]["severity"] = "fatal".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn the_json_schema_is_the_published_one() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&json_schema()).unwrap());
}

#[test]
fn sarif_names_rules_places_and_mends() {
    let mut log: serde_json::Value = serde_json::from_str(&shown(Format::Sarif)).unwrap();
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        let page = rule["help"]["markdown"].take();
        assert_eq!(page, explain(Code::parse(rule["id"].as_str().unwrap()).unwrap()).unwrap());
        rule["help"] = "(the page)".into();
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

#[test]
fn github_commands_escape_what_they_must() {
    insta::assert_snapshot!(shown(Format::Github));
}

#[test]
fn junit_is_xml_with_a_case_for_each_file() {
    let text = shown(Format::Junit);
    let xml = roxmltree::Document::parse(&text).unwrap();
    let suite = xml.root_element();
    assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("2"), Some("1")));
    insta::assert_snapshot!(text);
}

#[test]
fn junit_of_tests_names_those_that_pass() {
    let (sources, diagnostics) = sample();
    let error = [&diagnostics[0]];
    let cases = [
        Case { group: "a.mlp", name: "a \"coin\" <toss>", millis: Some(1_234), found: &[] },
        Case { group: "a.mlp", name: "b", millis: None, found: &error },
    ];
    insta::assert_snapshot!(junit("mlp test", &cases, &sources));
}

#[test]
fn nothing_found() {
    let sources = SourceMap::new();
    let options = Options { files: 3, ..Options::default() };
    for format in [Format::Pretty, Format::Short, Format::Github] {
        assert_eq!(render(&[], &sources, format, &options), "");
    }
    let json: serde_json::Value = serde_json::from_str(&render(&[], &sources, Format::Json, &options)).unwrap();
    assert_eq!(json["summary"], serde_json::json!({ "errors": 0, "warnings": 0, "files": 3, "millis": 0 }));
    let junit = render(&[], &sources, Format::Junit, &options);
    assert!(junit.contains("tests=\"1\" failures=\"0\""), "{junit}");
}

#[test]
fn a_failure_without_a_place() {
    let causes = ["cannot read mlp.toml".to_owned(), "permission denied".to_owned()];
    insta::assert_snapshot!(failure(
        "the package cannot be opened",
        &causes,
        Some("check who owns the file"),
        &Options::default()
    ));
}

/// Programs get a document in the form that they asked for, also where there was nothing to look at; people read stderr.
#[test]
fn what_could_not_be_done_is_a_document_for_programs() {
    let failures = [
        Failure { message: "a <b>.csv: line 3: 100% wrong".to_owned(), help: Some("mend it,\nor not".to_owned()) },
        Failure { message: "and more".to_owned(), help: None },
    ];
    let options = Options { command: "contract check", ..Options::default() };
    let all: Vec<String> = Format::ALL
        .iter()
        .map(|format| {
            let document = unable(&failures, *format, &options);
            assert_eq!(document.is_empty(), !format.is_for_machines(), "{format}");
            document
        })
        .collect();
    insta::assert_snapshot!(all.concat());
    let json = unable(&failures, Format::Json, &options);
    let validator = jsonschema::draft202012::new(&json_schema()).unwrap();
    assert!(validator.is_valid(&serde_json::from_str(&json).unwrap()), "{json}");
    let junit = unable(&failures, Format::Junit, &options);
    let junit = roxmltree::Document::parse(&junit).unwrap();
    assert_eq!(junit.root_element().attribute("errors"), Some("1"));
}

/// `CODE`, words, name, line and column of each diagnostic as miette drew them.
fn drawn(pretty: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let (mut code, mut words) = (String::new(), String::new());
    for line in pretty.lines() {
        if line.starts_with("MLP") {
            code = line.to_owned();
        } else if let Some(rest) = line.strip_prefix("  × ").or_else(|| line.strip_prefix("  ⚠ ")) {
            words = rest.to_owned();
        } else if let Some((_, place)) = line.split_once("╭─[") {
            found.push((code.clone(), words.clone(), place.trim_end_matches(']').to_owned()));
        }
    }
    found
}

#[test]
fn miette_and_codespan_show_the_same_for_every_code() {
    let text = "contract Ä { ö: int64 }\r\n\tüß 日本 x\r\n\r\nlast — line";
    let starts: Vec<u32> = text.char_indices().map(|(at, _)| u32::try_from(at).unwrap()).collect();
    for (number, code) in Code::ALL.iter().enumerate() {
        let mut sources = SourceMap::new();
        let file = sources.add("src/größe.mlp", text);
        let start = starts[number * 7 % starts.len()];
        let end = starts[(number * 7 + 3) % starts.len()].max(start);
        let diagnostic =
            Diagnostic::new(*code, Span::new(file, start, end), format!("{}: `größe`", code.meaning())).here("here");
        let all = std::slice::from_ref(&diagnostic);
        let options = Options { width: 500, ..Options::default() };
        let (code, words, place) = drawn(&render(all, &sources, Format::Pretty, &options)).remove(0);
        let short = render(all, &sources, Format::Short, &options);
        assert_eq!(short, format!("{place}: {}[{code}]: {words}\n", diagnostic.severity.word()));
        let json: serde_json::Value = serde_json::from_str(&render(all, &sources, Format::Json, &options)).unwrap();
        let from = &json["diagnostics"][0]["range"]["start"];
        assert_eq!(place, format!("src/größe.mlp:{}:{}", from["line"], from["column"]));
        let position = sources.positions(diagnostic.primary).0;
        assert_eq!(
            (from["line"].as_u64(), from["column"].as_u64()),
            (Some(position.line.into()), Some(position.column.into()))
        );
    }
}

#[test]
fn an_error_at_the_end_has_an_arrow_to_point_with() {
    for (text, place) in [("", "1:1"), ("x", "1:2"), ("x\n", "2:1"), ("x\r\n", "2:1")] {
        let mut sources = SourceMap::new();
        let file = sources.add("end.mlp", text);
        let at_end =
            Diagnostic::new(Code::Unclosed, Span::at(file, u32::try_from(text.len()).unwrap()), "never closed")
                .here("here");
        let drawn = render(std::slice::from_ref(&at_end), &sources, Format::Pretty, &Options::default());
        assert!(drawn.contains(&format!("end.mlp:{place}]")) && drawn.contains("─ here"), "{text:?}\n{drawn}");
        assert_eq!(
            render(&[at_end], &sources, Format::Short, &Options::default()),
            format!("end.mlp:{place}: error[MLP102]: never closed\n")
        );
    }
}

#[test]
fn long_words_are_wrapped_to_the_width() {
    let mut sources = SourceMap::new();
    let file = sources.add("a.mlp", "x\n");
    let long =
        Diagnostic::new(Code::UnexpectedText, Span::new(file, 0, 1), "word ".repeat(40)).help("日本 ".repeat(40));
    let drawn = render(&[long], &sources, Format::Pretty, &Options { width: 60, ..Options::default() });
    assert!(drawn.lines().all(|line| line.chars().count() <= 60), "{drawn}");
    assert_eq!((drawn.matches("word").count(), drawn.matches("日本").count()), (40, 40));
}

#[test]
fn after_fifty_the_rest_is_counted() {
    let mut sources = SourceMap::new();
    let file = sources.add("many.mlp", "x\n".repeat(100));
    let other = sources.add("few.mlp", "y\n");
    let mut all: Vec<Diagnostic> = (0..60)
        .map(|line| Diagnostic::new(Code::UnexpectedText, Span::new(file, line * 2, line * 2 + 1), "no"))
        .collect();
    all.push(Diagnostic::new(Code::UnusedValue, Span::at(file, 0), "unused"));
    all.push(Diagnostic::new(Code::UnknownName, Span::at(other, 0), "unknown"));
    let text = render(&all, &sources, Format::Pretty, &Options::default());
    assert_eq!(text.matches("MLP101").count(), FULL_PER_FILE);
    assert!(text.contains("MLP201") && !text.contains("MLP403"));
    assert!(
        text.ends_with("many.mlp: 10 more errors and 1 more warning not drawn; `--format short` lists all of them\n"),
        "{text}"
    );
}

#[test]
fn a_giant_line_and_a_giant_span_stay_readable() {
    let mut sources = SourceMap::new();
    let text = format!("{}BAD{}\n{}", "ä".repeat(50_000), "z".repeat(100_000), "line\n".repeat(10_000));
    let file = sources.add("giant.mlp", text.as_str());
    let spans = [Span::new(file, 100_000, 100_003), Span::new(file, 0, u32::try_from(text.len()).unwrap())];
    for span in spans {
        let drawn = render(
            &[Diagnostic::new(Code::Unclosed, span, "never closed").here("from here")],
            &sources,
            Format::Pretty,
            &Options::default(),
        );
        assert!(drawn.len() < 3_000, "{}", drawn.len());
        assert!(drawn.contains("from here"), "{drawn}");
    }
}

#[test]
fn a_source_cannot_speak_to_the_terminal() {
    let mut sources = SourceMap::new();
    let file = sources.add("evil\u{1b}[2J.mlp", "a \u{1b}[31m b \u{202E} c \u{9b}2J \r d\n");
    let evil = Diagnostic::new(Code::UnknownName, Span::new(file, 0, 5), "there is no `\u{1b}[2J\nx`")
        .here("\u{7}")
        .help("\u{1b}]0;title\u{7}");
    for format in [Format::Pretty, Format::Short, Format::Github, Format::Junit] {
        let text = render(std::slice::from_ref(&evil), &sources, format, &Options::default());
        let inert = text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202E}'));
        assert!(inert, "{format}: {text:?}");
    }
}

#[test]
fn every_code_of_the_checker_has_a_page_with_two_programs() {
    for code in Code::ALL {
        let later = matches!(code.number(), 310..=313 | 500..=502 | 504..=799);
        let Some(page) = explain(*code) else {
            assert!(later, "{code} has no page");
            continue;
        };
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        let programs = examples(*code).unwrap_or_else(|| panic!("{code} shows no programs"));
        assert_ne!(programs.failing, programs.mended, "{code}");
        assert_eq!(programs.language, "mlp");
    }
    let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/explain")).unwrap().count();
    assert_eq!(pages, Code::ALL.iter().filter(|code| explain(**code).is_some()).count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_span_makes_a_renderer_fail(
        text in "[a-zäß日\u{1F600}\t\r\n\u{0}\u{1b} ]{0,60}",
        name in "[a-zä \u{1b}\n]{0,8}",
        spans in proptest::collection::vec((0u32..3, 0u32..100, 0u32..100), 1..5),
        unicode: bool,
        width in 0usize..200,
    ) {
        let mut sources = SourceMap::new();
        sources.add(&name, text.as_str());
        sources.add("other.mlp", text.as_str());
        let span = |(file, start, end): (u32, u32, u32)| Span::new(FileId(file), start, end);
        let mut diagnostic = Diagnostic::new(Code::Refuted, span(spans[0]), &text).here(&text);
        for place in &spans[1..] {
            diagnostic = diagnostic.because(span(*place), &text);
        }
        let diagnostic = diagnostic.fix("mend", span(spans[0]), "");
        let options = Options { unicode, width, ..Options::default() };
        for format in Format::ALL {
            let shown = render(std::slice::from_ref(&diagnostic), &sources, *format, &options);
            prop_assert!(shown.contains("MLP304"), "{}: {}", format, shown);
            match format {
                Format::Short => prop_assert_eq!(shown.matches("error[MLP304]").count(), 1),
                Format::Json | Format::Sarif => prop_assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok()),
                Format::Junit => prop_assert!(roxmltree::Document::parse(&shown).is_ok()),
                Format::Github => prop_assert_eq!(shown.lines().count(), 1),
                Format::Pretty | Format::Narrated => {}
            }
        }
    }
}
