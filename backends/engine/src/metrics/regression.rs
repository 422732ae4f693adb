//! `evaluate.regression`: how far predicted numbers lie from the true ones.

use super::kernel::Kernel;

pub(super) const METRICS: [&str; 7] = ["rmse", "mae", "medae", "r2", "mape", "max_error", "bias"];

/// The metric of these rows, or why it is unknown.
///
/// `bias` is the mean of prediction minus truth. `mape` divides by `max(|truth|, 2^-52)`, as scikit-learn does: a truth of 0 makes it huge.
pub(super) fn kernel(metric: &str, truth: &[f64], prediction: &[f64]) -> Result<Kernel, String> {
    let errors = || truth.iter().zip(prediction).map(|(truth, prediction)| prediction - truth);
    let absolute = || errors().map(f64::abs);
    Ok(match metric {
        "rmse" => Kernel::Mean { values: errors().map(|error| error * error).collect(), root: true },
        "mae" => Kernel::Mean { values: absolute().collect(), root: false },
        "bias" => Kernel::Mean { values: errors().collect(), root: false },
        "mape" => Kernel::Mean {
            values: absolute().zip(truth).map(|(error, truth)| error / truth.abs().max(f64::EPSILON)).collect(),
            root: false,
        },
        "max_error" => Kernel::Largest(absolute().fold(0.0, f64::max)),
        "medae" => {
            let mut sorted: Vec<(u32, f64)> = (0_u32..).zip(absolute()).collect();
            sorted.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            Kernel::Median(sorted)
        }
        "r2" => {
            let mut values = truth.iter();
            let first = values.next();
            if values.all(|value| Some(value) == first) {
                return Err("the truth is the same in every row".to_owned());
            }
            let mean = truth.iter().sum::<f64>() / super::kernel::count(truth.len());
            Kernel::Determination {
                truth: truth.iter().map(|truth| truth - mean).collect(),
                residual: errors().collect(),
            }
        }
        other => return Err(format!("`{other}` is no metric of std.evaluate.Regression")),
    })
}
