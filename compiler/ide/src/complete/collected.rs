//! What is not looked up by the checker, and so collected from the program: units, tags, slices, files.

use std::collections::BTreeSet;

use mlp_analysis::Module;
use mlp_syntax::tree::{Arg, Expr, ExprKind, ModifierKind, Node, Setting};
use mlp_workspace::Package;

use super::{
    Item, ItemKind,
    site::{Kind, Site},
};

/// What could stand in the place of what is being typed.
pub(super) fn items(package: &Package, site: &Site<'_>, files: &dyn Fn() -> Vec<String>) -> Vec<Item> {
    let marks = |names: BTreeSet<String>| names.into_iter().map(|name| Item::new(name, ItemKind::Mark, 0)).collect();
    match (site.kind, site.word_before()) {
        (Kind::Text, _) => of_files(site, files),
        (Kind::Part, _) if site.before.ends_with('@') => marks(package.live().tags().map(str::to_owned).collect()),
        (Kind::Word, Some("unit")) => marks(of_nodes(package, &unit)),
        (Kind::Word, Some("by")) => {
            of_nodes(package, &slices).into_iter().map(|name| Item::new(name, ItemKind::Column, 1)).collect()
        }
        _ => Vec::new(),
    }
}

/// Names that stand anywhere in the program.
fn of_nodes(package: &Package, of: &dyn Fn(Node<'_>, &mut BTreeSet<String>)) -> BTreeSet<String> {
    fn walk(node: Node<'_>, of: &dyn Fn(Node<'_>, &mut BTreeSet<String>), found: &mut BTreeSet<String>) {
        of(node, found);
        node.children().into_iter().for_each(|child| walk(child, of, found));
    }
    let mut found = BTreeSet::new();
    package.program().modules.iter().flat_map(Module::items).for_each(|item| walk(Node::Item(item), of, &mut found));
    found
}

fn unit(node: Node<'_>, found: &mut BTreeSet<String>) {
    if let Node::Modifier(modifier) = node
        && let ModifierKind::Unit(unit) = &modifier.kind
    {
        found.insert(unit.text.clone());
    }
}

/// Columns by which some report is sliced.
fn slices(node: Node<'_>, found: &mut BTreeSet<String>) {
    let list = match node {
        Node::Arg(Arg { name: Some(name), value }) | Node::Setting(Setting { name, value, .. })
            if name.text == "slices" =>
        {
            value
        }
        _ => return,
    };
    if let ExprKind::List(items) = &list.kind {
        let columns = items.iter().filter_map(|item| match item {
            Expr { kind: ExprKind::Column(name), .. } => Some(name.text.trim_start_matches('.').to_owned()),
            _ => None,
        });
        found.extend(columns);
    }
}

/// Files of the package, and modules in Python, that the text may name.
fn of_files(site: &Site<'_>, files: &dyn Fn() -> Vec<String>) -> Vec<Item> {
    let Some(owner) = site.owner else { return Vec::new() };
    let file = |path: String| Item::new(path, ItemKind::File, 0);
    let with_ending = |ending: &str| files().into_iter().filter(|path| path.ends_with(ending)).map(file).collect();
    match owner {
        "python" if !site.before.ends_with(':') => {
            let modules = files().into_iter().filter_map(|path| {
                let path = path.strip_suffix(".py")?;
                let path = path.strip_suffix("/__init__").unwrap_or(path);
                Some(Item::new(format!("{}:", path.replace('/', ".")), ItemKind::Module, 0))
            });
            modules.collect()
        }
        "sql" => with_ending(".sql"),
        "csv" => with_ending(".csv"),
        "parquet" => with_ending(".parquet"),
        "jsonl" => with_ending(".jsonl"),
        "requirements" => with_ending(".txt"),
        "file" => with_ending(""),
        _ => Vec::new(),
    }
}
