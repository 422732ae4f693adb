//! `serving.measure`: what requests say of an endpoint.

use super::kernel::{Kernel, count};

pub(super) const METRICS: [&str; 4] = ["error_rate", "latency.p50", "latency.p95", "latency.p99"];

/// The metric of these requests, or why it is unknown. The time of a request that failed counts: a client waited for it.
pub(super) fn kernel(metric: &str, failed: &[bool], seconds: &[f64]) -> Result<Kernel, String> {
    let quantile = |share: f64| Kernel::quantile(share, seconds.iter().copied());
    Ok(match metric {
        "error_rate" => {
            Kernel::Mean { values: failed.iter().map(|failed| count(usize::from(*failed))).collect(), root: false }
        }
        "latency.p50" => quantile(0.5),
        "latency.p95" => quantile(0.95),
        "latency.p99" => quantile(0.99),
        other => return Err(format!("`{other}` is no metric of std.serving.Serving")),
    })
}
