//! Values worth trying where two types are told apart: the ends of what both say, what lies beside them, and the ends of the types themselves.

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, TimeDelta};
use mlp_analysis::subtype::{domain::Domain, regular, sample};
use mlp_plan::{Constraint, DataType, Expr, Literal, TimeUnit, ValueType, midnight};

/// Values that may satisfy the one type and not the other; the plain ones first.
#[must_use]
pub fn candidates(from: &ValueType, to: &ValueType) -> Vec<Literal> {
    let mut found: Vec<Literal> = Vec::new();
    let mut put = |value: Literal| {
        if !found.contains(&value) {
            found.push(value);
        }
    };
    if let Some(plain) = sample::value(from) {
        put(plain.clone());
        beside(&plain, &from.data).into_iter().for_each(&mut put);
    }
    for ty in [to, from] {
        for said in said(ty) {
            beside(&said, &ty.data).into_iter().for_each(&mut put);
        }
    }
    texts(from, to).into_iter().for_each(&mut put);
    of_type(&from.data).into_iter().for_each(&mut put);
    found
}

/// The literals that a type's constraints name, and the ends and members that they leave.
fn said(ty: &ValueType) -> Vec<Literal> {
    let domain = Domain::of(ty);
    let mut found: Vec<Literal> = Vec::new();
    for constraint in &ty.constraints {
        match constraint {
            Constraint::Range { low, high } => found.extend(low.iter().chain(high).cloned()),
            Constraint::OneOf(members) => found.extend(members.iter().cloned()),
            Constraint::Where(expr) => expr.walk(&mut |part| match part {
                Expr::Literal(value) => found.push(value.clone()),
                Expr::OneOf(_, members) => found.extend(members.iter().cloned()),
                _ => {}
            }),
            Constraint::Length { .. } | Constraint::Matches(_) | Constraint::Unique => {}
        }
    }
    for region in domain.regions() {
        found.extend([&region.low, &region.high].into_iter().flatten().map(|bound| bound.value.clone()));
        found.extend(region.set.iter().flatten().cloned());
    }
    found
}

/// A value and its neighbours.
fn beside(value: &Literal, data: &DataType) -> Vec<Literal> {
    let mut found = vec![value.clone()];
    match value {
        Literal::Number(number) => {
            let step = |by: BigDecimal| [Literal::Number(number - &by), Literal::Number(number + &by)];
            found.extend(step(1.into()));
            if matches!(data, DataType::Float(_) | DataType::Decimal { .. }) {
                found.extend(step(BigDecimal::new(1.into(), 2)));
                found.extend(step(BigDecimal::new(1.into(), 1)));
            }
        }
        Literal::Date(day) => found.extend([day.pred_opt(), day.succ_opt()].into_iter().flatten().map(Literal::Date)),
        Literal::Timestamp(at) => {
            let step = TimeDelta::seconds(1);
            found.extend(
                [at.checked_sub_signed(step), at.checked_add_signed(step)]
                    .into_iter()
                    .flatten()
                    .map(Literal::Timestamp),
            );
        }
        Literal::Duration(time) => {
            let step = 1_000_000_000;
            found.extend([time.checked_sub(step), time.checked_add(step)].into_iter().flatten().map(Literal::Duration));
        }
        Literal::Text(text) => found.push(Literal::Text(format!("{text}x"))),
        _ => {}
    }
    found
}

/// Texts by length and pattern.
fn texts(from: &ValueType, to: &ValueType) -> Vec<Literal> {
    let texts = matches!(from.data, DataType::String | DataType::Bytes | DataType::Json | DataType::Enum { .. });
    if !texts && !matches!(from.data, DataType::List(_)) {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    let of = |ty: &ValueType| {
        ty.constraints
            .iter()
            .filter_map(|one| if let Constraint::Matches(pattern) = one { Some(pattern.clone()) } else { None })
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (of(from), of(to));
    for narrow in ours.iter().map(String::as_str).chain([r"[a-z0-9]*", r"(?s).*"]) {
        found.extend(theirs.iter().filter_map(|wide| regular::witness(narrow, wide)));
        found.extend(sample::words(narrow).into_iter().next());
    }
    for domain in [Domain::of(to), Domain::of(from)] {
        let lengths = domain.regions().iter().flat_map(|region| [Some(region.shortest), region.longest]).flatten();
        for length in lengths.flat_map(|length| [length.saturating_sub(1), length, length + 1]).filter(|n| *n < 200) {
            let length = usize::try_from(length).unwrap_or_default();
            found.push("a".repeat(length));
            // a text of the pattern that is so long, or longer
            let shorter = format!("(?s:.{{0,{}}})", length.saturating_sub(1));
            found.extend(ours.iter().filter_map(|pattern| regular::witness(pattern, &shorter)));
        }
    }
    let text: Vec<Literal> = found.iter().map(|text| Literal::Text(text.clone())).collect();
    if let DataType::List(element) = &from.data {
        let one = sample::value(element);
        let lists = found.iter().filter_map(|text| Some(Literal::List(vec![one.clone()?; text.len()])));
        return lists.collect();
    }
    text.into_iter().chain(["other", "", "A", "0"].map(|text| Literal::Text(text.to_owned()))).collect()
}

/// The ends of a type, and what lies between.
fn of_type(data: &DataType) -> Vec<Literal> {
    let number = |text: &str| text.parse().ok().map(Literal::Number);
    match data {
        DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) | DataType::Decimal { .. } => {
            let texts = [
                "0",
                "1",
                "-1",
                "0.5",
                "0.01",
                "0.001",
                "128",
                "256",
                "32768",
                "65536",
                "16777217",
                "2147483648",
                "4294967296",
                "9007199254740993",
                "9223372036854775808",
                "-129",
                "-32769",
                "-2147483649",
                "0.1",
                "123456789.123456789",
                "1e10",
                "1e20",
                "1e30",
            ];
            let mut found: Vec<Literal> = texts.into_iter().filter_map(number).collect();
            if let DataType::Decimal { precision, scale } = data {
                let digits = i64::from(*precision) - i64::from(*scale);
                found.push(Literal::Number(BigDecimal::new(1.into(), 1 - digits)));
                found.push(Literal::Number(BigDecimal::new(1.into(), i64::from(*scale))));
            }
            if matches!(data, DataType::Float(_)) {
                found.push(Literal::Nan);
            }
            found
        }
        DataType::Bool => vec![Literal::Bool(false), Literal::Bool(true)],
        DataType::Timestamp { .. } => {
            let day = NaiveDate::from_ymd_opt(2000, 1, 1).map(midnight);
            let steps = [TimeDelta::nanoseconds(1), TimeDelta::microseconds(1), TimeDelta::milliseconds(1)];
            let far = NaiveDate::from_ymd_opt(3000, 1, 1).map(midnight);
            day.iter()
                .flat_map(|day| steps.iter().map(|step| *day + *step))
                .chain(far)
                .map(Literal::Timestamp)
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a value is one of a type's, without its constraints.
#[must_use]
pub fn fits(data: &DataType, value: &Literal) -> bool {
    let whole = |low: i128, high: i128| match value {
        Literal::Number(number) => {
            let (low, high) = (BigDecimal::from(low), BigDecimal::from(high));
            number.is_integer() && *number >= low && *number <= high
        }
        _ => false,
    };
    match (data, value) {
        (DataType::Bool, Literal::Bool(_))
        | (DataType::String | DataType::Json | DataType::Bytes, Literal::Text(_))
        | (DataType::Date, Literal::Date(_))
        | (DataType::Time, Literal::Time(_))
        | (DataType::Duration, Literal::Duration(_)) => true,
        (DataType::Int(bits), _) => whole(-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        (DataType::Uint(bits), _) => whole(0, (1_i128 << bits) - 1),
        (DataType::Float(_), Literal::Nan) => true,
        (DataType::Float(bits), Literal::Number(number)) => is_float(number, *bits),
        (DataType::Decimal { precision, scale }, Literal::Number(number)) => {
            let (digits, exponent) = number.normalized().into_bigint_and_exponent();
            let count = i64::try_from(digits.magnitude().to_string().len()).unwrap_or(i64::MAX);
            exponent <= i64::from(*scale) && count - exponent <= i64::from(*precision) - i64::from(*scale)
        }
        (DataType::Timestamp { unit, .. }, Literal::Timestamp(at)) => {
            let below = i64::from(at.and_utc().timestamp_subsec_nanos());
            match unit {
                TimeUnit::Ms => below % 1_000_000 == 0,
                TimeUnit::Us => below % 1_000 == 0,
                TimeUnit::Ns => at.and_utc().timestamp_nanos_opt().is_some(),
            }
        }
        (DataType::Enum { members, open }, Literal::Text(text)) => *open || members.contains(text),
        (DataType::Uuid, Literal::Text(text)) => {
            text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
        }
        (DataType::List(element), Literal::List(items)) => items.iter().all(|item| fits(&element.data, item)),
        (DataType::Vector { element, length }, Literal::List(items)) => {
            items.len() == *length as usize && items.iter().all(|item| fits(&element.data, item))
        }
        _ => false,
    }
}

/// Whether a number is a float without loss.
#[expect(clippy::cast_possible_truncation, reason = "whether it loses something is the question")]
fn is_float(number: &BigDecimal, bits: u8) -> bool {
    let Ok(float) = number.to_string().parse::<f64>() else { return false };
    let float = if bits == 32 { f64::from(float as f32) } else { float };
    let exact = BigDecimal::try_from(float).is_ok_and(|exact| exact == *number);
    // 0.1 is written as 0.1 in either width; whole numbers must be kept to the last digit
    exact || (float.is_finite() && !number.is_integer())
}
