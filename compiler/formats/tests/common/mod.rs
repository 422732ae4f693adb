//! Contracts as the checker reads them, and the one form in which it has them.

#![allow(dead_code, clippy::allow_attributes, reason = "every test uses its share")]

use std::sync::Arc;

use mlp_analysis::{Kind, Module, Program, check, literals::coerce};
use mlp_formats::{Format, Outcome};
use mlp_plan::{Constraint, Contract, DataType, Expr, Literal, Place, ValueType};
use mlp_ports::{NoFiles, NoSql};
use mlp_source::SourceMap;

/// A program that was read.
pub struct Read {
    /// Its contracts, without places.
    pub contracts: Vec<Contract>,
    /// The errors that the parser and the checker found.
    pub faults: Vec<String>,
}

/// Parses and checks a file.
pub fn checked(text: &str) -> Read {
    let mut sources = SourceMap::new();
    let file = sources.add("p.mlp", text);
    let parsed = mlp_syntax::parse(file, text);
    let mut found = parsed.diagnostics;
    let module = Module { package: "p".to_owned(), path: "p".to_owned(), file, trees: vec![Arc::new(parsed.file)] };
    let program = Program::new(vec![module]);
    let mut checked = check(&program, &NoSql, &NoFiles);
    found.extend(checked.diagnostics().iter().cloned());
    let faults = found
        .iter()
        .filter(|found| found.is_error())
        .map(|found| format!("{} {}: {}", found.code, found.message, sources.text(found.primary)))
        .collect();
    let contracts = program.of_kind(Kind::Contract).collect::<Vec<_>>();
    let contracts = contracts.into_iter().map(|id| placeless(checked.checker.contract_of(id).face.clone())).collect();
    Read { contracts, faults }
}

/// As `mlp fmt` lays it out.
pub fn formatted(text: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add("p.mlp", text);
    mlp_syntax::format(&mlp_syntax::parse(file, text).file, text)
}

fn placeless(mut contract: Contract) -> Contract {
    contract.places.clear();
    contract.declared = None;
    contract.expectations.iter_mut().for_each(|rule| rule.place = Place::default());
    contract
}

/// The form in which the checker has a contract: what it would refuse left out, conditions last, `and` and `or` flat, docs without blanks at line ends.
pub fn normal(mut contract: Contract) -> Contract {
    contract.doc = contract.doc.as_deref().and_then(mlp_formats::mlp::tidy_doc);
    let names: Vec<String> = contract.columns.iter().map(|column| column.name.clone()).collect();
    for column in &mut contract.columns {
        column.doc = column.doc.as_deref().and_then(mlp_formats::mlp::tidy_doc);
        normal_value(&mut column.value);
        if column.was.as_ref().is_some_and(|was| names.contains(was)) {
            column.was = None;
        }
    }
    contract
}

fn normal_value(value: &mut ValueType) {
    let plain = ValueType::plain(value.data.clone());
    let mut kept: Vec<Constraint> = Vec::new();
    for mut constraint in std::mem::take(&mut value.constraints) {
        match &mut constraint {
            Constraint::OneOf(members) => members.retain(|member| coerce(member.clone(), &plain).is_ok()),
            Constraint::Where(expr) => flatten(expr),
            _ => {}
        }
        if constraint == Constraint::OneOf(Vec::new()) {
            continue;
        }
        kept.push(constraint);
        // one that leaves nothing is refused by the checker
        let all = ValueType { constraints: kept.clone(), ..plain.clone() };
        if mlp_analysis::subtype::domain::Domain::of(&all).empty().is_some() {
            kept.pop();
        }
    }
    kept.sort_by_key(|held| matches!(held, Constraint::Where(_)));
    value.constraints = kept;
    match &mut value.data {
        DataType::List(element) | DataType::Vector { element, .. } => normal_value(element),
        DataType::Map(key, item) => {
            normal_value(key);
            normal_value(item);
        }
        DataType::Struct(fields) => fields.iter_mut().for_each(|field| normal_value(&mut field.value)),
        _ => {}
    }
}

fn flatten(expr: &mut Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter_mut().for_each(flatten),
        Expr::Not(inner) | Expr::Negate(inner) => flatten(inner),
        Expr::Compare(_, left, right) | Expr::Arithmetic(_, left, right) => {
            flatten(left);
            flatten(right);
        }
        _ => {}
    }
    *expr = match std::mem::replace(expr, Expr::This) {
        Expr::All(parts) => Expr::All(
            parts.into_iter().flat_map(|part| if let Expr::All(inner) = part { inner } else { vec![part] }).collect(),
        ),
        Expr::Any(parts) => Expr::Any(
            parts.into_iter().flat_map(|part| if let Expr::Any(inner) = part { inner } else { vec![part] }).collect(),
        ),
        Expr::Negate(inner) => match *inner {
            Expr::Literal(Literal::Number(number)) => Expr::Literal(Literal::Number(-number)),
            other => Expr::Negate(Box::new(other)),
        },
        Expr::Between { value, low: None, high: Some(high) } => Expr::Compare(mlp_plan::CompareOp::Le, value, high),
        other => other,
    };
}

/// The order of rules says nothing: constraints, unique sets, references and expectations in one order.
pub fn sorted(mut contract: Contract) -> Contract {
    fn value_of(value: &mut ValueType) {
        value.constraints.sort_by_key(ToString::to_string);
        match &mut value.data {
            DataType::List(element) | DataType::Vector { element, .. } => value_of(element),
            DataType::Map(key, item) => {
                value_of(key);
                value_of(item);
            }
            DataType::Struct(fields) => fields.iter_mut().for_each(|field| value_of(&mut field.value)),
            _ => {}
        }
    }
    contract.columns.iter_mut().for_each(|column| value_of(&mut column.value));
    contract.uniques.sort();
    contract.references.sort_by_key(|reference| format!("{reference:?}"));
    contract.expectations.sort_by_key(|rule| rule.expr.to_string());
    contract
}

/// Exports a contract that others may name to every format, and reads each back: nothing panics, and what comes back is the contract, or what the
/// notes left of it. Answers what is wrong, a line each.
pub fn through_all(contract: &Contract) -> Vec<String> {
    let formats = Format::ALL.into_iter();
    formats.filter_map(|format| through(format, contract).err().map(|fault| format!("{format}: {fault}"))).collect()
}

fn through(format: Format, contract: &Contract) -> Result<(), String> {
    let contracts = std::slice::from_ref(contract);
    let exported = match format.export(contracts) {
        Ok(exported) => exported,
        // a name or a type that the format has no form for, and the place of it
        Err(fault) if !fault.path.is_empty() && !fault.help.is_empty() => return Ok(()),
        Err(fault) => return Err(format!("export: {fault}")),
    };
    if !format.is_read() {
        return Ok(());
    }
    let lost = exported.notes.iter().any(|note| note.outcome == Outcome::Lost);
    let shown = String::from_utf8_lossy(&exported.bytes).into_owned();
    let imported = format.import(exported.bytes).map_err(|fault| format!("import: {fault}\n{shown}"))?;
    if let Some(note) = imported.notes.first() {
        return Err(format!("a note on the way back: {note}\n{shown}"));
    }
    let [back] = imported.contracts.as_slice() else { return Err(format!("not one contract\n{shown}")) };
    let wanted = if lost { format.heard(contract, contracts).0 } else { contract.clone() };
    let (back, wanted) = (sorted(back.clone()), sorted(wanted));
    for (back, wanted) in back.columns.iter().zip(&wanted.columns) {
        if back != wanted {
            return Err(format!("{back:?}\n  is not {wanted:?}\n{shown}"));
        }
    }
    if back == wanted { Ok(()) } else { Err(format!("{back:?}\n  is not {wanted:?}\n{shown}")) }
}
