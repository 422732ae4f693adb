//! Which values a type with its constraints leaves: some [`Region`]s, so that `or` and `not` are understood.
//!
//! Constraints hold for non-null values; nulls are not part of a domain. What cannot be read off leaves everything, so a domain is never too small:
//! when it is empty, there is no such value.

use std::cmp::Ordering;

use mlp_plan::{CompareOp, Constraint, DataType, Expr, Literal, ValueType};

use super::region::{Bound, Ends, Region};

/// Beyond so many regions, a condition leaves everything.
const MOST_REGIONS: usize = 64;

/// The values that remain.
#[derive(Clone, Debug)]
pub struct Domain {
    /// They lie in one of these.
    regions: Vec<Region>,
    /// Why the last region was found empty.
    gone: String,
}

impl Domain {
    /// The domain of a type under its constraints.
    #[must_use]
    pub fn of(value: &ValueType) -> Self {
        let mut domain = Self { regions: vec![Region::of(&value.data)], gone: String::new() };
        for constraint in &value.constraints {
            domain.narrow(constraint, true);
        }
        domain
    }

    /// What remains where a constraint on a column of type `data` is satisfied, or where it is broken.
    #[must_use]
    pub fn and(&self, constraint: &Constraint, data: &DataType, satisfied: bool) -> Self {
        let mut both = self.clone();
        both.regions.iter_mut().for_each(|region| region.meet(data));
        both.narrow(constraint, satisfied);
        both
    }

    /// The regions in which the values lie.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The ends between which all values lie; `None` where there is no value.
    #[must_use]
    pub fn ends(&self) -> Option<Ends> {
        let ends: Vec<_> = self.regions.iter().map(Region::ends).collect();
        let outermost = |pick: fn(&Ends) -> &Option<Bound>, outer: Ordering| {
            let bounds: Option<Vec<&Bound>> = ends.iter().map(|ends| pick(ends).as_ref()).collect();
            let mut bounds = bounds?.into_iter();
            let first = bounds.next()?;
            bounds.try_fold(first, |best, bound| match bound.value.compare(&best.value)? {
                Ordering::Equal => Some(if best.open { bound } else { best }),
                order => Some(if order == outer { bound } else { best }),
            })
        };
        let low = outermost(|ends| &ends.0, Ordering::Less).cloned();
        let high = outermost(|ends| &ends.1, Ordering::Greater).cloned();
        (!ends.is_empty()).then_some((low, high))
    }

    /// Whether NaN may be among the values.
    #[must_use]
    pub fn may_be_nan(&self) -> bool {
        self.regions.iter().any(|region| region.nan)
    }

    /// Why no value remains, in words; `None` where some may.
    #[must_use]
    pub fn empty(&self) -> Option<String> {
        let mut why = self.gone.clone();
        for region in &self.regions {
            why = region.unmatched()?;
        }
        Some(why)
    }

    fn narrow(&mut self, constraint: &Constraint, satisfied: bool) {
        match (constraint, satisfied) {
            (Constraint::Range { low, high }, _) => {
                let end = |end: &Option<Literal>| end.clone().map(|end| Box::new(Expr::Literal(end)));
                let between = Expr::Between { value: Box::new(Expr::This), low: end(low), high: end(high) };
                self.condition(&between, satisfied);
            }
            (Constraint::OneOf(members), _) => self.one_of(members, satisfied),
            (Constraint::Length { min, max }, true) => self.each(|region| region.lengths(*min, *max)),
            (Constraint::Length { min, max }, false) => self.either(&[
                &|domain: &mut Self| match min.checked_sub(1) {
                    Some(shorter) => domain.each(|region| region.lengths(0, Some(shorter))),
                    None => domain.regions.clear(),
                },
                &|domain: &mut Self| match max.and_then(|max| max.checked_add(1)) {
                    Some(longer) => domain.each(|region| region.lengths(longer, None)),
                    None => domain.regions.clear(),
                },
            ]),
            (Constraint::Matches(pattern), _) => self.each(|region| region.matching(pattern, satisfied)),
            (Constraint::Where(expr), _) => self.condition(expr, satisfied),
            (Constraint::Unique, _) => {}
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.each(Region::settle);
        let gone = &mut self.gone;
        self.regions.retain(|region| match region.empty() {
            Some(why) => {
                *gone = why;
                false
            }
            None => true,
        });
    }

    fn each(&mut self, change: impl Fn(&mut Region)) {
        self.regions.iter_mut().for_each(change);
    }

    /// What one of the branches leaves; everything, where that is too much to keep apart.
    fn either(&mut self, branches: &[&dyn Fn(&mut Self)]) {
        let before = self.clone();
        self.regions.clear();
        for branch in branches {
            let mut left = before.clone();
            branch(&mut left);
            left.settle();
            self.gone = left.gone;
            self.regions.extend(left.regions);
            if self.regions.len() > MOST_REGIONS {
                *self = before;
                return;
            }
        }
    }

    /// Leaves the values for which a condition is true or null, or those for which it is false or null.
    fn condition(&mut self, expr: &Expr, truth: bool) {
        match (expr, truth) {
            (Expr::Not(inner), _) => self.condition(inner, !truth),
            (Expr::All(parts), true) | (Expr::Any(parts), false) => {
                for part in parts {
                    self.condition(part, truth);
                    self.settle();
                }
            }
            (Expr::Any(parts), true) | (Expr::All(parts), false) => {
                let branches: Vec<_> =
                    parts.iter().map(|part| |domain: &mut Self| domain.condition(part, truth)).collect();
                self.either(&branches.iter().map(|branch| branch as &dyn Fn(&mut Self)).collect::<Vec<_>>());
            }
            (Expr::This, _) => self.one_of(&[Literal::Bool(truth)], true),
            (Expr::Literal(Literal::Bool(value)), _) if *value != truth => self.regions.clear(),
            (Expr::Compare(op, left, right), _) => match (&**left, &**right) {
                (left, Expr::Literal(value)) => self.compare(left, *op, value, truth),
                (Expr::Literal(value), right) => self.compare(right, op.flipped(), value, truth),
                _ => {}
            },
            (Expr::Between { value, low, high }, _) => {
                let ends = [(CompareOp::Ge, low), (CompareOp::Le, high)];
                let ends =
                    ends.into_iter().filter_map(|(op, end)| Some(Expr::Compare(op, value.clone(), end.clone()?)));
                self.condition(&Expr::All(ends.collect()), truth);
            }
            (Expr::OneOf(value, members), _) if **value == Expr::This => self.one_of(members, truth),
            (Expr::Matches(value, pattern), _) if **value == Expr::This => {
                self.each(|region| region.matching(pattern, truth));
            }
            // `self` is not null here
            (Expr::Call { function, args }, true) if function == "is_none" && args.as_slice() == [Expr::This] => {
                self.regions.clear();
            }
            _ => {}
        }
    }

    /// `self` or its length, compared with a literal.
    fn compare(&mut self, subject: &Expr, op: CompareOp, value: &Literal, truth: bool) {
        match (subject, value) {
            (_, Literal::Null) => {}
            (Expr::This, _) => self.each(|region| region.compare(op, value, truth)),
            (Expr::Call { function, args }, Literal::Number(bound))
                if function == "length" && args.as_slice() == [Expr::This] =>
            {
                let op = if truth { op } else { opposite(op) };
                if op == CompareOp::Ne {
                    self.either(
                        &[CompareOp::Lt, CompareOp::Gt]
                            .map(|op| move |domain: &mut Self| domain.each(|region| region.compare_length(op, bound)))
                            .each_ref()
                            .map(|branch| branch as &dyn Fn(&mut Self)),
                    );
                } else {
                    self.each(|region| region.compare_length(op, bound));
                }
            }
            _ => {}
        }
    }

    fn one_of(&mut self, members: &[Literal], truth: bool) {
        if members.contains(&Literal::Null) {
            return;
        }
        self.each(|region| if truth { region.keep(members) } else { region.exclude(members) });
    }
}

/// The comparison that holds where this one does not, between values that are ordered.
const fn opposite(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}
