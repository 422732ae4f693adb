//! From contracts to `schema.yml`.

use mlp_plan::{Column, Constraint, Contract};
use mlp_write::{Doc, yaml};

use super::{DIALECT, Dbt, escaped};
use crate::{
    fault::Fault,
    rest::{ColumnRest, ContractRest, KEY, Voice as _, heard_column, written},
    sql::type_text,
    values,
};

/// The file: a model for each contract, its contract enforced.
pub(crate) fn export(contracts: &[Contract]) -> Result<String, Fault> {
    let models = contracts.iter().map(model).collect();
    let file = Doc::map([("version", Doc::number(2)), ("models", Doc::List(models))]);
    Ok(yaml::document(&jinja(file)))
}

/// Every text as Jinja leaves it.
fn jinja(doc: Doc) -> Doc {
    match doc {
        Doc::Text(text) => {
            let written = escaped(&text);
            // the braces are ours then, and must reach Jinja as they are
            if written == text { Doc::Text(text) } else { Doc::Template(written) }
        }
        Doc::List(items) => Doc::List(items.into_iter().map(jinja).collect()),
        Doc::Map(entries) => Doc::Map(entries.into_iter().map(|(key, value)| (key, jinja(value))).collect()),
        other => other,
    }
}

fn texts(list: &[String]) -> Doc {
    Doc::List(list.iter().map(Doc::text).collect())
}

fn model(contract: &Contract) -> Doc {
    let heard = Dbt.contract(contract);
    let mut out = Doc::map([("name", Doc::text(&heard.name))]);
    if let Some(doc) = &heard.doc {
        out.put("description", Doc::text(doc));
    }
    let mut config = Doc::map([("contract", Doc::map([("enforced", Doc::Bool(true))]))]);
    let mut meta = Doc::Map(Vec::new());
    if let Some(owner) = &heard.owner {
        meta.put("owner", Doc::text(owner));
    }
    if let Some(rest) = written(&ContractRest::of(contract, &heard)) {
        meta.put(KEY, rest);
    }
    if !meta.is_empty() {
        config.put("meta", meta);
    }
    out.put("config", config);
    let mut constraints = Vec::new();
    for key in &heard.keys {
        constraints.push(Doc::map([("type", Doc::text("primary_key")), ("columns", texts(key))]));
    }
    for unique in &heard.uniques {
        constraints.push(Doc::map([("type", Doc::text("unique")), ("columns", texts(unique))]));
    }
    for reference in &heard.references {
        constraints.push(Doc::map([
            ("type", Doc::text("foreign_key")),
            ("columns", texts(&reference.from)),
            ("to", Doc::text(format!("ref('{}')", reference.contract))),
            ("to_columns", texts(&reference.to)),
        ]));
    }
    if !constraints.is_empty() {
        out.put("constraints", Doc::List(constraints));
    }
    out.put("columns", Doc::List(contract.columns.iter().map(column).collect()));
    out
}

fn column(column: &Column) -> Doc {
    let heard = heard_column(&Dbt, column);
    let mut out = Doc::map([("name", Doc::text(&column.name))]);
    if let Some(doc) = &heard.doc {
        out.put("description", Doc::text(doc));
    }
    out.put("data_type", Doc::text(type_text(&column.value.data, DIALECT)));
    if !heard.value.nullable {
        out.put("constraints", Doc::List(vec![Doc::map([("type", Doc::text("not_null"))])]));
    }
    let mut tests = Vec::new();
    for constraint in &heard.value.constraints {
        match constraint {
            Constraint::Unique => tests.push(Doc::text("unique")),
            Constraint::OneOf(members) => {
                let values = members.iter().filter_map(|member| values::doc(member, &heard.value.data)).collect();
                let mut arguments = Doc::map([("values", Doc::List(values))]);
                if !heard.value.data.is_text() {
                    arguments.put("quote", Doc::Bool(false));
                }
                tests.push(Doc::map([("accepted_values", Doc::map([("arguments", arguments)]))]));
            }
            _ => {}
        }
    }
    if !tests.is_empty() {
        out.put("data_tests", Doc::List(tests));
    }
    let mut config = Doc::Map(Vec::new());
    if !column.tags.is_empty() {
        config.put("tags", texts(&column.tags));
    }
    if let Some(rest) = written(&ColumnRest::of(column, &heard)) {
        config.put("meta", Doc::map([(KEY, rest)]));
    }
    if !config.is_empty() {
        out.put("config", config);
    }
    out
}
