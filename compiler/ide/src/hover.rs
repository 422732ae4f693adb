//! What is told of what stands at a place: as a program would spell it, its docs, and what it means.

use mlp_analysis::{DeclId, Kind, Symbol};
use mlp_plan::{Column, Metric};
use mlp_source::{FileId, Span};
use mlp_syntax::tree::{Item, ItemKind, Node, ResultKind};
use mlp_workspace::Package;

use crate::{
    clauses, names, show,
    view::{Part, View},
};

/// What is told, in Markdown, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// What it is about, in the document.
    pub place: Span,
    /// What is told.
    pub text: String,
}

/// What is told of an offset of a document.
#[must_use]
pub fn hover(package: &Package, document: FileId, view: &View<'_>, offset: u32) -> Option<Hover> {
    if let Some(found) = package.symbol_at(document, offset)
        && let Some(text) = of_symbol(package, &found.symbol)
    {
        return Some(Hover { place: found.span, text });
    }
    let (part, nodes) = view.around(offset)?;
    let clause = nodes.iter().rev().find_map(|node| match node {
        Node::Clause(clause) => Some(clause),
        _ => None,
    })?;
    let place = part.place(clause.span);
    Some(Hover { place: Span::new(document, place.start, place.end), text: clauses::meaning(view, part, clause) })
}

/// What is told of a symbol.
#[must_use]
pub fn of_symbol(package: &Package, symbol: &Symbol) -> Option<String> {
    match symbol {
        Symbol::Decl(id) => of_decl(package, *id),
        Symbol::Column(place) => {
            let (column, contract) = column(package, *place)?;
            let told = told(&show::column(column), column.doc.as_deref());
            let deprecated = column.deprecated.as_ref().map(|why| format!("\n\nDeprecated: {why}")).unwrap_or_default();
            Some(format!("{told}{deprecated}\n\nA column of `{contract}`."))
        }
        Symbol::Metric(place) => {
            let metric = metric(package, *place)?;
            Some(told(&show::metric(metric), metric.doc.as_deref()))
        }
        Symbol::Local(place) => local(package, *place),
        Symbol::Module(module) => {
            let module = package.program().modules.get(*module)?;
            let lines = module.trees.first()?.docs.iter();
            let docs: Vec<&str> = lines.map(|line| line.text.trim_start_matches("//!").trim()).collect();
            let docs = (!docs.is_empty()).then(|| docs.join("\n"));
            Some(told(&format!("module {}", module.path), docs.as_deref()))
        }
        Symbol::Rung(model, name) => {
            let model = &package.program().decl(*model)?.name;
            Some(told(&format!("{model}.{name}"), Some("A rung of the model's ladder.")))
        }
        Symbol::Moment(name) => Some(told(&format!("moment {name}"), moments(package).as_deref())),
        Symbol::Member(members, name) => {
            Some(told(name, Some(&format!("A member of `enum {{ {} }}`.", members.join(", ")))))
        }
        Symbol::Tag(name) => {
            let places = package.occurrences(symbol).len();
            let places = if places == 1 { "one place".to_owned() } else { format!("{places} places") };
            Some(told(&format!("@{name}"), Some(&format!("A tag, written at {places} of this package."))))
        }
    }
}

/// A piece of a program, and its docs.
pub(crate) fn told(code: &str, docs: Option<&str>) -> String {
    let docs = docs.map(|docs| format!("\n\n{docs}")).unwrap_or_default();
    format!("```mlp\n{code}\n```{docs}")
}

fn of_decl(package: &Package, id: DeclId) -> Option<String> {
    let (decl, item) = (package.program().decl(id)?, package.program().item(id)?);
    let docs = item.lead.docs();
    let live = package.live();
    let code = match decl.kind {
        Kind::Contract => {
            live.contract(id).filter(|contract| !contract.partial).map(|found| show::contract(&found.face))
        }
        Kind::Stage | Kind::Source | Kind::Sink => live.signature(id).map(show::signature),
        Kind::Metrics => live.metrics(id).map(|found| {
            let metrics: Vec<String> =
                found.face.metrics.iter().map(|metric| format!("  {}", show::metric(metric))).collect();
            format!("metrics {} {{\n{}\n}}", decl.name, metrics.join("\n"))
        }),
        _ => None,
    };
    Some(told(&code.or_else(|| head(package, item.span))?, docs.as_deref()))
}

/// A declaration up to its body; all of it where that is one line.
fn head(package: &Package, span: Span) -> Option<String> {
    let place = package.outside(span);
    let text = package.document(place.file)?.text();
    let text = text.get(place.range())?;
    let first = text.lines().next()?;
    Some(if text.lines().count() == 1 { first.to_owned() } else { first.trim_end_matches('{').trim_end().to_owned() })
}

/// The column that is declared at a place, and the contract that declares it.
#[must_use]
pub fn column(package: &Package, place: Span) -> Option<(&Column, &str)> {
    let id = names::contract_of_column(package, place)?;
    let contract = package.live().contract(id)?;
    let at = contract.columns.iter().position(|spans| package.outside(spans.name) == place)?;
    Some((contract.face.columns.get(at)?, package.program().decl(id)?.name.as_str()))
}

/// The metric that is declared at a place.
fn metric(package: &Package, place: Span) -> Option<&Metric> {
    package.program().of_kind(Kind::Metrics).filter_map(|id| package.live().metrics(id)).find_map(|metrics| {
        let (name, _) = metrics.places.iter().find(|(_, span)| package.outside(*span) == place)?;
        metrics.face.metrics.iter().find(|metric| metric.name == *name)
    })
}

/// A parameter or `let` that is bound at a place.
fn local(package: &Package, place: Span) -> Option<String> {
    let document = package.document(place.file)?;
    let text = document.text();
    let parts = document.trees_from().flat_map(|(shift, tree)| tree.items.iter().map(move |item| Part { item, shift }));
    let view = View { text: &text, parts: parts.collect() };
    let (part, nodes) = view.around(place.start)?;
    nodes.iter().rev().find_map(|node| match node {
        Node::Param(param) => {
            let code = view.slice(&part.place(node.span())).split_whitespace().collect::<Vec<_>>().join(" ");
            Some(told(&code, param.lead.docs().as_deref()))
        }
        Node::Generic(_) => Some(told(view.slice(&part.place(node.span())), None)),
        Node::Let(binding) => {
            let value = part.place(binding.value.span);
            let made = made(package, Span::new(place.file, value.start, value.end));
            let code = match made {
                Some(made) => format!("let {}: {made}", binding.name.text),
                None => view.slice(&part.place(node.span())).lines().next().unwrap_or_default().to_owned(),
            };
            Some(told(&code, binding.lead.docs().as_deref()))
        }
        Node::Item(Item { kind: ItemKind::Stage(tree) | ItemKind::Source(tree), .. }) => {
            let Some(ResultKind::Record(outputs)) = tree.result.as_ref().map(|result| &result.kind) else {
                return None;
            };
            let (name, ty) = outputs.iter().find(|(name, _)| part.place(name.span).start == place.start)?;
            let code = view.slice(&part.place(name.span.to(ty.span))).split_whitespace().collect::<Vec<_>>().join(" ");
            Some(told(&code, Some(&format!("An output of `{}`.", tree.name.text))))
        }
        _ => None,
    })
}

/// The type of a parameter of a stage or of what `let` binds to a call.
pub(crate) fn type_of(package: &Package, symbol: &Symbol) -> Option<String> {
    let Symbol::Local(place) = symbol else { return None };
    let program = package.program();
    let stages = [Kind::Stage, Kind::Source, Kind::Sink].into_iter().flat_map(|kind| program.of_kind(kind));
    let params = stages.filter_map(|id| package.live().signature(id)).flat_map(|signature| &signature.params);
    if let Some(param) = params.into_iter().find(|param| package.outside(param.span) == *place) {
        return Some(param.ty.text());
    }
    package.document(place.file)?.trees_from().find_map(|(shift, tree)| {
        let part = tree
            .items
            .iter()
            .map(|item| Part { item, shift })
            .find(|part| part.place(part.item.span).contains(&place.start))?;
        Node::around(part.item, place.start - shift).into_iter().find_map(|node| match node {
            Node::Let(binding) => {
                let value = part.place(binding.value.span);
                made(package, Span::new(place.file, value.start, value.end))
            }
            _ => None,
        })
    })
}

/// The types that a call in a pipeline gives.
pub(crate) fn made(package: &Package, call: Span) -> Option<String> {
    let flows = package.program().of_kind(Kind::Pipeline).filter_map(|id| package.live().pipeline(id));
    let mut nodes = flows.flat_map(|flow| &flow.nodes);
    let node = nodes.find(|node| package.outside(node.span) == call)?;
    match node.outputs.as_slice() {
        [only] => Some(only.ty.text()),
        outputs => {
            let outputs: Vec<String> =
                outputs.iter().map(|output| format!("{}: {}", output.name, output.ty.text())).collect();
            Some(format!("({})", outputs.join(", ")))
        }
    }
}

/// The moments in their order.
fn moments(package: &Package) -> Option<String> {
    let items = package.program().modules.iter().flat_map(mlp_analysis::Module::items);
    let orders: Vec<String> = items
        .filter_map(|item| match &item.kind {
            ItemKind::Moments(moments) => {
                let names: Vec<&str> = moments.names.iter().map(|name| name.text.as_str()).collect();
                Some(names.join(" < "))
            }
            _ => None,
        })
        .collect();
    (!orders.is_empty()).then(|| format!("In order: {}.", orders.join("; ")))
}
