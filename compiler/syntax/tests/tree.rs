//! What stands in the tree: values, comments, places.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::read;
use mlp_syntax::tree::{
    ContractBody, ContractEntry, Entry, ExprKind, FieldDecl, FormatPart, ItemKind, Lit, ModifierKind, Statement, Text,
};

fn fields(text: &str) -> Vec<FieldDecl> {
    let parsed = read(text);
    let ItemKind::Contract(contract) = &parsed.file.items[0].kind else { panic!("no contract") };
    let ContractBody::Block(block) = &contract.body else { panic!("no block") };
    let found = block.entries.iter().filter_map(|entry| match entry.ok()? {
        ContractEntry::Field(field) => Some(field.clone()),
        _ => None,
    });
    found.collect()
}

fn value(text: &str) -> ExprKind {
    let parsed = read(&format!("pipeline p {{ let x = {text} }}"));
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let ItemKind::Pipeline(pipeline) = &parsed.file.items[0].kind else { panic!("no pipeline") };
    let Entry::Ok(Statement::Let(bound)) = &pipeline.body.entries[0] else { panic!("no let") };
    bound.value.kind.clone()
}

#[test]
fn comments_belong_to_what_they_stand_at() {
    let text = "//! module\n\n// note\n/// Docs.\n/// More.\ncontract A { // first\n  x: int32, // of x\n\n  /// about y\n  y: bool\n  // last\n} // of A\n// end\n";
    let file = read(text).file;
    assert_eq!(file.docs.len(), 1);
    let item = &file.items[0];
    assert_eq!(item.lead.docs().unwrap(), "Docs.\nMore.");
    assert_eq!(item.lead.comments.len(), 3);
    assert!(item.lead.blank);
    assert_eq!(item.lead.trailing.as_ref().unwrap().text, "// of A");
    assert_eq!(file.dangling[0].text, "// end");
    let fields = fields(text);
    assert_eq!(fields[0].lead.comments[0].text, "// first");
    assert_eq!(fields[0].lead.trailing.as_ref().unwrap().text, "// of x");
    assert_eq!(fields[1].lead.docs().unwrap(), "about y");
    assert!(fields[1].lead.blank && !fields[0].lead.blank);
    let ItemKind::Contract(contract) = &item.kind else { panic!("no contract") };
    let ContractBody::Block(block) = &contract.body else { panic!("no block") };
    assert_eq!(block.dangling[0].text, "// last");
}

#[test]
fn parameters_carry_their_docs() {
    let text = "stage f(\n  /// How deep.\n  depth: int = 6, // levels\n  b: bool\n) -> Dir { run = f() }";
    let parsed = read(text);
    assert!(parsed.diagnostics.is_empty());
    let ItemKind::Stage(stage) = &parsed.file.items[0].kind else { panic!("no stage") };
    assert_eq!(stage.params[0].lead.docs().unwrap(), "How deep.");
    assert_eq!(stage.params[0].lead.trailing.as_ref().unwrap().text, "// levels");
    assert!(stage.params[1].lead.comments.is_empty());
}

#[test]
fn spans_are_places_in_the_text_as_written() {
    let text = "\u{feff}contract Ä {\r\n\tname :\tstring   length 1 .. 64\r\n  xs: list < A.B > ?\r\n}";
    let fields = fields(text);
    let slice = |span: mlp_source::Span| &text[span.range()];
    assert_eq!(slice(fields[0].span), "name :\tstring   length 1 .. 64");
    assert_eq!(slice(fields[0].name.span), "name");
    assert_eq!(slice(fields[0].modifiers[0].span), "length 1 .. 64");
    assert_eq!(slice(fields[1].ty.span), "list < A.B > ?");
}

#[test]
fn literals_have_their_values() {
    assert_eq!(value("1.5h"), ExprKind::Literal(Lit::Duration(5_400_000_000_000)));
    assert_eq!(value("-5min"), ExprKind::Literal(Lit::Duration(-300_000_000_000)));
    assert_eq!(value("4GiB"), ExprKind::Literal(Lit::Size(4 << 30)));
    assert_eq!(value("20%"), ExprKind::Literal(Lit::Percent("0.2".parse().unwrap())));
    assert_eq!(value("-1_000"), ExprKind::Literal(Lit::Number("-1000".parse().unwrap())));
    assert_eq!(value("1e-6"), ExprKind::Literal(Lit::Number("0.000001".parse().unwrap())));
    assert_eq!(text("\"a\\n\\u00e9\\ud83d\\ude00\"").value, "a\né😀");
    assert_eq!(text("\"\"\"a\\n\n\"b\" // c\"\"\"").value, "a\\n\n\"b\" // c");
    let ExprKind::Literal(Lit::Timestamp { at, zoned: true }) = value("2013-10-01T06:00:00+02:00") else {
        panic!("no timestamp")
    };
    assert_eq!(at.to_string(), "2013-10-01 04:00:00");
}

#[test]
fn what_a_text_says_is_found_where_it_is_written() {
    for written in ["\"plain\"", "\"\"\"a \\n \"b\" z\"\"\"", "\"\\ud83d\\ude00x \\\"y\\\" é\\n z\""] {
        let text = text(written);
        for word in ["plain", "a", "b", "x", "y", "é", "z"] {
            let Some(at) = text.value.find(word) else { continue };
            let place = text.written(u32::try_from(at).unwrap());
            assert!(written[place as usize..].starts_with(word), "{word} of {written} at {place}");
            assert_eq!(text.read(place) as usize, at, "{word} of {written}");
        }
    }
    assert_eq!(text("\"a\\u00e9b\"").read(4), 3, "within an escape");
}

fn text(written: &str) -> Text {
    let ExprKind::Literal(Lit::Text(text)) = value(written) else { panic!("no text") };
    text
}

#[test]
fn formats_have_their_parts() {
    let ExprKind::Format(parts) = value("f\"a\\{{day - 1d:%Y}/{f(x: 1)}\"") else { panic!("no format") };
    assert_eq!(parts[0], FormatPart::Text("a{".to_owned()));
    assert!(matches!(&parts[1], FormatPart::Value { format: Some(format), .. } if format == "%Y"));
    assert!(
        matches!(&parts[3], FormatPart::Value { expr, format: None } if matches!(expr.kind, ExprKind::Call { .. }))
    );
}

#[test]
fn operators_bind_as_the_language_says() {
    let shown = |text: &str| show(&value(text));
    assert_eq!(shown("a + b * c - d"), "((a + (b * c)) - d)");
    assert_eq!(shown("not a > b and c"), "((not (a > b)) and c)");
    assert_eq!(shown("a - 1 .. b + 1"), "((a - ?) .. (b + ?))");
    assert_eq!(shown("a in b .. c and d"), "((a in (b .. c)) and d)");
    assert_eq!(shown("a.b by c >= d"), "((a.b by c) >= d)");
    assert_eq!(shown("-a * b"), "((- a) * b)");
}

fn show(kind: &ExprKind) -> String {
    match kind {
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Field(base, name) => format!("{}.{}", show(&base.kind), name.text),
        ExprKind::Binary { left, op, right, .. } => {
            format!("({} {} {})", show(&left.kind), op.symbol(), show(&right.kind))
        }
        ExprKind::In(left, right) => format!("({} in {})", show(&left.kind), show(&right.kind)),
        ExprKind::Range { low, high } => {
            let end =
                |end: &Option<Box<mlp_syntax::tree::Expr>>| end.as_ref().map_or(String::new(), |end| show(&end.kind));
            format!("({} .. {})", end(low), end(high))
        }
        ExprKind::By(of, path) => format!("({} by {})", show(&of.kind), path.segments[0].text),
        ExprKind::Unary(op, of) => {
            format!("({} {})", if *op == mlp_syntax::tree::UnaryOp::Neg { "-" } else { "not" }, show(&of.kind))
        }
        _ => "?".to_owned(),
    }
}

#[test]
fn what_is_whole_is_kept_beside_what_is_broken() {
    let text = "contract A {\n  x int32\n  y: bool key\n  z: in\n}\nstage f(\ncontract B { b: bool }\n";
    let found = fields(text);
    assert_eq!(found.iter().map(|field| field.name.text.as_str()).collect::<Vec<_>>(), ["y", "z"]);
    assert_eq!(found[0].modifiers[0].kind, ModifierKind::Key);
    let items = read(text).file.items;
    let ItemKind::Broken(broken) = &items[1].kind else { panic!("not broken") };
    assert_eq!((broken.text.as_str(), broken.declares()), ("stage f(", vec!["f"]));
    assert!(matches!(items[2].kind, ItemKind::Contract(_)));
}
