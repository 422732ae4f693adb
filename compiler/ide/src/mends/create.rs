//! What a program names and nobody declares: a stage, a contract, a function in Python.

use mlp_diagnostics::{Code, Diagnostic, Edit};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, Expr, ExprKind, ItemKind, Lit, Node};

use super::{Asked, Mend, MendKind};
use crate::{
    hover,
    links::{self, Target},
    view::Part,
};

/// What can be created at the place.
pub(super) fn mends(asked: &Asked<'_, '_>) -> Vec<Mend> {
    let created = asked.findings.iter().enumerate().filter_map(|(index, finding)| {
        let mend = match finding.code {
            Code::UnknownName => declaration(asked, finding),
            Code::UnresolvedRun => function(asked, finding),
            _ => None,
        };
        Some(Mend { finding: Some(index), ..mend? })
    });
    created.collect()
}

/// Before a declaration, where another one can be put in: before its comments.
pub(super) fn before_item(asked: &Asked<'_, '_>, part: Part<'_>) -> Span {
    let first = part.item.lead.comments.first().map_or(part.item.span, |comment| comment.span);
    Span::at(asked.document, part.place(first).start)
}

fn declaration(asked: &Asked<'_, '_>, finding: &Diagnostic) -> Option<Mend> {
    let (part, nodes) = asked.view.around(finding.primary.start)?;
    let name = asked.view.slice(&(finding.primary.start..finding.primary.end));
    let call = nodes.iter().rev().find_map(|node| match node {
        Node::Expr(Expr { kind: ExprKind::Call { callee, args }, .. }) => Some((callee, args)),
        _ => None,
    });
    let (kind, text) = match call {
        Some((callee, args)) if part.place(callee.span).start == finding.primary.start => {
            ("stage", stage(asked, part, name, args))
        }
        _ if nodes.iter().any(|node| matches!(node, Node::Type(_))) && name.starts_with(char::is_uppercase) => {
            ("contract", format!("contract {name} {{\n  id: int64  key\n}}"))
        }
        _ => return None,
    };
    let edit = Edit { span: before_item(asked, part), text: format!("{text}\n\n") };
    Some(Mend::new(MendKind::Fix, format!("Create the {kind} `{name}`"), vec![edit]))
}

/// A stage for a call: what it is given says what it takes.
fn stage(asked: &Asked<'_, '_>, part: Part<'_>, name: &str, args: &[Arg]) -> String {
    let param = |(index, arg): (usize, &Arg)| {
        let named = arg.name.as_ref().map(|name| name.text.clone());
        let own = match &arg.value.kind {
            ExprKind::Name(name) => Some(name.text.clone()),
            _ => None,
        };
        let name = named.or(own).unwrap_or_else(|| format!("input{}", index + 1));
        (name, of_value(asked, part, &arg.value))
    };
    let params: Vec<(String, String)> = args.iter().enumerate().map(param).collect();
    let made = params.iter().map(|(_, ty)| ty).find(|ty| ty.starts_with("Table<")).cloned();
    let made = made.unwrap_or_else(|| "()".to_owned());
    let params: Vec<String> = params.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    format!("stage {name}({}) -> {made} {{\n  run = python(\"stages:{name}\")\n}}", params.join(", "))
}

/// The type of what is given: of a literal its own, of a `let` that of its call.
fn of_value(asked: &Asked<'_, '_>, part: Part<'_>, value: &Expr) -> String {
    let ty = match &value.kind {
        ExprKind::Literal(Lit::Bool(_)) => "bool",
        ExprKind::Literal(Lit::Number(number)) if number.is_integer() => "int",
        ExprKind::Literal(Lit::Number(_) | Lit::Percent(_)) => "float",
        ExprKind::Literal(Lit::Duration(_)) => "duration",
        ExprKind::Literal(Lit::Date(_)) => "date",
        ExprKind::Literal(Lit::Timestamp { .. }) => "timestamp",
        ExprKind::Name(name) => {
            let place = asked.span(&part.place(name.span));
            let bound = asked.package.symbol_at(place.file, place.start);
            let ty = bound.and_then(|bound| hover::type_of(asked.package, &bound.symbol));
            return ty.unwrap_or_else(|| "string".to_owned());
        }
        ExprKind::Call { .. } => {
            let call = asked.span(&part.place(value.span));
            return hover::made(asked.package, call).unwrap_or_else(|| "string".to_owned());
        }
        _ => "string",
    };
    ty.to_owned()
}

/// A function for a stage that runs one that is not there.
fn function(asked: &Asked<'_, '_>, finding: &Diagnostic) -> Option<Mend> {
    let part = asked.view.parts.iter().find(|part| {
        let place = part.place(part.item.span);
        place.start <= finding.primary.start && finding.primary.end <= place.end
    })?;
    let (ItemKind::Stage(tree) | ItemKind::Source(tree) | ItemKind::Sink(tree)) = &part.item.kind else { return None };
    let here = links::links(asked.view)
        .into_iter()
        .filter(|link| finding.primary.start <= link.place.start && link.place.end <= finding.primary.end);
    let (files, name) = here
        .filter_map(|link| match link.target {
            Target::Function { files, name } => Some((files, name)),
            Target::File(_) => None,
        })
        .next()?;
    let [file, _] = files;
    let params: Vec<&str> = tree.params.iter().map(|param| param.name.text.as_str()).collect();
    let text = format!("def {name}({}):\n    raise NotImplementedError\n", params.join(", "));
    let title = format!("Create the function `{name}` in {file}");
    Some(Mend { file: Some((file, text)), ..Mend::new(MendKind::Fix, title, Vec::new()) })
}
