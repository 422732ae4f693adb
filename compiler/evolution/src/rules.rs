//! Rules over the set: keys, unique columns, references, and what is expected of the data as a whole. `<:` on edges leaves the last two out; between versions
//! they count.

use mlp_analysis::{
    subtype::{is_always_null, is_unique, keeps_unique},
    versions::follows,
};
use mlp_plan::{CompareOp, Contract, Expectation, Expr, Literal, Place, Reference};

use crate::{
    change::{Breaks, Change, Class, Direction, Example},
    contract::Both,
    example::{self, Side},
    values::direction,
};

/// Every change of rules over the set.
pub fn changes(both: &Both<'_>) -> Vec<Change> {
    let mut found = sets(both, "key", |contract| &contract.keys);
    found.extend(sets(both, "unique", |contract| &contract.uniques));
    found.extend(references(both));
    found.extend(expectations(both));
    found
}

/// Keys, or sets of unique columns.
fn sets(both: &Both<'_>, word: &'static str, of: impl Fn(&Contract) -> &Vec<Vec<String>>) -> Vec<Change> {
    let sorted = |columns: &Vec<String>| {
        let mut columns = columns.clone();
        columns.sort();
        columns
    };
    let differ = |some: &[Vec<String>], all: &[Vec<String>]| -> Vec<(usize, Vec<String>)> {
        let known: Vec<Vec<String>> = all.iter().map(sorted).collect();
        some.iter().cloned().enumerate().filter(|(_, columns)| !known.contains(&sorted(columns))).collect()
    };
    let (gone, came) = (differ(of(both.old), of(both.new)), differ(of(both.new), of(both.old)));
    let count = gone.len().max(came.len());
    (0..count).map(|index| set(both, word, gone.get(index), came.get(index))).collect()
}

type Columns = (usize, Vec<String>);

fn set(both: &Both<'_>, word: &'static str, gone: Option<&Columns>, came: Option<&Columns>) -> Change {
    let text = |columns: Option<&Columns>| columns.map(|(_, columns)| format!("{word} ({})", columns.join(", ")));
    let proven = |from: &Contract, to: &Contract, columns: Option<&Columns>| {
        columns.is_none_or(
            |(_, columns)| {
                if word == "key" { is_unique(from, columns) } else { keeps_unique(from, to, columns) }
            },
        )
    };
    let breaks = Breaks {
        backward: !proven(both.old, &both.new_reader, came),
        forward: !proven(both.new, &both.old_reader, gone),
    };
    let (was, is) = (text(gone), text(came));
    let (kind, message) = match (&was, &is) {
        (Some(was), Some(is)) => {
            (if word == "key" { "key_changed" } else { "unique_changed" }, format!("`{was}` is `{is}` now"))
        }
        (None, Some(is)) => (if word == "key" { "key_added" } else { "unique_added" }, format!("`{is}` is new")),
        (was, _) => (
            if word == "key" { "key_removed" } else { "unique_removed" },
            format!("`{}` is gone", was.as_deref().unwrap_or_default()),
        ),
    };
    let place = |contract: &Contract, columns: Option<&Columns>| -> Option<Place> {
        let word = Contract::nth(word, columns?.0);
        contract.place("", &word).cloned()
    };
    // what follows from the rest is only said in other words; a key is more than what is unique in it
    let class = if word == "unique" && !breaks.any() { Class::Docs } else { Class::Compatible };
    let mut change = both.change(kind, class, "", message).from_to(was, is).breaking(direction(breaks), breaks).at(
        place(both.new, came).as_ref().or_else(|| both.place(both.new, "")),
        place(both.old, gone).as_ref().or_else(|| both.place(both.old, "")),
    );
    if let (true, Some((_, columns))) = (breaks.backward, came) {
        change.example = example::twice(both.subject, both.old, columns, Side::Old);
        change = change.help("let rows repeat, or make them unique before they are written");
    } else if let (true, Some((_, columns))) = (breaks.forward, gone) {
        change.example = example::twice(both.subject, both.new, columns, Side::New);
        change = change.help("keep it: who joins on it expects each row once");
    }
    change
}

fn references(both: &Both<'_>) -> Vec<Change> {
    let text =
        |one: &Reference| format!("references {}({}) from ({})", one.contract, one.to.join(", "), one.from.join(", "));
    let mut found = Vec::new();
    let pairs = |one: &Reference| -> (String, Vec<(String, String)>) {
        let mut pairs: Vec<_> = one.from.iter().cloned().zip(one.to.iter().cloned()).collect();
        pairs.sort();
        (one.contract.clone(), pairs)
    };
    let has = |all: &[Reference], one: &Reference| all.iter().any(|other| pairs(other) == pairs(one));
    let place = |contract: &Contract, one: &Reference| {
        let at = contract.references.iter().position(|other| other == one)?;
        contract.place("", &Contract::nth("references", at)).cloned()
    };
    let mut tell = |kind, message: String, one: &Reference, breaks: Breaks, side: Side| {
        let (was, is) = if side == Side::Old { (None, Some(text(one))) } else { (Some(text(one)), None) };
        let mut change =
            both.change(kind, Class::Compatible, "", message).from_to(was, is).breaking(direction(breaks), breaks);
        match side {
            Side::Old => change = change.at(place(both.new, one).as_ref(), None),
            Side::New => change = change.at(both.place(both.new, ""), place(both.old, one).as_ref()),
        }
        if !breaks.any() {
            found.push(change);
            return;
        }
        let permits = if side == Side::Old { "was permitted before" } else { "is permitted now" };
        change.example = Some(Example {
            rows: Vec::new(),
            says: format!("a row whose ({}) no `{}` has {permits}", one.from.join(", "), one.contract),
        });
        found.push(change.help(if side == Side::Old {
            "say it once the data hold it, in a new major version"
        } else {
            "keep it: who joins with the other table expects to find each row"
        }));
    };
    // a row with a null in it refers to nothing
    let is_null =
        |from: &Contract, to: &Contract, one: &Reference| one.from.iter().any(|name| is_always_null(from, to, name));
    for one in both.new.references.iter().filter(|one| !has(&both.old.references, one)) {
        let breaks = Breaks { backward: !is_null(both.old, &both.new_reader, one), forward: false };
        tell("reference_added", format!("`{}` is new", text(one)), one, breaks, Side::Old);
    }
    for one in both.old.references.iter().filter(|one| !has(&both.new.references, one)) {
        let breaks = Breaks { backward: false, forward: !is_null(both.new, &both.old_reader, one) };
        tell("reference_removed", format!("`{}` is gone", text(one)), one, breaks, Side::New);
    }
    found
}

/// What is expected of the data as a whole; `warn` permits everything, so that it is a matter of docs.
fn expectations(both: &Both<'_>) -> Vec<Change> {
    let firm = |contract: &Contract| -> Vec<Expectation> {
        contract.expectations.iter().filter(|one| !one.warn).cloned().collect()
    };
    let (old, new) = (firm(both.old), firm(both.new));
    let differ = |some: &[Expectation], all: &[Expectation]| -> Vec<Expectation> {
        some.iter().filter(|one| all.iter().all(|other| other.expr != one.expr)).cloned().collect()
    };
    let (mut gone, came) = (differ(&old, &new), differ(&new, &old));
    let exprs = |all: &[Expectation], contract: &Contract, asked: &[Expectation]| -> Vec<Expr> {
        let said = all.iter().map(|one| counted(&one.expr));
        said.chain(asked.iter().flat_map(|one| never_null(contract, &one.expr))).collect()
    };
    let (old_exprs, new_exprs) = (exprs(&old, both.old, &new), exprs(&new, both.new, &old));
    let mut found = Vec::new();
    for one in &came {
        let was = gone.iter().position(|old| measures(&old.expr) == measures(&one.expr)).map(|at| gone.remove(at));
        found.push(expectation(both, was.as_ref(), Some(one), &old_exprs, &new_exprs));
    }
    for one in &gone {
        found.push(expectation(both, Some(one), None, &old_exprs, &new_exprs));
    }
    found.extend(words(both));
    found
}

fn expectation(
    both: &Both<'_>,
    was: Option<&Expectation>,
    is: Option<&Expectation>,
    old: &[Expr],
    new: &[Expr],
) -> Change {
    let implied = |from: &[Expr], to: Option<&Expectation>| {
        to.is_none_or(|to| follows(&from.iter().collect::<Vec<_>>(), &counted(&to.expr)))
    };
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
        (true, _) => is.map(|is| (was, is, "was permitted before, and is refused now")),
        (_, true) => was.map(|was| (is, was, "is permitted now, and refused by who expects what was")),
        _ => None,
    };
    if let Some((given, wanted, says)) = shown {
        let rows = boundary(given.map(|one| &one.expr), &wanted.expr);
        match rows {
            Some(rows) => {
                change.example = Some(Example { rows: Vec::new(), says: format!("data with {rows}: {says}") })
            }
            None => {
                change.example =
                    Some(Example { rows: Vec::new(), says: format!("data that break `{}`: {says}", wanted.expr) });
                change.direction = if given.is_some() { Direction::Unknown } else { change.direction };
            }
        }
        change.help(if breaks.backward {
            "say it with `warn` first, until the data hold it"
        } else {
            "keep it: who reads the data counts on it"
        })
    } else {
        change
    }
}

/// A rule over counts with its ends where counts lie: `rows > 9` as `rows >= 10`.
fn counted(expr: &Expr) -> Expr {
    let mut expr = expr.clone();
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

/// A value of the one measure that both speak of which satisfies the one rule and breaks the other, as `rows = 9999`.
fn boundary(given: Option<&Expr>, wanted: &Expr) -> Option<String> {
    let names = measures(wanted);
    let [name] = names.as_slice() else { return None };
    let alone = |expr: &Expr| {
        let mut expr = expr.clone();
        expr.walk_mut(&mut |part| {
            if matches!(part, Expr::Call { .. }) && part.to_string() == *name {
                *part = Expr::This;
            }
        });
        mlp_plan::Constraint::Where(expr)
    };
    let float = mlp_plan::ValueType::plain(mlp_plan::DataType::Float(64));
    let with = |constraint| mlp_plan::ValueType { constraints: vec![constraint], ..float.clone() };
    let wanted = alone(wanted);
    let given = given.map(alone);
    let other = given.clone().map_or_else(|| float.clone(), with);
    let counts = name.starts_with("rows") || name.starts_with("distinct");
    let tried = crate::candidates::candidates(&other, &with(wanted.clone()));
    let negative = |value: &mlp_plan::Literal| value.as_f64().is_some_and(|number| number < 0.0);
    let share = name.starts_with("null_rate") || name.starts_with("fraction");
    let broken = |value: &&mlp_plan::Literal| {
        (!counts || value.as_i64().is_some())
            && (!share || value.as_f64().is_some_and(|number| number <= 1.0))
            && (!negative(value) || name.starts_with("mean") || name.starts_with("min"))
            && given.as_ref().is_none_or(|given| mlp_plan::holds::holds(given, &float.data, value) == Some(true))
            && mlp_plan::holds::holds(&wanted, &float.data, value) == Some(false)
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
