//! What an importer hands over is a contract that the language can say: the last look at it, the same for every format.

use std::collections::{HashMap, HashSet};

use mlp_plan::{Column, Constraint, Contract, DataType, Literal, ValueType};

use crate::{
    Fault, Imported,
    mlp::quoted,
    note::{Note, Outcome, Thing},
};

/// Leaves out what no checker would take, with a note for each; refuses what cannot be left out.
pub(crate) fn whole(mut imported: Imported) -> Result<Imported, Fault> {
    distinct(&mut imported);
    let notes = &mut imported.notes;
    for contract in &mut imported.contracts {
        let mut seen = HashSet::new();
        if let Some(twice) = contract.columns.iter().find(|column| !seen.insert(column.name.as_str())) {
            let what = format!("the column {} stands twice", quoted(&twice.name));
            return Err(Fault::new(what, "leave one of them out, or rename it").at(contract.name.as_str()));
        }
        let names: HashSet<String> = contract.columns.iter().map(|column| column.name.clone()).collect();
        for column in &mut contract.columns {
            self::column(column, &contract.name, &names, notes);
        }
        let known = |columns: &[String]| !columns.is_empty() && columns.iter().all(|name| names.contains(name));
        keys(contract, &known, notes);
        let at = contract.name.clone();
        contract.uniques.retain(|columns| {
            known(columns) || {
                notes.push(Note::new(
                    Outcome::Lost,
                    Thing::Unique,
                    at.as_str(),
                    format!("unique ({}), of columns that are not there", columns.join(", ")),
                ));
                false
            }
        });
        contract.references.retain(|reference| {
            known(&reference.from) || {
                let what = format!(
                    "references {} from ({}), of columns that are not there",
                    reference.contract,
                    reference.from.join(", ")
                );
                notes.push(Note::new(Outcome::Lost, Thing::Reference, at.as_str(), what));
                false
            }
        });
    }
    Ok(imported)
}

/// Two contracts of one name: the second gets a number.
fn distinct(imported: &mut Imported) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for contract in &mut imported.contracts {
        let count = seen.entry(contract.name.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count > 1 {
            let name = format!("{}{count}", contract.name);
            imported.notes.push(Note::new(
                Outcome::Chosen,
                Thing::Name,
                name.as_str(),
                format!("a second contract is called {}", contract.name),
            ));
            contract.name = name;
        }
    }
}

/// Keys of columns that are there and can be compared.
fn keys(contract: &mut Contract, known: &dyn Fn(&[String]) -> bool, notes: &mut Vec<Note>) {
    let columns = &contract.columns;
    let keyable = |name: &String| {
        let column = columns.iter().find(|column| column.name == *name);
        column.is_some_and(|column| {
            !matches!(
                column.value.data,
                DataType::Json | DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. }
            )
        })
    };
    let mut kept: Vec<Vec<String>> = Vec::new();
    for key in std::mem::take(&mut contract.keys) {
        if !known(&key) || !key.iter().all(keyable) {
            let what = format!("key ({}), which is no key of columns that can be compared", key.join(", "));
            notes.push(Note::new(Outcome::Lost, Thing::Key, contract.name.as_str(), what));
        } else {
            kept.push(key);
        }
    }
    contract.keys = kept;
}

fn column(column: &mut Column, owner: &str, names: &HashSet<String>, notes: &mut Vec<Note>) {
    let at = format!("{owner}.{}", column.name);
    if let Some(was) = column.was.take_if(|was| names.contains(was)) {
        notes.push(Note::new(
            Outcome::Lost,
            Thing::Was,
            at.as_str(),
            format!("was {was}, which is a column of its own"),
        ));
    }
    value(&mut column.value, &at, notes);
    column.default = default(column.default.take(), &column.value, &at, notes);
}

/// A value with all that is inside of it.
fn value(value: &mut ValueType, at: &str, notes: &mut Vec<Note>) {
    let data = value.data.clone();
    let mut unique = false;
    value.constraints.retain(|constraint| {
        let fits = fits(constraint, &data);
        let twice = *constraint == Constraint::Unique && std::mem::replace(&mut unique, true);
        if !fits {
            let what = format!("{constraint}, which cannot be said of a {data}");
            notes.push(Note::new(Outcome::Lost, Thing::Constraint, at, what));
        }
        fits && !twice
    });
    match &mut value.data {
        DataType::List(element) | DataType::Vector { element, .. } => self::value(element, &format!("{at}[]"), notes),
        DataType::Map(key, item) => {
            self::value(key, &format!("{at}{{key}}"), notes);
            self::value(item, &format!("{at}{{}}"), notes);
        }
        DataType::Struct(fields) => {
            for field in fields {
                let at = format!("{at}.{}", field.name);
                self::value(&mut field.value, &at, notes);
                field.default = default(field.default.take(), &field.value, &at, notes);
            }
        }
        _ => {}
    }
}

/// A default, where its value allows it.
fn default(default: Option<Literal>, value: &ValueType, at: &str, notes: &mut Vec<Note>) -> Option<Literal> {
    let default = default?;
    let member = match (&value.data, &default) {
        (DataType::Enum { members, open: false }, Literal::Text(text)) => members.contains(text),
        _ => true,
    };
    let null = default == Literal::Null;
    let broken = !null && mlp_plan::holds::broken(&value.constraints, &value.data, &default).is_some();
    if member && !broken && (value.nullable || !null) {
        return Some(default);
    }
    let what = format!("= {default}, which the column itself does not allow");
    notes.push(Note::new(Outcome::Lost, Thing::Default, at, what));
    None
}

/// Whether a constraint may stand at a type.
fn fits(constraint: &Constraint, data: &DataType) -> bool {
    match constraint {
        Constraint::Range { .. } => data.is_ordered(),
        Constraint::Length { .. } => {
            matches!(data, DataType::String | DataType::Bytes | DataType::Json | DataType::List(_) | DataType::Map(..))
        }
        Constraint::Matches(re) => {
            matches!(data, DataType::String | DataType::Enum { open: true, .. }) && regex_syntax::parse(re).is_ok()
        }
        Constraint::OneOf(members) => !members.is_empty(),
        Constraint::Where(_) | Constraint::Unique => true,
    }
}
