//! Which values a type with its constraints leaves: intervals, sets and lengths, as far as they can be read off.
//!
//! Constraints hold for non-null values; nulls are not part of a domain.

use std::{cmp::Ordering, collections::HashSet};

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive as _};
use mlp_plan::{CompareOp, Constraint, DataType, Expr, Literal, ValueType};

use crate::literals::{int_bounds, uint_bounds};

/// One end of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The value.
    pub value: Literal,
    /// Whether the value itself is left out.
    pub open: bool,
}

/// The values that remain.
#[derive(Clone, Debug, Default)]
pub struct Domain {
    /// Lower end.
    pub low: Option<Bound>,
    /// Upper end.
    pub high: Option<Bound>,
    /// The only values, where there are finitely many that were listed.
    pub set: Option<Vec<Literal>>,
    /// Fewest characters, bytes or elements.
    pub shortest: u64,
    /// Most characters, bytes or elements.
    pub longest: Option<u64>,
    /// Patterns that every value matches.
    pub patterns: Vec<String>,
    /// Whether NaN may be among the values.
    pub nan: bool,
    /// Whether values are whole numbers.
    whole: bool,
    /// The width in which bounds and members are compared, where values are floats.
    bits: Option<u8>,
}

impl Domain {
    /// The domain of a type under its constraints.
    #[must_use]
    pub fn of(value: &ValueType) -> Self {
        let mut domain =
            Self { nan: matches!(value.data, DataType::Float(_)), bits: float_bits(&value.data), ..Self::default() };
        domain.of_type(&value.data);
        for constraint in &value.constraints {
            domain.narrow(constraint);
        }
        domain.settle();
        domain
    }

    /// What a constraint on a column of type `data` leaves of these values.
    #[must_use]
    pub fn and(&self, constraint: &Constraint, data: &DataType) -> Self {
        let mut both = Self { bits: float_bits(data), ..self.clone() };
        both.narrow(constraint);
        both.settle();
        both
    }

    fn of_type(&mut self, data: &DataType) {
        let bounds = match data {
            DataType::Int(bits) => int_bounds(*bits),
            DataType::Uint(bits) => uint_bounds(*bits),
            DataType::Bool => {
                self.set = Some(vec![Literal::Bool(false), Literal::Bool(true)]);
                return;
            }
            DataType::Enum { members, open: false } => {
                self.set = Some(members.iter().cloned().map(Literal::Text).collect());
                return;
            }
            DataType::Vector { length, .. } => {
                self.shortest = u64::from(*length);
                self.longest = Some(u64::from(*length));
                return;
            }
            _ => return,
        };
        self.whole = true;
        self.low = Some(Bound { value: Literal::Number(bounds.0), open: false });
        self.high = Some(Bound { value: Literal::Number(bounds.1), open: false });
    }

    /// Leaves only what satisfies the constraint, as far as it can be read off.
    pub fn narrow(&mut self, constraint: &Constraint) {
        match constraint {
            Constraint::Range { low, high } => {
                self.nan = false;
                if let Some(low) = low {
                    self.raise(low, false);
                }
                if let Some(high) = high {
                    self.lower(high, false);
                }
            }
            Constraint::OneOf(members) => self.keep(members),
            Constraint::Length { min, max } => self.lengths(*min, *max),
            Constraint::Matches(pattern) => self.patterns.push(pattern.clone()),
            Constraint::Where(expr) => self.predicate(expr),
            Constraint::Unique => {}
        }
    }

    fn predicate(&mut self, expr: &Expr) {
        match expr {
            Expr::All(parts) => parts.iter().for_each(|part| self.predicate(part)),
            Expr::Compare(op, left, right) => match (&**left, &**right) {
                (Expr::This, Expr::Literal(value)) => self.compare(*op, value),
                (Expr::Literal(value), Expr::This) => self.compare(op.flipped(), value),
                (length, Expr::Literal(value)) if is_length_of_this(length) => self.compare_length(*op, value),
                (Expr::Literal(value), length) if is_length_of_this(length) => self.compare_length(op.flipped(), value),
                _ => {}
            },
            Expr::Between { value, low, high } if **value == Expr::This => {
                for (end, is_low) in [(low, true), (high, false)] {
                    if let Some(Expr::Literal(end)) = end.as_deref() {
                        self.nan = false;
                        if is_low { self.raise(end, false) } else { self.lower(end, false) }
                    }
                }
            }
            Expr::OneOf(value, members) if **value == Expr::This => self.keep(members),
            Expr::Matches(value, pattern) if **value == Expr::This => self.patterns.push(pattern.clone()),
            _ => {}
        }
    }

    /// NaN satisfies no comparison but `!=`.
    fn compare(&mut self, op: CompareOp, value: &Literal) {
        match op {
            CompareOp::Lt | CompareOp::Le => self.lower(value, op == CompareOp::Lt),
            CompareOp::Gt | CompareOp::Ge => self.raise(value, op == CompareOp::Gt),
            CompareOp::Eq => self.keep(std::slice::from_ref(value)),
            CompareOp::Ne => {
                let value = self.in_width(value);
                if let Some(set) = &mut self.set {
                    set.retain(|member| member.compare(&value) != Some(Ordering::Equal));
                }
                return;
            }
        }
        self.nan = false;
    }

    /// Lengths are whole and never negative: `length(self) < 0.5` is `length(self) == 0`, and `length(self) < 0` holds of nothing.
    fn compare_length(&mut self, op: CompareOp, value: &Literal) {
        let Literal::Number(bound) = value else { return };
        let (floor, ceiling) =
            (bound.with_scale_round(0, RoundingMode::Floor), bound.with_scale_round(0, RoundingMode::Ceiling));
        let whole = floor == ceiling;
        let above = |least: BigDecimal| least.to_u64().unwrap_or(if least < 0 { 0 } else { u64::MAX });
        let (min, max) = match op {
            CompareOp::Lt => (0, Some(ceiling - 1)),
            CompareOp::Le => (0, Some(floor)),
            CompareOp::Gt => (above(floor + 1), None),
            CompareOp::Ge => (above(ceiling), None),
            CompareOp::Eq if whole => (above(floor.clone()), Some(floor)),
            CompareOp::Eq => (0, Some(BigDecimal::from(-1))),
            CompareOp::Ne => return,
        };
        if max.as_ref().is_some_and(|max| *max < 0) {
            self.set = Some(Vec::new());
        }
        self.lengths(min, max.and_then(|max| max.to_u64()));
    }

    fn lengths(&mut self, min: u64, max: Option<u64>) {
        self.shortest = self.shortest.max(min);
        self.longest = match (self.longest, max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn raise(&mut self, value: &Literal, open: bool) {
        let value = self.in_width(value);
        let tighter = self.low.as_ref().is_none_or(|low| match value.compare(&low.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => open && !low.open,
            _ => false,
        });
        if tighter {
            self.low = Some(Bound { value, open });
        }
    }

    fn lower(&mut self, value: &Literal, open: bool) {
        let value = self.in_width(value);
        let tighter = self.high.as_ref().is_none_or(|high| match value.compare(&high.value) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => open && !high.open,
            _ => false,
        });
        if tighter {
            self.high = Some(Bound { value, open });
        }
    }

    fn keep(&mut self, members: &[Literal]) {
        self.nan = self.nan && members.contains(&Literal::Nan);
        let members: Vec<Literal> = members.iter().map(|member| self.in_width(member)).collect();
        self.set = Some(match self.set.take() {
            Some(set) => {
                let listed = Listed::new(&members);
                set.into_iter().filter(|value| listed.has(value)).collect()
            }
            None => members,
        });
    }

    /// A number as a column of floats meets it: the nearest one of its width (beyond all of them, [`INFINITE`]), written out exactly. So `0.1` of a
    /// `float32` is above `0.1` of a `float64`.
    fn in_width(&self, value: &Literal) -> Literal {
        let (Some(bits), Literal::Number(_), Some(float)) = (self.bits, value, value.as_f64()) else {
            return value.clone();
        };
        #[expect(clippy::cast_possible_truncation, reason = "the engine narrows bounds in the same way")]
        let float = if bits == 32 { f64::from(float as f32) } else { float };
        Literal::Number(BigDecimal::try_from(float).unwrap_or_else(|_| {
            let infinite = BigDecimal::new(1.into(), -INFINITE);
            if float < 0.0 { -infinite } else { infinite }
        }))
    }

    /// Whole numbers have closed ends; listed values lie inside all that is known.
    fn settle(&mut self) {
        if self.whole {
            if let Some(low) = &mut self.low {
                *low = whole_bound(low, RoundingMode::Ceiling, 1);
            }
            if let Some(high) = &mut self.high {
                *high = whole_bound(high, RoundingMode::Floor, -1);
            }
        }
        if let Some(set) = self.set.take() {
            self.set = Some(set.into_iter().filter(|value| self.admits(value)).collect());
        }
    }

    /// Whether a value lies within the ends, lengths and patterns (the set is not asked). Patterns that cannot be tried admit everything.
    fn admits(&self, value: &Literal) -> bool {
        let above = self.low.as_ref().is_none_or(|low| match value.compare(&low.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => !low.open,
            _ => false,
        });
        let below = self.high.as_ref().is_none_or(|high| match value.compare(&high.value) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => !high.open,
            _ => false,
        });
        above
            && below
            && self.length_admits(value)
            && self.patterns.iter().all(|pattern| mlp_plan::holds::matches(pattern, value) != Some(false))
    }

    fn length_admits(&self, value: &Literal) -> bool {
        match value {
            Literal::Text(text) => {
                let length = text.chars().count() as u64;
                length >= self.shortest && self.longest.is_none_or(|longest| length <= longest)
            }
            _ => true,
        }
    }

    /// Why no value remains, in words; `None` where some may.
    #[must_use]
    pub fn empty(&self) -> Option<String> {
        if self.nan {
            return None;
        }
        if let (Some(low), Some(high)) = (&self.low, &self.high) {
            let apart = match low.value.compare(&high.value) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => low.open || high.open,
                _ => false,
            };
            if apart {
                let end = |bound: &Bound, open: &str, closed: &str| {
                    format!("{} {}", if bound.open { open } else { closed }, self.spelled(&bound.value))
                };
                let (low, high) = (end(low, "above", "at least"), end(high, "below", "at most"));
                return Some(format!("it must be {low} and {high}"));
            }
        }
        if let Some(longest) = self.longest.filter(|longest| *longest < self.shortest) {
            return Some(format!("its length must be at least {} and at most {longest}", self.shortest));
        }
        self.set.as_ref().is_some_and(Vec::is_empty).then(|| "none of the listed values is left".to_owned())
    }

    /// A bound or member as programs write it: the shortest number that is the same in its width.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "it was widened from this width")]
    pub fn spelled(&self, value: &Literal) -> Literal {
        let (Some(bits), Some(float)) = (self.bits, value.as_f64()) else { return value.clone() };
        let text = if bits == 32 { (float as f32).to_string() } else { float.to_string() };
        text.parse().map_or_else(|_| value.clone(), Literal::Number)
    }

    /// Whether every value of this domain lies within the other's ends; `NaN` lies within none.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        if let Some(set) = &self.set {
            return !self.nan && set.iter().all(|value| other.admits(value));
        }
        let low = other.low.as_ref().is_none_or(|theirs| self.low.as_ref().is_some_and(|ours| at_least(ours, theirs)));
        let high =
            other.high.as_ref().is_none_or(|theirs| self.high.as_ref().is_some_and(|ours| at_most(ours, theirs)));
        low && high && !self.nan
    }
}

/// Values to look up: equal ones in one step, the rest (`2020-01-01` and its midnight) one by one.
pub struct Listed<'v> {
    values: &'v [Literal],
    exact: HashSet<&'v Literal>,
}

impl<'v> Listed<'v> {
    /// These values.
    #[must_use]
    pub fn new(values: &'v [Literal]) -> Self {
        Self { values, exact: values.iter().collect() }
    }

    /// Whether a value is among them; NaN is none.
    #[must_use]
    pub fn has(&self, value: &Literal) -> bool {
        match value {
            Literal::Nan => false,
            Literal::Text(_) | Literal::Bool(_) => self.exact.contains(value),
            _ => {
                self.exact.contains(value)
                    || self.values.iter().any(|other| other.compare(value) == Some(Ordering::Equal))
            }
        }
    }
}

fn at_least(ours: &Bound, theirs: &Bound) -> bool {
    match ours.value.compare(&theirs.value) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => ours.open || !theirs.open,
        _ => false,
    }
}

fn at_most(ours: &Bound, theirs: &Bound) -> bool {
    match ours.value.compare(&theirs.value) {
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => ours.open || !theirs.open,
        _ => false,
    }
}

fn whole_bound(bound: &Bound, mode: RoundingMode, step: i64) -> Bound {
    let Literal::Number(number) = &bound.value else { return bound.clone() };
    let value = if bound.open && number.is_integer() {
        number + BigDecimal::from(step)
    } else {
        number.with_scale_round(0, mode)
    };
    Bound { value: Literal::Number(value), open: false }
}

/// The exponent of ten that stands for infinity: beyond every float.
const INFINITE: i64 = 400;

/// The width of floats, or of a list's.
fn float_bits(data: &DataType) -> Option<u8> {
    match data {
        DataType::Float(bits) => Some(*bits),
        DataType::List(element) | DataType::Vector { element, .. } => float_bits(&element.data),
        _ => None,
    }
}

/// Whether values keep their order to every bound when they become `to`: not where floats come, or are widened.
#[must_use]
pub fn is_same_order(from: &DataType, to: &DataType) -> bool {
    float_bits(to).is_none_or(|bits| float_bits(from) == Some(bits))
}

fn is_length_of_this(expr: &Expr) -> bool {
    matches!(expr, Expr::Call { function, args } if function == "length" && args.as_slice() == [Expr::This])
}
