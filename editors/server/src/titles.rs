//! The last run and the last decision in words that fit above a line.

use crate::history::{Clause, Decided, Instant, LastDecision, LastRun, State};

/// How what ran stands to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// The text would run the same.
    Same,
    /// It would run something else.
    Other,
    /// Nobody knows: the text was never whole, or the record is older than this comparison.
    Unknown,
}

/// So many clauses are told.
const CLAUSES: usize = 4;

/// The last run of a pipeline of so many nodes: `failed at \`model\` 2 h ago: MLP901`.
#[must_use]
pub fn run(last: &LastRun, text: Text, nodes: usize, now: Instant) -> String {
    let ago = ago(last.at, now);
    let mut title = match &last.state {
        State::Running => format!("running, started {ago}"),
        State::Succeeded => format!("succeeded {ago}"),
        State::Held => format!("held {ago}"),
        State::Interrupted => format!("interrupted {ago}"),
        State::Failed { node, code } => {
            let node = node.as_ref().map(|node| format!(" at `{node}`")).unwrap_or_default();
            let code = code.as_ref().map(|code| format!(": {code}")).unwrap_or_default();
            format!("failed{node} {ago}{code}")
        }
    };
    // how many nodes another text has is not known
    if text == Text::Same && last.state == State::Succeeded && last.nodes < nodes {
        title.push_str(&format!(", {} of {nodes} nodes", last.nodes));
    }
    if !last.overrides.is_empty() {
        title.push_str(&format!(" · with {}", last.overrides.join(", ")));
    }
    title + of_text(text)
}

/// The last decision of a promotion: `refused 3 d ago: auc 0.61 ≥ 0.65 ✗`.
#[must_use]
pub fn decision(last: &LastDecision, text: Text, now: Instant) -> String {
    let ago = ago(last.at, now);
    let decided = match last.decided {
        Decided::Promoted => format!("promoted {ago}"),
        Decided::Refused => format!("refused {ago}"),
        Decided::Held => format!("held {ago}"),
        Decided::Approved => format!("held {ago}, approved since"),
    };
    let told = last.clauses.iter().filter(|clause| !(clause.warns && clause.passed == Some(true)));
    let mut told: Vec<&Clause> = told.collect();
    if told.len() > CLAUSES {
        // what is in the way comes first
        told.sort_by_key(|clause| clause.passed == Some(true));
    }
    let mut figures: Vec<String> = told.iter().take(CLAUSES).map(|clause| figure_of(clause)).collect();
    if told.len() > CLAUSES {
        figures.push(format!("{} more", told.len() - CLAUSES));
    }
    let figures = if figures.is_empty() { String::new() } else { format!(": {}", figures.join(" · ")) };
    format!("{decided}{figures}{}", of_text(text))
}

const fn of_text(text: Text) -> &'static str {
    match text {
        Text::Same => "",
        Text::Other => " · of an earlier text",
        Text::Unknown => " · perhaps of an earlier text",
    }
}

fn figure_of(clause: &Clause) -> String {
    let mark = match clause.passed {
        Some(true) => "✓",
        Some(false) if clause.warns => "✗ (warns)",
        Some(false) => "✗",
        None => "?",
    };
    let (Some((name, sign)), Some(value), Some(threshold)) = (comparison(&clause.text), clause.value, clause.threshold)
    else {
        return format!("{} {mark}", clause.text);
    };
    let (value, threshold) = pair(value, threshold);
    let interval = clause.interval.map(|(low, high)| format!(" [{} .. {}]", number(low, 4), number(high, 4)));
    format!("{name} {value}{} {sign} {threshold} {mark}", interval.unwrap_or_default())
}

/// What a clause compares and how, where it is a single comparison: of `candidate.auc >= 0.65` that is `auc` and `≥`.
fn comparison(text: &str) -> Option<(&str, &'static str)> {
    const SIGNS: [(&str, &str); 6] =
        [(" >= ", "≥"), (" <= ", "≤"), (" == ", "="), (" != ", "≠"), (" > ", ">"), (" < ", "<")];
    let mut found = SIGNS.iter().filter_map(|(written, sign)| Some((text.split_once(written)?, *sign)));
    let ((left, right), sign) = found.next()?;
    if found.next().is_some() || right.contains(" and ") || right.contains(" or ") || left.contains(" and ") {
        return None;
    }
    let is_path = left.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let name = left.split_once('.').filter(|_| is_path).map_or(left, |(_, name)| name);
    Some((name, sign))
}

/// Two numbers that are compared, with as few digits as tell them apart.
fn pair(one: f64, other: f64) -> (String, String) {
    let written = |digits| (number(one, digits), number(other, digits));
    let told = [4, 6, 9].map(written).into_iter().find(|(one, other)| one != other);
    told.unwrap_or_else(|| written(4))
}

/// A number with so many significant digits, without zeros behind.
fn number(value: f64, digits: u8) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.*e}", usize::from(digits - 1));
    }
    if value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
    let decimals = (f64::from(digits) - 1.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

const MINUTE: Instant = 60;
const HOUR: Instant = 60 * MINUTE;
const DAY: Instant = 24 * HOUR;

/// `2 h ago`.
fn ago(at: Instant, now: Instant) -> String {
    match now.saturating_sub(at) {
        ..MINUTE => "just now".to_owned(),
        age @ MINUTE..HOUR => format!("{} min ago", age / MINUTE),
        age @ HOUR..DAY => format!("{} h ago", age / HOUR),
        age => format!("{} d ago", age / DAY),
    }
}

/// When what was said of an age is no longer true.
#[must_use]
pub fn true_until(at: Instant, now: Instant) -> Instant {
    let age = now.saturating_sub(at);
    let step = match age {
        ..HOUR => MINUTE,
        HOUR..DAY => HOUR,
        _ => DAY,
    };
    at.saturating_add((age.max(0) / step + 1) * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(state: State) -> LastRun {
        LastRun { id: "r".to_owned(), state, at: 0, nodes: 3, essence: "e".to_owned(), overrides: Vec::new() }
    }

    #[test]
    fn a_run_is_told_with_its_age_and_what_it_was_of() {
        let failed = State::Failed { node: Some("model".to_owned()), code: Some("MLP901".to_owned()) };
        let told = |last: &LastRun, text, now| run(last, text, 7, now);
        assert_eq!(told(&ran(failed), Text::Same, 2 * HOUR), "failed at `model` 2 h ago: MLP901");
        let partial = "succeeded 5 min ago, 3 of 7 nodes";
        assert_eq!(told(&ran(State::Succeeded), Text::Same, 5 * MINUTE + 59), partial);
        let earlier = "succeeded 3 d ago · of an earlier text";
        assert_eq!(told(&ran(State::Succeeded), Text::Other, 4 * DAY - 1), earlier);
        assert_eq!(told(&ran(State::Running), Text::Same, 3), "running, started just now");
        let bare = State::Failed { node: None, code: None };
        assert_eq!(told(&ran(bare), Text::Unknown, -5), "failed just now · perhaps of an earlier text");
        let set = LastRun { overrides: vec!["depth = 12".to_owned()], nodes: 7, ..ran(State::Succeeded) };
        assert_eq!(told(&set, Text::Same, HOUR), "succeeded 1 h ago · with depth = 12");
    }

    #[test]
    fn ages_are_true_until_they_are_said_otherwise() {
        for now in [0, 59, 60, 61, HOUR - 1, HOUR, HOUR + 1, DAY - 1, DAY, 3 * DAY + 5] {
            let until = true_until(0, now);
            assert!(until > now && ago(0, until - 1) == ago(0, now) && ago(0, until) != ago(0, now), "{now}");
        }
        assert_eq!(true_until(100, 0), 160, "a clock that was set back");
    }

    fn clause(text: &str, value: f64, threshold: f64, passed: Option<bool>) -> Clause {
        let (value, threshold) = (Some(value), Some(threshold));
        Clause { text: text.to_owned(), value, interval: None, threshold, passed, warns: false }
    }

    #[test]
    fn figures_stand_beside_what_they_are_compared_with() {
        let told = |clause: &Clause| figure_of(clause);
        assert_eq!(told(&clause("candidate.auc >= 0.65", 0.712_345, 0.65, Some(true))), "auc 0.7123 ≥ 0.65 ✓");
        let close = clause("candidate.auc >= 0.65", 0.649_999_9, 0.65, Some(false));
        assert_eq!(told(&close), "auc 0.6499999 ≥ 0.65 ✗");
        let sure = clause("candidate.auc >= champion.auc - 0.005 at 95% confidence", 0.66, 0.655, Some(false));
        let sure = Clause { interval: Some((0.64, 0.68)), ..sure };
        assert_eq!(told(&sure), "auc 0.66 [0.64 .. 0.68] ≥ 0.655 ✗");
        let least = clause("min(candidate.recall by origin, support: 200) >= 0.05", 0.0, 0.05, Some(false));
        assert_eq!(told(&least), "min(candidate.recall by origin, support: 200) 0 ≥ 0.05 ✗");
        let many = clause("candidate.rows >= 5_000", 10_000.0, 5_000.0, Some(true));
        assert_eq!(told(&many), "rows 10000 ≥ 5000 ✓");
        let either = clause("candidate.auc >= 0.65 or candidate.rows < 5", 0.7, 0.65, Some(true));
        assert_eq!(told(&either), "candidate.auc >= 0.65 or candidate.rows < 5 ✓");
        let approve = Clause { value: None, ..clause("approve by 2 of \"leads\"", 0.0, 2.0, None) };
        assert_eq!(told(&approve), "approve by 2 of \"leads\" ?");
    }

    #[test]
    fn of_many_clauses_those_in_the_way_are_told() {
        let mut clauses: Vec<Clause> = (1..=5).map(|n| clause(&format!("c.m{n} >= 1"), 2.0, 1.0, Some(true))).collect();
        clauses.push(clause("c.bad >= 1", 0.5, 1.0, Some(false)));
        clauses.push(Clause { warns: true, ..clause("c.fine >= 1", 2.0, 1.0, Some(true)) });
        let last =
            LastDecision { run: "r".to_owned(), decided: Decided::Refused, at: 0, essence: String::new(), clauses };
        assert_eq!(
            decision(&last, Text::Other, 3 * DAY),
            "refused 3 d ago: bad 0.5 ≥ 1 ✗ · m1 2 ≥ 1 ✓ · m2 2 ≥ 1 ✓ · m3 2 ≥ 1 ✓ · 2 more · of an earlier text"
        );
    }
}
