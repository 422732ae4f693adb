//! What is answered from the text alone: folds, selections, links.

use lsp_types::{
    DocumentLink, DocumentLinkParams, FoldingRange, FoldingRangeKind, FoldingRangeParams, SelectionRange,
    SelectionRangeParams, Url,
};
use mlp_ide::{
    folding::{self, FoldKind},
    links::{self, Target},
    selection,
};

use crate::{requests::Refusal, session::Session, workspace::view};

/// `textDocument/foldingRange`.
pub fn folds(session: &mut Session, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>, Refusal> {
    let shown = session.shown(&params.text_document.uri)?;
    let fold = |(place, kind): (mlp_ide::Place, FoldKind)| {
        let range = shown.lines.range(&shown.text, &place);
        // the line of a closing bracket stays in sight
        let end_line = if kind == FoldKind::Region { range.end.line.saturating_sub(1) } else { range.end.line };
        (end_line > range.start.line).then(|| FoldingRange {
            start_line: range.start.line,
            end_line,
            kind: Some(match kind {
                FoldKind::Comment => FoldingRangeKind::Comment,
                FoldKind::Imports => FoldingRangeKind::Imports,
                FoldKind::Region => FoldingRangeKind::Region,
            }),
            ..FoldingRange::default()
        })
    };
    Ok(Some(folding::folds(&view(&shown)).into_iter().filter_map(fold).collect()))
}

/// `textDocument/selectionRange`.
pub fn selections(session: &mut Session, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>, Refusal> {
    let shown = session.shown(&params.text_document.uri)?;
    let view = view(&shown);
    let grown = params.positions.into_iter().map(|position| {
        let around = selection::around(&view, shown.lines.offset(&shown.text, position));
        let whole = SelectionRange { range: shown.lines.range(&shown.text, &(0..u32::MAX)), parent: None };
        around.iter().rev().fold(whole, |parent, place| {
            let range = shown.lines.range(&shown.text, place);
            if range == parent.range { parent } else { SelectionRange { range, parent: Some(Box::new(parent)) } }
        })
    });
    Ok(Some(grown.collect()))
}

/// `textDocument/documentLink`.
pub fn links(session: &mut Session, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>, Refusal> {
    let shown = session.shown(&params.text_document.uri)?;
    let link = |link: links::Link| {
        let (target, tooltip) = target(&shown.package.root, &link.target)?;
        Some(DocumentLink {
            range: shown.lines.range(&shown.text, &link.place),
            target: Some(target),
            tooltip: Some(tooltip),
            data: None,
        })
    };
    Ok(Some(links::links(&view(&shown)).into_iter().filter_map(link).collect()))
}

/// The address of what a link names, with the line of a function; none where it is not there.
fn target(root: &std::path::Path, target: &Target) -> Option<(Url, String)> {
    match target {
        Target::File(file) => {
            let path = root.join(file);
            path.is_file().then_some(())?;
            Some((Url::from_file_path(path).ok()?, file.clone()))
        }
        Target::Function { files, name } => {
            let file = files.iter().find(|file| root.join(file).is_file())?;
            let path = root.join(file);
            let mut uri = Url::from_file_path(&path).ok()?;
            let text = std::fs::read_to_string(&path).ok()?;
            let heads = [format!("def {name}("), format!("async def {name}("), format!("{name} =")];
            if let Some(line) = text.lines().position(|line| heads.iter().any(|head| line.starts_with(head))) {
                uri.set_fragment(Some(&format!("L{}", line + 1)));
            }
            Some((uri, format!("{name} in {file}")))
        }
    }
}
