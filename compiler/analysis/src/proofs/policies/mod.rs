//! Policies can be satisfied (MLP603), ask nothing twice (MLP608), can be decided (MLP606), and promote nothing that is taken back at once (MLP703).
//!
//! A clause is a set of bounds on differences of metrics. A clause at some confidence asks more than the same without, so it counts as that where the
//! question is what can hold together; it follows only from one other clause at the same confidence or a higher one, since intervals of several clauses
//! do not add up.

#[cfg(test)]
mod agreement;
mod differences;
mod formula;
mod laws;
mod power;
mod release;
pub mod versions;

use std::collections::BTreeSet;

use mlp_diagnostics::{Diagnostic, catalog::policies as words};
use mlp_plan::{ClauseRule, Expr, Gate};

pub(crate) use self::power::underpowered;
pub(super) use self::release::SERVING;
use self::{
    differences::{Limit, System, ZERO},
    formula::{Formula, Terms, possible},
};
use crate::{
    checker::Checker,
    policies::{ClauseInfo, PolicyInfo},
};

/// The clauses of a policy as bounds.
struct Clauses<'p> {
    policy: &'p PolicyInfo,
    terms: Terms,
    /// The `require` and `warn` clauses, in order.
    gates: Vec<Clause<'p>>,
    /// What always holds of the terms.
    laws: Vec<Limit>,
}

struct Clause<'p> {
    info: &'p ClauseInfo,
    gate: &'p Gate,
    formula: Formula,
    required: bool,
}

impl Clause<'_> {
    /// The share of confidence; none for point values.
    fn confidence(&self) -> Option<f64> {
        self.gate.confidence.as_ref().and_then(mlp_plan::Literal::as_f64)
    }

    /// As written, on one line.
    fn text(&self) -> String {
        let sure = self.confidence().map(|share| format!(" at {}% confidence", (share * 1e8).round() / 1e6));
        format!("{}{}", self.gate.expr, sure.unwrap_or_default())
    }

    /// Whether it counts when these optional reports are there.
    fn counts(&self, when: &[String]) -> bool {
        self.info.when.iter().all(|name| when.contains(name))
    }
}

impl Checker<'_> {
    /// Checks the clauses of a policy against each other.
    pub(crate) fn check_policy(&mut self, policy: &PolicyInfo) {
        let clauses = Clauses::new(policy, &[]);
        match clauses.contradiction() {
            Some(found) => self.report(found),
            None => self.now.diagnostics.extend(clauses.repetitions()),
        }
    }
}

impl<'p> Clauses<'p> {
    /// The clauses of a policy; `others` are expressions whose terms are known as well.
    fn new(policy: &'p PolicyInfo, others: &[&Expr]) -> Self {
        let mut terms = Terms::new(laws::is_whole);
        let mut gates = Vec::new();
        for info in &policy.clauses {
            let (gate, required) = match &info.rule {
                ClauseRule::Require(gate) => (gate, true),
                ClauseRule::Warn(gate) => (gate, false),
                ClauseRule::Nothing { .. } | ClauseRule::Approve { .. } => continue,
            };
            gates.push(Clause { info, gate, formula: terms.formula(&gate.expr, true), required });
        }
        for other in others {
            terms.formula(other, true);
        }
        let laws = laws::of(&terms, &policy.params);
        Self { policy, terms, gates, laws }
    }

    /// What holds when these clauses do, with the laws of the metrics.
    fn system<'c>(&self, clauses: impl IntoIterator<Item = &'c Clause<'p>>) -> System
    where
        'p: 'c,
    {
        self.system_under(clauses, false)
    }

    /// The same where intervals are asked for: laws between two measures hold of their values, and not of the ends of their intervals, so that only the
    /// range of each counts.
    fn system_under<'c>(&self, clauses: impl IntoIterator<Item = &'c Clause<'p>>, intervals: bool) -> System
    where
        'p: 'c,
    {
        let mut system = System::default();
        let is_range = |law: &&Limit| law.left == ZERO || law.right == ZERO;
        system.add(self.laws.iter().filter(|law| !intervals || is_range(law)).copied());
        for clause in clauses {
            system.add(clause.formula.limits());
        }
        if !intervals && system.is_satisfiable() {
            let more = laws::harmonic(&system, &self.terms, &self.policy.params);
            system.add(more);
        }
        system
    }

    /// Whether these clauses may hold together.
    fn possible(&self, clauses: &[&Clause<'p>]) -> bool {
        let system = self.system(clauses.iter().copied());
        possible(&system, &clauses.iter().map(|clause| &clause.formula).collect::<Vec<_>>())
    }

    /// The first clause that cannot hold, with the one that it contradicts: of those that always count, then of those that count with optional reports.
    fn contradiction(&self) -> Option<Diagnostic> {
        let worlds: BTreeSet<&[String]> = self.gates.iter().map(|clause| clause.info.when.as_slice()).collect();
        std::iter::once([].as_slice()).chain(worlds).find_map(|when| {
            let active: Vec<&Clause> =
                self.gates.iter().filter(|clause| clause.required && clause.counts(when)).collect();
            if self.possible(&active) {
                return None;
            }
            let bad = (1..=active.len()).find(|count| active.get(..*count).is_some_and(|some| !self.possible(some)))?;
            let (last, before) = active.get(..bad)?.split_last()?;
            if !self.possible(&[last]) {
                return Some(words::unsatisfiable(last.info.span, &last.text(), None, &self.ranges(last)));
            }
            let other = before.iter().find(|other| !self.possible(&[other, last]));
            // of two, the one that stands in this policy is told
            let (told, against) = match other {
                Some(other) if last.info.required_by.is_some() && other.info.required_by.is_none() => {
                    (*other, Some(*last))
                }
                other => (*last, other.copied()),
            };
            let text = against.map(|clause| clause.text());
            let found = words::unsatisfiable(told.info.span, &told.text(), Some(text.as_deref()), "");
            Some(match against {
                Some(clause) => found.because(clause.info.span, "cannot hold together with this"),
                None => before
                    .iter()
                    .take(3)
                    .fold(found, |found, clause| found.because(clause.info.span, "cannot hold together with these")),
            })
        })
    }

    /// Clauses of this policy itself that say nothing new. Of two that say the same, the later is told.
    fn repetitions(&self) -> Vec<Diagnostic> {
        let mut counted: Vec<bool> = self.gates.iter().map(|clause| clause.required).collect();
        let mut found = Vec::new();
        for (index, clause) in self.gates.iter().enumerate().rev() {
            if clause.info.required_by.is_some() {
                continue;
            }
            let others: Vec<&Clause> = self
                .gates
                .iter()
                .zip(&counted)
                .enumerate()
                .filter(|(at, (other, counted))| *at != index && **counted && other.counts(&clause.info.when))
                .map(|(_, (other, _))| other)
                .collect();
            let Some(by) = self.implied(clause, &others) else { continue };
            if let Some(own) = counted.get_mut(index) {
                *own = false;
            }
            let texts: Vec<String> = by.iter().map(|other| other.text()).collect();
            let ranges = if by.is_empty() { self.ranges(clause) } else { String::new() };
            let told = words::implied(clause.info.span, &clause.text(), &texts, &ranges);
            let told = by.iter().take(3).fold(told, |told, other| told.because(other.info.span, "asks for it"));
            // without its last clause a policy would require nothing, which is another mistake
            let others = self.policy.clauses.iter().filter(|other| other.span != clause.info.span);
            let needless = others.filter(|other| !matches!(other.rule, ClauseRule::Warn(_))).count() > 0;
            found.push(if needless { words::delete_clause(told, &clause.text()) } else { told });
        }
        found
    }

    /// In which ranges the metrics of a clause lie, in words; empty where none has one.
    fn ranges(&self, clause: &Clause<'p>) -> String {
        let mut ranges: Vec<String> = Vec::new();
        clause.gate.expr.walk(&mut |expr| {
            let (Expr::Metric { report, metric } | Expr::OverSlices { report, metric, .. }) = expr else { return };
            let param = self.policy.params.iter().find(|param| param.name == *report);
            let known = param.and_then(|param| param.report.as_ref()?.metric(metric));
            let Some(known) = known.filter(|known| known.low.is_some() || known.high.is_some()) else { return };
            let end = |end: &Option<mlp_plan::Literal>| end.as_ref().map_or_else(String::new, ToString::to_string);
            let range = format!("{} .. {}", end(&known.low), end(&known.high));
            let text = format!("`{report}.{metric}` lies in {}", range.trim());
            if !ranges.contains(&text) {
                ranges.push(text);
            }
        });
        ranges.join(", ")
    }

    /// The clauses from which one follows, as few as were found: none where it always holds, one where that is enough, or all that speak of its terms.
    fn implied<'c>(&self, clause: &Clause<'p>, others: &[&'c Clause<'p>]) -> Option<Vec<&'c Clause<'p>>> {
        let follows = |system: System| clause.formula.follows_from(&system);
        let intervals = clause.confidence().is_some();
        if follows(self.system_under([], intervals)) {
            return Some(Vec::new());
        }
        let as_sure = |other: &Clause| match (clause.confidence(), other.confidence()) {
            (None, _) => true,
            (Some(asked), Some(given)) => given >= asked,
            (Some(_), None) => false,
        };
        let others: Vec<&Clause> = others.iter().filter(|other| as_sure(other)).copied().collect();
        if !follows(self.system_under(others.iter().copied(), intervals)) {
            return None;
        }
        if let Some(one) = others.iter().find(|other| follows(self.system_under([**other], intervals))) {
            return Some(vec![one]);
        }
        if clause.confidence().is_some() {
            return None;
        }
        // what can be left out is left out
        let mut needed = others.clone();
        for other in &others {
            let rest: Vec<&Clause> = needed.iter().filter(|one| !std::ptr::eq(**one, *other)).copied().collect();
            if follows(self.system(rest.iter().copied())) {
                needed = rest;
            }
        }
        Some(needed)
    }
}
