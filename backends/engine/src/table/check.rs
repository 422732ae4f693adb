//! Checks the rules of an edge over batches in one pass: types, nulls, constraints, keys, and what is asked of the set as a whole.

use std::collections::{BTreeSet, HashSet};

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    buffer::BooleanBuffer,
    compute::filter_record_batch,
};
use mlp_plan::{Column, Constraint, Contract, DataType, Literal, Rule};

use super::{
    among::{DistinctRows, Referenced, values_of},
    conform::{Conformed, Conformer},
    constraint::Test,
    deliver::Options,
    expr::Rows,
    found::{Found, Noted},
    nested::broken_inside,
    read::TableSource,
    set::Gathering,
    show,
    uniqueness::{Repeats, Seen},
    violation::Violation,
};
use crate::EngineError;

/// Checks one table.
#[derive(Debug)]
pub struct Checker<'a> {
    contract: &'a Contract,
    columns: Vec<ColumnTests>,
    sets: Vec<DistinctRows<'a>>,
    references: Vec<Referenced>,
    expectations: Vec<usize>,
    gathering: Gathering,
    found: Vec<Found>,
    /// Whether broken rows are set aside, so that they do not count for keys and the set.
    sets_aside: bool,
    /// What could not be checked, in words.
    pub unchecked: Vec<String>,
    /// Rows so far.
    pub rows: u64,
    /// Rows so far that break a row rule.
    pub broken: u64,
}

/// What is asked of one column's values, each with its entry in `found`.
#[derive(Debug)]
struct ColumnTests {
    type_entry: usize,
    not_null: Option<usize>,
    tests: Vec<(usize, Test)>,
    nested: bool,
}

/// A batch after its check.
#[derive(Debug)]
pub struct Checked {
    /// Rows that break a row rule, where there are any.
    pub broken: Option<BooleanBuffer>,
    /// For each such row set, the rule in words.
    pub reasons: Vec<(BooleanBuffer, String)>,
}

/// The result of a whole pass.
#[derive(Debug)]
pub struct Verdict {
    /// Broken row rules.
    pub of_rows: Vec<Violation>,
    /// Broken rules over the set.
    pub of_set: Vec<Violation>,
    /// Rules that only warn.
    pub warnings: Vec<Violation>,
    /// Whether a column could not be had at all.
    pub refused: bool,
    /// By key or unique rule, digests that came twice: not empty asks for a second pass.
    pub candidates: Vec<Vec<u64>>,
}

impl<'a> Checker<'a> {
    /// For these rules; types and nulls are always checked, since it costs next to nothing. `expected` rows are made room for. `candidates` are what
    /// [`Checker::finish`] of a first pass gave, in the second.
    ///
    /// # Errors
    /// Where a pattern is not a regex, or a referenced table cannot be read.
    pub fn new(
        contract: &'a Contract,
        rules: &[Rule],
        options: &Options,
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
                Rule::Reference(index) => checker.plan_reference(*index, options)?,
                Rule::Expectation(index) => checker.plan_expectation(*index),
                _ => {}
            }
        }
        checker.gathering = Gathering::new(
            checker.expectations.iter().filter_map(|index| contract.expectations.get(*index)).map(|rule| &rule.expr),
        );
        Ok(checker)
    }

    fn entry(&mut self, rule: Rule, words: String, column: &str, word: &str) -> usize {
        let place = self.contract.place(column, word).cloned().unwrap_or_default();
        self.found.push(Found {
            rule,
            words,
            of_rows: true,
            refused: None,
            rows: 0,
            examples: Vec::new(),
            place,
            message: None,
            warn: false,
        });
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
        self.columns.push(ColumnTests { type_entry, not_null, tests, nested });
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
                None => (Some(Seen::with_capacity(expected)), None),
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

    fn plan_reference(&mut self, index: usize, options: &Options) -> Result<(), EngineError> {
        let Some(reference) = self.contract.references.get(index) else { return Ok(()) };
        let words = format!(
            "references {}({}) from ({})",
            reference.contract,
            reference.to.join(", "),
            reference.from.join(", ")
        );
        let Some(paths) = options.references.get(&reference.contract) else {
            self.unchecked.push(format!("{words}: the table of {} is not at hand", reference.contract));
            return Ok(());
        };
        let columns: Vec<&Column> = reference.from.iter().filter_map(|name| self.contract.column(name)).collect();
        let source = TableSource::Files { paths: paths.clone(), format: mlp_plan::Format::Parquet };
        let known = match values_of(&source, &reference.to, &columns)? {
            Ok(known) => known,
            Err(why) => {
                self.unchecked.push(format!("{words}: {why}"));
                return Ok(());
            }
        };
        let columns = reference
            .from
            .iter()
            .filter_map(|name| self.contract.columns.iter().position(|column| column.name == *name))
            .collect();
        let entry = self.entry(Rule::Reference(index), words, "", &Contract::nth("references", index));
        if let Some(found) = self.found.get_mut(entry) {
            found.of_rows = false;
        }
        self.references.push(Referenced { entry, columns, known });
        Ok(())
    }

    /// Columns that some rule reads or that tell rows apart; the others need not be read to be checked.
    #[must_use]
    pub fn reads(&self) -> BTreeSet<String> {
        let mut columns: BTreeSet<String> = show::telling(self.contract, &[]).into_iter().collect();
        for (column, tests) in self.contract.columns.iter().zip(&self.columns) {
            let checked =
                matches!(column.value.data, DataType::Enum { open: false, .. } | DataType::Json | DataType::Uuid);
            if tests.not_null.is_some() || !tests.tests.is_empty() || tests.nested || checked {
                columns.insert(column.name.clone());
            }
            for (_, test) in &tests.tests {
                if let Some(expr) = test.condition() {
                    columns.extend(expr.columns().into_iter().map(root));
                }
            }
        }
        columns.extend(self.sets.iter().flat_map(|set| &set.columns).map(|name| (*name).to_owned()));
        columns.extend(self.gathering.columns().into_iter().map(root));
        let referenced = self.references.iter().flat_map(|reference| &reference.columns);
        columns
            .extend(referenced.filter_map(|index| self.contract.columns.get(*index)).map(|column| column.name.clone()));
        columns
    }

    /// Takes note of the columns that a part does not have at all.
    pub fn begin_part(&mut self, conformer: &Conformer<'_>) {
        for (index, words) in conformer.refusals() {
            let entry = self.columns.get(index).map(|tests| tests.type_entry);
            if let Some(found) = entry.and_then(|entry| self.found.get_mut(entry)) {
                found.refused.get_or_insert_with(|| words.to_owned());
            }
        }
    }

    /// Checks a batch; `source` is what it was before it was cast.
    ///
    /// # Errors
    /// Where a rule cannot be asked of the data; a checked program has none such.
    pub fn check(
        &mut self,
        conformer: &Conformer<'_>,
        source: &RecordBatch,
        conformed: &Conformed,
    ) -> Result<Checked, EngineError> {
        let rows = source.num_rows();
        let mut noted = Noted {
            source,
            batch: &conformed.batch,
            conformer,
            contract: self.contract,
            broken: None,
            reasons: Vec::new(),
        };
        let refused: HashSet<usize> = conformer.refusals().map(|(index, _)| index).collect();
        for (index, column) in self.contract.columns.iter().enumerate() {
            let (Some(tests), Some(array)) = (self.columns.get(index), conformed.batch.columns().get(index)) else {
                continue;
            };
            if refused.contains(&index) {
                noted.refused(self.found.get_mut(tests.type_entry), &BooleanBuffer::new_set(rows), column);
                continue;
            }
            let failed = conformed.failed.get(index).and_then(Option::as_ref);
            check_column(column, tests, array, failed, &mut self.found, &mut noted)?;
        }
        for set in &mut self.sets {
            let known = set.columns.iter().all(|name| {
                self.contract
                    .columns
                    .iter()
                    .position(|column| column.name == *name)
                    .is_some_and(|at| !refused.contains(&at))
            });
            if known {
                set.check(&mut self.found, &mut noted, self.sets_aside)?;
            }
        }
        self.rows += rows as u64;
        self.broken += noted.broken.as_ref().map_or(0, BooleanBuffer::count_set_bits) as u64;
        for reference in &self.references {
            if let Some(broken) = reference.broken(&conformed.batch)? {
                let about: Vec<&str> = reference
                    .columns
                    .iter()
                    .filter_map(|at| self.contract.columns.get(*at))
                    .map(|column| column.name.as_str())
                    .collect();
                noted.note_set(self.found.get_mut(reference.entry), &broken, &about);
            }
        }
        if !self.expectations.is_empty() {
            match noted.broken.as_ref().filter(|_| self.sets_aside) {
                Some(broken) => self.gathering.add(&filter_record_batch(&conformed.batch, &(!broken).into())?)?,
                None => self.gathering.add(&conformed.batch)?,
            }
        }
        Ok(Checked { broken: noted.broken, reasons: noted.reasons })
    }

    /// What was broken in all.
    ///
    /// # Errors
    /// Where an expectation cannot be asked.
    pub fn finish(mut self, options: &Options) -> Result<Verdict, EngineError> {
        for index in std::mem::take(&mut self.expectations) {
            self.judge(index, options)?;
        }
        let candidates = self.sets.iter_mut().map(|set| set.seen.take().map(Seen::twice).unwrap_or_default()).collect();
        let mut verdict = Verdict {
            of_rows: Vec::new(),
            of_set: Vec::new(),
            warnings: Vec::new(),
            // of an expectation it is the value that is told there, which may be only a warning
            refused: self
                .found
                .iter()
                .any(|found| found.refused.is_some() && !matches!(found.rule, Rule::Expectation(_))),
            candidates,
        };
        for found in self.found.into_iter().filter(|found| found.rows > 0 || found.refused.is_some()) {
            let kind = match (found.warn, found.of_rows) {
                (true, _) => &mut verdict.warnings,
                (false, true) => &mut verdict.of_rows,
                (false, false) => &mut verdict.of_set,
            };
            let Found { rule, words, refused, rows, examples, place, message, .. } = found;
            let set = matches!(rule, Rule::Expectation(_));
            kind.push(Violation {
                rule,
                words,
                found: refused,
                rows: if set { 0 } else { rows },
                of: self.rows,
                examples,
                place,
                message,
            });
        }
        Ok(verdict)
    }

    /// Whether an expectation holds; one that has no value (the mean of no rows) does not.
    fn judge(&mut self, index: usize, options: &Options) -> Result<(), EngineError> {
        let Some(expectation) = self.contract.expectations.get(index) else { return Ok(()) };
        let refused = |name: &str| {
            let rule = Rule::Type { column: root(name) };
            self.found.iter().any(|found| found.refused.is_some() && found.rule == rule)
        };
        // a column that could not be had is told once
        if expectation.expr.columns().into_iter().any(refused) {
            return Ok(());
        }
        let value = self.gathering.value(&expectation.expr, options.now)?;
        if value == Literal::Bool(true) {
            return Ok(());
        }
        let mut parts = Vec::new();
        let mut asked = Vec::new();
        expectation.expr.walk(&mut |part| asked.push(part.clone()));
        for part in asked {
            if let mlp_plan::Expr::Call { .. } = part
                && let Ok(value) = self.gathering.value(&part, options.now)
            {
                let value = if value == Literal::Null { "unknown".to_owned() } else { value.to_string() };
                parts.push(format!("{part} is {value}"));
            }
        }
        if let Some(found) = self.found.iter_mut().find(|found| found.rule == Rule::Expectation(index)) {
            found.rows = 1;
            found.refused = Some(parts.join(", "));
        }
        Ok(())
    }
}

fn root(path: &str) -> String {
    path.split('.').next().unwrap_or(path).to_owned()
}

/// Type, nulls, constraints and what is inside, of one column of a batch.
fn check_column(
    column: &Column,
    tests: &ColumnTests,
    array: &ArrayRef,
    failed: Option<&BooleanBuffer>,
    found: &mut Vec<Found>,
    noted: &mut Noted<'_>,
) -> Result<(), EngineError> {
    if let Some(failed) = failed {
        noted.refused(found.get_mut(tests.type_entry), failed, column);
    }
    if let Some(entry) = tests.not_null
        && let Some(nulls) = array.logical_nulls()
    {
        let null = !nulls.inner();
        let null = failed.map_or_else(|| null.clone(), |failed| &null & &!failed);
        if null.has_true() {
            noted.note(found.get_mut(entry), &null, &[&column.name]);
        }
    }
    for (entry, test) in &tests.tests {
        let rows = Rows { batch: Some(noted.batch), this: Some(array), rows: array.len() };
        if let Some(broken) = test.broken(array, rows)? {
            let mut about = vec![column.name.as_str()];
            if let Some(expr) = test.condition() {
                about.extend(expr.columns().into_iter().filter(|name| *name != column.name));
            }
            noted.note(found.get_mut(*entry), &broken, &about);
        }
    }
    if tests.nested {
        for (words, broken) in broken_inside(array, &column.value.data, &column.name)? {
            let rule = Rule::Nested { column: column.name.clone() };
            if !found.iter().any(|known| known.rule == rule && known.words == words) {
                let place = noted.contract.place(&column.name, "").cloned().unwrap_or_default();
                let examples = Vec::new();
                found.push(Found {
                    rule: rule.clone(),
                    words: words.clone(),
                    of_rows: true,
                    refused: None,
                    rows: 0,
                    examples,
                    place,
                    message: None,
                    warn: false,
                });
            }
            noted.note(
                found.iter_mut().find(|known| known.rule == rule && known.words == words),
                &broken,
                &[&column.name],
            );
        }
    }
    Ok(())
}
