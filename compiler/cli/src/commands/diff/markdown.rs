//! A comment for a pull request, with the picture of what is affected.

use std::{collections::BTreeSet, fmt::Write as _};

use mlp_diagnostics::render::Failure;
use mlp_evolution::{Change, Class};

use super::{Compared, shown, text};

/// All packages.
pub fn write(compared: &[Compared], against: &str, deny_governance: bool) -> String {
    let broken = compared.iter().any(|one| one.found.is_broken());
    let changes: Vec<&Change> = compared.iter().flat_map(|one| &one.found.changes).collect();
    let mut out = String::new();
    let verdict = if broken {
        "❌ breaks what was promised"
    } else if deny_governance {
        "❌ loosens what guards it"
    } else if changes.is_empty() {
        "✅ nothing changed"
    } else if compared.iter().any(|one| one.found.changes.iter().any(|change| shown::hurts_others(one, change))) {
        "⚠️ breaks readers in this repository, which its modes permit"
    } else if changes.iter().any(|change| change.breaks.any())
        && compared.iter().any(|one| !one.found.unread.is_empty())
    {
        "⚠️ breaks only what its modes permit, or what was accepted, and not everybody who may read it is known"
    } else if changes.iter().any(|change| change.breaks.any()) {
        "✅ breaks only what its modes permit, or what was accepted"
    } else if changes.iter().any(|change| change.class == Class::Governance) {
        "⚠️ breaks nobody, and loosens what guards it"
    } else {
        "✅ breaks nobody"
    };
    let _ = writeln!(out, "### Contracts against `{}`: {verdict}\n", code(against));
    for one in compared {
        if compared.len() > 1 {
            let _ = writeln!(out, "#### `{}`\n", code(&one.package));
        }
        contracts(one, &mut out);
        details(one, &mut out);
        one.found.notes.iter().for_each(|note| _ = writeln!(out, "- note: {}", escaped(note)));
    }
    let paths: BTreeSet<&Vec<String>> = changes
        .iter()
        .filter(|change| change.breaks.any())
        .flat_map(|change| &change.readers)
        .map(|reader| &reader.path)
        .collect();
    if !paths.is_empty() {
        picture(&paths, &mut out);
    }
    out
}

/// Where nothing could be compared.
pub fn unable(against: &str, failures: &[Failure]) -> String {
    format!("### Contracts against `{}`: ❌ not compared\n{}", code(against), failed(failures))
}

/// What could not be compared, and why.
pub fn failed(failures: &[Failure]) -> String {
    let mut out = String::new();
    for failure in failures {
        for (index, line) in failure.words().lines().enumerate() {
            let _ = writeln!(out, "{}{}", if index == 0 { "\n- ❌ " } else { "  - " }, escaped(line));
        }
    }
    out
}

fn contracts(one: &Compared, out: &mut String) {
    let touched: BTreeSet<&str> = one.found.changes.iter().map(|change| change.subject.as_str()).collect();
    let rows: Vec<_> = one.found.contracts.iter().filter(|judged| touched.contains(judged.name.as_str())).collect();
    if rows.is_empty() {
        return;
    }
    out.push_str("| contract | mode | verdict | version needs | version has |\n|---|---|---|---|---|\n");
    for judged in rows {
        let least = judged.least.as_ref().map(|least| format!(", {least}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {}{least} | {} |",
            code(&judged.name),
            judged.mode.word(),
            if judged.broken { "❌ broken" } else { "✅ ok" },
            judged.required,
            judged.declared
        );
    }
    out.push('\n');
}

fn details(one: &Compared, out: &mut String) {
    let (asks, rest): (Vec<&Change>, Vec<&Change>) =
        one.found.changes.iter().partition(|change| change.code().is_some() || shown::hurts_others(one, change));
    let mut told: Vec<String> = Vec::new();
    for change in asks {
        // a break that its mode permits has no code, and is one all the same
        let (number, permitted) = match change.code() {
            Some(number) => (number, String::new()),
            None => (310, text::accepted(change)),
        };
        let place = if change.place.file.is_empty() {
            String::new()
        } else {
            format!(" ({}:{})", escaped(one.shown.name(&change.place)), change.place.line)
        };
        let _ = writeln!(
            out,
            "- **MLP{number}** `{}`{place}: {}{}",
            code(&shown::name(change)),
            escaped(&change.message),
            escaped(&permitted)
        );
        if let Some(help) = &change.help {
            let _ = writeln!(out, "  - {}", escaped(help));
        }
        if let Some(example) = &change.example {
            let rows: Vec<String> = example.rows.iter().map(|row| format!("`{}`", code(row))).collect();
            let colon = if rows.is_empty() { "" } else { ": " };
            let _ = writeln!(out, "  - for example {}{colon}{}", rows.join(", "), escaped(&example.says));
        }
        // of the next break of the same column they are the same
        let readers = shown::readers(one, change);
        if !readers.is_empty() && readers != told {
            readers.iter().for_each(|line| _ = writeln!(out, "  - {}", escaped(line)));
            told = readers;
        }
    }
    if rest.is_empty() {
        return;
    }
    let many = if rest.len() == 1 { "" } else { "s" };
    let _ = writeln!(out, "\n<details><summary>{} other change{many}</summary>\n", rest.len());
    for change in rest {
        let mark = if change.class == Class::Additive { "➕ " } else { "" };
        let _ = writeln!(
            out,
            "- {mark}{}: `{}`: {}{}",
            text::word(change),
            code(&shown::name(change)),
            escaped(&change.message),
            escaped(&text::accepted(change))
        );
    }
    out.push_str("\n</details>\n\n");
}

/// From contracts to what reads them.
fn picture(paths: &BTreeSet<&Vec<String>>, out: &mut String) {
    let mut names: Vec<&str> = Vec::new();
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    for path in paths {
        let mut before = None;
        for step in path.iter() {
            let index = names.iter().position(|name| name == step).unwrap_or_else(|| {
                names.push(step);
                names.len() - 1
            });
            if let Some(before) = before.replace(index) {
                edges.insert((before, index));
            }
        }
    }
    out.push_str("\n```mermaid\nflowchart LR\n");
    for (index, name) in names.iter().enumerate() {
        let _ = writeln!(out, "  n{index}[\"{}\"]", mlp_graph::mermaid_text(name));
    }
    for (from, to) in edges {
        let _ = writeln!(out, "  n{from} --> n{to}");
    }
    out.push_str("```\n");
}

/// Text between backticks.
fn code(text: &str) -> String {
    text.replace(['`', '\n', '\r'], " ")
}

/// Text of a message, whose backticks stay; nothing else in it is read as Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '`' => {
                quoted = !quoted;
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            '<' | '>' | '*' | '_' | '[' | ']' | '#' | '|' | '@' | '\\' if !quoted => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    if quoted {
        out.push('`');
    }
    out
}
