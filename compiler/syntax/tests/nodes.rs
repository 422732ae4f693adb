//! Nodes: those in a node stand within it, one behind the other, and every word of the text that could be a name is either one or a word of the language.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on fails")]

mod common;

use mlp_syntax::tree::{ItemKind, Node};

/// What is wrong with the nodes below one.
fn faults(node: Node<'_>, text: &str, faults: &mut Vec<String>) {
    let span = node.span();
    let shown = |node: Node<'_>| format!("`{}`", text.get(node.span().range()).unwrap_or("outside of the text"));
    let mut last = span.start;
    for child in node.children() {
        let inner = child.span();
        if inner.start < last || inner.end > span.end {
            faults.push(format!("{} in {}", shown(child), shown(node)));
        }
        last = inner.end;
        self::faults(child, text, faults);
    }
}

#[test]
fn nodes_stand_in_their_parents_one_behind_the_other() {
    let programs = [common::fixtures(), common::conformance()].concat();
    let mut seen = 0;
    for (name, text) in &programs {
        let file = common::read(text).file;
        let mut found = Vec::new();
        file.items.iter().for_each(|item| faults(Node::Item(item), text, &mut found));
        assert_eq!(found, Vec::<String>::new(), "{name}");
        seen += file.items.len();
    }
    assert!(seen > 10, "{seen} items were looked at");
}

#[test]
fn around_a_place_are_the_nodes_that_hold_it() {
    let text = "pipeline p() {\n  let x = f(a: y + 1)\n}\n";
    let file = common::read(text).file;
    let at = u32::try_from(text.find("y +").unwrap()).unwrap();
    let shown: Vec<&str> =
        Node::around(&file.items[0], at).into_iter().map(|node| &text[node.span().range()]).skip(1).collect();
    assert_eq!(shown, ["let x = f(a: y + 1)", "f(a: y + 1)", "a: y + 1", "y + 1", "y", "y"]);
    assert!(matches!(file.items[0].kind, ItemKind::Pipeline(_)));
    assert!(Node::around(&file.items[0], at + 100).is_empty(), "behind the text is nothing");
}
