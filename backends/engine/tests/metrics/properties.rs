//! Metrics against their definitions, pair by pair and row by row.

use proptest::prelude::*;

use crate::tables::binary;

/// The share of pairs in which the positive wins, ties half.
fn auc_by_pairs(rows: &[(bool, f64)]) -> Option<f64> {
    let (mut won, mut pairs) = (0.0, 0.0);
    for (_, positive) in rows.iter().filter(|row| row.0) {
        for (_, negative) in rows.iter().filter(|row| !row.0) {
            pairs += 1.0;
            won += if positive > negative { 1.0 } else { f64::from(u8::from(positive == negative)) / 2.0 };
        }
    }
    (pairs > 0.0).then(|| won / pairs)
}

/// Precision at every threshold that a row has, weighted by the recall that it adds.
fn ap_by_thresholds(rows: &[(bool, f64)]) -> Option<f64> {
    let positives = rows.iter().filter(|row| row.0).count() as f64;
    let mut thresholds: Vec<f64> = rows.iter().map(|row| row.1).collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let (mut sum, mut before) = (0.0, 0.0);
    for threshold in thresholds.into_iter().rev() {
        let called: Vec<&(bool, f64)> = rows.iter().filter(|row| row.1 >= threshold).collect();
        let hits = called.iter().filter(|row| row.0).count() as f64;
        sum += (hits / positives - before) * hits / called.len() as f64;
        before = hits / positives;
    }
    (positives > 0.0).then_some(sum)
}

fn ece_by_bins(rows: &[(bool, f64)]) -> f64 {
    (0..10)
        .map(|bin| {
            let inside: Vec<&(bool, f64)> =
                rows.iter().filter(|row| ((row.1 * 10.0).floor() as i32).min(9) == bin).collect();
            let count = inside.len().max(1) as f64;
            let confidence = inside.iter().map(|row| row.1).sum::<f64>() / count;
            let accuracy = inside.iter().filter(|row| row.0).count() as f64 / count;
            (confidence - accuracy).abs() * inside.len() as f64 / rows.len() as f64
        })
        .sum()
}

fn agree(found: Result<f64, String>, expected: Option<f64>) {
    match (&found, expected) {
        (Ok(found), Some(expected)) => assert!((found - expected).abs() < 1e-12, "{found}, not {expected}"),
        (Err(_), None) => {}
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn ranks_agree_with_pairs(rows in prop::collection::vec((any::<bool>(), (0_u8..8).prop_map(|score| f64::from(score) / 7.0)), 1..40)) {
        let (truth, score): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
        let report = binary(&truth, &score).report;
        agree(report.value("auc"), auc_by_pairs(&rows));
        agree(report.value("ap"), ap_by_thresholds(&rows));
        agree(report.value("ece"), Some(ece_by_bins(&rows)));
    }

    #[test]
    fn any_rows_give_values_in_range(rows in prop::collection::vec((any::<bool>(), any::<f64>()), 0..20)) {
        let (truth, score): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
        let report = binary(&truth, &score).report;
        for metric in ["auc", "ap", "brier", "ece", "accuracy", "precision", "recall", "f1", "fpr"] {
            if let Ok(value) = report.value(metric) {
                prop_assert!((0.0..=1.0).contains(&value), "{metric} = {value}");
            }
        }
        prop_assert_eq!(report.value("rows"), Ok(rows.len() as f64));
        if score.iter().any(|score| !score.is_finite()) {
            prop_assert!(report.values.iter().all(|(metric, value)| metric == "rows" || value.value.is_none()));
        }
    }
}
