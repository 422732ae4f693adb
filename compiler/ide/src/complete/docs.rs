//! The docs of a proposal: what would be told of it, stood it where it is proposed.

use std::sync::Arc;

use mlp_analysis::{Symbol, declared};
use mlp_source::{FileId, Span};
use mlp_workspace::{Package, Supposing};

use super::{Behind, narrow, site::Site};
use crate::hover;

/// What is told of a proposal at an offset of a document, in Markdown; `owner` is the module that it would be imported from.
pub fn docs(
    package: &mut Package,
    document: FileId,
    offset: u32,
    label: &str,
    behind: Behind,
    owner: Option<&str>,
) -> Option<String> {
    if let Some(owner) = owner {
        return of_module(package, owner, label);
    }
    let mut supposing = package.suppose(document, offset)?;
    let text = Arc::clone(&supposing.text);
    let site = Site::at(&text, offset.checked_sub(supposing.start)? as usize)?;
    let at = narrow(site.before.len());
    let (typed, written) = (narrow(site.typed.len()), narrow(label.len()));
    let text = format!("{label}{}", behind.least());
    let symbol_in = |text: &str, supposing: &mut Supposing<'_>| {
        let here = supposing.check(text).occurrences;
        let here = here.into_iter().filter(|name| name.span.start <= at && at < name.span.end);
        here.min_by_key(|name| name.span.len())
    };
    let found = symbol_in(&site.with(&text), &mut supposing)
        .or_else(|| symbol_in(&site.closed(&text, " {}"), &mut supposing))?;
    let file = found.span.file;
    // what stands behind the cursor in the same part stands elsewhere as long as the name is not there
    let place = |span: Span| {
        let back = |end: u32| if end > at { (end + typed).saturating_sub(written) } else { end };
        let span = if span.file == file { Span::new(file, back(span.start), back(span.end)) } else { span };
        package.outside(span)
    };
    hover::of_symbol(package, &found.symbol.moved(place))
}

/// What is told of what another module declares, one of the standard library that is not loaded among them.
fn of_module(package: &Package, owner: &str, name: &str) -> Option<String> {
    let program = package.program();
    if let Some(module) = program.by_path.get(owner) {
        let id = program.ids_in(*module).find(|id| program.decl(*id).is_some_and(|decl| decl.name == name))?;
        return hover::of_symbol(package, &Symbol::Decl(id));
    }
    let text = mlp_stdlib::module(owner)?;
    let tree = mlp_syntax::parse(FileId(0), text).file;
    let item = tree.items.iter().find(|item| declared(&item.kind).is_some_and(|(_, own)| own.text == name))?;
    let head = text.get(item.span.range())?.lines().next()?.trim_end_matches('{').trim_end();
    Some(hover::told(head, item.lead.docs().as_deref()))
}
