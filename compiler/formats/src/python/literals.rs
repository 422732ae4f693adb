//! Literals as Python, and the ends of ranges of whole numbers.

use bigdecimal::{RoundingMode, ToPrimitive as _};
use chrono::{Datelike as _, Timelike as _};
use mlp_plan::{DataType, Literal};
use mlp_write::python::Py;

use crate::values;

/// A literal of a column of that type; `None` where Python, or the resolution of its clocks, has none.
pub(super) fn py(value: &Literal, data: &DataType) -> Option<Py> {
    Some(match (value, data) {
        (Literal::Null, _) => Py::word("None"),
        (Literal::Bool(flag), _) => Py::bool(*flag),
        (Literal::Number(number), DataType::Decimal { .. }) => {
            Py::Call("decimal.Decimal", vec![Py::text(values::number_text(number)?)], Vec::new())
        }
        (Literal::Number(number), _) => Py::word(values::number_text(number)?),
        (Literal::Text(text), DataType::String | DataType::Enum { .. }) => Py::text(text),
        (Literal::Date(date), _) if (1..=9999).contains(&date.year()) => {
            let parts = [date.year().to_string(), date.month().to_string(), date.day().to_string()];
            Py::Call("datetime.date", parts.map(Py::word).to_vec(), Vec::new())
        }
        (Literal::Time(time), _) if time.nanosecond() % 1000 == 0 => {
            let parts = [time.hour(), time.minute(), time.second(), time.nanosecond() / 1000];
            Py::Call("datetime.time", parts.map(|part| Py::word(part.to_string())).to_vec(), Vec::new())
        }
        (Literal::Timestamp(at), DataType::Timestamp { naive, .. })
            if at.nanosecond() % 1000 == 0 && (1..=9999).contains(&at.year()) =>
        {
            let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second(), at.nanosecond() / 1000];
            let parts = std::iter::once(at.year().to_string()).chain(parts.map(|part| part.to_string())).map(Py::word);
            let zone = if *naive { Vec::new() } else { vec![("tzinfo", Py::word("datetime.timezone.utc"))] };
            Py::Call("datetime.datetime", parts.collect(), zone)
        }
        (Literal::Duration(nanoseconds), _) if nanoseconds % 1000 == 0 => {
            let microseconds = Py::word((nanoseconds / 1000).to_string());
            Py::Call("datetime.timedelta", Vec::new(), vec![("microseconds", microseconds)])
        }
        _ => return None,
    })
}

/// The ends that a range leaves of a type: of whole numbers, whole ones within the type.
pub(super) fn ends(low: Option<&Literal>, high: Option<&Literal>, data: &DataType) -> (Option<Py>, Option<Py>) {
    let Some((least, most)) = whole(data) else {
        let py = |end: Option<&Literal>| end.and_then(|end| py(end, data));
        return (py(low), py(high));
    };
    let rounded = |end: Option<&Literal>, mode: RoundingMode| match end {
        Some(Literal::Number(number)) => {
            let number = number.with_scale_round(0, mode);
            Some(number.to_i128().unwrap_or(if number < 0 { i128::MIN } else { i128::MAX }))
        }
        _ => None,
    };
    // beyond the type there is nothing; one step outside of it says so
    let low = rounded(low, RoundingMode::Ceiling).map(|low| low.clamp(least, most + 1)).unwrap_or(least);
    let high = rounded(high, RoundingMode::Floor).map(|high| high.clamp(least - 1, most)).unwrap_or(most);
    (Some(Py::word(low.to_string())), Some(Py::word(high.to_string())))
}

/// The ends of a type of whole numbers.
pub(super) fn whole(data: &DataType) -> Option<(i128, i128)> {
    match data {
        DataType::Int(bits) => {
            let half = 1_i128 << (bits.clamp(&1, &64) - 1);
            Some((-half, half - 1))
        }
        DataType::Uint(bits) => Some((0, (1_i128 << bits.clamp(&1, &64)) - 1)),
        _ => None,
    }
}
