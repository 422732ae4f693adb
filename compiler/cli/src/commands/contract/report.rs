//! The report of a check, in every form.

use std::{path::Path, time::Duration};

use mlp_diagnostics::{
    Diagnostic,
    catalog::data as words,
    render::{Case, Format, Options, junit, one_line, render},
};
use mlp_engine::{
    scan::Report,
    table::{
        Violation,
        outcome::{Looked, Outcome, Verdict},
        show::grouped,
    },
};
use mlp_plan::Contract;
use mlp_source::SourceMap;
use mlp_workspace::Loaded;
use serde_json::{Value, json};

use crate::{commands::with_member, output::Output, program::span_of};

/// Files that are named one by one.
const NAMED: usize = 20;

/// A row: its file and its number from 1 on, where they are known, and what is in it.
pub type Row = (Option<(String, u64)>, String);

/// What there is to tell.
pub struct Told<'t> {
    /// The program.
    pub loaded: &'t Loaded,
    /// The contract.
    pub contract: &'t Contract,
    /// What was found.
    pub report: &'t Report,
    /// The files, by number.
    pub names: &'t [String],
    /// Whether what could not be checked may pass.
    pub allow_unknown: bool,
    /// How long it took.
    pub elapsed: Duration,
}

impl Told<'_> {
    /// How many rules have that answer.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.report.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count()
    }

    /// Whether the data keeps the contract, as far as it was asked.
    pub fn holds(&self) -> bool {
        self.count(Verdict::Fail) == 0 && (self.allow_unknown || self.count(Verdict::Unknown) == 0)
    }

    /// In one word.
    pub fn verdict(&self) -> Verdict {
        let worst = [Verdict::Fail, Verdict::Unknown, Verdict::Warn];
        worst.into_iter().find(|verdict| self.count(*verdict) > 0).unwrap_or(Verdict::Pass)
    }

    /// Whether nothing can be said of a rule since the check ended before its end.
    pub fn is_left_out(&self, outcome: &Outcome) -> bool {
        self.report.stopped && outcome.verdict == Verdict::Unknown
    }

    /// A row that is shown for an outcome: where it is, its file and its number from 1 on, and what is in it.
    fn row(&self, outcome: &Outcome, at: usize) -> Option<Row> {
        let example = outcome.examples.get(at)?;
        let place = example.at.and_then(|(part, row)| Some((self.names.get(part)?.clone(), row + 1)));
        Some((place, example.words.clone()))
    }

    /// The rows that are shown for an outcome. Where there is but one file, its folders say nothing.
    pub fn rows(&self, outcome: &Outcome) -> Vec<Row> {
        let shown = |(place, words): Row| {
            let name = |(file, row): (String, u64)| {
                let short = Path::new(&file).file_name().filter(|_| self.names.len() == 1);
                (short.map_or_else(|| file.clone(), |short| short.to_string_lossy().into_owned()), row)
            };
            (place.map(name), words)
        };
        (0..outcome.examples.len()).filter_map(|at| self.row(outcome, at)).map(shown).collect()
    }

    /// One line about all.
    pub fn summary(&self) -> String {
        let (pass, fail) = (self.count(Verdict::Pass), self.count(Verdict::Fail));
        let (unknown, warn) = (self.count(Verdict::Unknown), self.count(Verdict::Warn));
        let mut line =
            format!("{}: {pass} rules pass, {fail} fail, {unknown} unknown, {warn} warn", self.contract.name);
        line += &format!("; {} rows in {:.2} s", grouped(self.report.rows), self.elapsed.as_secs_f64());
        if self.report.bytes > 0 {
            line += &format!(", {} read", size(self.report.bytes));
        }
        if self.report.sampled {
            line += "; a sample, the first rows";
        }
        if self.report.stopped {
            line += "; ended early, not all rows were looked at";
        }
        line
    }
}

/// A rule and what is said of it; nothing where it passes.
type Finding<'t> = (&'t Outcome, Option<Diagnostic>);

/// Prints the report.
pub fn show(told: &Told<'_>, format: Format, output: &Output) {
    let judged = told.report.outcomes.iter().filter(|outcome| !told.is_left_out(outcome));
    let judged: Vec<Finding<'_>> = judged.map(|outcome| (outcome, diagnostic(told, outcome))).collect();
    let left_out = left_out(told);
    let all: Vec<Diagnostic> = judged.iter().filter_map(|(_, found)| found.clone()).chain(left_out.clone()).collect();
    let millis = u64::try_from(told.elapsed.as_millis()).unwrap_or(u64::MAX);
    let options = Options { files: told.names.len(), millis, ..output.options() };
    let sources = &told.loaded.sources;
    match format {
        Format::Junit => {
            let rules =
                judged.iter().map(|(outcome, found)| (outcome.words.as_str(), found.iter().collect::<Vec<_>>()));
            let rest = left_out.iter().map(|found| ("rules that were not judged", vec![found]));
            let lists: Vec<(&str, Vec<&Diagnostic>)> = rules.chain(rest).collect();
            let case = |(name, found)| Case { group: &told.contract.name, name, millis: None, found };
            let cases: Vec<Case<'_>> = lists.iter().map(|(name, found)| case((*name, found.as_slice()))).collect();
            output.result(&junit("mlp contract check", &cases, sources));
        }
        Format::Json => {
            let text = render(&all, sources, format, &options);
            output.result(&with_member(&text, "check", as_json(told)));
        }
        Format::Pretty | Format::Narrated => {
            output.result(&render(&all, sources, format, &options));
            output.result(&format!("{}\n{}", table(told), told.summary()));
        }
        Format::Short => {
            let lines = judged.iter().filter_map(|(outcome, found)| Some(short(told, outcome, found.as_ref()?)));
            output.result(&lines.collect::<String>());
            output.result(&render(left_out.as_slice(), sources, format, &options));
            output.result(&told.summary());
        }
        Format::Sarif | Format::Github => {
            output.result(&render(&all, sources, format, &options));
            output.note(&told.summary());
        }
    }
}

/// One line: the first row that breaks the rule, before all where it is and behind all what is in it and where the rule stands.
fn short(told: &Told<'_>, outcome: &Outcome, found: &Diagnostic) -> String {
    let (sources, options) = (&told.loaded.sources, Options::default());
    let Some((Some((file, row)), values)) = told.row(outcome, 0) else {
        return render(std::slice::from_ref(found), sources, Format::Short, &options);
    };
    let message = format!("{}: {values} ({})", found.message, outcome.place);
    // without its sources, a line has no place of its own
    let line = render(&[Diagnostic { message, ..found.clone() }], &SourceMap::new(), Format::Short, &options);
    format!("{}:{row}: {line}", one_line(&file))
}

/// All rules that an early end left open, as one finding: there is nothing to say of each.
fn left_out(told: &Told<'_>) -> Option<Diagnostic> {
    let all = told.report.outcomes.len();
    let count = told.report.outcomes.iter().filter(|outcome| told.is_left_out(outcome)).count();
    let place = told.contract.place("", "").cloned().unwrap_or_default();
    (count > 0).then(|| words::left_out(span_of(told.loaded, &place), count, all, told.allow_unknown))
}

/// What is said at the rule's line; nothing where it passes.
fn diagnostic(told: &Told<'_>, outcome: &Outcome) -> Option<Diagnostic> {
    let span = span_of(told.loaded, &outcome.place);
    let rows: Vec<String> = told
        .rows(outcome)
        .into_iter()
        .map(|(place, words)| match place {
            Some((file, row)) => format!("{file} row {row}: {words}"),
            None => words,
        })
        .collect();
    match outcome.verdict {
        Verdict::Pass => None,
        Verdict::Unknown => {
            let why = outcome.found.as_deref().unwrap_or("it has no value");
            Some(words::unchecked(span, &outcome.words, why, told.allow_unknown))
        }
        verdict @ (Verdict::Fail | Verdict::Warn) => {
            let what = Violation::from(outcome.clone()).to_string();
            Some(words::broken(span, what, verdict == Verdict::Warn, &rows))
        }
    }
}

/// Every rule on a line, but what an early end left open.
fn table(told: &Told<'_>) -> String {
    let widest =
        told.report.outcomes.iter().map(|outcome| outcome.words.chars().count()).max().unwrap_or_default().min(60);
    let line = |outcome: &Outcome| {
        let found = match (&outcome.found, outcome.rows) {
            (_, 1) => format!("1 row ({})", percent(1, outcome.of)),
            (_, rows) if rows > 0 => format!("{} rows ({})", grouped(rows), percent(rows, outcome.of)),
            (Some(found), _) => found.clone(),
            (None, _) => String::new(),
        };
        let line =
            format!("{:<7}  {:<widest$}  {:<20}  {found}", outcome.verdict.word(), outcome.words, settled(outcome));
        line.trim_end().to_owned()
    };
    let shown = told.report.outcomes.iter().filter(|outcome| !told.is_left_out(outcome));
    shown.map(line).collect::<Vec<_>>().join("\n")
}

/// What was looked at to answer a rule, in words.
pub fn settled(outcome: &Outcome) -> String {
    match (outcome.verdict, outcome.looked == Looked::default()) {
        (Verdict::Unknown, true) => "nothing".to_owned(),
        _ => outcome.looked.words(),
    }
}

/// A share of rows, as `0.03%`.
pub fn percent(rows: u64, of: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
    let share = if of == 0 { 0.0 } else { rows as f64 / of as f64 * 100.0 };
    match share {
        0.0 => "0%".to_owned(),
        share if share < 0.01 => "<0.01%".to_owned(),
        share if share < 10.0 => format!("{share:.2}%"),
        share => format!("{share:.1}%"),
    }
}

/// Bytes for people.
pub fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let bytes_of = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes_of / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes_of / 1e6),
        _ => format!("{:.2} GB", bytes_of / 1e9),
    }
}

fn as_json(told: &Told<'_>) -> Value {
    let rule = |outcome: &Outcome| {
        let examples = told.rows(outcome).into_iter().map(|(place, row)| match place {
            Some((file, number)) => json!({ "file": file, "row": number, "values": row }),
            None => json!({ "values": row }),
        });
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let rate = if outcome.of == 0 { 0.0 } else { outcome.rows as f64 / outcome.of as f64 };
        json!({
            "rule": outcome.words,
            "verdict": outcome.verdict.word(),
            "rows": outcome.rows,
            "of": outcome.of,
            "rate": rate,
            "found": outcome.found,
            "because": outcome.message,
            "settled": settled(outcome),
            "file": outcome.place.file,
            "line": outcome.place.line,
            "column": outcome.place.column,
            "examples": examples.collect::<Vec<_>>(),
        })
    };
    let millis = u64::try_from(told.elapsed.as_millis()).unwrap_or(u64::MAX);
    json!({
        "contract": told.contract.name,
        "verdict": told.verdict().word(),
        "holds": told.holds(),
        "data": told.names.iter().take(NAMED).collect::<Vec<_>>(),
        "files": told.names.len(),
        "rows": told.report.rows,
        "bytes": told.report.bytes,
        "millis": millis,
        "sample": told.report.sampled,
        "ended_early": told.report.stopped,
        "rules": told.report.outcomes.iter().map(rule).collect::<Vec<_>>(),
    })
}
