//! Hints between the words: what a call does to the columns, which parameter an argument is for, what an edge leaves to be checked when it runs.

use std::collections::BTreeSet;

use mlp_analysis::{
    edges::{Compared, Outcome, explained},
    flow::FlowNode,
    types::Ty,
};
use mlp_source::{FileId, Span};
use mlp_syntax::tree::{Arg, Expr, ExprKind, Node};
use mlp_workspace::Package;

use crate::view::{Part, Place, View};

/// Columns that a hint names before it counts the rest.
const NAMED: usize = 6;

/// What a hint is about; each kind can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintKind {
    /// The columns that a call adds and takes away.
    Schema,
    /// The parameter that an argument is for.
    Parameter,
    /// What is checked when it runs.
    Runtime,
}

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Before which byte it stands.
    pub at: u32,
    /// What it says.
    pub text: String,
    /// What is told to who asks for more; Markdown.
    pub more: Option<String>,
    /// What it is about.
    pub kind: HintKind,
}

/// The hints within a range of a document, by place.
#[must_use]
pub fn hints(package: &Package, document: FileId, view: &View<'_>, within: &Place) -> Vec<Hint> {
    let mut found = schema(package, document);
    found.extend(runtime(package, document));
    for part in &view.parts {
        parameters(package, document, *part, Node::Item(part.item), &mut found);
    }
    found.retain(|hint| within.start <= hint.at && hint.at <= within.end);
    found.sort_by_key(|hint| hint.at);
    found.dedup();
    found
}

/// Behind each call what it does to the columns of the tables that it reads.
fn schema(package: &Package, document: FileId) -> Vec<Hint> {
    let live = package.live();
    let flows = package.program().of_kind(mlp_analysis::Kind::Pipeline).filter_map(|id| live.pipeline(id));
    let nodes = flows.flat_map(|flow| &flow.nodes).filter(|node| node.site == node.span);
    let here = nodes.map(|node| (package.outside(node.span), node)).filter(|(span, _)| span.file == document);
    here.filter_map(|(span, node)| {
        let text = change(node)?;
        Some(Hint { at: span.end, text, more: None, kind: HintKind::Schema })
    })
    .collect()
}

/// `+hour, +late, -tailnum`: none where nothing is read, or nothing changes.
fn change(node: &FlowNode) -> Option<String> {
    let columns = |ty: &Ty| match ty.required() {
        Ty::Table(contract) if !contract.partial => {
            Some(contract.face.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>())
        }
        _ => None,
    };
    let read: Vec<String> = node.inputs.iter().filter_map(|input| columns(&input.given)).flatten().collect();
    let [made] = node.outputs.as_slice() else { return None };
    let made = columns(&made.ty)?;
    if read.is_empty() {
        return None;
    }
    let (had, has): (BTreeSet<&String>, BTreeSet<&String>) = (read.iter().collect(), made.iter().collect());
    let added = made.iter().filter(|name| !had.contains(name)).map(|name| format!("+{name}"));
    let mut seen = BTreeSet::new();
    let gone = read.iter().filter(|name| !has.contains(name) && seen.insert(*name)).map(|name| format!("-{name}"));
    let changes: Vec<String> = added.chain(gone).collect();
    let more = changes.len().saturating_sub(NAMED);
    let named = changes.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match (changes.is_empty(), more) {
        (true, _) => None,
        (_, 0) => Some(named),
        _ => Some(format!("{named}, and {more} more")),
    }
}

/// Behind what is given at an edge, the rules that were not proven there.
fn runtime(package: &Package, document: FileId) -> Vec<Hint> {
    let here: Vec<Compared> =
        package.live().edges().filter(|edge| package.outside(edge.span).file == document).cloned().collect();
    let planted = |rules: &[(String, Outcome)]| -> Vec<String> {
        rules.iter().filter(|(_, outcome)| *outcome == Outcome::Planted).map(|(rule, _)| rule.clone()).collect()
    };
    let hint = |edge: &mlp_analysis::edges::Explained| {
        let rules = planted(&edge.rules);
        let text = match rules.len() {
            0 => return None,
            1 => "1 check".to_owned(),
            count => format!("{count} checks"),
        };
        let list: String = rules.iter().map(|rule| format!("\n- {rule}")).collect();
        let more = format!("Checked when it runs, since `{}` does not promise it:\n{list}", edge.from);
        Some(Hint { at: package.outside(edge.span).end, text, more: Some(more), kind: HintKind::Runtime })
    };
    explained(&here).iter().filter_map(hint).collect()
}

/// Before arguments without a name, that of their parameter; not where the argument says it itself.
fn parameters(package: &Package, document: FileId, part: Part<'_>, node: Node<'_>, found: &mut Vec<Hint>) {
    if let Node::Expr(Expr { kind: ExprKind::Call { callee, args }, .. }) = node
        && let ExprKind::Name(name) = &callee.kind
        && args.iter().any(|arg| arg.name.is_none())
    {
        let place = part.place(name.span);
        found.extend(names_of(package, Span::new(document, place.start, place.end), args, part));
    }
    for child in node.children() {
        parameters(package, document, part, child, found);
    }
}

fn names_of(package: &Package, callee: Span, args: &[Arg], part: Part<'_>) -> Vec<Hint> {
    let called = package.symbol_at(callee.file, callee.start).filter(|found| found.span == callee);
    let Some(mlp_analysis::Symbol::Decl(id)) = called.map(|found| found.symbol) else { return Vec::new() };
    let Some(signature) = package.live().signature(id) else { return Vec::new() };
    let hint = |(arg, param): (&Arg, &mlp_analysis::stages::ParamInfo)| {
        let says_it = matches!(&arg.value.kind, ExprKind::Name(name) if name.text == param.name);
        (arg.name.is_none() && !says_it).then(|| Hint {
            at: part.place(arg.value.span).start,
            text: format!("{}:", param.name),
            more: None,
            kind: HintKind::Parameter,
        })
    };
    args.iter().zip(&signature.params).filter_map(hint).collect()
}
