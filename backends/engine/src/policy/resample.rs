//! Replicates of expressions: every report of a clause resampled, each by its own rows.

use std::collections::{BTreeMap, btree_map::Entry};

use mlp_plan::Expr;

use super::scope::{Scope, apply, call, over};
use crate::metrics::{
    Report,
    bootstrap::{replicates, seed},
    report::{Evidence, Source},
    rows::Rows,
};

/// Report, metric, and slice column with value.
type Key = (String, String, Option<(String, String)>);

/// Keeps the rows and replicates of the reports of one policy.
#[derive(Default)]
pub(super) struct Resampler<'a> {
    rows: BTreeMap<String, Result<Rows, String>>,
    known: BTreeMap<Key, Vec<f64>>,
    reports: std::marker::PhantomData<&'a Report>,
}

impl<'a> Resampler<'a> {
    /// The first `count` replicates of an expression; NaN where a resample leaves it undefined.
    pub fn values(&mut self, scope: &Scope<'a>, expr: &Expr, count: usize) -> Result<Vec<f64>, String> {
        Ok(match expr {
            Expr::Metric { report, metric } => self.metric(scope, report, metric, count)?,
            Expr::OverSlices { aggregate, report, metric, by, support, .. } => {
                let mut all = Vec::new();
                for (key, _) in scope.slices(report, by, *support)? {
                    all.push(self.slice(scope, report, metric, (by, key), count)?);
                }
                by_replicate(&all, count, |values| Ok(over(*aggregate, values)))?
            }
            Expr::Negate(inner) => self.values(scope, inner, count)?.into_iter().map(|value| -value).collect(),
            Expr::Arithmetic(op, left, right) => {
                let (left, right) = (self.values(scope, left, count)?, self.values(scope, right, count)?);
                left.iter().zip(&right).map(|(left, right)| finite(apply(*op, *left, *right))).collect()
            }
            Expr::Call { function, args } => {
                let args: Result<Vec<Vec<f64>>, String> =
                    args.iter().map(|arg| self.values(scope, arg, count)).collect();
                by_replicate(&args?, count, |values| call(function, values))?
            }
            constant => vec![scope.number(constant)?; count],
        })
    }

    fn metric(&mut self, scope: &Scope<'a>, report: &str, metric: &str, count: usize) -> Result<Vec<f64>, String> {
        let given = scope.report(report)?;
        match (&given.source, given.values.get(metric)) {
            (Source::Rows(evidence), _) => self.resampled(evidence, (report, metric), None, count),
            // How many rows there are is counted, not estimated.
            (Source::File, Some(rows)) if metric == "rows" => Ok(vec![rows.known()?; count]),
            (Source::File, _) => {
                Err(format!("`{report}` has no rows behind it, so nothing tells how sure `{metric}` is"))
            }
            (Source::Hand, Some(measured)) if measured.interval.is_none() => Ok(vec![measured.known()?; count]),
            (Source::Hand, _) => Err(format!(
                "`{report}.{metric}` has an interval given by hand, and what it is compared with is resampled"
            )),
        }
    }

    /// The first `count` replicates of a metric within a slice.
    pub fn slice(
        &mut self,
        scope: &Scope<'a>,
        report: &str,
        metric: &str,
        slice: (&str, &str),
        count: usize,
    ) -> Result<Vec<f64>, String> {
        let given = scope.report(report)?;
        match &given.source {
            Source::Rows(evidence) => self.resampled(evidence, (report, metric), Some(slice), count),
            Source::File | Source::Hand => {
                Err(format!("`{report}` has no rows behind it, so nothing tells how sure `{metric}` is"))
            }
        }
    }

    fn resampled(
        &mut self,
        evidence: &Evidence,
        of: (&str, &str),
        slice: Option<(&str, &str)>,
        count: usize,
    ) -> Result<Vec<f64>, String> {
        let key = (of.0.to_owned(), of.1.to_owned(), slice.map(|(by, value)| (by.to_owned(), value.to_owned())));
        if let Some(known) = self.known.get(&key).and_then(|known| known.get(..count)) {
            return Ok(known.to_vec());
        }
        let rows = match self.rows.entry(of.0.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(empty) => empty.insert(load(evidence)),
        };
        let rows = rows.as_ref().map_err(Clone::clone)?;
        let part = match slice {
            None => None,
            Some((by, value)) => {
                let found = rows
                    .slices
                    .get(by)
                    .and_then(|groups| groups.get(value))
                    .ok_or_else(|| format!("no row of `{}` has {by} = {value}", of.0))?;
                Some(rows.sample.subset(found))
            }
        };
        let sample = part.as_ref().unwrap_or(&rows.sample);
        let kernel =
            sample.kernel(of.1, &evidence.settings).map_err(|reason| format!("`{}.{}`: {reason}", of.0, of.1))?;
        if !kernel.resamples() {
            return Err(format!("no resampling tells how sure `{}` is: it hangs on a single row", of.1));
        }
        let values = replicates(&kernel, sample.rows(), seed(&evidence.digest, slice), count);
        self.known.insert(key, values.clone());
        Ok(values)
    }
}

fn load(evidence: &Evidence) -> Result<Rows, String> {
    let rows = Rows::read(std::slice::from_ref(&evidence.file), &evidence.settings)
        .map_err(|error| format!("the rows behind the report cannot be read: {error}"))?;
    if rows.digest == evidence.digest {
        Ok(rows)
    } else {
        Err("the rows beside the report are not those that it was measured on".to_owned())
    }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// Replicate by replicate, what `value` makes of all columns.
fn by_replicate(
    columns: &[Vec<f64>],
    count: usize,
    value: impl Fn(&[f64]) -> Result<f64, String>,
) -> Result<Vec<f64>, String> {
    (0..count)
        .map(|number| {
            let values: Vec<f64> =
                columns.iter().map(|column| column.get(number).copied().unwrap_or(f64::NAN)).collect();
            if values.iter().any(|value| value.is_nan()) { Ok(f64::NAN) } else { value(&values) }
        })
        .collect()
}
