//! Tags that come where they are not taken: a stage on the way says that it drops them, or who gets them says that it takes them.

use mlp_analysis::{DeclId, Kind, flow::FlowNode};
use mlp_diagnostics::{Code, Diagnostic, Edit};
use mlp_plan::Origin;
use mlp_source::Span;
use mlp_syntax::tree::{Entry, ExprKind, ItemKind, Setting, StageBody, StageEntry};

use super::{Asked, Mend, MendKind, line_in};

/// What can be done about the tags at the place.
pub(super) fn mends(asked: &Asked<'_, '_>) -> Vec<Mend> {
    let flows = asked.findings.iter().enumerate().filter(|(_, finding)| finding.code == Code::TagFlow);
    let found = flows.flat_map(|(index, finding)| {
        of_finding(asked, finding).into_iter().map(move |mend| Mend { finding: Some(index), ..mend })
    });
    found.collect()
}

fn of_finding(asked: &Asked<'_, '_>, finding: &Diagnostic) -> Vec<Mend> {
    // the label at the column that carries it says which
    let tag = finding.labels.iter().find_map(|label| label.message.strip_prefix("tagged @")?.strip_suffix(" here"));
    let Some(tag) = tag else { return Vec::new() };
    let (package, program) = (asked.package, asked.package.program());
    let mut found = Vec::new();
    for flow in program.of_kind(Kind::Pipeline).filter_map(|id| package.live().pipeline(id)) {
        for node in flow.nodes.iter().filter(|node| package.outside(node.site) == finding.primary) {
            let makers = node.inputs.iter().filter_map(|input| match &input.from {
                Origin::Output { node, .. } => flow.nodes.iter().find(|maker| maker.id == *node),
                _ => None,
            });
            found.extend(makers.filter_map(|maker| dropped(asked, maker, tag)));
            found.extend(node.decl.and_then(|id| taken(asked, id, tag)));
        }
    }
    found
}

/// A stage says that it drops the tag.
fn dropped(asked: &Asked<'_, '_>, maker: &FlowNode, tag: &str) -> Option<Mend> {
    let program = asked.package.program();
    let decl = maker.decl.and_then(|id| program.decl(id)).filter(|decl| decl.kind == Kind::Stage)?;
    let (at, before, behind) = line_in(program.item(maker.decl?)?)?;
    let text = format!("{before}drops @{tag} because \"\"{behind}");
    let edit = Edit { span: asked.package.outside(at), text };
    Some(Mend::new(MendKind::Fix, format!("Say why `{}` drops @{tag}", decl.name), vec![edit]))
}

/// Who gets the tag says that it takes it.
fn taken(asked: &Asked<'_, '_>, taker: DeclId, tag: &str) -> Option<Mend> {
    let program = asked.package.program();
    let (decl, item) = (program.decl(taker)?, program.item(taker)?);
    let edit = match clearance(&item.kind) {
        Some(Setting { value, .. }) => match &value.kind {
            ExprKind::List(tags) => {
                let comma = if tags.is_empty() { "" } else { ", " };
                let end = Span::at(value.span.file, value.span.end.checked_sub(1)?);
                Edit { span: end, text: format!("{comma}{tag}") }
            }
            _ => return None,
        },
        None => {
            let (at, before, behind) = line_in(item)?;
            Edit { span: at, text: format!("{before}clearance = [{tag}]{behind}") }
        }
    };
    let edit = Edit { span: asked.package.outside(edit.span), ..edit };
    Some(Mend::new(MendKind::Fix, format!("Let `{}` take @{tag}", decl.name), vec![edit]))
}

fn clearance(kind: &ItemKind) -> Option<&Setting> {
    let (ItemKind::Stage(tree) | ItemKind::Sink(tree)) = kind else { return None };
    let StageBody::Block(block) = &tree.body else { return None };
    block.entries.iter().filter_map(Entry::ok).find_map(|entry| match entry {
        StageEntry::Setting(setting) if setting.name.text == "clearance" => Some(setting),
        _ => None,
    })
}
