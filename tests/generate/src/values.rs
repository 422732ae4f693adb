//! Values, and for every type the few that random constraints tell apart.

use bigdecimal::BigDecimal;
use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use mlp_plan::{DataType, Literal, TimeUnit, ValueType, holds::broken};
use proptest::prelude::*;

/// Words that are short enough to list all of them.
pub const WORDS: [&str; 12] = ["", "a", "b", "ab", "ba", "aa", "bb", "aba", "abb", "abab", "A", "1"];

const HOUR: i64 = 3_600_000_000_000;

/// A number.
#[must_use]
pub fn number(value: i64) -> Literal {
    Literal::Number(value.into())
}

fn decimal(units: i128, scale: i64) -> Literal {
    Literal::Number(BigDecimal::new(units.into(), scale))
}

/// A number of halves, so that bounds fall between whole numbers, too.
pub(crate) fn half(halves: i64) -> Literal {
    decimal(i128::from(halves) * 5, 1)
}

/// A number of tenths: few of them are exact in binary.
pub(crate) fn tenth(tenths: i64) -> Literal {
    decimal(tenths.into(), 1)
}

/// Halves, with a bit at the twentieth digit.
pub(crate) fn fine(halves: i64) -> Literal {
    decimal(i128::from(halves) * 50_000_000_000_000_000_000 + 1, 20)
}

pub(crate) fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

pub(crate) fn day(days: i64) -> Literal {
    Literal::Date(midnight(days * 24 * HOUR).date())
}

/// Some nanoseconds after the first second of 1970: both signs and all resolutions occur around it.
fn midnight(nanoseconds: i64) -> NaiveDateTime {
    NaiveDateTime::default() + TimeDelta::nanoseconds(nanoseconds)
}

/// Nanoseconds beside a whole hour: mostly none; a step of every resolution, and half of one.
pub(crate) fn beside() -> impl Strategy<Value = i64> {
    prop::sample::select(vec![0, 0, 0, 0, 1, 1_000, 1_000_000, 500, 500_000, -1, -1_000, -1_000_000])
}

pub(crate) fn instant(hours: i64, beside: i64) -> Literal {
    Literal::Timestamp(midnight(hours * 12 * HOUR + beside))
}

pub(crate) fn of_day(hours: i64, beside: i64) -> Literal {
    Literal::Time(NaiveTime::MIN + TimeDelta::nanoseconds((hours + 1) * HOUR + beside))
}

pub(crate) fn span(hours: i64, beside: i64) -> Literal {
    Literal::Duration(hours * HOUR + beside)
}

/// Values of a column by numbers that were drawn: mostly such as its type and its constraints allow, some others of its type or of `more`, some missing.
#[must_use]
pub fn drawn(value: &ValueType, more: &[Literal], picks: &[u16]) -> Vec<Literal> {
    let all = values(&value.data);
    let mut good = all.clone();
    good.retain(|literal| broken(&value.constraints, &value.data, literal).is_none());
    let pool: Vec<Literal> = all.into_iter().chain(more.iter().cloned()).collect();
    let pick = |pick: &u16| {
        let from = if pick % 8 < 6 && !good.is_empty() { &good } else { &pool };
        let at = usize::from(pick / 8) % from.len().max(1);
        from.get(at).filter(|_| !pick.is_multiple_of(11)).cloned().unwrap_or(Literal::Null)
    };
    picks.iter().map(pick).collect()
}

/// Every value of a type that the constraints of this crate could tell apart; none for types without constraints.
#[must_use]
pub fn values(data: &DataType) -> Vec<Literal> {
    let around = |make: fn(i64, i64) -> Literal, hours: std::ops::RangeInclusive<i64>, unit: i64| -> Vec<Literal> {
        let offsets = [0, 1, 500, 1_000, 500_000, 1_000_000, 2_000_000, -1, -1_000, -1_000_000]
            .into_iter()
            .filter(move |by| by % unit == 0);
        hours.flat_map(|hour| offsets.clone().map(move |by| make(hour, by))).collect()
    };
    match data {
        DataType::Int(bits) => {
            let (low, high) = (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1);
            (-10..=10).map(number).chain([low, high].map(|end| decimal(end, 0))).collect()
        }
        DataType::Uint(bits) => (0..=10).map(number).chain([decimal((1_i128 << bits) - 1, 0)]).collect(),
        DataType::Float(_) => {
            let quarters = (-44_i64..=44).map(|quarters| decimal(i128::from(quarters) * 25, 2));
            let tenths = (-10..=10).map(tenth);
            quarters.chain(tenths).chain([Literal::Nan, number(1_000_000), number(-1_000_000)]).collect()
        }
        DataType::Decimal { precision, scale } => {
            let most = 10_i128.pow(u32::from(*precision)) - 1;
            let quarters = (-44_i128..=44)
                .map(|quarters| (quarters * 25, 2))
                .chain([(most, i64::from(*scale)), (-most, i64::from(*scale))]);
            let digit = [1, -1].map(|unit| (unit, i64::from(*scale)));
            let all = quarters.chain(digit).map(|(units, scale)| BigDecimal::new(units.into(), scale).normalized());
            let limit = BigDecimal::new(most.into(), i64::from(*scale));
            all.filter(|value| value.fractional_digit_count() <= i64::from(*scale) && value.abs() <= limit)
                .map(Literal::Number)
                .collect()
        }
        DataType::Date => (-10..=10).map(day).collect(),
        DataType::Timestamp { unit, .. } => {
            let step = match unit {
                TimeUnit::Ms => 1_000_000,
                TimeUnit::Us => 1_000,
                TimeUnit::Ns => 1,
            };
            around(instant, -8..=8, step)
        }
        DataType::Time => around(of_day, 0..=8, 1_000),
        DataType::Duration => around(span, -8..=8, 1),
        DataType::Bool => vec![Literal::Bool(false), Literal::Bool(true)],
        DataType::Enum { members, open } => {
            let more = WORDS.iter().copied().filter(|_| *open).map(text);
            members.iter().map(|member| text(member)).chain(more).collect()
        }
        DataType::String => {
            WORDS.iter().copied().map(text).chain(["bbbbbbb", "abababab", "ä", "aä\n"].map(text)).collect()
        }
        DataType::Bytes => ["", "a", "ab", "\u{e4}", "a\u{e4}"].map(text).to_vec(),
        DataType::Uuid => vec![text("00000000-0000-0000-0000-00000000000a")],
        DataType::Json => ["null", "[1]"].map(text).to_vec(),
        _ => Vec::new(),
    }
}
