//! What people and logs read: first what asks for something, then all that changed.

use std::{collections::BTreeMap, fmt::Write as _};

use mlp_diagnostics::render::{Format, render};
use mlp_evolution::{Change, Class, Judged, Verdict};

use super::{
    Compared,
    shown::{self, Told},
};
use crate::output::Output;

/// All packages.
pub fn write(compared: &[Compared], format: Format, deny_governance: bool, output: &Output) -> String {
    let told = if format == Format::Short { Told::Short } else { Told::Long };
    let (map, diagnostics) = shown::all(compared, deny_governance, told);
    let mut text = render(&diagnostics, &map, format, &output.options());
    for one in compared {
        if format == Format::Short {
            let said = |change: &&Change| change.code().is_some() || shown::hurts_others(one, change);
            for change in one.found.changes.iter().filter(|change| !said(change)) {
                let _ = writeln!(text, "{}", line(one, change));
            }
        } else {
            text.push_str(&summary(one, compared.len() > 1));
        }
    }
    text
}

/// `src/orders.mlp:4:3: additive: `Order.note` ..`
fn line(one: &Compared, change: &Change) -> String {
    let place = if change.place.file.is_empty() {
        String::new()
    } else {
        format!("{}:{}:{}: ", one.shown.name(&change.place), change.place.line, change.place.column)
    };
    format!(
        "{place}{}: `{}`: {}{}{}",
        word(change),
        shown::name(change),
        change.message,
        accepted(change),
        permitted_readers(change)
    )
}

/// The class, in words.
pub const fn word(change: &Change) -> &'static str {
    match change.verdict {
        Verdict::Underbumped => return "version",
        Verdict::Expired => return "expired",
        Verdict::Fine | Verdict::Broken | Verdict::Accepted { .. } | Verdict::Loosened => {}
    }
    match change.class {
        Class::Additive => "additive",
        Class::Compatible => "compatible",
        Class::Breaking => "breaking",
        Class::Governance => "governance",
        Class::Docs => "docs",
    }
}

/// Why a break is accepted, or that its mode permits it.
pub fn accepted(change: &Change) -> String {
    match &change.verdict {
        Verdict::Accepted { because, until } => {
            let until = until.map(|until| format!(", until {until}")).unwrap_or_default();
            format!(" (accepted: {because}{until})")
        }
        Verdict::Fine if change.class == Class::Breaking => {
            format!(" (breaks {}, which its mode permits)", shown::whom(change.breaks).join(" and "))
        }
        _ => String::new(),
    }
}

/// Who reads what breaks, where nothing else tells: the mode permits it, or it was accepted.
fn permitted_readers(change: &Change) -> String {
    let is_told = !change.breaks.any() || !matches!(change.verdict, Verdict::Fine | Verdict::Accepted { .. });
    if is_told { String::new() } else { shown::read_by(change) }
}

/// Contracts with their verdicts, then every change, a line each.
fn summary(one: &Compared, with_name: bool) -> String {
    let mut text = String::new();
    if with_name {
        let _ = writeln!(text, "package {}", one.package);
    }
    if one.found.changes.is_empty() {
        text.push_str("nothing changed\n");
        return text;
    }
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: Vec<(&str, Vec<&Change>)> = Vec::new();
    for change in &one.found.changes {
        let place = *places.entry(&change.subject).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(change),
            None => groups.push((&change.subject, vec![change])),
        }
    }
    let judged: BTreeMap<&str, &Judged> =
        one.found.contracts.iter().map(|judged| (judged.name.as_str(), judged)).collect();
    for (subject, changes) in groups {
        let verdict = judged.get(subject).map(|judged| {
            let bump = match &judged.least {
                Some(least) if judged.required > judged.declared => format!(", needs version {least} or more"),
                _ => String::new(),
            };
            format!(" ({}): {}{bump}", judged.mode.word(), if judged.broken { "broken" } else { "ok" })
        });
        let _ = writeln!(text, "{subject}{}", verdict.unwrap_or_default());
        for change in changes {
            let rest = accepted(change) + &permitted_readers(change);
            let _ = writeln!(text, "  {:<11} {}{rest}", word(change), change.message);
        }
    }
    text
}
