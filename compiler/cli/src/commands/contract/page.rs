//! The report as one page, which needs nothing beside itself.

use std::{fmt::Write as _, fs::File, io::Read as _, path::Path};

use mlp_diagnostics::render::Failure;
use mlp_engine::table::{
    outcome::{Outcome, Verdict},
    show::grouped,
};

use super::report::{Told, percent, settled, size};
use crate::output::Output;

/// How each page begins.
const BEGIN: &str = "<!doctype html>\n";
/// And how it ends.
const END: &str = "</body>\n</html>\n";

const STYLE: &str = "
:root { color-scheme: light dark; --fail: light-dark(#b3261e, #ff8a80); --pass: light-dark(#1b6e3c, #7ddb9b); --warn: light-dark(#8a5a00, #ffca7a);
  --unknown: light-dark(#5b4a9b, #c3b5ff); --line: light-dark(#d9dce1, #3a3f47); --soft: light-dark(#5f6672, #a4abb6); --back: light-dark(#f6f7f9, #1e2126) }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } p { margin: .25rem 0 1rem } .soft { color: var(--soft) }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; background: var(--back); border-radius: 8px; padding: 1rem; margin: 1rem 0 }
dt { color: var(--soft); font-size: .8rem } dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th { text-align: left; font-size: .8rem; color: var(--soft); font-weight: 500 } th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums } th.number { text-align: right }
code, li { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere } ul { margin: .35rem 0; padding-left: 1.1rem } summary { cursor: pointer; color: var(--soft); font-size: .85rem }
.verdict { font-weight: 600; white-space: nowrap } .fail { color: var(--fail) } .pass { color: var(--pass) } .warn { color: var(--warn) } .unknown { color: var(--unknown) }
";

/// Refuses the place of a file that is no page: a report is written over the last one, and over nothing else.
pub fn is_free(path: &Path, output: &Output) -> Result<(), u8> {
    let begins = |file: File| {
        let mut first = String::new();
        file.take(BEGIN.len() as u64).read_to_string(&mut first).is_ok_and(|_| first.is_empty() || first == BEGIN)
    };
    if !path.exists() || File::open(path).is_ok_and(begins) {
        return Ok(());
    }
    let what = format!("{}: there is a file already, and it is no page of a report", path.display());
    Err(output.failure(&what, Some("name another file with --html, or remove this one first")))
}

/// A page of a check that could not be made.
pub fn unable(contract: &str, failures: &[Failure]) -> String {
    let name = escaped(contract);
    let mut html = head(&name, "not checked");
    let _ = writeln!(html, "<h1>{name}: <span class=\"fail\">it was not checked</span></h1>");
    if failures.is_empty() {
        html.push_str("<p>The program has errors; <code>mlp check</code> tells them.</p>\n");
    }
    for failure in failures {
        let _ = writeln!(html, "<p>{}</p>", escaped(&failure.words()).replace('\n', "<br>"));
    }
    html.push_str(END);
    html
}

fn head(name: &str, verdict: &str) -> String {
    format!(
        "{BEGIN}<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: {verdict}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
}

/// The page.
pub fn page(told: &Told<'_>) -> String {
    let name = escaped(&told.contract.name);
    let verdict = told.verdict().word();
    let mut html = head(&name, verdict);
    let _ = writeln!(html, "<h1>{name}: <span class=\"{verdict}\">{}</span></h1>", headline(told));
    let data = match told.names {
        [only] => only.clone(),
        [first, ..] => format!("{first} and {} more", told.names.len() - 1),
        [] => String::new(),
    };
    let _ = writeln!(html, "<p class=\"soft\">{}</p>", escaped(&data));
    if let Some(doc) = &told.contract.doc {
        let _ = writeln!(html, "<p>{}</p>", escaped(doc));
    }
    if told.report.sampled || told.report.stopped {
        let words = if told.report.sampled {
            "Only a sample was looked at, the first rows."
        } else {
            "The check ended early, when enough rows were broken: not all rows were looked at."
        };
        let _ = writeln!(html, "<p class=\"unknown\">{words}</p>");
    }
    facts(&mut html, told);
    html.push_str("<div class=\"wide\"><table>\n<thead><tr><th>verdict<th>rule<th class=\"number\">rows<th class=\"number\">share<th>settled by</tr></thead>\n<tbody>\n");
    let mut outcomes: Vec<&Outcome> = told.report.outcomes.iter().collect();
    // what has to be mended stands first
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(outcome.verdict));
    outcomes.into_iter().for_each(|outcome| row(&mut html, told, outcome));
    html.push_str("</tbody>\n</table></div>\n");
    html.push_str(END);
    html
}

fn headline(told: &Told<'_>) -> String {
    match told.verdict() {
        Verdict::Pass => "the data keeps it".to_owned(),
        Verdict::Warn => "the data keeps it, with warnings".to_owned(),
        Verdict::Unknown => format!("{} rules could not be checked", told.count(Verdict::Unknown)),
        Verdict::Fail => {
            format!("the data breaks {} of {} rules", told.count(Verdict::Fail), told.report.outcomes.len())
        }
    }
}

fn facts(html: &mut String, told: &Told<'_>) {
    let seconds = told.elapsed.as_secs_f64();
    let mut facts = vec![("rows", grouped(told.report.rows)), ("time", format!("{seconds:.2} s"))];
    if told.report.bytes > 0 {
        facts.push(("read", size(told.report.bytes)));
    }
    if told.names.len() > 1 {
        facts.push(("files", grouped(told.names.len() as u64)));
    }
    for verdict in [Verdict::Pass, Verdict::Fail, Verdict::Unknown, Verdict::Warn] {
        facts.push((verdict.word(), grouped(told.count(verdict) as u64)));
    }
    html.push_str("<dl>");
    for (name, value) in facts {
        let _ = write!(html, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    }
    html.push_str("</dl>\n");
}

fn row(html: &mut String, told: &Told<'_>, outcome: &Outcome) {
    let verdict = outcome.verdict.word();
    let _ =
        write!(html, "<tr><td class=\"verdict {verdict}\">{verdict}</td><td><code>{}</code>", escaped(&outcome.words));
    for words in [&outcome.found, &outcome.message].into_iter().flatten().filter(|words| !words.is_empty()) {
        let _ = write!(html, "<div class=\"soft\">{}</div>", escaped(words));
    }
    let rows = told.rows(outcome);
    if !rows.is_empty() {
        let open = if outcome.verdict == Verdict::Fail { " open" } else { "" };
        let first = match rows.len() {
            1 => "the first row".to_owned(),
            count => format!("the first {count} rows"),
        };
        let _ = write!(html, "<details{open}><summary>{first}</summary><ul>");
        for (place, words) in rows {
            let place = place.map(|(file, row)| format!("{file} row {}: ", grouped(row))).unwrap_or_default();
            let _ = write!(html, "<li>{}{}</li>", escaped(&place), escaped(&words));
        }
        html.push_str("</ul></details>");
    }
    if outcome.verdict != Verdict::Pass && !outcome.place.file.is_empty() {
        let _ = write!(html, "<div class=\"soft\">{}</div>", escaped(&outcome.place.to_string()));
    }
    let (rows, share) = match outcome.rows {
        0 => (String::new(), String::new()),
        rows => (grouped(rows), percent(rows, outcome.of)),
    };
    let _ = writeln!(
        html,
        "</td><td class=\"number\">{rows}</td><td class=\"number\">{share}</td><td class=\"soft\">{}</td></tr>",
        settled(outcome)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
