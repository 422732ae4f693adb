//! What could stand where somebody types.
//!
//! A mark is put in the place of the word, what it stands in is checked as if it were so written, and the checker is overheard: whatever it would have
//! taken for the mark is proposed (`mlp_analysis::MARK`). Words of the language come from the grammar in the same way. What has no name that is looked
//! up (units, files, slices) is collected from the program.

mod collected;
mod docs;
mod heard;
mod site;
mod sql;
mod words;

use std::{collections::HashSet, sync::Arc};

use mlp_analysis::{Kind, scope::STD};
use mlp_diagnostics::Edit;
use mlp_source::FileId;
use mlp_workspace::Package;

pub use self::docs::docs;
use self::{
    heard::Found,
    site::{Kind as Typed, Site},
};
use crate::{show, tokens::TokenKind, view::Place};

/// What a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A word of the language.
    Keyword,
    /// A built-in type.
    Type,
    /// A declaration.
    Decl(Kind),
    /// What is bound by `let`, a parameter, one of a few words.
    Value,
    /// A column, an output, a metric.
    Column,
    /// A parameter, before its colon.
    Parameter,
    /// A setting.
    Setting,
    /// A function of the language.
    Function,
    /// A moment, a unit, a tag.
    Mark,
    /// A module.
    Module,
    /// A file of the package.
    File,
}

/// What a proposal brings along behind its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behind {
    /// Nothing.
    Nothing,
    /// The brackets of a call.
    Call,
    /// The colon of an argument.
    Colon,
    /// The sign of a setting.
    Equals,
}

impl Behind {
    /// The least that can stand behind a name, so that it can be read.
    const fn least(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Call => "()",
            Self::Colon => ": 0",
            Self::Equals => " = 0",
        }
    }
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The name or word.
    pub label: String,
    /// What it is.
    pub kind: ItemKind,
    /// What it takes and gives, or where it comes from.
    pub detail: Option<String>,
    /// What is to be written behind it, where it does not stand there.
    pub behind: Behind,
    /// The lower, the better it fits.
    pub rank: u8,
    /// The module that it is to be imported from, with the place in the document and the text that do.
    pub import: Option<(String, Place, String)>,
}

impl Item {
    fn new(label: impl Into<String>, kind: ItemKind, rank: u8) -> Self {
        Self { label: label.into(), kind, detail: None, behind: Behind::Nothing, rank, import: None }
    }
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    /// What is replaced.
    pub place: Place,
    /// What could stand there, the best first.
    pub items: Vec<Item>,
    /// Whether a declaration or entry could begin here.
    pub begins: bool,
    /// Whether that is all; otherwise there is more to propose once more is typed.
    pub all: bool,
}

/// What could stand at an offset of a document. `files` answers the files of the package by their paths; it is asked where one could stand.
pub fn complete(
    package: &mut Package,
    document: FileId,
    offset: u32,
    files: &dyn Fn() -> Vec<String>,
) -> Option<Completions> {
    let Some(module) = package.program().modules.iter().position(|module| module.file == document) else {
        return sql::in_file(package, document, offset);
    };
    let mut supposing = package.suppose(document, offset)?;
    let (text, start) = (Arc::clone(&supposing.text), supposing.start);
    let site = Site::at(&text, offset.checked_sub(start)? as usize)?;
    let expected = match site.kind {
        Typed::Word => mlp_syntax::expected(site.before),
        _ => mlp_syntax::Expected::default(),
    };
    let mut found = heard::heard(&mut supposing, &site, &expected);
    let mut items = words::items(&mut supposing, &site, &expected, &found);
    heard::rank(&mut supposing, &site, &mut found, &mut items);
    items.extend(found.into_iter().map(|found| item(package, module, &site, found)));
    items.extend(collected::items(package, &site, files));
    items.extend(sql::items(package, document, offset, &site));
    items.sort_by(|one, two| (one.rank, &one.label, one.behind).cmp(&(two.rank, &two.label, two.behind)));
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert((item.label.clone(), item.import.clone())));
    let written = offset.saturating_sub(start + narrow(site.before.len())) as usize;
    let all = shorten(&mut items, site.typed.get(..written).unwrap_or_default());
    for item in &mut items {
        item.detail = detail(package, module, item);
    }
    let begin = start + narrow(site.before.len());
    let place = begin..begin + narrow(site.typed.len());
    Some(Completions { place, items, begins: expected.begins, all })
}

/// Leaves of very many proposals those that begin with what is typed; answers whether that is all of them.
fn shorten(items: &mut Vec<Item>, typed: &str) -> bool {
    const MANY: usize = 400;
    if items.len() <= MANY {
        return true;
    }
    let typed = typed.to_lowercase();
    items.retain(|item| item.label.to_lowercase().starts_with(&typed));
    items.truncate(MANY);
    false
}

/// What was heard, as a proposal.
fn item(package: &Package, module: usize, site: &Site<'_>, found: Found) -> Item {
    let Found { heard, behind, role, rank } = found;
    let kind = match (behind, role) {
        _ if site.kind == Typed::Text => ItemKind::Value,
        (Behind::Call, _) | (_, Some(TokenKind::Function)) => ItemKind::Function,
        (Behind::Colon, _) => ItemKind::Parameter,
        (Behind::Equals, _) | (_, Some(TokenKind::Setting)) => ItemKind::Setting,
        (_, Some(TokenKind::Column)) => ItemKind::Column,
        (_, Some(TokenKind::Moment | TokenKind::Tag | TokenKind::Unit)) => ItemKind::Mark,
        (_, Some(TokenKind::Module)) => ItemKind::Module,
        (_, Some(TokenKind::Type)) => ItemKind::Type,
        _ => ItemKind::Value,
    };
    let mut item = Item { behind, ..Item::new(heard.name, kind, rank) };
    if let Some((owner, Edit { span, text })) = heard.import {
        let place = package.outside(span);
        item.kind = ItemKind::Decl(imported(package, &owner, &item.label));
        item.import = Some((owner, place.start..place.end, text));
    } else if let Some(owner) = site.imports_from() {
        item.kind = ItemKind::Decl(imported(package, owner, &item.label));
    } else if matches!(kind, ItemKind::Function | ItemKind::Type | ItemKind::Value)
        && site.kind != Typed::Text
        && let Some(id) = package.live().named(module, &item.label)
        && let Some(decl) = package.program().decl(id)
    {
        item.kind = ItemKind::Decl(decl.kind);
    }
    item
}

/// What is told of a proposal beside its name: where it comes from, or what is to be given to it.
fn detail(package: &Package, module: usize, item: &Item) -> Option<String> {
    match (&item.import, item.kind) {
        (Some((owner, ..)), _) => Some(owner.clone()),
        (None, ItemKind::Decl(_)) => {
            let id = package.live().named(module, &item.label)?;
            package.live().signature(id).map(show::signature)
        }
        _ => None,
    }
}

/// The kind of what another module declares.
fn imported(package: &Package, owner: &str, name: &str) -> Kind {
    let program = package.program();
    let loaded = program.by_path.get(owner).and_then(|module| {
        let decls = program.ids_in(*module).filter_map(|id| program.decl(id));
        decls.filter(|decl| decl.name == name).map(|decl| decl.kind).next()
    });
    let std =
        || STD.iter().find(|(module, _, names)| *module == owner && names.contains(&name)).map(|(_, kind, _)| *kind);
    loaded.or_else(std).unwrap_or(Kind::Contract)
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
