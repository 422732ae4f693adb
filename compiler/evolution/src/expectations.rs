//! What is expected of the data as a whole: whether it follows, by intervals over its measures, and data that show where not.

use mlp_analysis::{subtype::domain::Domain, versions::follows};
use mlp_plan::{CompareOp, Constraint, Contract, DataType, Expectation, Expr, Literal, Place, ValueType, holds};

use crate::{
    candidates::{candidates, fits},
    change::{Breaks, Change, Class, Direction, Example},
    contract::Both,
    values::direction,
};

/// What is expected of the data as a whole; `warn` permits everything, so that it is a matter of docs.
pub fn expectations(both: &Both<'_>) -> Vec<Change> {
    let firm = |contract: &Contract| -> Vec<Expectation> {
        contract.expectations.iter().filter(|one| !one.warn).cloned().collect()
    };
    let (old, new) = (firm(both.old), firm(both.new));
    let differ = |some: &[Expectation], all: &[Expectation]| -> Vec<Expectation> {
        some.iter().filter(|one| all.iter().all(|other| other.expr != one.expr)).cloned().collect()
    };
    let (mut gone, came) = (differ(&old, &new), differ(&new, &old));
    let (old_said, new_said) = (Said::new(both.old, &old, &new), Said::new(both.new, &new, &old));
    let mut found = Vec::new();
    for one in &came {
        let was = gone.iter().position(|old| measures(&old.expr) == measures(&one.expr)).map(|at| gone.remove(at));
        found.push(expectation(both, (was.as_ref(), &old_said), (Some(one), &new_said)));
    }
    for one in &gone {
        found.push(expectation(both, (Some(one), &old_said), (None, &new_said)));
    }
    found.extend(words(both));
    found
}

fn expectation(
    both: &Both<'_>,
    (was, old): (Option<&Expectation>, &Said<'_>),
    (is, new): (Option<&Expectation>, &Said<'_>),
) -> Change {
    let implied = |said: &Said<'_>, to: Option<&Expectation>| to.is_none_or(|to| said.implies(&to.expr));
    let breaks = Breaks { backward: !implied(old, is), forward: !implied(new, was) };
    let class = if was.is_some() && is.is_some() && !breaks.any() { Class::Docs } else { Class::Compatible };
    let text = |one: Option<&Expectation>| one.map(|one| format!("expect {}", one.expr));
    let (kind, message) = match (text(was), text(is)) {
        (Some(was), Some(is)) => ("expectation_changed", format!("`{was}` is `{is}` now")),
        (None, Some(is)) => ("expectation_added", format!("`{is}` is new")),
        (was, _) => ("expectation_removed", format!("`{}` is gone", was.unwrap_or_default())),
    };
    let mut change =
        both.change(kind, class, "", message).from_to(text(was), text(is)).breaking(direction(breaks), breaks).at(
            is.map(|one| &one.place).or_else(|| both.place(both.new, "")),
            was.map(|one| &one.place).or_else(|| both.place(both.old, "")),
        );
    let shown = match (breaks.backward, breaks.forward) {
        (true, _) => is.map(|is| (old, was, is, "was permitted before, and is refused now")),
        (_, true) => was.map(|was| (new, is, was, "is permitted now, and refused by who expects what was")),
        _ => None,
    };
    if let Some((said, given, wanted, says)) = shown {
        let data = if said.implies_of_values(&wanted.expr) {
            let names: Vec<String> = wanted.expr.columns().iter().map(|name| format!("`{name}`")).collect();
            Some(format!("data without any value of {}, so that nothing can be measured", names.join(" or ")))
        } else {
            boundary(said, given.map(|one| &one.expr), &wanted.expr).map(|measured| format!("data with {measured}"))
        };
        if data.is_none() && given.is_some() {
            change.direction = Direction::Unknown;
        }
        let data = data.unwrap_or_else(|| format!("data that break `{}`", wanted.expr));
        change.example = Some(Example { rows: Vec::new(), says: format!("{data}: {says}") });
        change.help(if breaks.backward {
            "say it with `warn` first, until the data hold it"
        } else {
            "keep it: who reads the data counts on it"
        })
    } else {
        change
    }
}

/// What a contract says of the set.
struct Said<'a> {
    contract: &'a Contract,
    exprs: Vec<Expr>,
    /// The ends between which measures lie because the values of their columns do, as long as there is a value, each with its column.
    ends: Vec<(Expr, String)>,
}

impl<'a> Said<'a> {
    /// What is expected of the data of a contract, with what its types say of the measures in `all` and in `asked`.
    fn new(contract: &'a Contract, all: &[Expectation], asked: &[Expectation]) -> Self {
        let exprs = all.iter().map(|one| counted(&one.expr));
        let exprs = exprs.chain(asked.iter().flat_map(|one| never_null(contract, &one.expr))).collect();
        let ends = all.iter().chain(asked).flat_map(|one| ends(contract, &one.expr)).collect();
        Self { contract, exprs, ends }
    }

    fn implies(&self, to: &Expr) -> bool {
        follows(&self.exprs.iter().collect::<Vec<_>>(), &counted(to)) || {
            let known = self.ends.iter().filter(|(_, column)| self.has_values(column)).map(|(ends, _)| ends);
            follows(&self.exprs.iter().chain(known).collect::<Vec<_>>(), &counted(to))
        }
    }

    /// Whether it would follow if every column had a value.
    fn implies_of_values(&self, to: &Expr) -> bool {
        let known = self.ends.iter().map(|(ends, _)| ends);
        follows(&self.exprs.iter().chain(known).collect::<Vec<_>>(), &counted(to))
    }

    /// Whether a column has a value for sure: a measure of its values is asked for, or there are rows, and not all are null in it.
    fn has_values(&self, name: &str) -> bool {
        if self.exprs.iter().any(|expr| needs_value(expr, name)) {
            return true;
        }
        let call = |function: &str, args: Vec<Expr>| Box::new(Expr::Call { function: function.to_owned(), args });
        let number = |number: i64| Box::new(Expr::Literal(Literal::Number(number.into())));
        let given: Vec<&Expr> = self.exprs.iter().collect();
        let rows = Expr::Compare(CompareOp::Ge, call("rows", Vec::new()), number(1));
        let nulls = Expr::Compare(CompareOp::Lt, call("null_rate", vec![Expr::Column(name.to_owned())]), number(1));
        let never_null = self.contract.column(name).is_some_and(|column| !self.contract.may_be_null(column));
        follows(&given, &rows) && (never_null || follows(&given, &nulls))
    }

    /// Whether a measure may have a value, as far as the values of its column and what else is said of it tell.
    fn may_measure(&self, name: &str, value: &Literal) -> bool {
        let said = self.exprs.iter().chain(self.ends.iter().map(|(ends, _)| ends));
        let is_within = said
            .filter_map(|expr| alone(expr, name))
            .all(|condition| holds::holds(&condition, &MEASURE, value) == Some(true));
        let column = name.strip_prefix("min(").or_else(|| name.strip_prefix("max("));
        let column = column.and_then(|rest| self.contract.column(rest.strip_suffix(')')?));
        *value != Literal::Nan && is_within && column.is_none_or(|column| fits(&column.value.data, value))
    }
}

/// Whether a rule holds only of data in which a column has a value.
fn needs_value(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::All(parts) => parts.iter().any(|part| needs_value(part, name)),
        Expr::Compare(..) => {
            let mut found = false;
            expr.walk(&mut |part| {
                found |= measured(part).is_some_and(|column| column == name);
            });
            found
        }
        _ => false,
    }
}

/// The column of a measure that lies between the ends of its values, and has none where there is no value.
fn measured(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Call { function, args } if ["min", "max", "mean", "quantile"].contains(&function.as_str()) => {
            match args.first()? {
                Expr::Column(name) => Some(name),
                _ => None,
            }
        }
        _ => None,
    }
}

/// As what the measures of a set are compared.
const MEASURE: DataType = DataType::Float(64);

/// The ends of the columns whose least, largest and middle values a rule speaks of, as rules, each with its column.
fn ends(contract: &Contract, expr: &Expr) -> Vec<(Expr, String)> {
    let mut found = Vec::new();
    expr.walk(&mut |part| {
        let Some(name) = measured(part) else { return };
        let Some(domain) = contract.column(name).map(|column| Domain::of(&column.value)) else { return };
        let Some((low, high)) = domain.ends().filter(|_| !domain.may_be_nan()) else { return };
        for (end, op, beyond) in [(low, CompareOp::Ge, CompareOp::Gt), (high, CompareOp::Le, CompareOp::Lt)] {
            let Some(end) = end else { continue };
            let op = if end.open { beyond } else { op };
            found
                .push((Expr::Compare(op, Box::new(part.clone()), Box::new(Expr::Literal(end.value))), name.to_owned()));
        }
    });
    found
}

/// A rule without `not` before comparisons. That is the same for every measure: one that has no value (the mean of no rows) or is NaN makes a comparison
/// unknown, and so what is its opposite, and unknown passes neither.
fn positive(expr: &Expr, holds: bool) -> Expr {
    let parts = |parts: &[Expr]| parts.iter().map(|part| positive(part, holds)).collect();
    match expr {
        Expr::Not(inner) => positive(inner, !holds),
        Expr::All(all) => {
            if holds {
                Expr::All(parts(all))
            } else {
                Expr::Any(parts(all))
            }
        }
        Expr::Any(any) => {
            if holds {
                Expr::Any(parts(any))
            } else {
                Expr::All(parts(any))
            }
        }
        Expr::Compare(op, left, right) if !holds => Expr::Compare(op.negated(), left.clone(), right.clone()),
        other if holds => other.clone(),
        other => Expr::Not(Box::new(other.clone())),
    }
}

/// A rule over counts with its ends where counts lie: `rows > 9` as `rows >= 10`, and so `not rows < 10`.
fn counted(expr: &Expr) -> Expr {
    let mut expr = positive(expr, true);
    expr.walk_mut(&mut |part| {
        let Expr::Compare(op, left, right) = part else { return };
        let is_count =
            |side: &Expr| matches!(side, Expr::Call { function, .. } if function == "rows" || function == "distinct");
        let whole = |side: &Expr| match side {
            Expr::Literal(value @ Literal::Number(_)) => value.as_i64(),
            _ => None,
        };
        let (op_now, number, on_right) = match (is_count(left), whole(right), is_count(right), whole(left)) {
            (true, Some(number), ..) => (*op, number, true),
            (.., true, Some(number)) => (op.flipped(), number, false),
            _ => return,
        };
        let (ends, by) = match op_now {
            CompareOp::Gt => (CompareOp::Ge, 1),
            CompareOp::Lt => (CompareOp::Le, -1),
            _ => return,
        };
        let Some(number) = number.checked_add(by) else { return };
        let (side, ends) = if on_right { (right, ends) } else { (left, ends.flipped()) };
        **side = Expr::Literal(Literal::Number(number.into()));
        *op = ends;
    });
    expr
}

/// What the types of columns say of the share of nulls that a rule speaks of.
fn never_null(contract: &Contract, expr: &Expr) -> Vec<Expr> {
    let mut found = Vec::new();
    expr.walk(&mut |part| {
        if let Expr::Call { function, args } = part
            && function == "null_rate"
            && let Some(Expr::Column(name)) = args.first()
            && contract.column(name).is_some_and(|column| !contract.may_be_null(column))
        {
            let none = Box::new(Expr::Literal(Literal::Number(0.into())));
            found.push(Expr::Compare(CompareOp::Le, Box::new(part.clone()), none));
        }
    });
    found
}

/// The measures that a rule speaks of.
fn measures(expr: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    expr.walk(&mut |part| {
        if let Expr::Call { .. } = part {
            found.push(part.to_string());
        }
    });
    found.sort();
    found.dedup();
    found
}

/// A rule as a condition on the one measure that it speaks of; none where it speaks of another.
fn alone(expr: &Expr, name: &str) -> Option<Constraint> {
    if measures(expr) != [name] {
        return None;
    }
    let mut expr = expr.clone();
    expr.walk_mut(&mut |part| {
        if matches!(part, Expr::Call { .. }) {
            *part = Expr::This;
        }
    });
    Some(Constraint::Where(expr))
}

/// A value of the one measure that both speak of which satisfies the one rule and breaks the other, as `rows = 9999`.
fn boundary(said: &Said<'_>, given: Option<&Expr>, wanted: &Expr) -> Option<String> {
    let names = measures(wanted);
    let [name] = names.as_slice() else { return None };
    let with = |constraint: Option<&Constraint>| ValueType {
        constraints: constraint.cloned().into_iter().collect(),
        ..ValueType::plain(MEASURE)
    };
    let wanted = alone(wanted, name)?;
    let given = match given {
        Some(given) => Some(alone(given, name)?),
        None => None,
    };
    let counts = name.starts_with("rows") || name.starts_with("distinct");
    let mut tried = candidates(&with(given.as_ref()), &with(Some(&wanted)));
    // measures lie between the ends of their column, which may be far from those of the rule
    for (ends, _) in &said.ends {
        if let Some(ends) = alone(ends, name) {
            tried.extend(candidates(&with(Some(&ends)), &with(Some(&wanted))));
        }
    }
    let negative = |value: &Literal| value.as_f64().is_some_and(|number| number < 0.0);
    let share = name.starts_with("null_rate") || name.starts_with("fraction");
    let broken = |value: &&Literal| {
        (!counts || value.as_i64().is_some())
            && (!share || value.as_f64().is_some_and(|number| number <= 1.0))
            && (!negative(value) || name.starts_with("m"))
            && said.may_measure(name, value)
            && given.as_ref().is_none_or(|given| holds::holds(given, &MEASURE, value) == Some(true))
            && holds::holds(&wanted, &MEASURE, value) == Some(false)
    };
    tried.iter().find(broken).map(|value| format!("{name} = {value}"))
}

/// What is only warned of, and what is said where a rule is broken.
fn words(both: &Both<'_>) -> Vec<Change> {
    let warned = |contract: &Contract| -> Vec<(String, Place)> {
        contract
            .expectations
            .iter()
            .filter(|one| one.warn)
            .map(|one| (format!("warn {}", one.expr), one.place.clone()))
            .collect()
    };
    let (old, new) = (warned(both.old), warned(both.new));
    let without = |some: &[(String, Place)], all: &[(String, Place)]| -> Vec<(String, Place)> {
        some.iter().filter(|(text, _)| all.iter().all(|(other, _)| other != text)).cloned().collect()
    };
    let mut found = Vec::new();
    for (text, place) in without(&new, &old) {
        let change = both.change("warning_added", Class::Docs, "", format!("`{text}` is new"));
        found.push(change.from_to(None, Some(text)).at(Some(&place), None));
    }
    for (text, place) in without(&old, &new) {
        let change = both.change("warning_removed", Class::Docs, "", format!("`{text}` is gone"));
        found.push(change.from_to(Some(text), None).at(both.place(both.new, ""), Some(&place)));
    }
    let message = |contract: &Contract, expr: &Expr| {
        contract.expectations.iter().find(|one| one.expr == *expr).and_then(|one| one.message.clone())
    };
    for one in &both.new.expectations {
        let known = both.old.expectations.iter().any(|old| old.expr == one.expr);
        let was = message(both.old, &one.expr);
        if known && was != one.message {
            let change = both.change(
                "docs_changed",
                Class::Docs,
                "",
                format!("what `{}` says where it is broken reads otherwise", one.expr),
            );
            found.push(change.from_to(was, one.message.clone()).at(Some(&one.place), None));
        }
    }
    found
}
