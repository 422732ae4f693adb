//! `textDocument/completion`, and the docs of what was proposed.

use std::sync::LazyLock;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemLabelDetails, CompletionList, CompletionParams,
    CompletionResponse, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind, Position,
    Range, TextEdit, Url,
};
use mlp_analysis::Kind;
use mlp_ide::complete::{self, Behind, Completions, Item, ItemKind};
use serde::{Deserialize, Serialize};

use crate::{
    requests::Refusal,
    session::{Session, path_of},
    workspace::{Shown, files_below},
};

/// What the client gives back of a proposal when it asks for more about it.
#[derive(Serialize, Deserialize)]
struct Data {
    uri: Url,
    at: Position,
    behind: u8,
    owner: Option<String>,
}

/// What could stand at a place.
pub fn complete(session: &mut Session, params: CompletionParams) -> Result<Option<CompletionResponse>, Refusal> {
    let at = params.text_document_position;
    let uri = at.text_document.uri;
    let shown = session.shown(&uri)?;
    let (document, offset) = (shown.document.id, shown.lines.offset(&shown.text, at.position));
    let root = shown.package.root.clone();
    let path = path_of(&uri);
    let Some(package) = session.workspace.package_mut(&path) else { return Ok(None) };
    let Some(found) = complete::complete(package, document, offset, &|| files_below(&root)) else { return Ok(None) };
    let shown = session.shown(&uri)?;
    let range = shown.lines.range(&shown.text, &found.place);
    let behind = shown.text.get(found.place.end as usize..).unwrap_or_default();
    let proposals =
        Proposals { shown: &shown, uri: &uri, at: at.position, range, behind, snippets: session.client.snippets };
    let snippets = if session.client.snippets { proposals.snippets(&found) } else { Vec::new() };
    // a snippet stands for the word that it begins with
    let is_bare =
        |item: &&Item| item.kind != ItemKind::Keyword || !snippets.iter().any(|snippet| snippet.label == item.label);
    let mut items: Vec<CompletionItem> = found.items.iter().filter(is_bare).map(|item| proposals.item(item)).collect();
    if !session.client.has_snippets {
        items.extend(snippets);
    }
    Ok(Some(CompletionResponse::List(CompletionList { is_incomplete: !found.all, items })))
}

/// `completionItem/resolve`.
pub fn resolve(session: &mut Session, mut item: CompletionItem) -> Result<CompletionItem, Refusal> {
    let Some(data) = item.data.clone().and_then(|data| serde_json::from_value::<Data>(data).ok()) else {
        return Ok(item);
    };
    let shown = session.shown(&data.uri)?;
    let (document, offset) = (shown.document.id, shown.lines.offset(&shown.text, data.at));
    let behind = match data.behind {
        0 => Behind::Nothing,
        1 => Behind::Call,
        2 => Behind::Colon,
        _ => Behind::Equals,
    };
    if let Some(package) = session.workspace.package_mut(&path_of(&data.uri)) {
        let docs = complete::docs(package, document, offset, &item.label, behind, data.owner.as_deref());
        item.documentation = docs.map(markdown);
    }
    Ok(item)
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

/// What all proposals at a place have in common.
struct Proposals<'s> {
    shown: &'s Shown<'s>,
    uri: &'s Url,
    at: Position,
    range: Range,
    /// The text behind what is replaced.
    behind: &'s str,
    snippets: bool,
}

impl Proposals<'_> {
    fn item(&self, item: &Item) -> CompletionItem {
        let import = item.import.as_ref().map(|(_, place, text)| TextEdit {
            range: self.shown.lines.range(&self.shown.text, place),
            new_text: text.clone(),
        });
        let data = Data {
            uri: self.uri.clone(),
            at: self.at,
            behind: item.behind as u8,
            owner: item.import.as_ref().map(|(owner, ..)| owner.clone()),
        };
        let (text, is_snippet) = self.inserted(item);
        CompletionItem {
            label: item.label.clone(),
            label_details: item
                .import
                .as_ref()
                .map(|(owner, ..)| CompletionItemLabelDetails { detail: None, description: Some(owner.clone()) }),
            kind: Some(kind(item.kind)),
            detail: item.detail.clone(),
            sort_text: Some(format!("{}{}", item.rank, item.label)),
            insert_text_format: is_snippet.then_some(InsertTextFormat::SNIPPET),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range: self.range, new_text: text })),
            additional_text_edits: import.map(|import| vec![import]),
            data: serde_json::to_value(data).ok().filter(|_| has_docs(item.kind)),
            ..CompletionItem::default()
        }
    }

    /// What is put in, and whether it has places to go to.
    fn inserted(&self, item: &Item) -> (String, bool) {
        let name = &item.label;
        let stands = |sign: &str| self.behind.trim_start_matches([' ', '\t']).starts_with(sign);
        match item.behind {
            Behind::Call if self.snippets && !stands("(") => (format!("{name}($0)"), true),
            Behind::Colon if !stands(":") => (format!("{name}: "), false),
            Behind::Equals if !stands("=") => (format!("{name} = "), false),
            _ => (name.clone(), false),
        }
    }

    /// The snippets that begin with a word that could stand here.
    fn snippets(&self, found: &Completions) -> Vec<CompletionItem> {
        let words = found.items.iter().filter(|item| item.kind == ItemKind::Keyword && found.begins);
        let words: Vec<&str> = words.filter_map(|item| item.label.split(' ').next()).collect();
        let here = SNIPPETS.iter().filter(|snippet| words.iter().any(|word| snippet.prefix.starts_with(word)));
        here.map(|snippet| CompletionItem {
            label: snippet.prefix.clone(),
            kind: Some(CompletionItemKind::SNIPPET),
            detail: Some(snippet.description.clone()),
            sort_text: Some(format!("9{}", snippet.prefix)),
            insert_text_format: Some(InsertTextFormat::SNIPPET),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                range: self.range,
                new_text: snippet.body.join("\n"),
            })),
            ..CompletionItem::default()
        })
        .collect()
    }
}

/// Whether more can be told of it than its name.
const fn has_docs(kind: ItemKind) -> bool {
    !matches!(kind, ItemKind::Keyword | ItemKind::Type | ItemKind::Setting | ItemKind::Function | ItemKind::File)
}

const fn kind(kind: ItemKind) -> CompletionItemKind {
    match kind {
        ItemKind::Keyword => CompletionItemKind::KEYWORD,
        ItemKind::Type => CompletionItemKind::TYPE_PARAMETER,
        ItemKind::Decl(kind) => of_decl(kind),
        ItemKind::Value => CompletionItemKind::VARIABLE,
        ItemKind::Column => CompletionItemKind::FIELD,
        ItemKind::Parameter | ItemKind::Setting => CompletionItemKind::PROPERTY,
        ItemKind::Function => CompletionItemKind::FUNCTION,
        ItemKind::Mark => CompletionItemKind::CONSTANT,
        ItemKind::Module => CompletionItemKind::MODULE,
        ItemKind::File => CompletionItemKind::FILE,
    }
}

const fn of_decl(kind: Kind) -> CompletionItemKind {
    match kind {
        Kind::Contract | Kind::Metrics => CompletionItemKind::STRUCT,
        Kind::Type => CompletionItemKind::CLASS,
        Kind::Enum => CompletionItemKind::ENUM,
        Kind::Stage | Kind::Source | Kind::Sink | Kind::Pipeline => CompletionItemKind::FUNCTION,
        Kind::Env | Kind::Secret | Kind::Const => CompletionItemKind::CONSTANT,
        Kind::Model | Kind::Policy | Kind::Deployment | Kind::Monitor => CompletionItemKind::INTERFACE,
    }
}

/// A declaration to fill in.
#[derive(Deserialize)]
struct Snippet {
    prefix: String,
    description: String,
    body: Vec<String>,
}

/// Those of the extension for VS Code, which brings them along itself.
static SNIPPETS: LazyLock<Vec<Snippet>> = LazyLock::new(|| {
    let all: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(include_str!("../../vscode/snippets/mlp.json")).unwrap_or_default();
    all.into_iter().filter_map(|(_, snippet)| serde_json::from_value(snippet).ok()).collect()
});
