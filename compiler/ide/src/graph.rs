//! The part of a pipeline's picture that a place of a text is about.

use mlp_analysis::{
    DeclId, Kind,
    flow::{Flow, FlowNode, Work},
    types::Ty,
};
use mlp_source::{FileId, Span};
use mlp_syntax::tree::Node;
use mlp_workspace::Package;

use crate::view::View;

/// What of a package's pictures is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointed {
    /// The pipeline.
    pub pipeline: String,
    /// Nodes of it, by their ids in the plan; none where the pipeline as a whole is meant.
    pub nodes: Vec<String>,
}

/// What is meant by a place of a document: within a pipeline the call there, in another declaration the nodes that have to do with it. Of several pipelines
/// that have such nodes it is the one that is shown, else the first.
#[must_use]
pub fn pointed(
    package: &Package,
    document: FileId,
    view: &View<'_>,
    offset: u32,
    shown: Option<&str>,
) -> Option<Pointed> {
    let program = package.program();
    let holds = |span: Span| {
        let span = package.outside(span);
        span.file == document && (span.start..=span.end).contains(&offset)
    };
    let id = program.ids().find(|id| program.item(*id).is_some_and(|item| holds(item.span)))?;
    if let Some(flow) = package.live().pipeline(id) {
        let nodes = called(package, flow, view, offset, &holds);
        return Some(Pointed { pipeline: flow.name.clone(), nodes });
    }
    let mut flows = flows(package);
    flows.sort_by_key(|flow| Some(flow.name.as_str()) != shown);
    flows.into_iter().find_map(|flow| {
        let nodes = ids(flow.nodes.iter().filter(|node| concerns(package, node, id)));
        (!nodes.is_empty()).then(|| Pointed { pipeline: flow.name.clone(), nodes })
    })
}

/// The pipeline that is looked at where no place is given: the first of a document, or of the package.
#[must_use]
pub fn first(package: &Package, document: Option<FileId>) -> Option<String> {
    let here = |flow: &&Flow| document.is_none_or(|document| package.outside(flow.span).file == document);
    flows(package).into_iter().find(here).map(|flow| flow.name.clone())
}

/// A promotion that a pipeline of a document makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    /// The pipeline.
    pub pipeline: String,
    /// Its node, by the id in the plan.
    pub node: String,
    /// Where it stands in the document.
    pub site: Span,
}

/// The promotions of the pipelines of a document.
#[must_use]
pub fn promotions(package: &Package, document: FileId) -> Vec<Promotion> {
    let of =
        |flow: &Flow| {
            let found = flow.nodes.iter().filter(|node| matches!(node.work, Work::Promote { .. })).map(|node| {
                Promotion { pipeline: flow.name.clone(), node: node.id.clone(), site: package.outside(node.site) }
            });
            found.filter(|found| found.site.file == document).collect::<Vec<_>>()
        };
    flows(package).into_iter().flat_map(of).collect()
}

fn flows(package: &Package) -> Vec<&Flow> {
    package.program().of_kind(Kind::Pipeline).filter_map(|id| package.live().pipeline(id)).collect()
}

fn ids<'n>(nodes: impl Iterator<Item = &'n FlowNode>) -> Vec<String> {
    nodes.map(|node| node.id.clone()).collect()
}

/// The nodes of the innermost call around a place; beside all calls, those of the line.
fn called(package: &Package, flow: &Flow, view: &View<'_>, offset: u32, holds: &dyn Fn(Span) -> bool) -> Vec<String> {
    let around = flow.nodes.iter().filter(|node| holds(node.site));
    if let Some(innermost) = around.clone().map(|node| node.site.len()).min() {
        return ids(around.filter(|node| node.site.len() == innermost));
    }
    let Some((part, nodes)) = view.around(offset) else { return Vec::new() };
    let named = nodes.into_iter().find_map(|node| match node {
        Node::Let(line) => Some(part.place(line.value.span)),
        _ => None,
    });
    let Some(value) = named else { return Vec::new() };
    let within = flow.nodes.iter().filter(|node| {
        let site = package.outside(node.site);
        value.start <= site.start && site.end <= value.end
    });
    let outermost = within.clone().map(|node| node.site.len()).max();
    ids(within.filter(|node| Some(node.site.len()) == outermost))
}

/// Whether a node calls, makes or asks what is declared.
fn concerns(package: &Package, node: &FlowNode, id: DeclId) -> bool {
    let declared = package.program().decl(id).map(|decl| decl.span);
    let makes = |ty: &Ty| matches!(ty.required(), Ty::Table(contract) if Some(contract.span) == declared);
    let asks = match &node.work {
        Work::Promote { model, policies, .. } => {
            Some(model.span) == declared || policies.iter().any(|call| call.id == id)
        }
        Work::Run(..) | Work::Pick => false,
    };
    node.decl == Some(id) || asks || node.outputs.iter().any(|output| makes(&output.ty))
}
