//! What is found against each rule, batch by batch.

use arrow::{array::RecordBatch, buffer::BooleanBuffer};
use mlp_plan::{Column, Contract, Rule};

use super::{conform::Conformer, show, violation::EXAMPLES};

/// What was found against one rule.
#[derive(Debug)]
pub(super) struct Found {
    pub rule: Rule,
    pub words: String,
    /// Whether it is about rows, which may be set aside, rather than the set.
    pub of_rows: bool,
    pub refused: Option<String>,
    pub rows: u64,
    pub examples: Vec<String>,
    pub place: mlp_plan::Place,
    pub message: Option<String>,
    pub warn: bool,
}

/// Gathers what one batch breaks.
pub(super) struct Noted<'b> {
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
        let columns = show::telling(self.contract, about);
        let room = EXAMPLES.saturating_sub(found.examples.len());
        found
            .examples
            .extend(rows.set_indices().take(room).map(|row| show::row(self.batch, row, &columns, self.contract)));
        self.reasons.push((rows.clone(), found.words.clone()));
    }

    /// Values that are none of the type are shown as they were.
    pub fn refused(&mut self, found: Option<&mut Found>, rows: &BooleanBuffer, column: &Column) {
        let Some(found) = found else { return };
        found.rows += rows.count_set_bits() as u64;
        self.reasons.push((rows.clone(), found.words.clone()));
        self.broken = Some(self.broken.as_ref().map_or_else(|| rows.clone(), |before| before | rows));
        let mut columns = show::telling(self.contract, &[&column.name]);
        columns.pop();
        let before =
            self.conformer.source_of(&column.name).or_else(|| self.source.schema_ref().index_of(&column.name).ok());
        let Some(before) = before.and_then(|index| self.source.columns().get(index)) else { return };
        let room = EXAMPLES.saturating_sub(found.examples.len());
        for row in rows.set_indices().take(room) {
            let value = if column.tags.is_empty() { show::value(before.as_ref(), row) } else { show::MASK.to_owned() };
            let value = format!("{}={value}", column.name);
            let telling = show::row(self.batch, row, &columns, self.contract);
            found.examples.push(if telling.is_empty() { value } else { format!("{telling}, {value}") });
        }
    }
}
