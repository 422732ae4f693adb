//! A judgement as a plain-text table.

use super::{ClauseVerdict, Judgement, RuleKind, Verdict};

const HEADS: [&str; 6] = ["clause", "value", "interval", "threshold", "verdict", "where"];

/// A table of the clauses, one a line, with reasons below them and the decision at the end. Numbers have six significant digits.
#[must_use]
pub fn render_table(judgement: &Judgement) -> String {
    let rows: Vec<[String; 6]> = judgement.clauses.iter().map(cells).collect();
    let heads = HEADS.map(str::to_owned);
    let mut widths = [0; 6];
    for row in std::iter::once(&heads).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = line(&heads, &widths);
    for (row, clause) in rows.iter().zip(&judgement.clauses) {
        out.push_str(&line(row, &widths));
        let notes = [clause.reason.as_ref(), clause.message.as_ref()];
        notes.into_iter().flatten().for_each(|note| out.push_str(&format!("    {note}\n")));
    }
    let reason = judgement.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
    out.push_str(&format!("{}: {}{reason}\n", judgement.policy, judgement.verdict.word()));
    out
}

fn cells(clause: &ClauseVerdict) -> [String; 6] {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
    let interval =
        clause.interval.map_or_else(|| "-".to_owned(), |(low, high)| format!("{} .. {}", figure(low), figure(high)));
    let verdict = match (clause.rule, clause.verdict) {
        (RuleKind::Warn, Verdict::Fail | Verdict::Unknown) => format!("warn ({})", clause.verdict.word()),
        (_, verdict) => verdict.word().to_owned(),
    };
    let place = format!("{}:{}", clause.place.file, clause.place.line);
    [clause.text.clone(), number(clause.value), interval, number(clause.threshold), verdict, place]
}

fn line(cells: &[String; 6], widths: &[usize; 6]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    format!("{}\n", padded.join("  ").trim_end())
}

/// A number with six significant digits, without trailing zeros.
pub(super) fn figure(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.5e}");
    }
    if value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
    let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
