//! The SQL of a stage: its tables are the inputs, and its columns theirs.

use mlp_analysis::{contracts::Shared, types::Ty};
use mlp_source::FileId;
use mlp_workspace::Package;

use super::{
    Completions, Item, ItemKind, narrow,
    site::{Kind, Site, is_no_word, last_word},
};
use crate::{show, sql};

/// Words of SQL that are proposed.
const WORDS: [&str; 28] = [
    "and",
    "as",
    "asc",
    "avg",
    "between",
    "case",
    "cast",
    "coalesce",
    "count",
    "desc",
    "distinct",
    "else",
    "end",
    "from",
    "group by",
    "having",
    "join",
    "left join",
    "limit",
    "max",
    "min",
    "not",
    "null",
    "on",
    "order by",
    "select",
    "sum",
    "where",
];

/// What could stand in the SQL at an offset of a document.
pub(super) fn items(package: &Package, document: FileId, offset: u32, site: &Site<'_>) -> Vec<Item> {
    if site.kind != Kind::Sql {
        return Vec::new();
    }
    proposed(&inputs(package, document, offset), &around(site), site)
}

/// What could stand at an offset of the SQL of a stage that has a file of its own.
pub(super) fn in_file(package: &Package, document: FileId, offset: u32) -> Option<Completions> {
    let tables = sql::of_file(package, document).flat_map(|sql| &sql.inputs);
    let inputs: Vec<(String, Shared)> = tables.map(|table| (table.name.clone(), table.contract.clone())).collect();
    if inputs.is_empty() {
        return None;
    }
    let text = package.document(document)?.text();
    let site = Site::in_sql(&text, offset as usize)?;
    let mut items = proposed(&inputs, &format!("{} {}", site.before, site.after), &site);
    items.sort_by(|one, two| (one.rank, &one.label).cmp(&(two.rank, &two.label)));
    items.dedup_by(|next, kept| next.label == kept.label);
    let begin = narrow(site.before.len());
    Some(Completions { place: begin..begin + narrow(site.typed.len()), items, begins: false, all: true })
}

fn proposed(inputs: &[(String, Shared)], sql: &str, site: &Site<'_>) -> Vec<Item> {
    let words = words(sql);
    let table_of = |name: &str| {
        let own = inputs.iter().find(|(input, _)| input == name);
        own.or_else(|| inputs.iter().find(|(input, _)| aliases(&words, input).any(|alias| alias == name)))
    };
    if let Some(before) = site.before.strip_suffix('.') {
        let table = table_of(last_word(before));
        return table.into_iter().flat_map(|(_, contract)| columns(contract)).collect();
    }
    let tables = inputs.iter().map(|(name, contract)| Item {
        detail: Some(format!("Table<{}>", contract.face.name)),
        ..Item::new(name.as_str(), ItemKind::Value, 1)
    });
    let word = site.word_before().map(str::to_lowercase);
    if matches!(word.as_deref(), Some("from" | "join")) {
        return tables.collect();
    }
    let aliases =
        inputs.iter().flat_map(|(name, _)| aliases(&words, name)).map(|alias| Item::new(alias, ItemKind::Value, 1));
    let columns = inputs.iter().flat_map(|(_, contract)| columns(contract));
    let keywords = WORDS.iter().map(|word| Item::new(*word, ItemKind::Keyword, 4));
    columns.chain(aliases).chain(tables).chain(keywords).collect()
}

/// The tables that the stage at an offset takes.
fn inputs(package: &Package, document: FileId, offset: u32) -> Vec<(String, Shared)> {
    let program = package.program();
    let holds = |id: &mlp_analysis::DeclId| {
        program.item(*id).is_some_and(|item| {
            let place = package.outside(item.span);
            place.file == document && place.start <= offset && offset <= place.end
        })
    };
    let signature = program.ids().find(holds).and_then(|id| package.live().signature(id));
    let params = signature.into_iter().flat_map(|signature| &signature.params);
    let tables = params.filter_map(|param| match param.ty.required() {
        Ty::Table(contract) => Some((param.name.clone(), contract.clone())),
        _ => None,
    });
    tables.collect()
}

fn columns(contract: &Shared) -> impl Iterator<Item = Item> {
    let of = contract.face.name.clone();
    contract.face.columns.iter().map(move |column| Item {
        detail: Some(format!("{} of {of}", show::value(&column.value))),
        ..Item::new(column.name.as_str(), ItemKind::Column, 0)
    })
}

/// The text of the SQL around what is being typed.
fn around(site: &Site<'_>) -> String {
    let before = site.before.rsplit("sql(").next().unwrap_or_default();
    let after = site.after.split("\")").next().unwrap_or_default();
    format!("{before} {after}")
}

/// The words of a text, and the commas between them.
fn words(sql: &str) -> Vec<&str> {
    sql.split(|letter| letter != ',' && is_no_word(letter)).filter(|word| !word.is_empty()).collect()
}

/// The other names that a table has: `o` of `from orders as o`, `join orders o`.
fn aliases<'s>(words: &'s [&'s str], table: &'s str) -> impl Iterator<Item = &'s str> {
    let behind = words.windows(4).filter(move |four| {
        let [before, name, ..] = four else { return false };
        *name == table && ["from", "join"].iter().any(|word| before.eq_ignore_ascii_case(word))
    });
    let named = behind.filter_map(|four| match four {
        [_, _, word, alias] if word.eq_ignore_ascii_case("as") => Some(*alias),
        [_, _, alias, _] => Some(*alias),
        _ => None,
    });
    named.filter(|alias| !alias.contains(',') && !is_word(alias))
}

fn is_word(word: &str) -> bool {
    let more = ["inner", "left", "right", "full", "cross", "group", "order", "union", "using"];
    WORDS.iter().chain(&more).any(|known| known.eq_ignore_ascii_case(word))
}
