//! What is answered from the text alone: the outline, folds, links, selections, tokens, layout and the words of clauses.

#![expect(clippy::string_slice, reason = "a test that cannot go on fails")]

use mlp_ide::{Part, Place, View, clauses, edits, folding, links, selection, symbols, tokens};
use mlp_source::FileId;
use mlp_syntax::tree::{File, Node};

const PROGRAM: &str = r#"//! A module.

use std.evaluate.{binary, Binary}
use std.split.{by_time}

moments ordered < paid

// one comment
// and another
contract Order {
  version = "1.0.0"
  /// What was bought.
  id:     int64    key
  amount: float64  unit EUR in 0 ..  known at paid  @internal

  expect rows >= 10
}

enum Kind { small, large }

stage clean(orders: Table<Order>, least: float64 = 1.0) -> Table<Order> {
  run = sql("sql/clean.sql")
}

stage fit(orders: Table<Order>) -> Model<Order, Order> {
  run = python("models.order:fit")
}

env default {
  requirements = "requirements.txt"
}

policy Release(candidate: Report<Binary>, champion: Report<Binary>?) {
  require candidate.auc >= 65%   else "too weak"
  when champion {
    require candidate.auc >= champion.auc - 0.005   at 95% confidence
  }
  warn candidate.ece < 0.1
  approve by 2 of "risk" except author within 48h
}

pipeline daily(day: date = 2026-01-01) {
  let orders = clean(load(day: day), least: 2.0)
  fit(orders)
}

test "orders are cleaned" {
  expect Order <: Order
}
"#;

/// Asks something of a text.
fn with<T>(text: &str, ask: impl FnOnce(&View<'_>) -> T) -> T {
    let file: File = mlp_syntax::parse(FileId(0), text).file;
    ask(&View { text, parts: file.items.iter().map(|item| Part { item, shift: 0 }).collect() })
}

fn line(text: &str, at: u32) -> usize {
    text[..at as usize].matches('\n').count() + 1
}

#[test]
fn the_outline_has_what_is_declared() {
    fn show(text: &str, symbols: &[symbols::Symbol], depth: usize, shown: &mut String) {
        for symbol in symbols {
            let detail = if symbol.detail.is_empty() { String::new() } else { format!(": {}", symbol.detail) };
            shown.push_str(&format!(
                "{:>3} {}{:?} {}{detail}\n",
                line(text, symbol.name_place.start),
                "  ".repeat(depth),
                symbol.kind,
                symbol.name
            ));
            show(text, &symbol.inside, depth + 1, shown);
        }
    }
    let mut shown = String::new();
    show(PROGRAM, &with(PROGRAM, symbols::outline), 0, &mut shown);
    insta::assert_snapshot!(shown);
}

#[test]
fn folds_go_over_several_lines() {
    let folds = with(PROGRAM, folding::folds);
    let shown: Vec<String> = folds
        .iter()
        .map(|(place, kind)| format!("{} to {}: {kind:?}", line(PROGRAM, place.start), line(PROGRAM, place.end)))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn links_are_the_texts_that_name_files_and_functions() {
    let shown: Vec<String> = with(PROGRAM, |view| {
        links::links(view).iter().map(|link| format!("{}: {:?}", view.slice(&link.place), link.target)).collect()
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_text_that_is_sql_is_no_link() {
    let text = "stage a(t: Table<A>) -> Table<A> { run = sql(\"select x from t\") }\n";
    assert_eq!(with(text, links::links), []);
}

#[test]
fn a_selection_grows_from_the_word_to_the_document() {
    let at = u32::try_from(PROGRAM.find("champion.auc - ").unwrap() + 10).unwrap();
    let shown: Vec<String> = with(PROGRAM, |view| {
        let places: Vec<Place> = selection::around(view, at);
        assert!(places.windows(2).all(|pair| pair[1].start <= pair[0].start && pair[0].end <= pair[1].end));
        places.iter().map(|place| view.slice(place).lines().next().unwrap_or_default().to_owned()).collect()
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn tokens_are_what_they_mean() {
    let shown: Vec<String> = with(PROGRAM, |view| {
        let declares = |token: &tokens::Token| if token.declares { " (declared)" } else { "" };
        tokens::tokens(view)
            .iter()
            .map(|token| format!("{}: {:?}{}", view.slice(&token.place), token.kind, declares(token)))
            .collect()
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn clauses_are_said_in_words() {
    fn say(view: &View<'_>, part: Part<'_>, node: Node<'_>, said: &mut Vec<String>) {
        if let Node::Clause(clause) = node {
            said.push(clauses::meaning(view, part, clause));
        }
        node.children().into_iter().for_each(|child| say(view, part, child, said));
    }
    let said = with(PROGRAM, |view| {
        let mut said = Vec::new();
        view.parts.iter().for_each(|part| say(view, *part, Node::Item(part.item), &mut said));
        said
    });
    insta::assert_snapshot!(said.join("\n\n---\n\n"));
}

#[test]
fn the_layout_comes_as_the_lines_that_change() {
    let text = "contract  A {\n  a: int64\n  bc:  string\n}\n\n\n\nenum B {x}\n";
    let apply = |edits: &[edits::TextEdit]| {
        edits.iter().rev().fold(text.to_owned(), |mut text, edit| {
            text.replace_range(edit.place.start as usize..edit.place.end as usize, &edit.text);
            text
        })
    };
    let all = with(text, |view| edits::layout(view, None));
    assert_eq!(apply(&all), "contract A {\n  a:  int64\n  bc: string\n}\n\nenum B { x }\n");
    let behind = text.find("enum").unwrap() as u32;
    let last = with(text, |view| edits::layout(view, Some(&(behind..behind + 4))));
    assert_eq!(apply(&last), "contract  A {\n  a: int64\n  bc:  string\n}\n\n\n\nenum B { x }\n");
    assert_eq!(with(&apply(&all), |view| edits::layout(view, None)), [], "what is laid out stays");
}
