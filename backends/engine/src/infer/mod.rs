//! A contract out of data, as a person would write it who looked at all of it: what is meant by a column, not what its values happen to be.
//!
//! Data is read two or three times as a stream: for the types that text has, for what the values are like, and for keys of several columns. What is held does not
//! grow with the rows. Every rule that is written down was true of all rows that were read; what could as well be chance is told as unsure, and not written.

mod clues;
mod facts;
mod jsonl;
mod judge;
mod keys;
mod numbers;
mod once;
mod profile;
mod shape;
mod source;
mod texts;
mod types;

use mlp_plan::{Column, Contract, ValueType};

use self::{facts::counted, judge::judge, profile::Profile, source::Source, types::Typed};
use crate::{
    EngineError,
    scan::{DataFormat, Input},
    table::{
        csv::{Dialect, misread},
        show::grouped,
    },
};

/// Data of which a contract is wanted.
#[derive(Debug)]
pub struct Inference<'i> {
    /// The files: parts of one table.
    pub inputs: &'i [Input],
    /// How CSV is written.
    pub dialect: Dialect,
    /// What the contract is called.
    pub name: String,
    /// What the data is called in the contract's docs.
    pub title: String,
    /// Only so many rows are looked at, the first.
    pub sample: Option<u64>,
}

/// A contract, and what is unsure about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred {
    /// The contract. Data that was read whole keeps it.
    pub contract: Contract,
    /// What a person should look at.
    pub unsure: Vec<Unsure>,
    /// Rows that were looked at.
    pub rows: u64,
}

/// Something that data alone does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsure {
    /// The column; none, where it is about the whole, or about a column that was left out.
    pub column: Option<String>,
    /// What, in words.
    pub what: String,
}

impl Unsure {
    fn left_out(column: &str, why: &str) -> Self {
        // a name may be anything, where the file is none of a table
        let short: String = column.chars().take(40).collect();
        let cut = if short.len() < column.len() { ".." } else { "" };
        Self { column: None, what: format!("the column {short:?}{cut} is left out: {why}") }
    }
}

impl Inference<'_> {
    /// Reads the data.
    ///
    /// # Errors
    /// Where it cannot be read to its end, or its files are not parts of one table.
    pub fn run(&self) -> Result<Inferred, EngineError> {
        let source = Source::new(self.inputs, &self.dialect, self.sample)?;
        let mut unsure = Vec::new();
        let typed = types::types(&source, &mut unsure)?;
        let (rows, profiles) = profile::profiles(&source, &typed)?;
        let mut contract = Contract { name: self.name.clone(), ..Contract::default() };
        let (mut kept, mut floated) = (Vec::new(), Vec::new());
        for (typed, profile) in typed.into_iter().zip(profiles) {
            if profile.failed > 0 {
                let why = format!("{} of its values do not fit {}", grouped(profile.failed), typed.data);
                unsure.push(Unsure::left_out(&typed.name, &why));
                continue;
            }
            let (column, doubts, is_floated) = column(&typed, &profile);
            floated.extend(is_floated.then(|| column.name.clone()));
            unsure.extend(doubts.into_iter().map(|what| Unsure { column: Some(column.name.clone()), what }));
            contract.columns.push(column);
            kept.push(profile);
        }
        if !floated.is_empty() {
            let are = if floated.len() == 1 { "is a float" } else { "are floats" };
            let what = format!(
                "{} {are} in the file, but all values are whole and some are null: int64 is written here",
                floated.join(", ")
            );
            unsure.push(Unsure { column: None, what });
        }
        self.refuse_nothing(&source, &contract, rows, &unsure)?;
        keys::keys(&source, &mut contract, &kept, rows, &mut unsure)?;
        contract.doc = Some(self.doc(rows, contract.columns.len()));
        self.doubts(rows, &mut unsure);
        Ok(Inferred { contract, unsure, rows })
    }

    /// Refuses data that a contract would say nothing about.
    fn refuse_nothing(
        &self,
        source: &Source<'_>,
        contract: &Contract,
        rows: u64,
        unsure: &[Unsure],
    ) -> Result<(), EngineError> {
        let name = self.inputs.first().map_or(self.title.as_str(), |input| input.name.as_str());
        let refused = |why: &str| Err(EngineError::refused(format!("{name}: {why}")));
        if contract.columns.is_empty() {
            let Some(first) = unsure.first() else {
                return refused("there are no columns: nothing to infer a contract from");
            };
            let help = if source.format == DataFormat::Csv {
                format!("; {}", misread(source.schema()?.as_ref(), &self.dialect))
            } else {
                String::new()
            };
            return refused(&format!("no column remains for a contract: {}{help}", first.what));
        }
        if rows == 0 && source.textual() {
            return refused("there are no rows, and without them text says nothing about its types");
        }
        Ok(())
    }

    fn doc(&self, rows: u64, columns: usize) -> String {
        let part = if self.sample.is_some_and(|sample| rows >= sample) { "the first " } else { "" };
        format!(
            "{}: inferred from {part}{} of {}.",
            self.title,
            counted(rows, "row"),
            counted(columns as u64, "column")
        )
    }

    /// What is unsure about the whole.
    fn doubts(&self, rows: u64, unsure: &mut Vec<Unsure>) {
        let mut whole = |what: String| unsure.insert(0, Unsure { column: None, what });
        if self.sample.is_some_and(|sample| rows >= sample) {
            whole(format!(
                "only the first {} {} looked at: the others may break any of this",
                counted(rows, "row"),
                if rows == 1 { "was" } else { "were" }
            ));
        }
        match rows {
            0 => whole("there are no rows: names and types are all there is".to_owned()),
            1 => whole("one row tells little: ranges, sets and patterns are left to you".to_owned()),
            2..30 => whole(format!("{rows} rows tell little: ranges, sets and patterns are left to you")),
            30..100 => whole(format!("{rows} rows are too few to tell ranges by: they are left to you")),
            _ => {}
        }
        if self.inputs.iter().any(|input| !input.partitions.is_empty()) {
            whole("columns that the names of folders give (`day=..`) are not in the contract".to_owned());
        }
    }
}

/// A column of the contract, what is unsure about it, and whether its whole numbers are kept as floats.
fn column(typed: &Typed, profile: &Profile) -> (Column, Vec<String>, bool) {
    let judged = judge(typed, profile);
    let value = ValueType {
        data: judged.data,
        nullable: profile.nulls > 0 || profile.rows == 0,
        unit: judged.unit,
        constraints: judged.constraints,
    };
    let mut doubts = typed.doubts.clone();
    doubts.extend(judged.doubts);
    (Column { doc: judged.doc, ..Column::plain(typed.name.as_str(), value) }, doubts, judged.floated)
}
