//! What came of the checks of a table.

use mlp_plan::{Expr, Literal, Rule};

use super::{
    check::{Checker, root},
    deliver::Options,
    found::Found,
    outcome::{OfParts, Outcome, Verdict},
    set::Asked,
    show,
    uniqueness::Seen,
};
use crate::EngineError;

/// The result of a whole pass.
#[derive(Debug)]
pub struct Finished {
    /// Every rule with its answer.
    pub outcomes: Vec<Outcome>,
    /// Whether a column could not be had at all.
    pub refused: bool,
    /// By key or unique rule, digests that came twice: not empty asks for a second pass.
    pub candidates: Vec<Vec<u64>>,
}

impl Checker<'_> {
    /// What is true of every rule.
    ///
    /// # Errors
    /// Where an expectation cannot be asked, or a temporary file not be read.
    pub fn finish(mut self, options: &Options) -> Result<Finished, EngineError> {
        let mut answers = Vec::new();
        for index in std::mem::take(&mut self.expectations) {
            answers.push((index, self.judge(index, options)?));
        }
        let candidates = self.sets.iter_mut().map(|set| set.seen.take().map_or(Ok(Vec::new()), Seen::twice));
        let candidates = candidates.collect::<Result<_, _>>()?;
        // of a column that could not be had, that is told, once
        let refused: Vec<Rule> =
            self.found.iter().filter(|found| !found.refused.is_empty()).map(|found| found.rule.clone()).collect();
        let gone = |name: &str| refused.contains(&Rule::Type { column: root(name) });
        let mut outcomes = Vec::new();
        for found in self.found {
            let told = match &found.rule {
                Rule::Type { .. } => false,
                Rule::NotNull { column } | Rule::Constraint { column, .. } | Rule::Nested { column } => gone(column),
                Rule::Key(index) => self.contract.keys.get(*index).is_some_and(|key| key.iter().any(|name| gone(name))),
                Rule::Unique(index) => {
                    self.contract.uniques.get(*index).is_some_and(|columns| columns.iter().any(|name| gone(name)))
                }
                Rule::Reference(index) => {
                    self.contract.references.get(*index).is_some_and(|to| to.from.iter().any(|name| gone(name)))
                }
                Rule::Expectation(index) => {
                    let expectation = self.contract.expectations.get(*index);
                    expectation.is_some_and(|rule| rule.expr.columns().into_iter().any(gone))
                }
            };
            if told && found.rows == 0 {
                continue;
            }
            let unchecked = self.unchecked.iter().find(|(rule, _)| *rule == found.rule).map(|(_, why)| why.clone());
            let answer = answers.iter_mut().find(|(index, _)| found.rule == Rule::Expectation(*index));
            outcomes.push(outcome(found, self.rows, unchecked, answer.and_then(|(_, answer)| answer.take())));
        }
        Ok(Finished { outcomes, refused: !refused.is_empty(), candidates })
    }

    /// Whether an answer tells a value of a tagged column.
    fn tells(&self, call: &Expr) -> bool {
        let tagged = |name: &str| self.contract.column(&root(name)).is_some_and(|column| !column.tags.is_empty());
        self.gathering.tells_a_value(call) && call.columns().into_iter().any(tagged)
    }

    /// Whether an expectation holds, and the values that it is about; one that has no value (the mean of no rows) is unknown. `None` where its column is gone.
    fn judge(&mut self, index: usize, options: &Options) -> Result<Option<(Verdict, String)>, EngineError> {
        let Some(expectation) = self.contract.expectations.get(index) else { return Ok(None) };
        let refused = |name: &str| {
            let rule = Rule::Type { column: root(name) };
            self.found.iter().any(|found| !found.refused.is_empty() && found.rule == rule)
        };
        if expectation.expr.columns().into_iter().any(refused) {
            return Ok(None);
        }
        if let Some((_, why)) = self.unchecked.iter().find(|(rule, _)| *rule == Rule::Expectation(index)) {
            return Ok(Some((Verdict::Unknown, why.clone())));
        }
        if let Some(contract) = self.gathering.lacks(&expectation.expr) {
            return Ok(Some((Verdict::Unknown, format!("the table of {contract} is not at hand"))));
        }
        let error = self.gathering.error(&expectation.expr);
        let mut asked = Asked { now: options.now, lean: 0.0 };
        let value = self.gathering.value(&expectation.expr, asked)?;
        let mut sure = true;
        if error > 0.0 {
            for lean in [-1.0, 1.0] {
                asked.lean = lean;
                sure &= self.gathering.value(&expectation.expr, asked)? == value;
            }
            asked.lean = 0.0;
        }
        let mut parts = Vec::new();
        let mut calls = Vec::new();
        expectation.expr.walk(&mut |part| calls.push(part.clone()));
        for part in calls {
            if let Expr::Call { .. } = part
                && let Ok(value) = self.gathering.value(&part, asked)
            {
                let value = match value {
                    Literal::Null => "unknown".to_owned(),
                    _ if self.tells(&part) => show::MASK.to_owned(),
                    Literal::Duration(span) => show::span(span),
                    value => value.to_string(),
                };
                parts.push(format!("{part} is {value}"));
            }
        }
        if error > 0.0 {
            parts.push(format!("by a KLL sketch, whose ranks are within {:.2}% of all values", error * 100.0));
        }
        let settled = self.gathering.is_settled(&expectation.expr);
        if let Some(found) =
            self.found.iter_mut().find(|found| found.rule == Rule::Expectation(index) && !found.looked.query)
        {
            found.looked.footer |= settled;
            found.looked.scan |= !settled;
        }
        let verdict = match value {
            _ if !sure => Verdict::Unknown,
            Literal::Bool(true) => Verdict::Pass,
            Literal::Bool(false) if expectation.warn => Verdict::Warn,
            Literal::Bool(false) => Verdict::Fail,
            _ => Verdict::Unknown,
        };
        Ok(Some((verdict, parts.join(", "))))
    }
}

fn outcome(found: Found, of: u64, unchecked: Option<String>, answer: Option<(Verdict, String)>) -> Outcome {
    let Found { rule, words, of_rows, refused, rows, examples, looked, wider, place, message, warn: _ } = found;
    let (verdict, told, of_parts) = match (answer, unchecked) {
        (Some((verdict, told)), _) => (verdict, Some(told), Vec::new()),
        (None, Some(why)) => (Verdict::Unknown, Some(why), Vec::new()),
        (None, None) if rows > 0 || !refused.is_empty() => (Verdict::Fail, None, refused),
        (None, None) if wider.is_empty() => (Verdict::Pass, None, Vec::new()),
        (None, None) => (Verdict::Warn, None, wider),
    };
    let of_all = || OfParts::found(&of_parts, verdict, |of| of.words.clone());
    let told = told.or_else(|| (!of_parts.is_empty()).then(of_all));
    Outcome { rule, words, verdict, found: told, of_parts, rows, of, examples, looked, of_rows, place, message }
}
