//! dbt's `schema.yml`: models, seeds, snapshots and the tables of sources. Types are spelled as DuckDB does.

mod read;
mod write;

use mlp_plan::{Column, Compatibility, Constraint, Contract, DataType, Literal, ValueType};

pub(crate) use read::import;
pub(crate) use write::export;

use crate::{
    mlp::tidy_doc,
    names,
    rest::Voice,
    sql::{Dialect, type_text, value_of_text},
    voice::first_of_each,
};

/// The dialect of `data_type`.
const DIALECT: Dialect = Dialect::DuckDb;

/// What dbt says by itself.
pub(crate) struct Dbt;

impl Voice for Dbt {
    fn value(&self, value: &ValueType) -> ValueType {
        // there is no room beside what is inside: the whole type stands aside where it is not all said
        let read = value_of_text(&type_text(&value.data, DIALECT), DIALECT);
        let data = read.map_or(DataType::String, |read| read.data);
        let constraints = first_of_each(&value.constraints, |constraint| says(&data, constraint));
        ValueType { data, nullable: value.nullable, unit: None, constraints }
    }

    fn inner_default(&self, _value: &ValueType, _default: &Literal) -> bool {
        true
    }

    fn inner(&self, value: &ValueType) -> ValueType {
        value.clone()
    }

    fn column(&self, column: &Column) -> Column {
        Column {
            doc: column.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            tags: column.tags.clone(),
            ..Column::plain(column.name.as_str(), column.value.clone())
        }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        Contract {
            name: names::contract(&contract.name),
            doc: contract.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            owner: contract.owner.clone(),
            compatibility: Compatibility::None,
            keys: contract.keys.iter().take(1).cloned().collect(),
            uniques: contract.uniques.clone(),
            references: contract.references.iter().filter(|each| !each.contract.contains('\'')).cloned().collect(),
            ..Contract::default()
        }
    }
}

/// Which test carries a constraint.
fn says(data: &DataType, constraint: &Constraint) -> Option<u8> {
    match constraint {
        Constraint::Unique => Some(0),
        Constraint::OneOf(members) => {
            let said = |member: &Literal| {
                matches!(member, Literal::Text(_) | Literal::Number(_) | Literal::Bool(_))
                    && crate::values::comes_back(member, data)
            };
            (!members.is_empty() && members.iter().all(said)).then_some(1)
        }
        _ => None,
    }
}

/// What Jinja would read as its own, as it stands in a text that it renders.
const JINJA: [(&str, &str); 3] = [("{{", "{{ '{{' }}"), ("{%", "{{ '{%' }}"), ("{#", "{{ '{#' }}")];

/// A text that is the same after Jinja rendered it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match JINJA.iter().find(|(sign, _)| rest.starts_with(sign)) {
            Some((sign, written)) => {
                out.push_str(written);
                rest = rest.strip_prefix(sign).unwrap_or_default();
            }
            None => {
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// What Jinja makes of a text that [`escaped`] wrote.
fn rendered(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match JINJA.iter().find(|(_, written)| rest.starts_with(written)) {
            Some((sign, written)) => {
                out.push_str(sign);
                rest = rest.strip_prefix(written).unwrap_or_default();
            }
            None => {
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}
