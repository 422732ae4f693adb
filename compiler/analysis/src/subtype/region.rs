//! One piece of a domain: an interval with gaps, or a set of values, with lengths and patterns; all of it holds at once.

use std::{cmp::Ordering, collections::HashSet};

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive as _};
use mlp_plan::{CompareOp, DataType, Literal};

use super::{regular, sample};
use crate::literals::{int_bounds, uint_bounds};

/// What every text matches.
const ANY_TEXT: &str = "(?s:.*)";

/// Beyond so many texts that are left out, they are not looked at beside patterns and lengths.
const MOST_TEXTS: usize = 32;

/// One end of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The value.
    pub value: Literal,
    /// Whether the value itself is left out.
    pub open: bool,
}

/// The lower and the upper end, where there are some.
pub type Ends = (Option<Bound>, Option<Bound>);

/// Values of a column: those that lie within all of this, and possibly fewer.
#[derive(Clone, Debug, Default)]
pub struct Region {
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
    /// Patterns that no value matches.
    refused: Vec<String>,
    /// Values that are left out.
    gaps: Vec<Literal>,
    /// Whether NaN may be among the values.
    pub nan: bool,
    /// Digits behind the point, where values are exact numbers.
    digits: Option<i64>,
    /// The width in which bounds and members are compared, where values are floats.
    bits: Option<u8>,
    /// Whether lengths are those of bytes.
    bytes: bool,
}

impl Region {
    /// The values of a type without constraints.
    #[must_use]
    pub fn of(data: &DataType) -> Self {
        let mut all = Self {
            nan: matches!(data, DataType::Float(_)),
            bits: float_bits(data),
            bytes: *data == DataType::Bytes,
            ..Self::default()
        };
        match data {
            DataType::Int(bits) => all.numbers(int_bounds(*bits), 0),
            DataType::Uint(bits) => all.numbers(uint_bounds(*bits), 0),
            DataType::Decimal { precision, scale } => {
                let units = BigDecimal::new(1.into(), -i64::from(*precision)) - 1;
                let most: BigDecimal = units * BigDecimal::new(1.into(), i64::from(*scale));
                all.numbers((-most.clone(), most), i64::from(*scale));
            }
            DataType::Bool => all.set = Some(vec![Literal::Bool(false), Literal::Bool(true)]),
            DataType::Enum { members, open: false } => {
                all.set = Some(members.iter().cloned().map(Literal::Text).collect());
            }
            DataType::Vector { length, .. } => all.lengths(u64::from(*length), Some(u64::from(*length))),
            _ => {}
        }
        all
    }

    fn numbers(&mut self, (low, high): (BigDecimal, BigDecimal), digits: i64) {
        self.digits = Some(digits);
        self.low = Some(Bound { value: Literal::Number(low), open: false });
        self.high = Some(Bound { value: Literal::Number(high), open: false });
    }

    /// From here on bounds and members are read as a column of that type meets them.
    pub fn meet(&mut self, data: &DataType) {
        self.bits = float_bits(data);
    }

    /// The ends, or the least and the greatest of the listed values.
    #[must_use]
    pub fn ends(&self) -> Ends {
        let Some(set) = &self.set else { return (self.low.clone(), self.high.clone()) };
        let outermost = |outer: Ordering| {
            let mut members = set.iter();
            let first = members.next()?;
            members.try_fold(first, |best, member| Some(if member.compare(best)? == outer { member } else { best }))
        };
        let bound = |value: &Literal| Bound { value: value.clone(), open: false };
        (outermost(Ordering::Less).map(bound), outermost(Ordering::Greater).map(bound))
    }

    /// Leaves what matches a pattern, or what does not.
    pub fn matching(&mut self, pattern: &str, truth: bool) {
        if truth { self.patterns.push(pattern.to_owned()) } else { self.refused.push(pattern.to_owned()) }
    }

    /// Leaves the values for which a comparison with a literal holds, or those for which it does not. NaN satisfies no comparison but `!=`.
    pub fn compare(&mut self, op: CompareOp, value: &Literal, truth: bool) {
        if *value == Literal::Nan {
            if (op == CompareOp::Ne) != truth {
                self.nothing();
            }
            return;
        }
        // what does not hold of NaN leaves it where it is
        if truth != (op == CompareOp::Ne) {
            self.nan = false;
        }
        match (op, truth) {
            (CompareOp::Lt, true) | (CompareOp::Ge, false) => self.lower(value, true),
            (CompareOp::Le, true) | (CompareOp::Gt, false) => self.lower(value, false),
            (CompareOp::Gt, true) | (CompareOp::Le, false) => self.raise(value, true),
            (CompareOp::Ge, true) | (CompareOp::Lt, false) => self.raise(value, false),
            (CompareOp::Eq, true) | (CompareOp::Ne, false) => self.keep(std::slice::from_ref(value)),
            (CompareOp::Ne, true) | (CompareOp::Eq, false) => self.exclude(std::slice::from_ref(value)),
        }
    }

    fn nothing(&mut self) {
        self.nan = false;
        self.set = Some(Vec::new());
    }

    /// Lengths are whole and never negative: `length(self) < 0.5` is `length(self) == 0`, and `length(self) < 0` holds of nothing.
    pub fn compare_length(&mut self, op: CompareOp, bound: &BigDecimal) {
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
            self.nothing();
        }
        self.lengths(min, max.and_then(|max| max.to_u64()));
    }

    /// Leaves what is so long.
    pub fn lengths(&mut self, min: u64, max: Option<u64>) {
        self.shortest = self.shortest.max(min);
        self.longest = match (self.longest, max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    /// Raises the lower end.
    pub fn raise(&mut self, value: &Literal, open: bool) {
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

    /// Lowers the upper end.
    pub fn lower(&mut self, value: &Literal, open: bool) {
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

    /// Leaves the members of a set.
    pub fn keep(&mut self, members: &[Literal]) {
        self.nan = self.nan && members.contains(&Literal::Nan);
        let members = self.met(members);
        self.set = Some(match self.set.take() {
            Some(set) => {
                let listed = Listed::new(&members);
                set.into_iter().filter(|value| listed.has(value)).collect()
            }
            None => members,
        });
    }

    /// Members as the column meets them; whether NaN is one is said by `nan`.
    fn met(&self, members: &[Literal]) -> Vec<Literal> {
        members.iter().filter(|member| **member != Literal::Nan).map(|member| self.in_width(member)).collect()
    }

    /// Leaves what is no member of a set.
    pub fn exclude(&mut self, members: &[Literal]) {
        self.nan = self.nan && !members.contains(&Literal::Nan);
        let members = self.met(members);
        match &mut self.set {
            Some(set) => {
                let listed = Listed::new(&members);
                set.retain(|value| !listed.has(value));
            }
            None => self.gaps.extend(members),
        }
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

    /// Exact numbers and days have closed ends; an end is no gap; listed values lie inside all that is known.
    pub fn settle(&mut self) {
        for is_low in [true, false] {
            self.close(is_low);
            for _ in 0..self.gaps.len() {
                let end = if is_low { &mut self.low } else { &mut self.high };
                match end {
                    Some(end) if !end.open && Listed::new(&self.gaps).has(&end.value) => end.open = true,
                    _ => break,
                }
                self.close(is_low);
            }
        }
        if let Some(set) = self.set.take() {
            self.set = Some(set.into_iter().filter(|value| self.admits(value)).collect());
        }
    }

    fn close(&mut self, is_low: bool) {
        let digits = self.digits;
        if let Some(end) = if is_low { &mut self.low } else { &mut self.high } {
            *end = closed(end, digits, is_low);
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
            && self.refused.iter().all(|pattern| mlp_plan::holds::matches(pattern, value) != Some(true))
            && !Listed::new(&self.gaps).has(value)
    }

    fn length_admits(&self, value: &Literal) -> bool {
        match value {
            Literal::Text(text) => {
                let length = if self.bytes { text.len() } else { text.chars().count() } as u64;
                length >= self.shortest && self.longest.is_none_or(|longest| length <= longest)
            }
            _ => true,
        }
    }

    /// Why no value remains between ends, lengths and listed values, in words; `None` where some may.
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

    /// Why no text is left between the patterns and lengths, in words; `None` where one may be.
    #[must_use]
    pub fn unmatched(&self) -> Option<String> {
        let left_out = self.texts_left_out();
        if self.set.is_some()
            || self.bytes
            || self.patterns.is_empty() && self.refused.is_empty() && left_out.is_empty()
        {
            return None;
        }
        // a word of the only pattern, of a length that is allowed, is a witness, and much cheaper than automata
        if let ([pattern], [], []) = (self.patterns.as_slice(), self.refused.as_slice(), left_out.as_slice())
            && sample::words(pattern).into_iter().any(|word| self.length_admits(&Literal::Text(word)))
        {
            return None;
        }
        let length = self.length_pattern();
        let mut all: Vec<&str> = self.patterns.iter().chain(&length).map(String::as_str).collect();
        let none: Vec<&str> = self.refused.iter().chain(&left_out).map(String::as_str).collect();
        if all.is_empty() {
            all.push(ANY_TEXT);
        }
        if all.len() + 2 * none.len() < 2 || regular::none_is_left(&all, &none) != Some(true) {
            return None;
        }
        let slashed = |patterns: &[String]| patterns.iter().map(|pattern| format!("/{pattern}/")).collect::<Vec<_>>();
        let mut why = "no text is left".to_owned();
        if !self.patterns.is_empty() {
            why = format!("no text matches {}", slashed(&self.patterns).join(" and "));
        }
        if length.is_some() {
            let most = self.longest.map_or(String::new(), |longest| format!(" and at most {longest}"));
            why = format!("{why} with a length of at least {}{most}", self.shortest);
        }
        if !self.refused.is_empty() {
            why = format!("{why} and not {}", slashed(&self.refused).join(" or "));
        }
        Some(why)
    }

    /// The texts that are left out, as patterns, where they are few.
    fn texts_left_out(&self) -> Vec<String> {
        let texts = self.gaps.iter().filter_map(|gap| match gap {
            Literal::Text(text) => Some(regex_syntax::escape(text)),
            _ => None,
        });
        let texts: Vec<String> = texts.collect();
        if texts.len() > MOST_TEXTS { Vec::new() } else { texts }
    }

    /// The lengths as a pattern, where there are some, and an automaton of them is small.
    fn length_pattern(&self) -> Option<String> {
        let (least, most) = (self.shortest, self.longest);
        let said = (least > 0 || most.is_some()) && least.max(most.unwrap_or(0)) <= LONGEST_PATTERN;
        said.then(|| format!("(?s:.{{{least},{}}})", most.map_or(String::new(), |most| most.to_string())))
    }

    /// A bound or member as programs write it: the shortest number that is the same in its width.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "it was widened from this width")]
    pub fn spelled(&self, value: &Literal) -> Literal {
        let (Some(bits), Some(float)) = (self.bits, value.as_f64()) else { return value.clone() };
        let text = if bits == 32 { (float as f32).to_string() } else { float.to_string() };
        text.parse().map_or_else(|_| value.clone(), Literal::Number)
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

/// An end of exact numbers or days, with the value itself inside.
fn closed(end: &Bound, digits: Option<i64>, is_low: bool) -> Bound {
    let value = match (&end.value, digits) {
        (Literal::Number(number), Some(digits)) => {
            let mode = if is_low { RoundingMode::Ceiling } else { RoundingMode::Floor };
            let rounded = number.with_scale_round(digits, mode);
            let step = if end.open && rounded == *number { BigDecimal::new(1.into(), digits) } else { 0.into() };
            Literal::Number(if is_low { rounded + step } else { rounded - step })
        }
        (Literal::Date(day), _) if end.open => match if is_low { day.succ_opt() } else { day.pred_opt() } {
            Some(next) => Literal::Date(next),
            None => return end.clone(),
        },
        _ => return end.clone(),
    };
    Bound { value, open: false }
}

/// Beyond this length, lengths are not compared with patterns.
const LONGEST_PATTERN: u64 = 256;

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
