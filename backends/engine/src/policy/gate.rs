//! Predicates: three-valued logic over comparisons.
//!
//! With confidence, `and` asks each part to hold at that confidence, which makes the whole hold at it (intersection-union, Berger 1982). `or` may be lucky
//! once per part, so its parts share what is left of certainty evenly (Bonferroni). `not` is pushed inside first: that a claim is unproven proves nothing.

use mlp_plan::{CompareOp, Expr, Gate, Literal};

use super::{
    Verdict, confidence,
    finding::{Finding, holds, passes},
    resample::Resampler,
    scope::Scope,
};

/// What decides comparisons.
pub(super) struct Court<'a, 'b> {
    pub scope: &'b Scope<'a>,
    pub resampler: &'b mut Resampler<'a>,
}

impl Court<'_, '_> {
    /// The gate's answer.
    pub fn judge(&mut self, gate: &Gate) -> Finding {
        let doubt = match &gate.confidence {
            None => None,
            Some(confidence) => match super::scope::number(confidence) {
                Ok(share) if share > 0.0 && share < 1.0 => Some(1.0 - share),
                _ => return Finding::unknown(format!("a confidence lies between 0 and 1, not {confidence}")),
            },
        };
        self.decide(&gate.expr, false, doubt)
    }

    /// `doubt` is one minus the confidence, where one is asked for.
    fn decide(&mut self, expr: &Expr, negated: bool, doubt: Option<f64>) -> Finding {
        match expr {
            Expr::Not(inner) => self.decide(inner, !negated, doubt),
            Expr::All(parts) => self.several(parts, !negated, negated, doubt),
            Expr::Any(parts) => self.several(parts, negated, negated, doubt),
            Expr::Compare(op, left, right) => {
                self.compare(if negated { op.negated() } else { *op }, left, right, doubt)
            }
            Expr::Between { value, low, high } => {
                let ends = [(CompareOp::Ge, low), (CompareOp::Le, high)];
                let parts =
                    ends.into_iter().filter_map(|(op, end)| Some(Expr::Compare(op, value.clone(), end.clone()?)));
                let found = self.several(&parts.collect::<Vec<_>>(), !negated, negated, doubt);
                Finding { value: found.value.or_else(|| self.scope.number(value).ok()), ..found }
            }
            Expr::OneOf(value, members) => {
                let parts = members
                    .iter()
                    .map(|member| Expr::Compare(CompareOp::Eq, value.clone(), Box::new(Expr::Literal(member.clone()))));
                self.several(&parts.collect::<Vec<_>>(), negated, negated, doubt)
            }
            other => match self.scope.constant(other) {
                Some(Literal::Bool(value)) => Finding::of(*value != negated),
                _ => Finding::unknown(format!("`{other}` is neither true nor false")),
            },
        }
    }

    /// All of several, or any of them.
    fn several(&mut self, parts: &[Expr], all: bool, negated: bool, doubt: Option<f64>) -> Finding {
        let share = if all { 1.0 } else { crate::metrics::kernel::count(parts.len().max(1)) };
        let mut found: Vec<Finding> =
            parts.iter().map(|part| self.decide(part, negated, doubt.map(|doubt| doubt / share))).collect();
        if found.len() == 1 {
            return found.remove(0);
        }
        let any = |verdict| found.iter().any(|part| part.verdict == verdict);
        let decisive = if all { Verdict::Fail } else { Verdict::Pass };
        let verdict = if any(decisive) {
            decisive
        } else if any(Verdict::Unknown) {
            Verdict::Unknown
        } else {
            passes(all)
        };
        let told = |(part, found): (&Expr, &Finding)| {
            let says = if found.verdict == Verdict::Fail { "fails" } else { "is unknown" };
            let value = found.value.map_or(String::new(), |value| format!(" at {}", super::table::figure(value)));
            let reason = found.reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
            format!("`{}{part}` {says}{value}{reason}", if negated { "not " } else { "" })
        };
        let reasons: Vec<String> = parts
            .iter()
            .zip(&found)
            .filter(|(_, found)| verdict != Verdict::Pass && found.verdict != Verdict::Pass)
            .map(told)
            .collect();
        // A range compares one value twice: that value and its interval stand for both.
        let same = |pick: fn(&Finding) -> Option<f64>| {
            found.iter().map(pick).reduce(|a, b| if a == b { a } else { None }).flatten()
        };
        let interval = found.iter().map(|part| part.interval).reduce(|a, b| if a == b { a } else { None }).flatten();
        let value = same(|part| part.value);
        Finding {
            verdict,
            value,
            interval: interval.filter(|_| value.is_some()),
            threshold: None,
            reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        }
    }

    fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr, doubt: Option<f64>) -> Finding {
        if let (Some(a), Some(b)) = (self.scope.constant(left), self.scope.constant(right))
            && let Some(order) = a.compare(b)
        {
            return Finding::of(op.holds(order));
        }
        // The side that is measured is the value, whichever way round the program writes it.
        let measured = |expr: &Expr| {
            let mut found = Vec::new();
            super::scope::reports_in(expr, &mut found);
            !found.is_empty()
        };
        if !measured(left) && measured(right) {
            return self.compare(op.flipped(), right, left, doubt);
        }
        let (value, threshold) = match (self.scope.number(left), self.scope.number(right)) {
            (Ok(value), Ok(threshold)) => (value, threshold),
            (value, threshold) => {
                let reasons: Vec<&str> = [&value, &threshold]
                    .into_iter()
                    .filter_map(|side| side.as_ref().err().map(String::as_str))
                    .collect();
                return Finding {
                    value: value.as_ref().ok().copied(),
                    threshold: threshold.as_ref().ok().copied(),
                    ..Finding::unknown(reasons.join("; "))
                };
            }
        };
        let found = match doubt {
            None => Finding::of(holds(op, value, threshold)),
            Some(doubt) => confidence::decide(self, op, (left, value), (right, threshold), doubt),
        };
        Finding { value: Some(value), threshold: Some(threshold), ..found }
    }
}
