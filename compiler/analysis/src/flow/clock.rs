//! Schedules by the clock: whether they are any, and what daylight saving does to them.

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use croner::Cron;

/// The first second of 2026, UTC. Any fixed instant will do: what holds for a program does not depend on the day on which it is checked.
const START: i64 = 1_767_225_600;
/// Two years have every change of a year's clocks, and both kinds of years.
const DAYS: i64 = 731;

/// Why a cron expression is no schedule, in words.
pub fn fault(expression: &str, zone: Tz) -> Option<String> {
    let fields = expression.split_whitespace().count();
    if fields != 5 {
        return Some(format!("a schedule has five fields, and `{expression}` has {fields}"));
    }
    let cron = match expression.parse::<Cron>() {
        Ok(cron) => cron,
        Err(error) => return Some(format!("`{expression}` is no schedule: {error}")),
    };
    let start = DateTime::from_timestamp(START, 0)?.with_timezone(&zone);
    cron.find_next_occurrence(&start, false)
        .err()
        .map(|_| format!("`{expression}` names a day that no calendar has: it never fires"))
}

/// A schedule that a change of clocks bends.
pub struct Bent {
    /// What happens, and when.
    pub message: String,
    /// The hours to stay out of.
    pub hours: String,
}

/// Whether a schedule names a time of day that its zone skips or has twice. Who runs at every hour does not mind.
pub fn bent(expression: &str, zone: Tz) -> Option<Bent> {
    let hours = expression.split_whitespace().nth(1)?;
    let cron = expression.parse::<Cron>().ok().filter(|_| !hours.starts_with('*'))?;
    let found: Vec<Change> = changes(zone).into_iter().filter(|change| change.is_hit(&cron)).collect();
    let first = |skips: bool| found.iter().find(|change| change.skips() == skips);
    let told = |change: &Change| {
        let (day, verb) = (change.before.date(), if change.skips() { "skips" } else { "has twice" });
        format!(
            "{verb} on {day}, when clocks go from {:.5} to {:.5}",
            change.before.time().to_string(),
            change.after.time().to_string()
        )
    };
    let all: Vec<String> = [first(true), first(false)].into_iter().flatten().map(told).collect();
    let (low, high) = found.first()?.span();
    Some(Bent {
        message: format!("`{expression}` names a time that {zone} {}", all.join(" and ")),
        hours: format!("{:.5} to {:.5}", low.time().to_string(), high.time().to_string()),
    })
}

/// A change of clocks: what they show at that instant by the old and by the new offset.
struct Change {
    before: NaiveDateTime,
    after: NaiveDateTime,
}

impl Change {
    fn skips(&self) -> bool {
        self.before < self.after
    }

    /// The times of day that are skipped or come twice; the end is not among them.
    fn span(&self) -> (NaiveDateTime, NaiveDateTime) {
        (self.before.min(self.after), self.before.max(self.after))
    }

    /// Whether the schedule, read as if clocks never changed, names one of them.
    fn is_hit(&self, cron: &Cron) -> bool {
        let (low, high) = self.span();
        let minutes = (high - low).num_minutes();
        (0..minutes).any(|n| cron.is_time_matching(&(low + TimeDelta::minutes(n)).and_utc()).unwrap_or(false))
    }
}

fn changes(zone: Tz) -> Vec<Change> {
    let offset = |seconds: i64| {
        let at = DateTime::from_timestamp(seconds, 0)?.naive_utc();
        Some((at, zone.offset_from_utc_datetime(&at).fix().local_minus_utc()))
    };
    let mut found = Vec::new();
    for day in 0..DAYS {
        let (mut low, mut high) = (START + day * 86_400, START + (day + 1) * 86_400);
        let (Some((_, old)), Some((_, new))) = (offset(low), offset(high)) else { continue };
        if old == new {
            continue;
        }
        // the first second of the new offset
        while high - low > 1 {
            let middle = low.midpoint(high);
            match offset(middle) {
                Some((_, now)) if now == old => low = middle,
                _ => high = middle,
            }
        }
        let Some((at, _)) = offset(high) else { continue };
        let shown = |seconds: i32| at + TimeDelta::seconds(seconds.into());
        found.push(Change { before: shown(old), after: shown(new) });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(expression: &str, zone: Tz) -> Option<String> {
        bent(expression, zone).map(|bent| format!("{} ({})", bent.message, bent.hours))
    }

    #[test]
    fn an_hour_that_is_skipped_or_comes_twice_is_told() {
        assert_eq!(
            told("30 2 * * *", Tz::Europe__Berlin).unwrap(),
            "`30 2 * * *` names a time that Europe/Berlin skips on 2026-03-29, when clocks go from 02:00 to 03:00 and has twice on 2026-10-25, \
             when clocks go from 03:00 to 02:00 (02:00 to 03:00)"
        );
        assert_eq!(
            told("0 1 * * *", Tz::America__New_York).unwrap(),
            "`0 1 * * *` names a time that America/New_York has twice on 2026-11-01, when clocks go from 02:00 to 01:00 (01:00 to 02:00)"
        );
        // half an hour
        assert!(told("45 1 * * *", Tz::Australia__Lord_Howe).unwrap().contains("has twice on 2026-04-05"));
    }

    #[test]
    fn what_no_change_of_clocks_meets_is_not_told() {
        for (expression, zone) in [
            ("30 2 * * *", Tz::UTC),
            ("30 2 * * *", Tz::Asia__Tokyo),
            ("0 6 * * *", Tz::Europe__Berlin),
            ("*/15 * * * *", Tz::Europe__Berlin),
            ("0 */2 * * *", Tz::Europe__Berlin),
            // clocks change on Sundays
            ("30 2 * * MON-FRI", Tz::Europe__Berlin),
            ("30 2 1 * *", Tz::Europe__Berlin),
        ] {
            assert_eq!(told(expression, zone), None, "{expression} {zone}");
        }
    }
}
