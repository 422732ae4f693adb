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
        "medae" => Kernel::quantile(0.5, absolute()),
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
