//! What is found against each rule, batch by batch.

use arrow::{array::RecordBatch, buffer::BooleanBuffer};
use mlp_plan::{Column, Contract, Rule};

use super::{
    conform::Conformer,
    outcome::{Example, Looked, OfParts},
    show,
    violation::EXAMPLES,
};

/// What was found against one rule.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub rule: Rule,
    pub words: String,
    /// Whether it is about rows, which may be set aside, rather than the set.
    pub of_rows: bool,
    pub refused: Vec<OfParts>,
    pub rows: u64,
    pub examples: Vec<Example>,
    pub looked: Looked,
    /// Where the type of the data is wider than the contract's, though every value may fit: in words.
    pub wider: Vec<OfParts>,
    pub place: mlp_plan::Place,
    pub message: Option<String>,
    pub warn: bool,
}

impl Found {
    /// Nothing yet, against a rule about rows.
    pub const fn new(rule: Rule, words: String, place: mlp_plan::Place) -> Self {
        Self {
            rule,
            words,
            of_rows: true,
            refused: Vec::new(),
            rows: 0,
            examples: Vec::new(),
            looked: Looked { footer: false, dictionary: false, scan: false, query: false },
            wider: Vec::new(),
            place,
            message: None,
            warn: false,
        }
    }
}

/// Gathers what one batch breaks.
pub(super) struct Noted<'b> {
    /// Where the batch lies, where that is known: its part, and the rows of it that are before the batch.
    pub at: Option<(usize, u64)>,
    pub source: &'b RecordBatch,
    pub batch: &'b RecordBatch,
    pub conformer: &'b Conformer<'b>,
    pub contract: &'b Contract,
    pub broken: Option<BooleanBuffer>,
    pub reasons: Vec<(BooleanBuffer, String)>,
}

impl Noted<'_> {
    pub fn note(&mut self, found: Option<&mut Found>, rows: &BooleanBuffer, about: &[&str]) {
        self.note_set(found, rows, about);
        self.broken = Some(self.broken.as_ref().map_or_else(|| rows.clone(), |before| before | rows));
    }

    /// Like `note`, but the rows may stay.
    pub fn note_set(&mut self, found: Option<&mut Found>, rows: &BooleanBuffer, about: &[&str]) {
        let Some(found) = found else { return };
        found.rows += rows.count_set_bits() as u64;
        let columns = self.telling(about);
        let room = EXAMPLES.saturating_sub(found.examples.len());
        for row in rows.set_indices().take(room) {
            let words = show::row(self.batch, row, &columns, self.contract);
            found.examples.push(Example { at: self.at.map(|(part, before)| (part, before + row as u64)), words });
        }
        self.reasons.push((rows.clone(), found.words.clone()));
    }

    /// Values that are none of the type are shown as they were.
    pub fn refused(&mut self, found: Option<&mut Found>, rows: &BooleanBuffer, column: &Column) {
        let Some(found) = found else { return };
        found.rows += rows.count_set_bits() as u64;
        self.reasons.push((rows.clone(), found.words.clone()));
        self.broken = Some(self.broken.as_ref().map_or_else(|| rows.clone(), |before| before | rows));
        let mut columns = self.telling(&[&column.name]);
        columns.pop();
        let before =
            self.conformer.source_of(&column.name).or_else(|| self.source.schema_ref().index_of(&column.name).ok());
        let Some(before) = before.and_then(|index| self.source.columns().get(index)) else { return };
        let room = EXAMPLES.saturating_sub(found.examples.len());
        for row in rows.set_indices().take(room) {
            let value = if column.tags.is_empty() { show::value(before.as_ref(), row) } else { show::MASK.to_owned() };
            let value = format!("{}={value}", column.name);
            let telling = show::row(self.batch, row, &columns, self.contract);
            let words = if telling.is_empty() { value } else { format!("{telling}, {value}") };
            found.examples.push(Example { at: self.at.map(|(part, before)| (part, before + row as u64)), words });
        }
    }

    /// The columns that tell the row, those left out that were not read.
    fn telling(&self, about: &[&str]) -> Vec<String> {
        let mut columns = show::telling(self.contract, about);
        columns.retain(|name| about.contains(&name.as_str()) || !self.conformer.is_skipped(name));
        columns
    }
}
