//! The outline of a document: its declarations, and what stands in them.

use mlp_source::Span;
use mlp_syntax::tree::{Clause, ClauseKind, Item, ItemKind, MetricDecl, MetricKind, Modifier, ModifierKind, Node};

use crate::view::{Part, Place, View};

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// `contract`.
    Contract,
    /// A column, or a field of a struct.
    Column,
    /// A named type.
    Type,
    /// `enum`.
    Enum,
    /// A member of one.
    Member,
    /// `metrics`, and a group of them.
    Metrics,
    /// A metric.
    Metric,
    /// `stage`, `source`, `sink`.
    Stage,
    /// An input, a parameter, a `let`.
    Variable,
    /// `const`, `secret`, `env`.
    Constant,
    /// `model`.
    Model,
    /// `policy`.
    Policy,
    /// A clause of one, a rule of a contract.
    Rule,
    /// `pipeline`.
    Pipeline,
    /// `deployment`.
    Deployment,
    /// `monitor`.
    Monitor,
    /// `moments`.
    Moments,
    /// `test`.
    Test,
}

/// A line of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// What it is called; the clause or rule itself, where it has no name.
    pub name: String,
    /// Its type as written; empty where it has none.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub place: Place,
    /// Its name alone.
    pub name_place: Place,
    /// Whether it says that it is deprecated.
    pub deprecated: bool,
    /// What stands in it.
    pub inside: Vec<Self>,
}

/// The outline of a document.
#[must_use]
pub fn outline(view: &View<'_>) -> Vec<Symbol> {
    view.parts.iter().filter_map(|part| symbol(view, *part, Node::Item(part.item))).collect()
}

/// A node as a line of the outline, where it is one.
fn symbol(view: &View<'_>, part: Part<'_>, node: Node<'_>) -> Option<Symbol> {
    let (kind, name, detail) = named(node)?;
    let name_place = part.place(name);
    let one_line = |place: &Place| view.slice(place).split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Symbol {
        name: one_line(&name_place).trim_matches('"').to_owned(),
        detail: detail.map(|span| one_line(&part.place(span))).unwrap_or_default(),
        kind,
        place: part.place(node.span()),
        name_place,
        deprecated: matches!(node, Node::Field(field) if field.modifiers.iter().any(is_deprecated)),
        inside: node.children().into_iter().filter_map(|child| symbol(view, part, child)).collect(),
    })
}

const fn is_deprecated(modifier: &Modifier) -> bool {
    matches!(modifier.kind, ModifierKind::Deprecated(_))
}

/// What a node is called in the outline: its kind, the place of its name, and that of its type.
fn named(node: Node<'_>) -> Option<(SymbolKind, Span, Option<Span>)> {
    Some(match node {
        Node::Item(item) => {
            let (kind, name) = item_name(item)?;
            (kind, name, None)
        }
        Node::Field(node) => (SymbolKind::Column, node.name.span, Some(node.ty.span)),
        Node::Param(node) => (SymbolKind::Variable, node.name.span, Some(node.ty.span)),
        Node::Let(node) => (SymbolKind::Variable, node.name.span, None),
        Node::Metric(MetricDecl { name, kind: MetricKind::Leaf { measure, .. }, .. }) => {
            (SymbolKind::Metric, name.span, Some(measure.span))
        }
        Node::Metric(node) => (SymbolKind::Metrics, node.name.span, None),
        // the clauses of a `when` stand in it
        Node::Clause(Clause { kind: ClauseKind::When { subject, .. }, .. }) => (SymbolKind::Rule, subject.span, None),
        Node::Clause(node) => (SymbolKind::Rule, node.span, None),
        Node::Rule(node) => (SymbolKind::Rule, node.span, None),
        _ => return None,
    })
}

const fn item_name(item: &Item) -> Option<(SymbolKind, Span)> {
    Some(match &item.kind {
        ItemKind::Contract(node) => (SymbolKind::Contract, node.name.span),
        ItemKind::Type(node) => (SymbolKind::Type, node.name.span),
        ItemKind::Enum(node) => (SymbolKind::Enum, node.name.span),
        ItemKind::Metrics(node) => (SymbolKind::Metrics, node.name.span),
        ItemKind::Env(node) => (SymbolKind::Constant, node.name.span),
        ItemKind::Stage(node) | ItemKind::Source(node) | ItemKind::Sink(node) => (SymbolKind::Stage, node.name.span),
        ItemKind::Secret(node) | ItemKind::Const(node) => (SymbolKind::Constant, node.name.span),
        ItemKind::Model(node) => (SymbolKind::Model, node.name.span),
        ItemKind::Policy(node) => (SymbolKind::Policy, node.name.span),
        ItemKind::Pipeline(node) => (SymbolKind::Pipeline, node.name.span),
        ItemKind::Deployment(node) => (SymbolKind::Deployment, node.name.span),
        ItemKind::Monitor(node) => (SymbolKind::Monitor, node.name.span),
        ItemKind::Moments(_) => (SymbolKind::Moments, item.span),
        ItemKind::Test(node) => (SymbolKind::Test, node.name_span),
        ItemKind::Use(_) | ItemKind::Broken(_) => return None,
    })
}
