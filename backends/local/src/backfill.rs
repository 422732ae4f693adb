//! Several dates, one run each.

use chrono::NaiveDate;
use mlp_plan::Plan;

use crate::{Event, RunError, RunOptions, RunSummary, run};

/// Runs the pipeline for every date from `first` to `last`, both included, in order; stops at the first run that does not end with exit code 0.
///
/// # Errors
/// As [`run`](crate::run), and where the range is backwards.
pub fn backfill(
    plan: &Plan,
    pipeline: &str,
    options: &RunOptions,
    (first, last): (NaiveDate, NaiveDate),
    events: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<RunSummary>, RunError> {
    if first > last {
        return Err(RunError::Usage(format!("{first}..{last} runs backwards")));
    }
    if options.resume.is_some() || options.date.is_some() {
        return Err(RunError::Usage("--backfill goes with neither --resume nor --date".to_owned()));
    }
    let mut summaries = Vec::new();
    for date in first.iter_days().take_while(|date| *date <= last) {
        let summary = run(plan, pipeline, &RunOptions { date: Some(date), ..options.clone() }, events)?;
        let done = summary.exit_code == 0;
        summaries.push(summary);
        if !done {
            break;
        }
    }
    Ok(summaries)
}
