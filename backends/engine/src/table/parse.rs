//! Values out of text: the cells of CSV, the scalars of JSON lines. A cell that is no value of the type has failed; nothing is rounded or guessed.

use std::{str::FromStr as _, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, DurationNanosecondArray,
        FixedSizeBinaryArray, Int64Array, StringArray,
    },
    buffer::BooleanBuffer,
    compute::{CastOptions, cast_with_options, nullif},
    datatypes::{DataType as ArrowType, Float32Type, Float64Type, TimeUnit as ArrowUnit},
    error::ArrowError,
};
use bigdecimal::{BigDecimal, ToPrimitive as _};
use mlp_plan::DataType;

use super::{
    arrow_types::{arrow_type, words},
    cast::CastError,
};

const SAFE: CastOptions<'static> =
    CastOptions { safe: true, format_options: arrow::util::display::FormatOptions::new() };

/// The cells as `data`, and the rows that are none of it.
///
/// # Errors
/// [`CastError::Refused`] for types that no cell can hold.
pub fn parse(cells: &StringArray, data: &DataType) -> Result<(ArrayRef, BooleanBuffer), CastError> {
    let target = arrow_type(data);
    let array: ArrayRef = match data {
        DataType::Bool => Arc::new(cells.iter().map(|cell| cell.and_then(boolean)).collect::<BooleanArray>()),
        DataType::Int(_) | DataType::Uint(_) => integers(cells, &target)?,
        DataType::Float(_) => floats(cells, &target)?,
        DataType::Decimal { precision, scale } => decimals(cells, *precision, *scale)?,
        DataType::Timestamp { naive, .. } => timestamps(cells, &target, *naive)?,
        DataType::Date => cast_with_options(&in_form(cells, is_date), &target, &SAFE)?,
        DataType::Time => cast_with_options(&in_form(cells, is_time), &target, &SAFE)?,
        DataType::Duration => {
            Arc::new(cells.iter().map(|cell| cell.and_then(duration)).collect::<DurationNanosecondArray>())
        }
        DataType::Bytes => Arc::new(cells.iter().map(|cell| cell.and_then(hexadecimal)).collect::<BinaryArray>()),
        _ => return Err(CastError::Refused(format!("the data has {}", words(cells.data_type())))),
    };
    let failed = match (array.nulls(), cells.nulls()) {
        (None, _) => BooleanBuffer::new_unset(cells.len()),
        (Some(after), None) => !after.inner(),
        (Some(after), Some(before)) => before.inner() & &!after.inner(),
    };
    Ok((array, failed))
}

/// Floats; digits of a number beyond the type's range are no infinity.
fn floats(cells: &StringArray, target: &ArrowType) -> Result<ArrayRef, ArrowError> {
    let array = cast_with_options(cells, target, &SAFE)?;
    let infinite: BooleanBuffer = match target {
        ArrowType::Float32 => {
            array.as_primitive::<Float32Type>().values().iter().map(|value| value.is_infinite()).collect()
        }
        _ => array.as_primitive::<Float64Type>().values().iter().map(|value| value.is_infinite()).collect(),
    };
    if !infinite.has_true() {
        return Ok(array);
    }
    let digits = |cell: Option<&str>| cell.is_some_and(|cell| cell.bytes().any(|byte| byte.is_ascii_digit()));
    let beyond = &infinite & &cells.iter().map(digits).collect();
    nullif(&array, &BooleanArray::new(beyond, None))
}

/// The texts that are of a form; the library takes others, too (`5:00 PM`, `20240101`), and cuts off what it does not hold.
fn in_form(cells: &StringArray, form: fn(&str) -> bool) -> StringArray {
    cells.iter().map(|cell| cell.filter(|text| form(text))).collect()
}

/// Whether a text has digits where a shape has `0`, and its other letters where they are.
fn is_shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(is, wanted)| if wanted == b'0' { is.is_ascii_digit() } else { is == wanted })
}

/// `2013-10-01`; beyond four digits of a year with a sign.
fn is_date(text: &str) -> bool {
    is_shaped(text, "0000-00-00") || text.starts_with(['+', '-'])
}

/// `05:00`, `05:00:00`, and up to microseconds.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|digit| digit.is_ascii_digit());
    let exact = fraction.get(6..).is_none_or(|finer| finer.bytes().all(|digit| digit == b'0'));
    let short = is_shaped(whole, "00:00") && whole.len() == text.len();
    (short || is_shaped(whole, "00:00:00")) && fits && exact && !whole.ends_with(":60")
}

fn boolean(cell: &str) -> Option<bool> {
    if cell.eq_ignore_ascii_case("true") { Some(true) } else { cell.eq_ignore_ascii_case("false").then_some(false) }
}

/// Whole numbers, also where a tool has written `517.0`.
fn integers(cells: &StringArray, target: &ArrowType) -> Result<ArrayRef, CastError> {
    let array = cast_with_options(cells, target, &SAFE)?;
    if array.null_count() == cells.null_count() {
        return Ok(array);
    }
    let exact = |cell: &str| BigDecimal::from_str(cell).ok().filter(BigDecimal::is_integer);
    if *target == ArrowType::UInt64 {
        let values: arrow::array::UInt64Array = cells.iter().map(|cell| exact(cell?)?.to_u64()).collect();
        return Ok(Arc::new(values));
    }
    let values: Int64Array = cells.iter().map(|cell| exact(cell?)?.to_i64()).collect();
    Ok(cast_with_options(&values, target, &SAFE)?)
}

/// Never rounded: a cell with more digits behind the point than the type has failed.
fn decimals(cells: &StringArray, precision: u8, scale: u8) -> Result<ArrayRef, CastError> {
    let exact = |cell: &str| {
        let number = BigDecimal::from_str(cell).ok()?;
        let scaled = number.with_scale(i64::from(scale));
        (scaled == number && scaled.digits() <= u64::from(precision)).then_some(scaled)
    };
    let wide = i8::try_from(scale).unwrap_or(i8::MAX);
    if precision <= 38 {
        let units = cells.iter().map(|cell| exact(cell?)?.into_bigint_and_scale().0.to_i128());
        return Ok(Arc::new(units.collect::<Decimal128Array>().with_precision_and_scale(precision, wide)?));
    }
    let kept: StringArray = cells.iter().map(|cell| exact(cell?).map(|number| number.to_plain_string())).collect();
    Ok(cast_with_options(&kept, &ArrowType::Decimal256(precision, wide), &SAFE)?)
}

/// An instant needs a zone, a wall-clock time has none, and no digit of a second is dropped.
fn timestamps(cells: &StringArray, target: &ArrowType, naive: bool) -> Result<ArrayRef, CastError> {
    let digits = match target {
        ArrowType::Timestamp(ArrowUnit::Millisecond, _) => 3,
        ArrowType::Timestamp(ArrowUnit::Microsecond, _) => 6,
        _ => 9,
    };
    let kept: StringArray =
        cells.iter().map(|cell| cell.filter(|cell| zoned(cell) != naive && fraction(cell) <= digits)).collect();
    Ok(cast_with_options(&kept, target, &SAFE)?)
}

/// Whether a timestamp says its zone: `Z`, `UTC` or an offset behind the time.
fn zoned(cell: &str) -> bool {
    let time = cell.get(10..).unwrap_or_default();
    time.ends_with(['Z', 'z']) || time.ends_with("UTC") || time.contains(['+', '-'])
}

/// Digits behind the second's point, trailing zeros not counted.
fn fraction(cell: &str) -> usize {
    let Some((_, rest)) = cell.split_once('.') else { return 0 };
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).and_then(|end| rest.get(..end)).unwrap_or(rest);
    digits.trim_end_matches('0').len()
}

/// `90min`, `1.5h`, `PT5400S` (as we write it), or whole nanoseconds.
fn duration(cell: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
        ("w", 604_800_000_000_000),
    ];
    let (sign, rest) = cell.strip_prefix('-').map_or((1, cell), |rest| (-1, rest));
    let (number, factor) = if let Some(seconds) = rest.strip_prefix("PT").and_then(|rest| rest.strip_suffix('S')) {
        (seconds, 1_000_000_000)
    } else if let Some((unit, factor)) = UNITS.iter().find(|(unit, _)| rest.ends_with(unit)) {
        (rest.strip_suffix(unit)?, *factor)
    } else {
        (rest, 1)
    };
    let value = BigDecimal::from_str(number).ok()? * BigDecimal::from(factor) * BigDecimal::from(sign);
    value.is_integer().then(|| value.to_i64()).flatten()
}

fn hexadecimal(cell: &str) -> Option<Vec<u8>> {
    if !cell.len().is_multiple_of(2) || !cell.is_ascii() {
        return None;
    }
    cell.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Whether it is a uuid with hyphens, in either case.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether it is a JSON document.
#[must_use]
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Sixteen bytes as a uuid.
#[must_use]
pub fn uuid_text(bytes: &FixedSizeBinaryArray) -> ArrayRef {
    let text = bytes.iter().map(|value| {
        value.map(|value| {
            let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            let group = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
            [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
        })
    });
    Arc::new(text.collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (cell, nanoseconds) in [
            ("90min", 5_400_000_000_000),
            ("PT1.5S", 1_500_000_000),
            ("-2h", -7_200_000_000_000),
            ("12", 12),
            ("3ms", 3_000_000),
        ] {
            assert_eq!(duration(cell), Some(nanoseconds), "{cell}");
        }
        assert_eq!(duration("soon"), None);
        assert_eq!(duration("0.5ns"), None);
    }

    #[test]
    fn fractions_and_zones() {
        assert_eq!(fraction("2013-01-01T00:00:00.123450Z"), 5);
        assert_eq!(fraction("2013-01-01T00:00:00Z"), 0);
        assert!(zoned("2013-01-01T00:00:00-05:00"));
        assert!(!zoned("2013-01-01T00:00:00"));
        assert!(!zoned("2013-01-01"));
    }

    #[test]
    fn uuids() {
        assert!(is_uuid("67e55044-10b1-426f-9247-bb680e5fe0c8"));
        assert!(!is_uuid("67e5504410b1426f9247bb680e5fe0c8"));
        let bytes = FixedSizeBinaryArray::try_from_iter(
            [[0x67_u8, 0xe5, 0x50, 0x44, 0x10, 0xb1, 0x42, 0x6f, 0x92, 0x47, 0xbb, 0x68, 0x0e, 0x5f, 0xe0, 0xc8]]
                .iter(),
        )
        .unwrap();
        use arrow::array::AsArray as _;
        assert_eq!(uuid_text(&bytes).as_string::<i32>().value(0), "67e55044-10b1-426f-9247-bb680e5fe0c8");
    }
}
