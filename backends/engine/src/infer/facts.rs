//! Numbers as a person writes them.

use crate::table::show::grouped;

/// `1 row`, `336,776 rows`.
pub(super) fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with at most five digits that count.
pub(super) fn number(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        let whole = value as i64;
        let sign = if whole < 0 { "-" } else { "" };
        return format!("{sign}{}", grouped(whole.unsigned_abs()));
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..9.0).contains(&magnitude) {
        return format!("{value:.4e}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 8")]
    let places = (4.0 - magnitude).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share as a percentage: `0.7%`, never `0%` of something or `100%` of not all.
pub(super) fn share(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
    let percent = part as f64 / whole.max(1) as f64 * 100.0;
    match percent {
        _ if part == whole => "100%".to_owned(),
        percent if percent < 0.1 => "Under 0.1%".to_owned(),
        percent if percent > 99.9 => "Over 99.9%".to_owned(),
        percent => format!("{percent:.1}%").replace(".0%", "%"),
    }
}

/// The first number at or above a positive one that a person would write as a bound: 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten.
pub(super) fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|bound| *bound >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_person_writes() {
        assert_eq!(number(-1_301.0), "-1,301");
        assert_eq!(number(1_048.360_5), "1048.4");
        assert_eq!(number(0.012_34), "0.01234");
        assert_eq!(share(1, 3), "33.3%");
        assert_eq!(share(1, 100_000), "Under 0.1%");
        assert_eq!(share(5, 10), "50%");
        for (value, bound) in
            [(4_983.0, 5_000.0), (695.0, 800.0), (450.0, 500.0), (1.21, 1.5), (10.0, 10.0), (0.07, 0.08)]
        {
            assert!((round_up(value) - bound).abs() < 1e-9, "{value}");
        }
    }
}
