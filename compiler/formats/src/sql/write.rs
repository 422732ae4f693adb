//! From contracts to `create table`.

use std::fmt::Write as _;

use mlp_plan::{Column, Constraint, Contract, DataType};

use super::{Dialect, Sql, checks, types};
use crate::{
    fault::Fault,
    rest::{Voice as _, heard_column},
};

/// The statements.
pub(crate) fn export(contracts: &[Contract], dialect: Dialect) -> Result<String, Fault> {
    let tables: Vec<String> = contracts.iter().map(|contract| table(contract, dialect)).collect();
    Ok(tables.join("\n"))
}

fn list(names: &[String], dialect: Dialect) -> String {
    names.iter().map(|name| dialect.name_of(name)).collect::<Vec<_>>().join(", ")
}

fn table(contract: &Contract, dialect: Dialect) -> String {
    let voice = Sql(dialect);
    let heard = voice.contract(contract);
    let enforced = if dialect == Dialect::BigQuery { " NOT ENFORCED" } else { "" };
    let mut lines: Vec<String> = contract.columns.iter().map(|each| column(&voice, each)).collect();
    lines.extend(heard.keys.iter().map(|key| format!("PRIMARY KEY ({}){enforced}", list(key, dialect))));
    lines.extend(heard.uniques.iter().map(|unique| format!("UNIQUE ({})", list(unique, dialect))));
    lines.extend(heard.references.iter().map(|reference| {
        format!(
            "FOREIGN KEY ({}) REFERENCES {} ({}){enforced}",
            list(&reference.from, dialect),
            dialect.name_of(&reference.contract),
            list(&reference.to, dialect)
        )
    }));
    let name = dialect.name_of(&contract.name);
    let mut out = format!("CREATE TABLE {name} (\n  {}\n)", lines.join(",\n  "));
    let doc = heard.doc.as_deref().map(|doc| dialect.text(doc));
    match (dialect, &doc) {
        (Dialect::Snowflake, Some(doc)) => out.push_str(&format!(" COMMENT = {doc}")),
        (Dialect::BigQuery, Some(doc)) => out.push_str(&format!(" OPTIONS (description = {doc})")),
        _ => {}
    }
    out.push_str(";\n");
    if dialect.has_checks() {
        if let Some(doc) = doc {
            // writing to a string does not fail
            let _ = writeln!(out, "COMMENT ON TABLE {name} IS {doc};");
        }
        for column in &contract.columns {
            if let Some(doc) = voice.column(column).doc {
                let path = format!("{name}.{}", dialect.name_of(&column.name));
                let _ = writeln!(out, "COMMENT ON COLUMN {path} IS {};", dialect.text(&doc));
            }
        }
    }
    out
}

fn column(voice: &Sql, column: &Column) -> String {
    let dialect = voice.0;
    let heard = heard_column(voice, column);
    let longest = heard.value.constraints.iter().find_map(|constraint| match constraint {
        Constraint::Length { min: 0, max: Some(max) } if column.value.data == DataType::String => Some(*max),
        _ => None,
    });
    let ty = match longest {
        Some(max) if dialect == Dialect::BigQuery => format!("STRING({max})"),
        Some(max) => format!("VARCHAR({max})"),
        None => types::written(&column.value.data, dialect),
    };
    let mut out = format!("{} {ty}", dialect.name_of(&column.name));
    if let Some(default) = heard.default.as_ref().and_then(|default| checks::literal(default, dialect)) {
        out.push_str(&format!(" DEFAULT {default}"));
    }
    if !heard.value.nullable {
        out.push_str(" NOT NULL");
    }
    for constraint in &heard.value.constraints {
        match constraint {
            Constraint::Unique => out.push_str(" UNIQUE"),
            Constraint::Length { min: 0, max: Some(_) } => {}
            other => {
                if let Some(check) = checks::written(other, &column.name, dialect) {
                    out.push_str(&format!(" CHECK ({check})"));
                }
            }
        }
    }
    match (dialect, &heard.doc) {
        (Dialect::Snowflake, Some(doc)) => out.push_str(&format!(" COMMENT {}", dialect.text(doc))),
        (Dialect::BigQuery, Some(doc)) => out.push_str(&format!(" OPTIONS (description = {})", dialect.text(doc))),
        _ => {}
    }
    out
}
