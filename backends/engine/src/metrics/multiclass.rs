//! `evaluate.multiclass`: how predicted classes agree with the true ones.

use super::kernel::{ClassScore, Kernel};

pub(super) const METRICS: [&str; 6] =
    ["accuracy", "macro_f1", "macro_precision", "macro_recall", "weighted_f1", "kappa"];

/// The metric of these rows, or why it is unknown. Macro means run over the classes that occur as truth or as prediction.
pub(super) fn kernel(metric: &str, classes: usize, truth: &[u32], predicted: &[u32]) -> Result<Kernel, String> {
    let score = match metric {
        "accuracy" => {
            let hits = truth.iter().zip(predicted).map(|(truth, predicted)| f64::from(truth == predicted)).collect();
            return Ok(Kernel::Mean { values: hits, root: false });
        }
        "macro_f1" => ClassScore::MacroF1,
        "macro_precision" => ClassScore::MacroPrecision,
        "macro_recall" => ClassScore::MacroRecall,
        "weighted_f1" => ClassScore::WeightedF1,
        "kappa" => ClassScore::Kappa,
        other => return Err(format!("`{other}` is no metric of std.evaluate.Multiclass")),
    };
    let first = truth.first();
    if score == ClassScore::Kappa && truth.iter().chain(predicted).all(|class| Some(class) == first) {
        return Err("only one class".to_owned());
    }
    Ok(Kernel::Classes { score, classes, truth: truth.to_vec(), predicted: predicted.to_vec() })
}
