//! `evaluate.binary`: how scores of a yes-or-no question agree with the truth.

use super::kernel::{Kernel, Rank};

pub(super) const METRICS: [&str; 10] =
    ["auc", "ap", "log_loss", "brier", "ece", "accuracy", "precision", "recall", "f1", "fpr"];

/// Scores nearer than this to 0 or 1 count as this near: what a double resolves below 1.
const EPSILON: f64 = f64::EPSILON;

/// The metric of these rows, or why it is unknown. A row is called positive from `threshold` on.
pub(super) fn kernel(metric: &str, truth: &[bool], score: &[f64], threshold: f64) -> Result<Kernel, String> {
    let positives = truth.iter().filter(|truth| **truth).count();
    let one_class = positives == 0 || positives == truth.len();
    let unknown = |reason: &str| Err(reason.to_owned());
    match metric {
        "auc" if one_class => unknown("only one class"),
        "ap" if positives == 0 => unknown("only one class"),
        "recall" if positives == 0 => unknown("only one class: no row is true"),
        "fpr" if positives == truth.len() => unknown("only one class: no row is false"),
        "log_loss" | "brier" | "ece" if score.iter().any(|score| !(0.0..=1.0).contains(score)) => {
            unknown("a score lies outside 0 .. 1, so it is no probability")
        }
        "auc" => Ok(Kernel::Auc(ranks(truth, score, false))),
        "ap" => Ok(Kernel::AveragePrecision(ranks(truth, score, true))),
        "log_loss" => Ok(mean(truth, score, |truth, score| -clipped(if truth { score } else { 1.0 - score }).ln())),
        "brier" => Ok(mean(truth, score, |truth, score| (score - f64::from(truth)).powi(2))),
        "ece" => Ok(Kernel::Bins {
            bin: score.iter().map(|score| bin(*score)).collect(),
            gap: truth.iter().zip(score).map(|(truth, score)| score - f64::from(*truth)).collect(),
        }),
        "accuracy" => Ok(mean(truth, score, |truth, score| f64::from((score >= threshold) == truth))),
        _ => at_threshold(metric, truth, score, threshold),
    }
}

/// Shares of the confusion matrix.
fn at_threshold(metric: &str, truth: &[bool], score: &[f64], threshold: f64) -> Result<Kernel, String> {
    let column = |value: &dyn Fn(bool, bool) -> f64| {
        truth.iter().zip(score).map(|(truth, score)| value(*truth, *score >= threshold)).collect::<Vec<f64>>()
    };
    let hit = |truth: bool, called: bool| f64::from(truth && called);
    let (top, bottom, undefined) = match metric {
        "precision" => (column(&hit), column(&|_, called| f64::from(called)), "no score reaches the threshold"),
        "recall" => (column(&hit), column(&|truth, _| f64::from(truth)), "no row is true"),
        "f1" => (
            column(&|truth, called| 2.0 * hit(truth, called)),
            column(&|truth, called| f64::from(truth) + f64::from(called)),
            "no row is true, and no score reaches the threshold",
        ),
        "fpr" => (
            column(&|truth, called| f64::from(!truth && called)),
            column(&|truth, _| f64::from(!truth)),
            "no row is false",
        ),
        other => return Err(format!("`{other}` is no metric of std.evaluate.Binary")),
    };
    if bottom.iter().all(|value| *value == 0.0) { Err(undefined.to_owned()) } else { Ok(Kernel::Ratio { top, bottom }) }
}

fn mean(truth: &[bool], score: &[f64], loss: impl Fn(bool, f64) -> f64) -> Kernel {
    Kernel::Mean { values: truth.iter().zip(score).map(|(truth, score)| loss(*truth, *score)).collect(), root: false }
}

const fn clipped(score: f64) -> f64 {
    score.clamp(EPSILON, 1.0 - EPSILON)
}

/// One of ten bins of equal width; 1 belongs to the last.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a score in 0 .. 1, checked by the caller")]
fn bin(score: f64) -> u8 {
    (score * 10.0).floor().min(9.0) as u8
}

fn ranks(truth: &[bool], score: &[f64], falling: bool) -> Vec<Rank> {
    // `+ 0.0` makes one zero of both, so that ties are the same by `total_cmp` and by `==`.
    let mut sorted: Vec<(f64, u32, bool)> =
        (0_u32..).zip(truth).zip(score).map(|((row, truth), score)| (score + 0.0, row, *truth)).collect();
    sorted.sort_unstable_by(|a, b| {
        let by_score = if falling { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) };
        by_score.then(a.1.cmp(&b.1))
    });
    let next = sorted.iter().skip(1).map(|next| Some(next.0)).chain([None]);
    sorted
        .iter()
        .zip(next)
        .map(|((score, row, positive), next)| Rank { row: *row, positive: *positive, last: next != Some(*score) })
        .collect()
}
