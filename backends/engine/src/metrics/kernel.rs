//! Metrics as functions of row weights: with every weight one, the metric; with the weights of a resample, its replicate.

/// A metric of fixed rows, sorted and summed up as far as weights allow, so that one evaluation is one pass.
///
/// All weights are counts of rows. The result is NaN where those rows leave the metric undefined.
#[derive(Clone, Debug)]
pub(crate) enum Kernel {
    /// The number of rows: known exactly, whatever is resampled.
    Rows(usize),
    /// `Σ top / Σ bottom`.
    Ratio { top: Vec<f64>, bottom: Vec<f64> },
    /// `Σ value / n`, or its square root.
    Mean { values: Vec<f64>, root: bool },
    /// Expected calibration error: `Σ over bins |Σ gap| / n`.
    Bins { bin: Vec<u8>, gap: Vec<f64> },
    /// Area under the ROC curve, over rows sorted by score, rising.
    Auc(Vec<Rank>),
    /// Average precision, over rows sorted by score, falling.
    AveragePrecision(Vec<Rank>),
    /// `1 - Σ residual² / Σ (truth - mean)²`; truths are centred for precision.
    Determination { truth: Vec<f64>, residual: Vec<f64> },
    /// A quantile of values, over rows sorted by them; between two of them by linear interpolation (Hyndman & Fan 1996, type 7).
    Quantile { share: f64, sorted: Vec<(u32, f64)> },
    /// The largest value: no bootstrap tells how sure it is (Bickel & Freedman 1981).
    Largest(f64),
    /// A score over classes.
    Classes { score: ClassScore, classes: usize, truth: Vec<u32>, predicted: Vec<u32> },
}

/// A row in the order of scores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rank {
    /// Index of the row.
    pub row: u32,
    /// Its truth.
    pub positive: bool,
    /// Whether the next row has another score.
    pub last: bool,
}

/// Scores that need the counts of each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClassScore {
    MacroF1,
    MacroPrecision,
    MacroRecall,
    WeightedF1,
    Kappa,
}

impl Kernel {
    /// The quantile of values, one for each row.
    pub fn quantile(share: f64, values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<(u32, f64)> = (0_u32..).zip(values).collect();
        sorted.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        Self::Quantile { share, sorted }
    }

    /// Whether resampling its rows tells how sure it is.
    pub const fn resamples(&self) -> bool {
        !matches!(self, Self::Largest(_))
    }

    /// The metric where row i occurs `weights[i]` times.
    pub fn evaluate(&self, weights: &[u32]) -> f64 {
        match self {
            Self::Rows(rows) => count(*rows),
            Self::Ratio { top, bottom } => weighted(weights, top) / weighted(weights, bottom),
            Self::Mean { values, root } => {
                let mean = weighted(weights, values) / total(weights);
                if *root { mean.sqrt() } else { mean }
            }
            Self::Bins { bin, gap } => calibration(weights, bin, gap),
            Self::Auc(ranks) => auc(weights, ranks),
            Self::AveragePrecision(ranks) => average_precision(weights, ranks),
            Self::Determination { truth, residual } => determination(weights, truth, residual),
            Self::Quantile { share, sorted } => quantile(weights, *share, sorted),
            Self::Largest(value) => *value,
            Self::Classes { score, classes, truth, predicted } => by_class(weights, *score, *classes, truth, predicted),
        }
    }
}

/// A count as a float: exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
pub(crate) const fn count(rows: usize) -> f64 {
    rows as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "products of two counts of rows: exact below 2^53, and within 1e-16 of the ratio above"
)]
const fn wide(count: u64) -> f64 {
    count as f64
}

fn total(weights: &[u32]) -> f64 {
    wide(weights.iter().map(|weight| u64::from(*weight)).sum())
}

/// Four sums side by side: floats do not reorder by themselves, and one chain of additions waits for each.
fn weighted(weights: &[u32], values: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    for (weights, values) in weights.chunks(4).zip(values.chunks(4)) {
        for (sum, (weight, value)) in sums.iter_mut().zip(weights.iter().zip(values)) {
            *sum += f64::from(*weight) * value;
        }
    }
    sums.iter().sum()
}

fn at(weights: &[u32], row: u32) -> u64 {
    weights.get(row as usize).map_or(0, |weight| u64::from(*weight))
}

fn calibration(weights: &[u32], bin: &[u8], gap: &[f64]) -> f64 {
    let mut sums = [0.0; 10];
    for ((weight, bin), gap) in weights.iter().zip(bin).zip(gap) {
        if let Some(sum) = sums.get_mut(usize::from(*bin)) {
            *sum += f64::from(*weight) * gap;
        }
    }
    sums.iter().map(|sum: &f64| sum.abs()).sum::<f64>() / total(weights)
}

/// Mann-Whitney with midranks (Hanley & McNeil 1982): the share of pairs in which the positive has the higher score, ties half.
fn auc(weights: &[u32], ranks: &[Rank]) -> f64 {
    let (mut below, mut positives, mut twice_won) = (0_u64, 0_u64, 0_u64);
    let (mut tied_positives, mut tied_negatives) = (0_u64, 0_u64);
    for rank in ranks {
        let weight = at(weights, rank.row);
        if rank.positive {
            tied_positives += weight
        } else {
            tied_negatives += weight
        }
        if rank.last {
            twice_won += tied_positives * (2 * below + tied_negatives);
            below += tied_negatives;
            positives += tied_positives;
            (tied_positives, tied_negatives) = (0, 0);
        }
    }
    wide(twice_won) / (2.0 * wide(positives) * wide(below))
}

/// `Σ (recall_k - recall_{k-1}) precision_k` over falling thresholds: the step, not the trapezoid.
fn average_precision(weights: &[u32], ranks: &[Rank]) -> f64 {
    let (mut positives, mut all, mut tied, mut sum) = (0_u64, 0_u64, 0_u64, 0.0);
    for rank in ranks {
        let weight = at(weights, rank.row);
        all += weight;
        tied += if rank.positive { weight } else { 0 };
        if rank.last {
            positives += tied;
            if tied > 0 {
                sum += wide(tied) * wide(positives) / wide(all);
            }
            tied = 0;
        }
    }
    sum / wide(positives)
}

fn determination(weights: &[u32], truth: &[f64], residual: &[f64]) -> f64 {
    let (mut sum, mut squares, mut residuals) = (0.0, 0.0, 0.0);
    for ((weight, truth), residual) in weights.iter().zip(truth).zip(residual) {
        let weight = f64::from(*weight);
        sum += weight * truth;
        squares += weight * truth * truth;
        residuals += weight * residual * residual;
    }
    let spread = squares - sum * sum / total(weights);
    if spread > 0.0 { 1.0 - residuals / spread } else { f64::NAN }
}

/// The middle value of the rows, or the mean of the two in the middle.
fn quantile(weights: &[u32], share: f64, sorted: &[(u32, f64)]) -> f64 {
    let all: u64 = sorted.iter().map(|(row, _)| at(weights, *row)).sum();
    if all == 0 {
        return f64::NAN;
    }
    let place = share * wide(all - 1);
    let (below, part) = (place.floor(), place.fract());
    let (mut seen, mut lower) = (0_u64, None);
    for (row, value) in sorted {
        seen += at(weights, *row);
        // the last place that this value fills is `seen - 1`
        let reaches = |wanted: f64| wide(seen) > wanted;
        if lower.is_none() && reaches(below) {
            lower = Some(*value);
        }
        if let Some(lower) = lower.filter(|_| part == 0.0 || reaches(below + 1.0)) {
            // exact in the middle of two, and where both are the same
            return if part == 0.5 { f64::midpoint(lower, *value) } else { lower + (*value - lower) * part };
        }
    }
    f64::NAN
}

/// Counts of one class: rows that are it, rows that are taken for it, rows that are both.
#[derive(Clone, Copy, Default)]
struct Class {
    truth: u64,
    predicted: u64,
    both: u64,
}

impl Class {
    /// Where nothing is predicted to be it, or nothing is it, zero: as scikit-learn, and never to the model's advantage.
    fn share(self, of: u64) -> f64 {
        if of == 0 { 0.0 } else { wide(self.both) / wide(of) }
    }

    fn f1(self) -> f64 {
        2.0 * wide(self.both) / wide(self.truth + self.predicted)
    }
}

fn by_class(weights: &[u32], score: ClassScore, classes: usize, truth: &[u32], predicted: &[u32]) -> f64 {
    let mut counts = vec![Class::default(); classes];
    let mut all = 0_u64;
    for ((weight, truth), predicted) in weights.iter().zip(truth).zip(predicted) {
        let weight = u64::from(*weight);
        all += weight;
        if let Some(class) = counts.get_mut(*truth as usize) {
            class.truth += weight;
            class.both += if truth == predicted { weight } else { 0 };
        }
        if let Some(class) = counts.get_mut(*predicted as usize) {
            class.predicted += weight;
        }
    }
    counts.retain(|class| class.truth + class.predicted > 0);
    let mean = |value: fn(&Class) -> f64| counts.iter().map(value).sum::<f64>() / count(counts.len());
    match score {
        ClassScore::MacroF1 => mean(|class| class.f1()),
        ClassScore::MacroPrecision => mean(|class| class.share(class.predicted)),
        ClassScore::MacroRecall => mean(|class| class.share(class.truth)),
        ClassScore::WeightedF1 => counts.iter().map(|class| wide(class.truth) * class.f1()).sum::<f64>() / wide(all),
        ClassScore::Kappa => {
            let agreed = wide(counts.iter().map(|class| class.both).sum()) / wide(all);
            let chance = counts
                .iter()
                .map(|class| wide(class.truth) / wide(all) * (wide(class.predicted) / wide(all)))
                .sum::<f64>();
            // One class on both sides: agreement by chance is certain.
            if counts.len() == 1 { f64::NAN } else { (agreed - chance) / (1.0 - chance) }
        }
    }
}
