//! What to write about a column: a rule only where it is meant, the facts as docs, and the rest as doubts.

use bigdecimal::BigDecimal;
use chrono::DateTime;
use mlp_plan::{Constraint, DataType, Literal};

use super::{
    clues::{Clues, is_name},
    facts::{counted, number, round_up, share},
    numbers::{EXACT, Numbers},
    profile::Profile,
    texts::Texts,
    types::Typed,
};

/// Values that it takes to tell a rule from chance.
const ENOUGH: u64 = 100;
/// Values that it takes for their ends to be worth a word.
const FEW: u64 = 10;
/// Values that it takes to tell a set or pattern.
const SOME: u64 = 30;
/// Members that a set has at most.
const MEMBERS: usize = 12;

/// What is written about a column.
pub(super) struct Judged {
    pub data: DataType,
    pub unit: Option<String>,
    pub constraints: Vec<Constraint>,
    pub doc: Option<String>,
    pub doubts: Vec<String>,
    /// Whether its whole numbers are kept as floats.
    pub floated: bool,
}

pub(super) fn judge(typed: &Typed, profile: &Profile) -> Judged {
    let clues = Clues::of(&typed.name);
    let mut judged = Judged {
        data: typed.data.clone(),
        unit: None,
        constraints: Vec::new(),
        doc: None,
        doubts: Vec::new(),
        floated: false,
    };
    let mut said = Vec::new();
    let values = profile.rows - profile.nulls;
    if let Some(numbers) = &profile.numbers {
        judged.unit = clues.unit();
        of_numbers(typed, profile, numbers, &clues, &mut judged, &mut said);
    }
    if let Some(texts) = &profile.texts {
        of_texts(typed, texts, &clues, profile.unique == Some(true), &mut judged, &mut said);
    }
    if let Some((first, last)) = profile.days(&typed.data) {
        said.push(if first == last { format!("On {first}.") } else { format!("{first} to {last}.") });
    }
    if profile.nulls > 0 {
        said.push(if values == 0 {
            "Always null.".to_owned()
        } else {
            format!("{} null.", share(profile.nulls, profile.rows))
        });
    }
    if values > 0 && profile.rows >= ENOUGH && profile.nulls > profile.rows / 20 * 19 {
        judged.doubts.push("nearly always null: is it still filled?".to_owned());
    }
    if values == 0 && profile.rows > 0 && !matches!(typed.data, DataType::String | DataType::Float(_)) {
        judged.doubts.push("every value is null: what it may hold is open".to_owned());
    }
    judged.doc = (!said.is_empty()).then(|| said.join(" "));
    judged
}

fn of_numbers(
    typed: &Typed,
    profile: &Profile,
    numbers: &Numbers,
    clues: &Clues,
    judged: &mut Judged,
    said: &mut Vec<String>,
) {
    if numbers.count() == 0 {
        return;
    }
    let (low, high) = (numbers.low, numbers.high);
    let float = matches!(typed.data, DataType::Float(_));
    // tools without whole numbers that may be null have floats instead
    if float && numbers.whole && profile.nulls > 0 && low.abs().max(high.abs()) < EXACT {
        judged.data = DataType::Int(64);
    }
    judged.floated = judged.data != typed.data || typed.pointed;
    let whole = numbers.whole;
    let clock = whole && numbers.clock && clues.is_time() && high > 100.0;
    let is_flag = whole && (low, high) == (0.0, 1.0);
    if clock {
        said.push("A time of day as hhmm.".to_owned());
    } else if let Some((unit, each)) = clues.since_1970(low, high).filter(|_| whole) {
        said.extend(since_1970(unit, low / each, high / each));
    } else if numbers.count() >= FEW
        && low < high
        && !is_flag
        && !clues.is_id()
        && (!clues.is_calendar() || clues.is_year())
    {
        let write = if clues.is_year() { plain } else { number };
        said.push(format!("{} to {}, median {}.", write(low), write(high), write(numbers.quantile(0.5))));
    }
    if low == high && numbers.count() >= SOME {
        let value = if clues.is_year() { plain(low) } else { number(low) };
        judged.doubts.push(format!("always {value} here: is this one part of a larger table?"));
    }
    let (share_99, half) = (numbers.quantile(0.99), numbers.quantile(0.5));
    if half > 0.0 && high > 20.0 * share_99 && !clues.is_signed() && !clues.is_id() {
        judged.doubts.push(format!(
            "the largest value is {}, and 99% are at most {}: a mistake?",
            number(high),
            number(share_99)
        ));
    }
    if numbers.odd {
        judged.doubts.push("there are NaN or infinite values, which lie in no range".to_owned());
        return;
    }
    // decimals with more digits than a float has are compared too roughly here
    let rough = matches!(typed.data, DataType::Decimal { precision, .. } if precision > 15) || high.abs() >= EXACT;
    let bounds = if clock {
        Some((0.0, Some(2_400.0)))
    } else if let Some((from, to)) = clues.range(low, high, whole) {
        Some((from, Some(to)))
    } else {
        range(clues, numbers)
    };
    if let Some((from, to)) = bounds {
        let low = Some(Literal::Number(decimal(from)));
        let high = to.filter(|_| !rough).map(|to| Literal::Number(decimal(to)));
        judged.constraints.push(Constraint::Range { low, high });
    }
}

/// Ends that the values themselves suggest.
fn range(clues: &Clues, numbers: &Numbers) -> Option<(f64, Option<f64>)> {
    let (low, high) = (numbers.low, numbers.high);
    if low < 0.0 || clues.is_signed() || numbers.count() < ENOUGH {
        return None;
    }
    let from = if numbers.whole && (1.0..=2.0).contains(&low) { 1.0 } else { 0.0 };
    if clues.is_id() {
        return Some((from, None));
    }
    let (half, share_99) = (numbers.quantile(0.5), numbers.quantile(0.99));
    // a scale or a small count: 0 .. 1, 1 .. 4, 0 .. 10
    if numbers.whole && high <= 10.0 && low <= 1.0 && high > low {
        return Some((low, Some(high)));
    }
    let is_ten = [1.0, 10.0, 100.0, 1_000.0].contains(&high);
    let at_its_end = !numbers.whole && high > low && share_99 >= high && is_ten;
    if at_its_end {
        return Some((from, Some(high)));
    }
    // beyond a long tail the next value is anywhere
    let tail = high > 3.0 * share_99.max(half);
    // and of what lies far from zero the upper end would be as arbitrary
    if clues.is_bounded() && !tail && high > 2.0 * low {
        return Some((from, Some(round_up(high))));
    }
    Some((from, None))
}

/// What numbers of seconds since 1970 are as days.
fn since_1970(unit: &str, first: f64, last: f64) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "it is less than 5e9")]
    let day = |seconds: f64| Some(DateTime::from_timestamp(seconds as i64, 0)?.date_naive());
    Some(format!("{unit} since 1970, it seems: {} to {}.", day(first)?, day(last)?))
}

/// A bound as it is written: the decimal that the float prints as.
fn decimal(value: f64) -> BigDecimal {
    value.to_string().parse().unwrap_or_default()
}

/// A number without marks between its digits: a year is none of thousands.
fn plain(value: f64) -> String {
    value.to_string()
}

fn of_texts(typed: &Typed, texts: &Texts, clues: &Clues, unique: bool, judged: &mut Judged, said: &mut Vec<String>) {
    if texts.count == 0 {
        return;
    }
    if let Some(other) = &typed.reads_as {
        judged.doubts.push(format!(
            "every value reads as {other}, but the file keeps it as text: `string` for as long as it does"
        ));
    }
    let different = texts.counts.as_ref().map(std::collections::BTreeMap::len);
    if let Some(counts) = &texts.counts
        && let (Some(only), 1) = (counts.keys().next(), counts.len())
        && texts.count >= SOME
    {
        judged.doubts.push(format!("always {only:?} here: is this one part of a larger table?"));
        return;
    }
    if texts.count >= SOME
        && !clues.is_id()
        && let Some(counts) = &texts.counts
        && (2..=MEMBERS).contains(&counts.len())
        && texts.count >= 5 * counts.len() as u64
        && counts.values().filter(|count| **count == 1).count() * 3 <= counts.len()
    {
        let members: Vec<String> = counts.keys().cloned().collect();
        let rare: Vec<String> =
            counts.iter().filter(|(_, count)| **count == 1).map(|(text, _)| format!("{text:?}")).collect();
        if !rare.is_empty() {
            judged.doubts.push(format!("{} came once: are there others?", rare.join(", ")));
        }
        if members.iter().all(|member| is_member(member)) {
            judged.data = DataType::Enum { members, open: false };
        } else {
            judged.constraints.push(Constraint::OneOf(members.into_iter().map(Literal::Text).collect()));
        }
        return;
    }
    match different {
        Some(different) if different > 1 && !unique => {
            said.push(format!("{}.", counted(different as u64, "different value")))
        }
        _ => {}
    }
    if texts.count < SOME || typed.reads_as.is_some() || typed.holed {
        return;
    }
    judged.constraints.extend(form(texts, clues));
}

/// A length or pattern that is meant.
fn form(texts: &Texts, clues: &Clues) -> Option<Constraint> {
    let shape = &texts.shape;
    let steady = shape.shortest == shape.longest;
    let length = || {
        let length = shape.longest as u64;
        Constraint::Length { min: length, max: Some(length) }
    };
    // a code of two or three says more by its length than by its letters
    if steady && shape.is_code() && shape.longest <= 4 {
        return Some(length());
    }
    match shape.pattern() {
        Some(pattern) if steady || shape.is_code() || clues.is_id() => Some(Constraint::Matches(pattern)),
        _ if steady && !shape.spaced && shape.longest > 0 => Some(length()),
        _ => None,
    }
}

/// Whether a text can be the member of an enum: a name, and no word that is read as something else.
fn is_member(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["true", "false", "none", "nan", "not", "and", "or", "in", "matches", "self", "promote", "f"];
    is_name(text) && !WORDS.contains(&text)
}
