//! Clauses as bounds on differences of metrics; what is neither is left undecided.

use std::collections::{BTreeMap, HashMap};

use bigdecimal::{BigDecimal, RoundingMode};
use mlp_plan::{ArithmeticOp, CompareOp, Expr, Literal};

use super::differences::{Limit, System, ZERO};

/// The number 1 as bounds have it: numbers with more than 18 digits behind the point leave their comparison undecided.
pub(super) const ONE: i64 = 10_i64.pow(18);
/// Bounds beyond this leave their comparison undecided, so that sums cannot overflow.
const LARGEST: i128 = 10_i128.pow(36);
/// A policy with more alternatives than this is taken to be satisfiable.
const ALTERNATIVES: usize = 256;

/// What a clause says of metrics.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    /// A bound.
    Limit(Limit),
    /// All of these.
    All(Vec<Formula>),
    /// One of these.
    Any(Vec<Formula>),
    /// True or false, whatever is measured.
    Known(bool),
    /// Something that is not a bound.
    Unknown,
}

/// The metrics, aggregates and parameters that clauses speak of, by number.
#[derive(Debug)]
pub(super) struct Terms {
    numbers: HashMap<Expr, usize>,
    /// Which terms have no values but whole numbers, so that more than 4 is 5 or more.
    is_whole: fn(&Expr) -> bool,
    /// In the order of their numbers, from 1 on; 0 is the number 0.
    pub list: Vec<Expr>,
}

/// A sum of terms with factors, and a constant.
#[derive(Clone, Debug, Default)]
struct Sum {
    terms: BTreeMap<usize, BigDecimal>,
    constant: BigDecimal,
}

impl Terms {
    /// None yet.
    pub(super) fn new(is_whole: fn(&Expr) -> bool) -> Self {
        Self { numbers: HashMap::new(), is_whole, list: Vec::new() }
    }

    /// The number of a term.
    pub(super) fn number(&mut self, term: &Expr) -> usize {
        if let Some(known) = self.numbers.get(term) {
            return *known;
        }
        self.list.push(term.clone());
        self.numbers.insert(term.clone(), self.list.len());
        self.list.len()
    }

    /// What an expression says, or its opposite.
    pub(super) fn formula(&mut self, expr: &Expr, holds: bool) -> Formula {
        match expr {
            Expr::Not(inner) => self.formula(inner, !holds),
            Expr::All(parts) | Expr::Any(parts) => {
                let parts = parts.iter().map(|part| self.formula(part, holds)).collect();
                if matches!(expr, Expr::All(_)) == holds { Formula::All(parts) } else { Formula::Any(parts) }
            }
            Expr::Compare(op, left, right) => self.compare(if holds { *op } else { op.negated() }, left, right),
            Expr::Between { value, low, high } => {
                let mut ends = Vec::new();
                for (end, op) in [(low, CompareOp::Ge), (high, CompareOp::Le)] {
                    let Some(end) = end else { continue };
                    ends.push(self.compare(if holds { op } else { op.negated() }, value, end));
                }
                if holds { Formula::All(ends) } else { Formula::Any(ends) }
            }
            _ => Formula::Unknown,
        }
    }

    fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Formula {
        let (Some(left), Some(right)) = (self.sum(left), self.sum(right)) else { return Formula::Unknown };
        let difference = left.plus(right, -1);
        match op {
            CompareOp::Le => self.at_most_zero(difference, false),
            CompareOp::Lt => self.at_most_zero(difference, true),
            CompareOp::Ge => self.at_most_zero(difference.negated(), false),
            CompareOp::Gt => self.at_most_zero(difference.negated(), true),
            CompareOp::Eq => Formula::All(self.both_ways(difference, false)),
            CompareOp::Ne => Formula::Any(self.both_ways(difference, true)),
        }
    }

    fn both_ways(&self, sum: Sum, strict: bool) -> Vec<Formula> {
        vec![self.at_most_zero(sum.clone(), strict), self.at_most_zero(sum.negated(), strict)]
    }

    /// `sum <= 0`, or `< 0`, as a bound: of one term, or of the difference of two with the same factor.
    fn at_most_zero(&self, sum: Sum, strict: bool) -> Formula {
        let zero = BigDecimal::from(0);
        let terms: Vec<(usize, BigDecimal)> = sum.terms.into_iter().collect();
        let (left, right, factor) = match terms.as_slice() {
            [] => return Formula::Known(if strict { sum.constant < zero } else { sum.constant <= zero }),
            [(term, factor)] if *factor > zero => (*term, ZERO, factor.clone()),
            [(term, factor)] => (ZERO, *term, -factor),
            [(a, x), (b, y)] if *x == -y.clone() && *x > zero => (*a, *b, x.clone()),
            [(a, x), (b, y)] if *x == -y.clone() => (*b, *a, y.clone()),
            _ => return Formula::Unknown,
        };
        let bound = -sum.constant / factor;
        let (bound, strict) = if terms.iter().all(|(term, _)| self.is_whole(*term)) {
            let below = bound.with_scale_round(0, RoundingMode::Floor);
            (if strict && below == bound { below - 1 } else { below }, false)
        } else {
            (bound, strict)
        };
        match scaled(&bound) {
            Some(bound) => Formula::Limit(Limit { left, right, bound, strict }),
            None => Formula::Unknown,
        }
    }

    fn is_whole(&self, term: usize) -> bool {
        term.checked_sub(1).and_then(|index| self.list.get(index)).is_some_and(self.is_whole)
    }

    fn sum(&mut self, expr: &Expr) -> Option<Sum> {
        match expr {
            Expr::Literal(value) => number(value).map(|constant| Sum { constant, ..Sum::default() }),
            Expr::Negate(inner) => self.sum(inner).map(Sum::negated),
            Expr::Arithmetic(ArithmeticOp::Add, left, right) => Some(self.sum(left)?.plus(self.sum(right)?, 1)),
            Expr::Arithmetic(ArithmeticOp::Sub, left, right) => Some(self.sum(left)?.plus(self.sum(right)?, -1)),
            Expr::Arithmetic(ArithmeticOp::Mul, left, right) => {
                let (left, right) = (self.sum(left)?, self.sum(right)?);
                match (left.terms.is_empty(), right.terms.is_empty()) {
                    (_, true) => Some(left.times(&right.constant)),
                    (true, _) => Some(right.times(&left.constant)),
                    _ => None,
                }
            }
            Expr::Metric { .. } | Expr::OverSlices { .. } | Expr::Param(_) => {
                let terms = BTreeMap::from([(self.number(expr), BigDecimal::from(1))]);
                Some(Sum { terms, ..Sum::default() })
            }
            _ => None,
        }
    }
}

/// A literal as a number: durations in ns, sizes in bytes.
pub(super) fn number(value: &Literal) -> Option<BigDecimal> {
    match value {
        Literal::Number(number) => Some(number.clone()),
        Literal::Duration(time) => Some((*time).into()),
        Literal::Size(bytes) => Some((*bytes).into()),
        _ => None,
    }
}

/// A number as bounds have it, exactly; `None` where it has too many digits.
pub(super) fn scaled(number: &BigDecimal) -> Option<i128> {
    let scaled = number * BigDecimal::from(ONE);
    if !scaled.is_integer() {
        return None;
    }
    let value: i128 = scaled.with_scale(0).to_string().parse().ok()?;
    (value.abs() <= LARGEST).then_some(value)
}

impl Sum {
    fn plus(mut self, other: Self, sign: i64) -> Self {
        for (term, factor) in other.terms {
            let sum = self.terms.remove(&term).unwrap_or_default() + factor * sign;
            if sum != 0 {
                self.terms.insert(term, sum);
            }
        }
        self.constant += other.constant * sign;
        self
    }

    fn negated(self) -> Self {
        Self::default().plus(self, -1)
    }

    fn times(mut self, factor: &BigDecimal) -> Self {
        self.terms.values_mut().for_each(|own| *own *= factor.clone());
        self.terms.retain(|_, own| *own != 0);
        self.constant *= factor.clone();
        self
    }
}

impl Formula {
    /// The bounds that hold for sure where this does.
    pub(super) fn limits(&self) -> Vec<Limit> {
        match self {
            Self::Limit(limit) => vec![*limit],
            Self::All(parts) => parts.iter().flat_map(Self::limits).collect(),
            Self::Any(_) | Self::Known(_) | Self::Unknown => Vec::new(),
        }
    }

    /// Whether it follows from a system that can be satisfied.
    pub(super) fn follows_from(&self, system: &System) -> bool {
        match self {
            Self::Limit(limit) => system.implies(*limit),
            Self::All(parts) => parts.iter().all(|part| part.follows_from(system)),
            Self::Any(parts) => parts.iter().any(|part| part.follows_from(system)),
            Self::Known(truth) => *truth,
            Self::Unknown => false,
        }
    }
}

/// Whether all formulas may hold together beside a system; what is not known to be impossible is possible.
pub(super) fn possible(system: &System, formulas: &[&Formula]) -> bool {
    let mut budget = ALTERNATIVES;
    branch(system.clone(), formulas.to_vec(), &mut budget)
}

fn branch(mut system: System, mut open: Vec<&Formula>, budget: &mut usize) -> bool {
    let mut choices: Vec<&Vec<Formula>> = Vec::new();
    while let Some(formula) = open.pop() {
        match formula {
            Formula::Limit(limit) => system.add([*limit]),
            Formula::All(parts) => open.extend(parts),
            Formula::Any(parts) => choices.push(parts),
            Formula::Known(true) | Formula::Unknown => {}
            Formula::Known(false) => return false,
        }
    }
    if *budget == 0 {
        return true;
    }
    *budget -= 1;
    if !system.is_satisfiable() {
        return false;
    }
    let Some(choice) = choices.pop() else { return true };
    choice.iter().any(|part| {
        let rest = choices.iter().map(|parts| Formula::Any((*parts).clone())).collect::<Vec<_>>();
        let open = rest.iter().chain([part]).collect();
        branch(system.clone(), open, budget)
    })
}
