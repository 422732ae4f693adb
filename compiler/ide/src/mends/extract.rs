//! A contract that is made of others where it is used gets a declaration and a name.

use mlp_diagnostics::Edit;
use mlp_source::Span;
use mlp_syntax::tree::{Node, TypeExpr, TypeKind};

use super::{Asked, Mend, MendKind, create::before_item};

/// The contract at the place.
pub(super) fn mends(asked: &Asked<'_, '_>) -> Option<Mend> {
    let (part, nodes) = asked.view.around(asked.range.start)?;
    let made = |node: &&Node<'_>| matches!(node, Node::Type(TypeExpr { kind: TypeKind::Algebra { .. }, .. }));
    let (declared, is_part) = (nodes.first()?, nodes.iter().any(|node| matches!(node, Node::Param(_))));
    // the body of a contract has a name already
    let Node::Item(item) = declared else { return None };
    let (_, owner) = mlp_analysis::declared(&item.kind)?;
    if matches!(item.kind, mlp_syntax::tree::ItemKind::Contract(_)) {
        return None;
    }
    let place = part.place(nodes.iter().find(made)?.span());
    let name = free(asked, &format!("{}{}", camel(&owner.text), if is_part { "Input" } else { "Rows" }));
    let text = asked.view.slice(&place).split_whitespace().collect::<Vec<_>>().join(" ");
    let head = before_item(asked, part);
    let edits = vec![
        Edit { span: head, text: format!("contract {name} = {text}\n\n") },
        Edit { span: Span::new(asked.document, place.start, place.end), text: name.clone() },
    ];
    Some(Mend::new(MendKind::Extract, format!("Declare it as the contract `{name}`"), edits))
}

fn camel(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words.flat_map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1))).collect()
}

/// The name, with a number behind it where something is called so.
fn free(asked: &Asked<'_, '_>, name: &str) -> String {
    let is_taken = |name: &str| asked.package.program().decls().any(|decl| decl.name == *name);
    let numbered = (2..).map(|number| format!("{name}{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}
