//! Where what a name stands for is declared, used, and how it is renamed.

use mlp_analysis::{Decl, DeclId, Kind, Symbol, types::Ty};
use mlp_diagnostics::Edit;
use mlp_source::{FileId, Span};
use mlp_syntax::tree::ItemKind;
use mlp_workspace::{Document, Package};

use crate::sql;

/// Where a symbol is declared.
#[must_use]
pub fn declaration(package: &Package, symbol: &Symbol) -> Option<Span> {
    match symbol {
        Symbol::Decl(id) => Some(package.outside(package.program().decl(*id)?.span)),
        Symbol::Module(module) => Some(Span::at(package.program().modules.get(*module)?.file, 0)),
        Symbol::Local(place) | Symbol::Column(place) | Symbol::Metric(place) => Some(*place),
        Symbol::Rung(..) | Symbol::Moment(_) | Symbol::Tag(_) | Symbol::Member(..) => {
            let places = package.occurrences(symbol);
            places.iter().find(|place| declares(package, symbol, **place)).or(places.first()).copied()
        }
    }
}

/// Whether a place is one at which a rung or moment is declared, and not used.
fn declares(package: &Package, symbol: &Symbol, place: Span) -> bool {
    let Some(document) = package.document(place.file) else { return false };
    let item = document.trees_from().find_map(|(shift, tree)| {
        tree.items.iter().find(|item| {
            let span = item.span;
            shift + span.start <= place.start && place.end <= shift + span.end
        })
    });
    match (symbol, item.map(|item| &item.kind)) {
        (Symbol::Moment(_), Some(kind)) => matches!(kind, ItemKind::Moments(_)),
        (Symbol::Rung(..), Some(kind)) => matches!(kind, ItemKind::Model(_)),
        (Symbol::Member(..), Some(kind)) => matches!(kind, ItemKind::Enum(_)),
        _ => false,
    }
}

/// The contract that a column is declared in.
#[must_use]
pub fn contract_of_column(package: &Package, column: Span) -> Option<DeclId> {
    let program = package.program();
    program.of_kind(Kind::Contract).find(|id| {
        program.item(*id).is_some_and(|item| {
            let item = package.outside(item.span);
            item.file == column.file && item.start <= column.start && column.end <= item.end
        })
    })
}

/// Where the type of a symbol is declared: of a column its contract, of a parameter the contract of its table.
#[must_use]
pub fn type_declaration(package: &Package, symbol: &Symbol) -> Option<Span> {
    match symbol {
        Symbol::Column(place) => declaration(package, &Symbol::Decl(contract_of_column(package, *place)?)),
        Symbol::Local(place) => {
            let stages =
                [Kind::Stage, Kind::Source, Kind::Sink].into_iter().flat_map(|kind| package.program().of_kind(kind));
            let params = stages.filter_map(|id| package.live().signature(id)).flat_map(|signature| &signature.params);
            let mut own = params.filter(|param| package.outside(param.span) == *place);
            own.find_map(|param| contract_of(package, &param.ty))
        }
        _ => None,
    }
}

fn contract_of(package: &Package, ty: &Ty) -> Option<Span> {
    match ty.required() {
        Ty::Table(contract) | Ty::Model(contract, _) | Ty::Column(contract, _) => Some(package.outside(contract.span)),
        Ty::Report(metrics) => Some(package.outside(metrics.span)),
        Ty::List(element) => contract_of(package, element),
        _ => None,
    }
}

/// The stages and sources that make what a contract says.
#[must_use]
pub fn makers(package: &Package, symbol: &Symbol) -> Vec<Span> {
    let Symbol::Decl(id) = symbol else { return Vec::new() };
    let Some(wanted) = package.live().contract(*id) else { return Vec::new() };
    let program = package.program();
    let stages = program.of_kind(Kind::Stage).chain(program.of_kind(Kind::Source));
    let makes = |ty: &Ty| matches!(ty.required(), Ty::Table(contract) if contract.span == wanted.span);
    stages
        .filter_map(|stage| package.live().signature(stage))
        .filter(|signature| signature.outputs.iter().any(|(_, ty)| makes(ty)))
        .map(|signature| package.outside(signature.span))
        .collect()
}

/// Why something cannot get another name, in the user's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// The name at an offset of a document, where it can be renamed.
///
/// # Errors
/// Where nothing is there that has a name, or the name is not the package's own.
pub fn renameable(package: &Package, document: &Document, offset: u32) -> Result<(Span, Symbol), Refused> {
    let Some(found) = package.symbol_at(document.id, offset) else {
        return Err(Refused("nothing here has a name that could be another".to_owned()));
    };
    if matches!(found.symbol, Symbol::Module(_)) {
        return Err(Refused(
            "a module is named like its file: rename the file, and the imports follow its errors".to_owned(),
        ));
    }
    if let Symbol::Member(_, name) = &found.symbol {
        return Err(Refused(format!("`{name}` is a value of the data, which has it whatever it is called here")));
    }
    let declared = declaration(package, &found.symbol).and_then(|place| package.document(place.file));
    match declared {
        Some(declared) if declared.package != package.manifest.package.name => {
            Err(Refused(format!("it is declared in `{}`, which is not this package's to change", declared.package)))
        }
        _ => Ok((found.span, found.symbol)),
    }
}

/// What is to be written where, so that something has a new name: it, at all places at which the old one is written, and in SQL what else keeps its meaning.
///
/// # Errors
/// Where the new name is none, or is in use where it would stand.
pub fn renamed(package: &Package, symbol: &Symbol, at: Span, new: &str) -> Result<Vec<Edit>, Refused> {
    let bare = new.strip_prefix('@').filter(|_| matches!(symbol, Symbol::Tag(_))).unwrap_or(new);
    if !is_name(bare) {
        return Err(Refused(format!("`{new}` is no name: letters, digits and `_`, with no digit in front")));
    }
    if let Symbol::Decl(id) = symbol
        && let Some(decl) = package.program().decl(*id)
        && let Some(other) = taken(package, decl, bare)
    {
        return Err(Refused(format!("`{bare}` is the name of a {} of this module already", other.kind.word())));
    }
    if let Symbol::Column(column) = symbol
        && let Some(id) = contract_of_column(package, *column)
        && let Some(contract) = package.live().contract(id).filter(|contract| contract.face.column(bare).is_some())
    {
        return Err(Refused(format!("`{bare}` is a column of `{}` already", contract.face.name)));
    }
    let written = |place: Span| {
        let text = package.document(place.file).map(Document::text).unwrap_or_default();
        text.get(place.range()).unwrap_or_default().to_owned()
    };
    let old = written(at);
    let old = old.trim_start_matches(['@', '.']);
    // SQL reads names without quotes in lower case
    let old = if sql::holds(package, at) && declared_as(package, symbol).is_some_and(|name| name != old) {
        old.to_ascii_lowercase()
    } else {
        old.to_owned()
    };
    let mut edits = sql::renamed(package, symbol, &old, bare)?;
    for place in package.occurrences(symbol) {
        let text = written(place);
        let name = text.trim_start_matches(['@', '.']);
        if name == old && !sql::holds(package, place) {
            let sign = u32::try_from(text.len() - name.len()).unwrap_or_default();
            edits.push(Edit { span: Span::new(place.file, place.start + sign, place.end), text: bare.to_owned() });
        }
    }
    edits.sort_by_key(|edit| edit.span);
    Ok(edits)
}

/// The name at the place where a symbol is declared.
fn declared_as(package: &Package, symbol: &Symbol) -> Option<String> {
    let place = declaration(package, symbol)?;
    Some(package.document(place.file)?.text().get(place.range())?.to_owned())
}

/// What else a module declares under a name.
fn taken<'p>(package: &'p Package, decl: &Decl, name: &str) -> Option<&'p Decl> {
    let program = package.program();
    program.ids_in(decl.module).filter_map(|id| program.decl(id)).find(|other| other.name == name)
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
}

/// The occurrences of a symbol in one document.
#[must_use]
pub fn in_document(package: &Package, symbol: &Symbol, document: FileId) -> Vec<Span> {
    package.occurrences(symbol).into_iter().filter(|place| place.file == document).collect()
}
