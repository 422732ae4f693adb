//! `.mlp` source of contracts: text that parses and checks to the same contracts.
//!
//! The layout is that of `mlp fmt` only after the formatter has been over it; this crate knows no syntax tree.
//!
//! ```
//! use mlp_formats::mlp::Module;
//! use mlp_plan::{Column, Contract, DataType, ValueType};
//!
//! let columns = vec![Column::plain("id", ValueType::plain(DataType::Int(64)))];
//! let contract = Contract { name: "Row".to_owned(), columns, ..Contract::default() };
//! assert_eq!(Module::of(vec![contract]).print().unwrap(), "contract Row {\n  id: int64\n}\n");
//! ```

mod expr;
mod text;
mod types;

use std::{collections::HashSet, fmt};

use mlp_plan::{Column, Compatibility, Contract};

pub use text::{is_name, mode, quoted, tidy_doc, tidy_pattern};
use types::Types;

/// The declarations of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// What stands at its head, `//!`.
    pub doc: Option<String>,
    /// Moments in their order, a line each. Moments that a column is known at and that stand in none are declared without an order.
    pub moments: Vec<Vec<String>>,
    /// Enums with a name: a column of the same members has this type.
    pub enums: Vec<NamedEnum>,
    /// The contracts, in order.
    pub contracts: Vec<Contract>,
}

/// `enum Name { A, B }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedEnum {
    /// Its name.
    pub name: String,
    /// Its docs.
    pub doc: Option<String>,
    /// Its members, in order.
    pub members: Vec<String>,
    /// Whether others may occur.
    pub open: bool,
}

/// Why a contract cannot be written as `.mlp`: what is wrong, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprintable {
    /// `Contract` or `Contract.column`.
    pub at: String,
    /// What cannot be written, in words.
    pub why: String,
}

impl fmt::Display for Unprintable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.why)
    }
}

impl std::error::Error for Unprintable {}

/// What a printing step answers: text, or in words what `.mlp` has no text for.
type Text = Result<String, String>;

impl Module {
    /// A file of contracts and nothing else.
    #[must_use]
    pub fn of(contracts: Vec<Contract>) -> Self {
        Self { contracts, ..Self::default() }
    }

    /// The source. A reference to a contract that is not in the module is written as it is, and resolves only where the text is put beside that contract.
    ///
    /// # Errors
    /// Where something has no spelling: a name that is no name of the language, a literal that has none, a constraint where none may stand.
    pub fn print(&self) -> Result<String, Unprintable> {
        let mut out = String::new();
        if let Some(doc) = &self.doc {
            docs(&mut out, "//!", "", doc);
            out.push('\n');
        }
        self.print_moments(&mut out)?;
        for named in &self.enums {
            let at = |why| Unprintable { at: named.name.clone(), why };
            if let Some(doc) = &named.doc {
                docs(&mut out, "///", "", doc);
            }
            let members = types::members(&named.members, named.open).map_err(at)?;
            out.push_str(&format!("enum {} {members}\n\n", text::name(&named.name).map_err(at)?));
        }
        let mut taken: HashSet<String> = self.contracts.iter().map(|contract| contract.name.clone()).collect();
        taken.extend(self.enums.iter().map(|named| named.name.clone()));
        for contract in &self.contracts {
            let mut types = Types::new(&self.enums, &contract.name, &mut taken);
            let body = self.contract(contract, &mut types)?;
            out.push_str(&types.declarations());
            out.push_str(&body);
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        Ok(out)
    }

    /// Moments in an order, then those without one.
    fn print_moments(&self, out: &mut String) -> Result<(), Unprintable> {
        let mut lines = self.moments.clone();
        let mut seen: HashSet<&str> = self.moments.iter().flatten().map(String::as_str).collect();
        for column in self.contracts.iter().flat_map(|contract| &contract.columns) {
            if let Some(moment) = column.known_at.as_deref().filter(|moment| seen.insert(moment)) {
                lines.push(vec![moment.to_owned()]);
            }
        }
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let names: Result<Vec<&str>, String> = line.iter().map(|moment| text::name(moment)).collect();
            let names = names.map_err(|why| Unprintable { at: "moments".to_owned(), why })?;
            out.push_str(&format!("moments {}\n", names.join(" < ")));
        }
        if !lines.is_empty() {
            out.push('\n');
        }
        Ok(())
    }

    fn contract(&self, contract: &Contract, types: &mut Types<'_>) -> Result<String, Unprintable> {
        let at = |why| Unprintable { at: contract.name.clone(), why };
        let mut out = String::new();
        if let Some(doc) = &contract.doc {
            docs(&mut out, "///", "", doc);
        }
        out.push_str(&format!("contract {} {{\n", text::name(&contract.name).map_err(at)?));
        let settings = settings(contract);
        out.push_str(&settings);
        if !settings.is_empty() && !contract.columns.is_empty() {
            out.push('\n');
        }
        // one key of one column is said behind the column
        let single = match contract.keys.as_slice() {
            [key] if key.len() == 1 => key.first(),
            _ => None,
        };
        for column in &contract.columns {
            let line = line(column, single == Some(&column.name), types)
                .map_err(|why| Unprintable { at: format!("{}.{}", contract.name, column.name), why })?;
            if let Some(doc) = &column.doc {
                docs(&mut out, "///", "  ", doc);
            }
            out.push_str(&line);
        }
        let rules = rules(contract, single.is_some()).map_err(at)?;
        if !rules.is_empty() && !out.ends_with("{\n") {
            out.push('\n');
        }
        out.push_str(&rules);
        out.push_str("}\n");
        Ok(out)
    }
}

/// Lines of a doc comment; blanks at the end of a line are no part of it.
fn docs(out: &mut String, sign: &str, indent: &str, doc: &str) {
    for line in doc.split('\n') {
        out.push_str(format!("{indent}{sign} {line}").trim_end());
        out.push('\n');
    }
}

fn settings(contract: &Contract) -> String {
    let mut out = String::new();
    if let Some(owner) = &contract.owner {
        out.push_str(&format!("  owner = {}\n", quoted(owner)));
    }
    if let Some(version) = &contract.version {
        out.push_str(&format!("  version = {}\n", quoted(version)));
    }
    if contract.compatibility != Compatibility::None {
        out.push_str(&format!("  compatibility = {}\n", text::mode(contract.compatibility)));
    }
    out
}

/// `name: Type` and all that is said of it, on one line: constraints that stand on their own first, as the checker orders them, `where` last.
fn line(column: &Column, key: bool, types: &mut Types<'_>) -> Text {
    let mut out = format!("  {}: {}", text::name(&column.name)?, types.data(&column.value, &column.name)?);
    if key {
        out.push_str(" key");
    }
    if column.label {
        out.push_str(" label");
    }
    if let Some(unit) = &column.value.unit {
        out.push_str(&format!(" unit {}", text::unit(unit)?));
    }
    out.push_str(&expr::constraints(&column.value, false)?);
    if let Some(default) = &column.default {
        out.push_str(&format!(" = {}", text::literal_of(default, &column.value.data)?));
    }
    if let Some(moment) = &column.known_at {
        out.push_str(&format!(" known at {}", text::name(moment)?));
    }
    if let Some(was) = &column.was {
        out.push_str(&format!(" was {}", text::name(was)?));
    }
    if let Some(why) = &column.deprecated {
        out.push_str(&format!(" deprecated {}", quoted(why)));
    }
    for tag in &column.tags {
        out.push_str(&format!(" @{}", text::name(tag)?));
    }
    out.push_str(&expr::constraints(&column.value, true)?);
    out.push('\n');
    Ok(out)
}

fn rules(contract: &Contract, keyed: bool) -> Text {
    let mut out = String::new();
    if !keyed {
        for key in &contract.keys {
            out.push_str(&format!("  key ({})\n", text::names(key)?));
        }
    }
    for unique in &contract.uniques {
        out.push_str(&format!("  unique ({})\n", text::names(unique)?));
    }
    for reference in &contract.references {
        let (to, from) = (text::names(&reference.to)?, text::names(&reference.from)?);
        out.push_str(&format!("  references {}({to}) from ({from})\n", text::name(&reference.contract)?));
    }
    for accepted in &contract.accepts {
        let path: Result<Vec<&str>, String> = accepted.on.split('.').map(text::name).collect();
        out.push_str(&format!("  accepts break on {} because {}", path?.join("."), quoted(&accepted.because)));
        if let Some(until) = accepted.until {
            out.push_str(&format!(" until {until}"));
        }
        out.push('\n');
    }
    for expectation in &contract.expectations {
        let word = if expectation.warn { "warn" } else { "expect" };
        out.push_str(&format!("  {word} {}", expr::expr(&expectation.expr)?));
        if let Some(message) = &expectation.message {
            out.push_str(&format!(" else {}", quoted(message)));
        }
        out.push('\n');
    }
    Ok(out)
}
