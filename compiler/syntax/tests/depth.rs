//! Nesting without end: a clean answer, quickly, on a small stack.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::findings;

/// What is found in a text on a thread with 2 MiB of stack, the tree dropped and formatted there too. What takes exponential time does not come back at all.
fn on_a_small_stack(text: String) -> Vec<String> {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread
        .spawn(move || {
            let parsed = common::read(&text);
            let _ = mlp_syntax::format(&parsed.file, &text);
            parsed.diagnostics.iter().map(|found| found.code.to_string()).collect()
        })
        .unwrap()
        .join()
        .unwrap()
}

#[test]
fn brackets_of_any_kind() {
    let heads = [
        "",
        "contract A ",
        "contract A { x: int32 where ",
        "stage f() -> ",
        "pipeline p { let x = ",
        "stage f(a: ",
        "policy P() { when x ",
    ];
    let opens = [
        "(",
        "[",
        "{",
        "{ a: ",
        "f(",
        "(-",
        "[not ",
        "x: struct { ",
        "when x { ",
        "A with { x: ",
        "1 + (",
        "f(x: [{ a: ",
    ];
    for head in heads {
        for open in opens {
            let text = format!("{head}{}", open.repeat(if head.is_empty() { 100_000 } else { 5_000 }));
            let found = on_a_small_stack(text);
            assert!(found.iter().any(|code| code == "MLP103"), "{head} {open}: {found:?}");
            assert!(found.len() <= 2, "{head} {open}: {found:?}");
        }
    }
}

#[test]
fn closed_brackets_of_any_kind() {
    for (head, open, close, tail) in [
        ("contract A { x: int32 where ", "(", ")", "}"),
        ("pipeline p { let x = ", "[", "]", "}"),
        ("pipeline p { let x = ", "{ a: ", "}", "}"),
        ("contract A { x: ", "struct { x: ", "}", "}"),
        ("policy P() { ", "when x { ", "}", "}"),
        ("metrics M { ", "a: { ", "}", "}"),
        ("pipeline p { let x = ", "f(", ")", "}"),
    ] {
        let text = format!("{head}{}{}{tail}\ncontract B {{ x: int32 }}", open.repeat(100_000), close.repeat(100_000));
        assert_eq!(on_a_small_stack(text), ["MLP103"], "{open}");
    }
}

#[test]
fn chains_that_nest_without_brackets() {
    for (head, link, tail) in [
        ("pipeline p { let x = a", " + a", " }"),
        ("pipeline p { let x = a", ".b", " }"),
        ("pipeline p { let x = a", "()", " }"),
        ("pipeline p { let x = ", "not ", "a }"),
        ("pipeline p { let x = ", "-", "a }"),
        ("contract A { x: int32 where a", " == a", " }"),
        ("contract A { x: ", "list<", "int32 }"),
        ("contract A { x: ", "list <", "int32 }"),
        ("contract A { x: ", "map<a, ", "int32 }"),
        ("contract A { x: ", "and<and<", "int32 }"),
        ("stage f() -> ", "Table<\n", "x"),
        ("type A = ", "Table < ", "x"),
        ("test \"a\" { expect ", "A<", "B { .. } passes }"),
    ] {
        let found = on_a_small_stack(format!("{head}{}{tail}", link.repeat(100_000)));
        assert!(found.iter().any(|code| code == "MLP103"), "{head} {link}: {found:?}");
        assert!(found.len() <= 2, "{head} {link}: {found:?}");
    }
}

#[test]
fn long_things_that_do_not_nest_are_fine() {
    for text in [
        format!("contract A {{ x: int32{} }}", "?".repeat(100_000)),
        format!("contract A = B{}", " pick label".repeat(10_000)),
        format!("pipeline p {{ let x = [{}] }}", "1, ".repeat(100_000)),
        format!("type A = int32{}", " @a".repeat(10_000)),
        format!("contract A {{ x: int32 where a{} }}", " and a".repeat(100_000)),
        format!("policy P() {{ require a > 1{} }}", " or a > 1".repeat(10_000)),
        "contract A { x: int32 }\n".repeat(20_000),
    ] {
        assert_eq!(on_a_small_stack(text), Vec::<String>::new());
    }
}

#[test]
fn deep_but_not_too_deep() {
    let text = format!("pipeline p {{ let x = {}1{} }}", "(1 + ".repeat(126), ")".repeat(126));
    assert_eq!(findings(&text), Vec::<String>::new());
    assert_eq!(on_a_small_stack(text), Vec::<String>::new());
}

#[test]
fn soup_of_brackets_and_quotes_is_quick() {
    for piece in [
        "(}",
        "{)",
        "[(",
        "\"",
        "(\"",
        "'",
        "/*",
        "{\n(",
        "a<",
        "f\"{",
        "{ ( }\n",
        "matches /",
        "\"\"\"",
        "x: {\n",
        "}",
        ")",
        "contract A {\n",
        "@",
        "..",
        "\u{2}",
    ] {
        for head in ["", "contract A {\n"] {
            let _ = on_a_small_stack(format!("{head}{}", piece.repeat(20_000)));
        }
    }
}

#[test]
fn brackets_that_the_text_between_them_keeps_apart() {
    for between in ["/\r/", "'", "\r", "\"", "/", "//", "\u{c}", "(["] {
        let _ = on_a_small_stack(format!("B{0}{between}{0}'){{>{{1", "{".repeat(60)));
    }
}
