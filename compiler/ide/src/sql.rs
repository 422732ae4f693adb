//! The SQL of stages, within the program or in files of their own: other names for what it names, casts.

use std::collections::HashMap;

use mlp_analysis::{StageSql, Symbol};
use mlp_diagnostics::Edit;
use mlp_ports::{SqlEdit, SqlFault};
use mlp_source::{FileId, Span};
use mlp_workspace::Package;

use crate::names::Refused;

/// Whether a place is one within an SQL.
#[must_use]
pub fn holds(package: &Package, place: Span) -> bool {
    package.live().sql().any(|sql| {
        let all = package.outside(sql.place.whole());
        all.file == place.file && all.start <= place.start && place.end <= all.end
    })
}

/// The SQL that a document holds as a whole, once for each stage that runs it.
pub fn of_file(package: &Package, document: FileId) -> impl Iterator<Item = &StageSql> {
    package.live().sql().filter(move |sql| sql.place.is_file() && sql.place.file == document)
}

/// Edits of an SQL as those of the document that it is in.
#[must_use]
pub fn edits(package: &Package, sql: &StageSql, edits: &[SqlEdit]) -> Vec<Edit> {
    let outside = edits.iter().map(|edit| sql.place.edit(edit));
    outside.map(|(span, text)| Edit { span: package.outside(span), text }).collect()
}

/// What is to be written in the SQL of all stages, so that something of the program has a new name.
///
/// # Errors
/// Where one of them would mean something else, or is the SQL of a stage as well in which it means another thing.
pub(crate) fn renamed(package: &Package, symbol: &Symbol, old: &str, new: &str) -> Result<Vec<Edit>, Refused> {
    let mut found: Vec<Edit> = Vec::new();
    let mut files: HashMap<FileId, Vec<Edit>> = HashMap::new();
    for sql in package.live().sql() {
        let is_it = |found: &Symbol| found.moved(|place| package.outside(place)) == *symbol;
        let what = sql.standing_for(package.sql(), old, is_it);
        let stage = || package.program().decl(sql.stage).map(|stage| stage.name.clone()).unwrap_or_default();
        let refused = |fault: SqlFault| Refused(format!("in the SQL of `{}` {}", stage(), fault.message));
        let edits = match what.as_slice() {
            [] => Vec::new(),
            what => {
                let edits = package.sql().renamed(&sql.text, &sql.tables(), what, new).map_err(refused)?;
                self::edits(package, sql, &edits)
            }
        };
        if !sql.place.is_file() {
            found.extend(edits);
        } else if *files.entry(sql.place.file).or_insert_with(|| edits.clone()) != edits {
            let name = package.document(sql.place.file).map(|file| file.place.clone()).unwrap_or_default();
            let why = format!("`{name}` is the SQL of `{}` as well, where it would mean something else", stage());
            return Err(Refused(why));
        }
    }
    found.extend(files.into_values().flatten());
    Ok(found)
}
