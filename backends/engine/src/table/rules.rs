//! Which rules of a contract are checked, made ready to run.

use std::collections::BTreeSet;

use mlp_plan::{Column, Constraint, Contract, DataType, Expr, Literal, Rule};

use super::{
    among::{DistinctRows, Known, Referenced},
    arrow_types::arrow_type,
    check::{Checker, ColumnTests},
    constraint::Test,
    digest::is_whole,
    found::Found,
    set::Gathering,
    uniqueness::{Repeats, Seen},
};
use crate::EngineError;

/// Gives the values that the table of another contract has in these of its columns, in the types of ours; or why it cannot.
pub type Others<'o> = &'o dyn Fn(&str, &[String], &[&Column]) -> Result<Result<Known, String>, EngineError>;

impl<'a> Checker<'a> {
    /// For these rules; types and nulls are always checked, since it costs next to nothing. `expected` rows are made room for. `candidates` are what
    /// [`Checker::finish`] of a first pass gave, in the second.
    ///
    /// # Errors
    /// Where a pattern is not a regex, or a referenced table cannot be read.
    pub fn new(
        contract: &'a Contract,
        rules: &[Rule],
        others: Others<'_>,
        sets_aside: bool,
        expected: usize,
        candidates: Option<Vec<Vec<u64>>>,
    ) -> Result<Self, EngineError> {
        let mut checker = Self {
            contract,
            columns: Vec::new(),
            sets: Vec::new(),
            references: Vec::new(),
            expectations: Vec::new(),
            gathering: Gathering::default(),
            found: Vec::new(),
            sets_aside,
            at: None,
            unchecked: Vec::new(),
            rows: 0,
            broken: 0,
        };
        let asked: BTreeSet<&Rule> = rules.iter().collect();
        for column in &contract.columns {
            checker.plan_column(column, &asked)?;
        }
        checker.plan_sets(&asked, expected, candidates);
        for rule in &asked {
            match rule {
                Rule::Reference(index) => checker.plan_reference(*index, others)?,
                Rule::Expectation(index) => checker.plan_expectation(*index),
                _ => {}
            }
        }
        let asked: Vec<&Expr> =
            checker.expectations.iter().filter_map(|index| Some(&contract.expectations.get(*index)?.expr)).collect();
        let known = tables_of(contract, &asked, others)?;
        let find = |expr: &Expr| known.iter().find(|(asked, _)| asked == expr).map(|(_, known)| known.clone());
        checker.gathering = Gathering::new(asked.iter().copied(), &find);
        Ok(checker)
    }

    fn entry(&mut self, rule: Rule, words: String, column: &str, word: &str) -> usize {
        let place = self.contract.place(column, word).cloned().unwrap_or_default();
        self.found.push(Found::new(rule, words, place));
        self.found.len() - 1
    }

    fn plan_column(&mut self, column: &Column, asked: &BTreeSet<&Rule>) -> Result<(), EngineError> {
        let name = &column.name;
        let type_entry =
            self.entry(Rule::Type { column: name.clone() }, format!("{name}: {}", column.value), name, "type");
        let not_null = (!self.contract.may_be_null(column)).then(|| {
            let why = if column.value.nullable { " in a key" } else { "" };
            self.entry(Rule::NotNull { column: name.clone() }, format!("{name} is never null{why}"), name, "null")
        });
        let mut tests = Vec::new();
        for (index, constraint) in column.value.constraints.iter().enumerate() {
            let rule = Rule::Constraint { column: name.clone(), index };
            if asked.contains(&rule)
                && let Some(test) = Test::new(constraint, &column.value.data)?
            {
                tests.push((self.entry(rule, format!("{name} {constraint}"), name, constraint.word()), test));
            }
        }
        let deep = matches!(
            column.value.data,
            DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. }
        );
        let nested = deep && asked.contains(&Rule::Nested { column: name.clone() });
        self.columns.push(ColumnTests { type_entry, not_null, tests, nested, typed: false });
        Ok(())
    }

    /// Keys, unique sets and unique columns.
    fn plan_sets(&mut self, asked: &BTreeSet<&Rule>, expected: usize, candidates: Option<Vec<Vec<u64>>>) {
        let mut wanted: Vec<(Rule, String, Vec<&'a str>, &str, String)> = Vec::new();
        let listed = |columns: &'a [String]| columns.iter().map(String::as_str).collect::<Vec<_>>();
        for (index, key) in self.contract.keys.iter().enumerate() {
            let words = format!("key ({})", key.join(", "));
            wanted.push((Rule::Key(index), words, listed(key), "", Contract::nth("key", index)));
        }
        for (index, unique) in self.contract.uniques.iter().enumerate() {
            let words = format!("unique ({})", unique.join(", "));
            wanted.push((Rule::Unique(index), words, listed(unique), "", Contract::nth("unique", index)));
        }
        for column in &self.contract.columns {
            let place = column.value.constraints.iter().position(|constraint| *constraint == Constraint::Unique);
            if let Some(index) = place {
                let rule = Rule::Constraint { column: column.name.clone(), index };
                let words = format!("{} unique", column.name);
                wanted.push((rule, words, vec![column.name.as_str()], &column.name, "unique".to_owned()));
            }
        }
        let mut candidates = candidates.map(Vec::into_iter);
        for (rule, words, columns, at, word) in wanted.into_iter().filter(|(rule, ..)| asked.contains(rule)) {
            let entry = self.entry(rule, words, at, &word);
            let (seen, repeats) = match &mut candidates {
                None => (Some(self.seen(&columns, expected)), None),
                Some(candidates) => (None, Some(Repeats::new(candidates.next().unwrap_or_default()))),
            };
            self.sets.push(DistinctRows { entry, columns, seen, repeats });
        }
    }

    fn plan_expectation(&mut self, index: usize) {
        let Some(expectation) = self.contract.expectations.get(index) else { return };
        let entry = self.entry(Rule::Expectation(index), expectation.expr.to_string(), "", "");
        if let Some(found) = self.found.get_mut(entry) {
            found.of_rows = false;
            found.warn = expectation.warn;
            found.message.clone_from(&expectation.message);
            found.place = expectation.place.clone();
        }
        self.expectations.push(index);
    }

    /// Whole numbers are told apart by a bit each, where they lie close together; everything else by digests.
    fn seen(&self, columns: &[&str], expected: usize) -> Seen {
        let data = |name: &&str| self.contract.column(name).map(|column| arrow_type(&column.value.data));
        match columns {
            [only] if data(only).is_some_and(|data| is_whole(&data)) => Seen::of_numbers(),
            _ => Seen::with_capacity(expected),
        }
    }

    fn plan_reference(&mut self, index: usize, others: Others<'_>) -> Result<(), EngineError> {
        let Some(reference) = self.contract.references.get(index) else { return Ok(()) };
        let words = format!(
            "references {}({}) from ({})",
            reference.contract,
            reference.to.join(", "),
            reference.from.join(", ")
        );
        let columns: Vec<&Column> = reference.from.iter().filter_map(|name| self.contract.column(name)).collect();
        let known = others(&reference.contract, &reference.to, &columns)?;
        let places = reference
            .from
            .iter()
            .filter_map(|name| self.contract.columns.iter().position(|column| column.name == *name))
            .collect();
        let entry = self.entry(Rule::Reference(index), words, "", &Contract::nth("references", index));
        if let Some(found) = self.found.get_mut(entry) {
            found.of_rows = false;
        }
        match known {
            Ok(known) => self.references.push(Referenced { entry, columns: places, known }),
            Err(why) => self.unchecked.push((Rule::Reference(index), why)),
        }
        Ok(())
    }
}

/// The tables that some expectations ask of.
fn tables_of(
    contract: &Contract,
    expectations: &[&Expr],
    others: Others<'_>,
) -> Result<Vec<(Expr, Known)>, EngineError> {
    let mut calls = Vec::new();
    for expectation in expectations {
        expectation.walk(&mut |part| {
            if matches!(part, Expr::Call { function, .. } if function == "referenced") && !calls.contains(part) {
                calls.push(part.clone());
            }
        });
    }
    let mut known = Vec::new();
    for call in calls {
        let Expr::Call { args, .. } = &call else { continue };
        let [Expr::Column(ours), Expr::Literal(Literal::Text(other)), Expr::Literal(Literal::Text(to))] =
            args.as_slice()
        else {
            continue;
        };
        let ours: Vec<&Column> = contract.column(ours).into_iter().collect();
        if let Ok(values) = others(other, std::slice::from_ref(to), &ours)? {
            known.push((call.clone(), values));
        }
    }
    Ok(known)
}
