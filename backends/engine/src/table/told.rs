//! A table that somebody else looked at for us, a database: what it counted becomes the same answers as a pass of our own.

use mlp_plan::{Expr, Literal, Rule};

use super::{
    check::Checker,
    outcome::{Example, Looked, OfParts},
};

const QUERY: Looked = Looked { footer: false, dictionary: false, scan: false, query: true };

impl Checker<'_> {
    /// So many rows there are.
    pub const fn told_rows(&mut self, rows: u64) {
        self.rows = rows;
        self.gathering.pass_over(rows);
    }

    /// So many rows break a rule.
    pub fn told(&mut self, rule: &Rule, rows: u64) {
        if let Some(found) = self.found.iter_mut().find(|found| found.rule == *rule) {
            found.rows = rows;
            found.looked.merge(QUERY);
        }
    }

    /// A row that breaks a rule, in words.
    pub fn told_example(&mut self, rule: &Rule, words: String) {
        if let Some(found) = self.found.iter_mut().find(|found| found.rule == *rule) {
            found.examples.push(Example { at: None, words });
        }
    }

    /// A column that cannot be had at all, with the reason in words.
    pub fn told_refused(&mut self, column: &str, words: String) {
        let rule = Rule::Type { column: column.to_owned() };
        if let Some(found) = self.found.iter_mut().find(|found| found.rule == rule) {
            OfParts::note(&mut found.refused, &words, None);
        }
    }

    /// The type of a column in the data, where it is wider than the contract's.
    pub fn told_wider(&mut self, column: &str, words: String) {
        let rule = Rule::Type { column: column.to_owned() };
        if let Some(found) = self.found.iter_mut().find(|found| found.rule == rule) {
            OfParts::note(&mut found.wider, &words, None);
        }
    }

    /// A rule that cannot be asked, with the reason in words.
    pub fn told_unknown(&mut self, rule: Rule, why: String) {
        self.unchecked.push((rule, why));
    }

    /// The value of a function of the set; of `freshness`, the latest instant.
    pub fn told_value(&mut self, question: &Expr, value: Literal) {
        self.gathering.give(question, value);
        for index in self.expectations.clone() {
            let rule = Rule::Expectation(index);
            if let Some(found) = self.found.iter_mut().find(|found| found.rule == rule) {
                found.looked.merge(QUERY);
            }
        }
    }

    /// What is asked of the set.
    #[must_use]
    pub fn questions(&self) -> Vec<Expr> {
        self.gathering.questions().cloned().collect()
    }
}
