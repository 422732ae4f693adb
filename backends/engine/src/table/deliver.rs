//! A table under its contract: read, cast, checked, and written where it holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{BooleanArray, RecordBatch},
    compute::filter_record_batch,
};
use mlp_plan::{Contract, Expr, Format, Literal, Rule};

use super::{
    among::values_of,
    arrow_types::arrow_schema,
    cast::Origin,
    check::{Checked, Checker},
    conform::{Conformer, unpacked},
    outcome::{Outcome, Verdict},
    read::{Reading, TableSource},
    rejects::Rejects,
    verdict::Finished,
    violation::Violation,
    write::TableWriter,
};
use crate::EngineError;

/// What a check needs to know beyond the table, the contract and the rules.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The instant of the run, UTC: what `freshness` counts back from.
    pub now: Option<chrono::NaiveDateTime>,
    /// Whether NaN means null, as pandas writes it. Of JSON lines and CSV, too: pandas writes no NaN there.
    pub nan_is_null: bool,
    /// For each contract that is referenced, the Parquet files of its table, where they are at hand.
    pub references: BTreeMap<String, Vec<PathBuf>>,
    /// Where up to 1,000 broken rows are kept, as they were before casting, with a column that tells the broken rule; nowhere where `None`.
    pub rejects: Option<PathBuf>,
}

/// What came of it. With violations, nothing was written that may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Rows that were written (or, where nothing is written, that hold).
    pub rows: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// Broken rules; none where the table may be used.
    pub violations: Vec<Violation>,
    /// Broken rules that only warn, and row rules whose broken rows were set aside.
    pub warnings: Vec<Violation>,
    /// Rules that could not be checked, with the reason, in words.
    pub unchecked: Vec<String>,
    /// Rows that were set aside.
    pub rejected: u64,
    /// Where broken rows are kept, where there are any.
    pub rejects_path: Option<PathBuf>,
}

/// Streams a table through its contract into a Parquet file. `rejects` is the share of rows that may break row rules and are set aside. The file is
/// taken away again where the table breaks its contract; writing it under another name first, and renaming, is the caller's matter.
///
/// # Errors
/// Where the source cannot be read or the file not be written. Data that breaks the contract is no error.
pub fn deliver(
    source: &TableSource,
    contract: &Contract,
    rules: &[Rule],
    rejects: f64,
    out: &Path,
    options: &Options,
) -> Result<Delivery, EngineError> {
    let pass = Pass { source, contract, rules, rejects, out: Some(out), options };
    let delivery = pass.run();
    if delivery.as_ref().map_or(true, |delivery| !delivery.violations.is_empty()) && out.exists() {
        std::fs::remove_file(out).map_err(EngineError::io(out))?;
    }
    delivery
}

/// Checks a table and writes nothing (but its broken rows, where the options ask).
///
/// # Errors
/// As [`deliver`].
pub fn check_file(
    source: &TableSource,
    contract: &Contract,
    rules: &[Rule],
    options: &Options,
) -> Result<Delivery, EngineError> {
    Pass { source, contract, rules, rejects: 0.0, out: None, options }.run()
}

/// Every rule of a contract, as the table's maker has to keep it.
#[must_use]
pub fn all_rules(contract: &Contract) -> Vec<Rule> {
    let mut rules = Vec::new();
    for column in &contract.columns {
        let name = || column.name.clone();
        rules.push(Rule::Type { column: name() });
        if !contract.may_be_null(column) {
            rules.push(Rule::NotNull { column: name() });
        }
        rules.extend((0..column.value.constraints.len()).map(|index| Rule::Constraint { column: name(), index }));
        rules.push(Rule::Nested { column: name() });
    }
    rules.extend((0..contract.keys.len()).map(Rule::Key));
    rules.extend((0..contract.uniques.len()).map(Rule::Unique));
    rules.extend((0..contract.expectations.len()).map(Rule::Expectation));
    rules.extend((0..contract.references.len()).map(Rule::Reference));
    rules
}

/// Everything that one delivery is about.
struct Pass<'a> {
    source: &'a TableSource,
    contract: &'a Contract,
    rules: &'a [Rule],
    rejects: f64,
    out: Option<&'a Path>,
    options: &'a Options,
}

/// What one look at the data gave.
struct Look {
    finished: Finished,
    rows: u64,
    broken: u64,
    written: (u64, u64),
    rejects_path: Option<PathBuf>,
}

impl Pass<'_> {
    /// Keys are compared by short digests first; only where two are the same are the rows looked at a second time, in full.
    fn run(&self) -> Result<Delivery, EngineError> {
        let mut look = self.look(None)?;
        if look.finished.candidates.iter().any(|candidates| !candidates.is_empty()) {
            let candidates = std::mem::take(&mut look.finished.candidates);
            look = self.look(Some(candidates))?;
        }
        let Look { finished: Finished { outcomes, refused, .. }, rows, broken, written, rejects_path } = look;
        let (mut of_rows, mut violations, mut warnings, mut unchecked) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for outcome in outcomes {
            match (outcome.verdict, &outcome.rule) {
                // a value that fits is cast here
                (Verdict::Pass, _) | (Verdict::Warn, Rule::Type { .. }) => {}
                (Verdict::Unknown, Rule::Reference(_)) => {
                    unchecked.push(format!("{}: {}", outcome.words, outcome.found.unwrap_or_default()));
                }
                (Verdict::Unknown, Rule::Expectation(_)) if self.lacks(&outcome) => {
                    unchecked.push(format!("{}: {}", outcome.words, outcome.found.unwrap_or_default()));
                }
                (Verdict::Warn, _) => warnings.push(outcome.into()),
                (Verdict::Unknown, Rule::Expectation(index)) if self.only_warns(*index) => {
                    warnings.push(outcome.into())
                }
                _ if outcome.of_rows => of_rows.push(outcome.into()),
                _ => violations.push(outcome.into()),
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
        let allowed = !refused && (broken == 0 || (self.rejects > 0.0 && broken as f64 <= self.rejects * rows as f64));
        if allowed {
            warnings.extend(of_rows);
        } else {
            violations.splice(0..0, of_rows);
        }
        let good = violations.is_empty();
        let (kept, bytes) = if self.out.is_some() { written } else { (rows - broken, 0) };
        Ok(Delivery {
            rows: if good { kept } else { rows - broken },
            bytes: if good { bytes } else { 0 },
            violations,
            warnings,
            unchecked,
            rejected: if good { broken } else { 0 },
            rejects_path,
        })
    }

    fn only_warns(&self, index: usize) -> bool {
        self.contract.expectations.get(index).is_some_and(|expectation| expectation.warn)
    }

    /// Whether an expectation asks of a table that is not at hand.
    fn lacks(&self, outcome: &Outcome) -> bool {
        let Rule::Expectation(index) = outcome.rule else { return false };
        let mut lacks = false;
        if let Some(expectation) = self.contract.expectations.get(index) {
            expectation.expr.walk(&mut |part| {
                if let Expr::Call { function, args } = part
                    && function == "referenced"
                    && let Some(Expr::Literal(Literal::Text(contract))) = args.get(1)
                {
                    lacks |= !self.options.references.contains_key(contract);
                }
            });
        }
        lacks
    }

    fn look(&self, candidates: Option<Vec<Vec<u64>>>) -> Result<Look, EngineError> {
        let sets_aside = self.rejects > 0.0;
        let expected = self.expected()?;
        let others =
            |contract: &str, to: &[String], ours: &[&mlp_plan::Column]| match self.options.references.get(contract) {
                Some(paths) => {
                    values_of(&TableSource::Files { paths: paths.clone(), format: Format::Parquet }, to, ours)
                }
                None => Ok(Err(format!("the table of {contract} is not at hand"))),
            };
        let mut checker = Checker::new(self.contract, self.rules, &others, sets_aside, expected, candidates)?;
        let asked = self.out.is_none().then(|| checker.reads());
        let mut writer =
            self.out.map(|out| TableWriter::create(out, Format::Parquet, &arrow_schema(self.contract))).transpose()?;
        let mut rejects = self.options.rejects.as_deref().map(Rejects::new);
        let reading =
            Reading { contract: Some(self.contract), columns: None, asked: asked.as_ref(), dictionaries: true };
        for part in self.source.parts(reading)? {
            let mut part = part?;
            let origin = Origin { textual: part.textual, nan_is_null: self.options.nan_is_null, dictionaries: true };
            let conformer = Conformer::new(self.contract, &part.schema, origin, &|name| part.left_out.contains(name))?;
            checker.begin_part(&conformer, None);
            for batch in part.batches.by_ref() {
                let batch = batch?;
                let conformed = conformer.conform(&batch)?;
                let checked = checker.check(&conformer, &batch, &conformed)?;
                if let Some(rejects) = &mut rejects {
                    rejects.keep(&batch, &checked)?;
                }
                if let Some(writer) = &mut writer
                    && (sets_aside || checker.broken == 0)
                {
                    writer.write(&kept(&conformed.batch, &checked)?)?;
                }
            }
        }
        let rejects_path = rejects.map(Rejects::finish).transpose()?.flatten();
        let written = writer.map(TableWriter::finish).transpose()?.unwrap_or_default();
        let (rows, broken) = (checker.rows, checker.broken);
        Ok(Look { finished: checker.finish(self.options)?, rows, broken, written, rejects_path })
    }

    /// Rows in all, where the files say so: room for digests is made at once.
    fn expected(&self) -> Result<usize, EngineError> {
        let distinct = |rule: &Rule| matches!(rule, Rule::Key(_) | Rule::Unique(_) | Rule::Constraint { .. });
        if !self.rules.iter().any(distinct) {
            return Ok(0);
        }
        let none = BTreeSet::new();
        let reading = Reading { columns: Some(&none), ..Reading::default() };
        match self.source {
            TableSource::Files { format: Format::Parquet, .. } | TableSource::Batches(_) => {
                self.source.parts(reading)?.try_fold(0, |rows, part| Ok(rows + part?.rows.unwrap_or_default()))
            }
            TableSource::Files { .. } => Ok(0),
        }
    }
}

/// The rows that hold, without dictionaries.
fn kept(batch: &RecordBatch, checked: &Checked) -> Result<RecordBatch, EngineError> {
    let columns = batch.columns().iter().map(unpacked).collect::<Result<Vec<_>, _>>()?;
    let fields = batch
        .schema_ref()
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| Arc::new(field.as_ref().clone().with_data_type(column.data_type().clone())));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields.collect::<arrow::datatypes::Fields>()));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
    match &checked.broken {
        Some(broken) => Ok(filter_record_batch(&batch, &BooleanArray::new(!broken, None))?),
        None => Ok(batch),
    }
}
