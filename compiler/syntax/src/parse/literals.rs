//! Literals: numbers with their units, dates, texts.

use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;
use pest::Parser;

use super::{
    Lower,
    grammar::{Mlp, Rule},
};
use crate::copy::Copy;
use crate::tree::{Expr, ExprKind, FormatPart, Lit, Text};

const DURATIONS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];
const SIZES: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];
/// More digits than any type holds.
const MAX_DIGITS: usize = 1000;

impl Lower<'_> {
    /// A number with its unit, a date or a timestamp; what is wrong with it is reported.
    pub(super) fn number(&mut self, text: &str, span: Span) -> ExprKind {
        let read = if is_date(text) { date(text) } else { number(text) };
        match read {
            Ok(lit) => ExprKind::Literal(lit),
            Err((message, help)) => {
                self.report(say::bad_literal(span, &message, &help));
                ExprKind::Error
            }
        }
    }

    /// The value of a string; escapes that are none are reported.
    pub(super) fn string(&mut self, span: Span) -> String {
        self.text(span).value
    }

    /// The same, with where it is written.
    pub(super) fn text(&mut self, span: Span) -> Text {
        let text = self.slice(span);
        if let Some(inner) = text.strip_prefix("\"\"\"") {
            let value = inner.strip_suffix("\"\"\"").unwrap_or(inner).to_owned();
            return Text { value, quotes: 3, escapes: Vec::new() };
        }
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        let mut escapes = Vec::new();
        let value = self.unescape(inner, span.start as usize + 1, false, &mut escapes);
        Text { value, quotes: 1, escapes }
    }

    fn unescape(&mut self, inner: &str, at: usize, format: bool, escapes: &mut Vec<(u32, u32)>) -> String {
        if !inner.contains('\\') {
            return inner.to_owned();
        }
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut out = String::with_capacity(inner.len());
        let mut rest = inner;
        while let Some(before) = rest.find('\\') {
            out.push_str(rest.get(..before).unwrap_or_default());
            let escape = rest.get(before..).unwrap_or_default();
            let length = match unescape_one(escape, format) {
                Some((c, length)) => {
                    out.push(c);
                    length
                }
                None => {
                    let length = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
                    let start = at + inner.len() - escape.len();
                    let help = "escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u0000 with four hexadecimal digits";
                    let shown = escape.get(..length).unwrap_or_default();
                    let found =
                        say::bad_literal(self.make(start, start + length), &format!("unknown escape `{shown}`"), help);
                    self.report(found);
                    length
                }
            };
            rest = escape.get(length..).unwrap_or_default();
            escapes.push((narrow(out.len()), narrow(inner.len() - rest.len() - out.len())));
        }
        out.push_str(rest);
        out
    }

    /// A regular expression without its slashes.
    pub(super) fn regex(&self, span: Span) -> String {
        let text = self.slice(span);
        text.get(1..text.len().saturating_sub(1)).unwrap_or_default().replace("\\/", "/")
    }

    /// The parts of `f".."`.
    pub(super) fn format(&mut self, span: Span) -> Vec<FormatPart> {
        let text = self.slice(span);
        let inner = text.get(2..text.len().saturating_sub(1)).unwrap_or_default();
        let start = span.start as usize + 2;
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(rest) = inner.get(at..).filter(|rest| !rest.is_empty()) {
            let stop = rest.find(['{', '}', '\\']).unwrap_or(rest.len());
            plain.push_str(rest.get(..stop).unwrap_or_default());
            at += stop;
            let Some(sign) = rest.get(stop..).filter(|sign| !sign.is_empty()) else { break };
            if sign.starts_with("{{") || sign.starts_with("}}") {
                plain.push_str(sign.get(..1).unwrap_or_default());
                at += 2;
            } else if sign.starts_with('\\') {
                let low = escape_length(sign);
                plain.push_str(&self.unescape(sign.get(..low).unwrap_or_default(), start + at, true, &mut Vec::new()));
                at += low;
            } else if let Some(length) = sign.strip_prefix('{').and_then(value_length) {
                if !plain.is_empty() {
                    parts.push(FormatPart::Text(std::mem::take(&mut plain)));
                }
                let value = sign.get(1..=length).unwrap_or_default();
                parts.push(self.format_value(value, start + at + 1));
                at += length + 2;
            } else {
                let brace = self.make(start + at, start + at + 1);
                let help = "a brace that is meant as text is written `\\{` or `\\}`";
                self.report(say::bad_literal(brace, "this brace has no partner in the text", help));
                at += 1;
            }
        }
        if !plain.is_empty() {
            parts.push(FormatPart::Text(plain));
        }
        parts
    }

    /// What stands between the braces of `f"..{day:%Y}.."`.
    fn format_value(&mut self, text: &str, at: usize) -> FormatPart {
        let (value, format) = match format_colon(text).and_then(|colon| text.split_at_checked(colon)) {
            Some((value, format)) => (value, format.get(1..).map(str::to_owned)),
            None => (text, None),
        };
        let copy = Copy::of_value(value, at);
        let source = copy.text.clone();
        self.inner = Some(copy);
        let base = std::mem::take(&mut self.base);
        let pair = Mlp::parse(Rule::only_expr, &source).ok().and_then(|mut pairs| pairs.next());
        let expr = pair.map(|pair| self.expr(pair));
        self.inner = None;
        self.base = base;
        let blank = value.len() - value.trim_start().len();
        let span = self.make(at + blank, at + value.trim_end().len().max(blank));
        let expr = expr.unwrap_or_else(|| {
            self.report(say::unexpected(span, value.trim(), "a value between the braces"));
            Expr { span, kind: ExprKind::Error }
        });
        FormatPart::Value { expr, format }
    }
}

/// The colon before a format, outside of all brackets.
fn format_colon(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b':' && depth == 0
    })
}

fn is_date(text: &str) -> bool {
    text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-')
}

/// What stands in a literal's way, and how to mend it.
type Trouble = (String, String);

fn number(text: &str) -> Result<Lit, Trouble> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(text.len());
    let mut end = digits;
    let behind = text.get(digits..).unwrap_or_default();
    if let Some(exponent) = behind.strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let length = exponent.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        if length > 3 {
            return Err(("an exponent has at most 3 digits".to_owned(), String::new()));
        }
        if length > 0 {
            end += 1 + sign + length;
        }
    }
    let (value, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    let digits: String = value.chars().filter(|c| *c != '_').collect();
    if digits.len() > MAX_DIGITS {
        return Err((format!("a number has at most {MAX_DIGITS} digits"), String::new()));
    }
    let value = BigDecimal::from_str(&digits).map_err(|_| (format!("`{text}` is not a number"), String::new()))?;
    with_unit(value, unit, text)
}

fn with_unit(value: BigDecimal, unit: &str, text: &str) -> Result<Lit, Trouble> {
    if unit.is_empty() {
        return Ok(Lit::Number(value));
    }
    if unit == "%" {
        let (digits, scale) = value.into_bigint_and_exponent();
        return Ok(Lit::Percent(BigDecimal::new(digits, scale + 2)));
    }
    if let Some((_, nanoseconds)) = DURATIONS.iter().find(|(name, _)| *name == unit) {
        let time = value * BigDecimal::from(*nanoseconds);
        if !time.is_integer() {
            return Err((format!("`{text}` is not a whole number of nanoseconds"), String::new()));
        }
        let long = || (format!("duration too long: `{text}`"), "the longest is about 292 years".to_owned());
        return time.to_i64().map(Lit::Duration).ok_or_else(long);
    }
    if let Some((_, bytes)) = SIZES.iter().find(|(name, _)| *name == unit) {
        let size = value * BigDecimal::from(*bytes);
        if !size.is_integer() {
            return Err((format!("`{text}` is not a whole number of bytes"), String::new()));
        }
        return size.to_u64().map(Lit::Size).ok_or_else(|| (format!("size too large: `{text}`"), String::new()));
    }
    Err((format!("unknown unit `{unit}`"), unit_help(unit)))
}

fn unit_help(unit: &str) -> String {
    let usual = match unit {
        "m" | "mins" | "minute" | "minutes" => Some("min"),
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "hr" | "hrs" | "hour" | "hours" | "H" => Some("h"),
        "day" | "days" | "D" => Some("d"),
        "week" | "weeks" => Some("w"),
        "K" | "KB" | "kB" | "k" | "Ki" => Some("KiB"),
        "M" | "MB" | "Mi" => Some("MiB"),
        "G" | "GB" | "Gi" => Some("GiB"),
        "T" | "TB" | "Ti" => Some("TiB"),
        _ => None,
    };
    match usual {
        Some(usual) => format!("did you mean `{usual}`?"),
        None => "durations end in ns us ms s min h d w, sizes in KiB MiB GiB TiB, shares in %".to_owned(),
    }
}

fn date(text: &str) -> Result<Lit, Trouble> {
    let (day, clock) = match text.split_once('T') {
        Some((day, clock)) => (day, Some(clock)),
        None => (text, None),
    };
    let none = || (format!("`{day}` is not a date"), "dates are written year-month-day: 2013-10-01".to_owned());
    let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| none())?;
    match clock {
        None => Ok(Lit::Date(date)),
        Some(clock) => timestamp(date, clock).ok_or_else(|| {
            (format!("`{text}` is not a timestamp"), "timestamps are written 2013-10-01T06:00:00Z".to_owned())
        }),
    }
}

fn timestamp(date: NaiveDate, clock: &str) -> Option<Lit> {
    let zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (time, zone) = clock.split_at_checked(zone)?;
    let time =
        NaiveTime::parse_from_str(time, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(time, "%H:%M")).ok()?;
    let at = NaiveDateTime::new(date, time);
    if zone.is_empty() {
        return Some(Lit::Timestamp { at, zoned: false });
    }
    let offset = if zone == "Z" {
        TimeDelta::zero()
    } else {
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        let offset = TimeDelta::try_minutes(hours * 60 + minutes)?;
        if zone.starts_with('-') { -offset } else { offset }
    };
    Some(Lit::Timestamp { at: at.checked_sub_signed(offset)?, zoned: true })
}

/// Length of the escape at the start of `text`.
fn escape_length(text: &str) -> usize {
    let second = text.chars().nth(1).map_or(0, char::len_utf8);
    let long = text.starts_with("\\u");
    if long && unescape_one(text, true).is_some() {
        unescape_one(text, true).map_or(2, |(_, length)| length)
    } else {
        1 + second
    }
}

/// Length of the value before the closing brace, brackets within it skipped.
fn value_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b'}' if depth == 0 => return Some(index),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 16 {
            return None;
        }
    }
    None
}

/// One escape: the character, and how long the escape is.
fn unescape_one(escape: &str, format: bool) -> Option<(char, usize)> {
    let c = escape.chars().nth(1)?;
    let plain = match c {
        '"' | '\\' | '/' => c,
        '\'' => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '{' | '}' if format => c,
        'u' => return unicode(escape),
        _ => return None,
    };
    Some((plain, 2))
}

fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = escape.get(from..from + 4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let first = unit(2)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    if !(0xd800..0xdc00).contains(&first) || escape.get(6..8) != Some("\\u") {
        return None;
    }
    let second = unit(8).filter(|second| (0xdc00..0xe000).contains(second))?;
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)).map(|c| (c, 12))
}

#[cfg(test)]
mod tests {
    use super::{DURATIONS, SIZES};
    use crate::words;

    #[test]
    fn units_are_those_of_the_table_of_words() {
        assert_eq!(DURATIONS.map(|(unit, _)| unit), words::DURATIONS);
        assert_eq!(SIZES.map(|(unit, _)| unit), words::SIZES);
    }
}
