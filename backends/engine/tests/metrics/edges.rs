//! What each metric says where it has nothing to say, and on rows small enough to reckon by hand.

use std::sync::Arc;

use arrow::array::{BooleanArray, Float64Array, Int32Array, StringArray};

use crate::tables::{Evaluated, binary, evaluate, flags, floats, params, slices, text, texts};

fn reason(of: &Evaluated, metric: &str) -> String {
    of.report.value(metric).unwrap_err()
}

fn close(of: &Evaluated, metric: &str, expected: f64) {
    let value = of.report.value(metric).unwrap();
    assert!((value - expected).abs() < 1e-12, "{metric}: {value}, not {expected}");
}

#[test]
fn binary_by_hand() {
    let found = binary(&[true, false, true, false], &[0.9, 0.8, 0.5, 0.1]);
    close(&found, "rows", 4.0);
    close(&found, "auc", 0.75);
    close(&found, "ap", 0.5 * 1.0 + 0.5 * (2.0 / 3.0));
    close(&found, "brier", (0.01 + 0.64 + 0.25 + 0.01) / 4.0);
    close(&found, "log_loss", -(0.9_f64.ln() + 0.2_f64.ln() + 0.5_f64.ln() + 0.9_f64.ln()) / 4.0);
    // Bins 9, 8, 5 and 1: one row each.
    close(&found, "ece", (0.1 + 0.8 + 0.5 + 0.1) / 4.0);
    // A score at the threshold is called positive.
    close(&found, "accuracy", 0.75);
    close(&found, "precision", 2.0 / 3.0);
    close(&found, "recall", 1.0);
    close(&found, "f1", 0.8);
    close(&found, "fpr", 0.5);
}

#[test]
fn equal_scores_tell_nothing() {
    let found = binary(&[true, false, false, true, false], &[0.3; 5]);
    close(&found, "auc", 0.5);
    close(&found, "ap", 0.4);
    close(&found, "ece", 0.1);
    assert_eq!(reason(&found, "precision"), "no score reaches the threshold");
    close(&found, "f1", 0.0);
}

#[test]
fn both_zeros_are_one_score() {
    close(&binary(&[true, false], &[-0.0, 0.0]), "auc", 0.5);
}

#[test]
fn a_score_of_one_is_in_the_last_bin() {
    // 0.95 and 1.0 share a bin, so that over and under balance out.
    close(&binary(&[true, false], &[0.95, 1.0]), "ece", 0.475);
    close(&binary(&[true, true], &[1.0, 1.0]), "ece", 0.0);
}

#[test]
fn log_loss_of_a_certain_mistake_is_finite() {
    close(&binary(&[true, false], &[0.0, 0.0]), "log_loss", -f64::EPSILON.ln() / 2.0 - (1.0 - f64::EPSILON).ln() / 2.0);
}

#[test]
fn one_class_is_unknown_where_it_matters() {
    let found = binary(&[false, false], &[0.2, 0.7]);
    for metric in ["auc", "ap"] {
        assert_eq!(reason(&found, metric), "only one class");
    }
    assert_eq!(reason(&found, "recall"), "only one class: no row is true");
    close(&found, "fpr", 0.5);
    close(&found, "accuracy", 0.5);
    assert_eq!(found.json["values"]["auc"], serde_json::Value::Null);
    assert_eq!(found.json["unknown"]["auc"], "only one class");
    let found = binary(&[true, true], &[0.2, 0.7]);
    assert_eq!(reason(&found, "auc"), "only one class");
    assert_eq!(reason(&found, "fpr"), "only one class: no row is false");
    close(&found, "ap", 1.0);
}

#[test]
fn scores_that_are_no_probabilities_still_rank() {
    let found = binary(&[true, false], &[3.0, -1.0]);
    close(&found, "auc", 1.0);
    for metric in ["log_loss", "brier", "ece"] {
        assert_eq!(reason(&found, metric), "a score lies outside 0 .. 1, so it is no probability");
    }
}

#[test]
fn no_rows() {
    let found = binary(&[], &[]);
    close(&found, "rows", 0.0);
    for metric in ["auc", "ap", "log_loss", "brier", "ece", "accuracy", "precision", "recall", "f1", "fpr"] {
        assert_eq!(reason(&found, metric), "no rows");
    }
}

#[test]
fn rows_that_cannot_be_measured_are_never_left_out() {
    let columns = || params(&[("truth", text("t")), ("score", text("s")), ("slices", slices(&["g"]))]);
    let rows = |score: Float64Array, truth: BooleanArray| {
        vec![("t", Arc::new(truth) as _), ("s", Arc::new(score) as _), ("g", texts(["a", "a", "b", "b"]))]
    };
    let all = [Some(true), Some(false), Some(true), Some(false)];
    let cases: [(Float64Array, BooleanArray, &str); 4] = [
        (
            Float64Array::from(vec![0.9, f64::NAN, 0.7, 0.2]),
            all.into_iter().collect(),
            "the score is NaN in 1 of 4 rows",
        ),
        (
            vec![Some(0.9), None, Some(0.7), Some(0.2)].into(),
            all.into_iter().collect(),
            "the score is null in 1 of 4 rows",
        ),
        (
            Float64Array::from(vec![0.9, f64::INFINITY, 0.7, 0.2]),
            all.into_iter().collect(),
            "the score is infinite in 1 of 4 rows",
        ),
        (
            Float64Array::from(vec![0.9, 0.3, 0.7, 0.2]),
            vec![Some(true), None, Some(true), Some(false)].into(),
            "the truth is null in 1 of 4 rows",
        ),
    ];
    for (score, truth, expected) in cases {
        let found = evaluate("evaluate.binary", rows(score, truth), &columns()).unwrap();
        close(&found, "rows", 4.0);
        for metric in ["auc", "ap", "log_loss", "brier", "ece", "accuracy", "precision", "recall", "f1", "fpr"] {
            assert_eq!(reason(&found, metric), expected, "{metric}");
        }
        // The slice without such a row is known.
        let groups = &found.report.slices["g"];
        assert_eq!(groups["a"].values["auc"].value, None);
        assert_eq!(groups["b"].values["auc"].value, Some(1.0));
    }
}

fn regression(truth: &[f64], prediction: &[f64]) -> Evaluated {
    let columns = vec![("y", floats(truth.iter().copied())), ("p", floats(prediction.iter().copied()))];
    evaluate("evaluate.regression", columns, &params(&[("truth", text("y")), ("prediction", text("p"))])).unwrap()
}

#[test]
fn regression_by_hand() {
    let found = regression(&[1.0, 2.0, 4.0, 5.0], &[2.0, 2.0, 1.0, 7.0]);
    close(&found, "rmse", 3.5_f64.sqrt());
    close(&found, "mae", 1.5);
    close(&found, "medae", 1.5);
    close(&found, "r2", 1.0 - 14.0 / 10.0);
    close(&found, "mape", (1.0 + 0.0 + 0.75 + 0.4) / 4.0);
    close(&found, "max_error", 3.0);
    close(&found, "bias", 0.0);
    close(&regression(&[1.0, 2.0, 3.0], &[1.0, 2.0, 9.0]), "medae", 0.0);
}

#[test]
fn regression_without_an_answer() {
    let found = regression(&[3.0, 3.0], &[1.0, 2.0]);
    assert_eq!(reason(&found, "r2"), "the truth is the same in every row");
    close(&found, "mae", 1.5);
    let found = regression(&[3.0, f64::NAN], &[1.0, f64::NEG_INFINITY]);
    assert_eq!(reason(&found, "mae"), "the truth is NaN in 1 of 2 rows");
    let found = regression(&[1e200, 0.0], &[-1e200, 0.0]);
    assert_eq!(reason(&found, "rmse"), "infinite");
    assert_eq!(reason(&regression(&[], &[]), "r2"), "no rows");
}

fn multiclass(truth: &[&str], predicted: &[&str]) -> Evaluated {
    let columns = vec![("y", texts(truth.iter().copied())), ("p", texts(predicted.iter().copied()))];
    evaluate("evaluate.multiclass", columns, &params(&[("truth", text("y")), ("predicted", text("p"))])).unwrap()
}

#[test]
fn multiclass_by_hand() {
    // cat: 2 true, 1 predicted, 1 hit; dog: 1, 2, 1; eel: 1, 0, 0; fox: 0, 1, 0.
    let found = multiclass(&["cat", "cat", "dog", "eel"], &["cat", "dog", "dog", "fox"]);
    close(&found, "accuracy", 0.5);
    close(&found, "macro_precision", (1.0 + 0.5) / 4.0);
    close(&found, "macro_recall", (0.5 + 1.0) / 4.0);
    close(&found, "macro_f1", (2.0 / 3.0 + 2.0 / 3.0) / 4.0);
    close(&found, "weighted_f1", (2.0 * 2.0 / 3.0 + 2.0 / 3.0) / 4.0);
    close(&found, "kappa", (0.5 - 0.25) / 0.75);
}

#[test]
fn multiclass_without_an_answer() {
    let found = multiclass(&["a", "a"], &["a", "a"]);
    assert_eq!(reason(&found, "kappa"), "only one class");
    close(&found, "macro_f1", 1.0);
    let columns = vec![("y", Arc::new(StringArray::from(vec![Some("a"), None])) as _), ("p", texts(["a", "b"]))];
    let found =
        evaluate("evaluate.multiclass", columns, &params(&[("truth", text("y")), ("predicted", text("p"))])).unwrap();
    assert_eq!(reason(&found, "accuracy"), "the truth is null in 1 of 2 rows");
}

#[test]
fn classes_of_two_widths_are_the_same_classes() {
    let columns = vec![("y", Arc::new(Int32Array::from(vec![1, 2])) as _), ("p", floats([1.0, 2.0]))];
    let found =
        evaluate("evaluate.multiclass", columns, &params(&[("truth", text("y")), ("predicted", text("p"))])).unwrap();
    close(&found, "accuracy", 1.0);
}

#[test]
fn slices_by_several_columns_and_of_nulls() {
    let origin = Arc::new(StringArray::from(vec![Some("EWR"), None, Some("EWR"), Some("JFK")])) as _;
    let columns = vec![
        ("t", flags([true, false, false, true])),
        ("s", floats([0.9, 0.2, 0.1, 0.4])),
        ("origin", origin),
        ("wet", flags([true, true, false, false])),
    ];
    let asked = params(&[("truth", text("t")), ("score", text("s")), ("slices", slices(&["origin", "wet", "t"]))]);
    let found = evaluate("evaluate.binary", columns, &asked).unwrap();
    let origins = &found.report.slices["origin"];
    assert_eq!(origins.keys().collect::<Vec<_>>(), ["(none)", "EWR", "JFK"]);
    assert_eq!(origins["EWR"].rows, Some(2));
    assert_eq!(origins["EWR"].values["auc"].value, Some(1.0));
    assert_eq!(origins["(none)"].rows, Some(1));
    assert_eq!(origins["JFK"].values["auc"].reason.as_deref(), Some("only one class"));
    assert_eq!(found.report.slices["wet"].keys().collect::<Vec<_>>(), ["false", "true"]);
    assert_eq!(found.report.slices["t"]["true"].values["recall"].value, Some(0.5));
}

#[test]
fn the_threshold_is_a_parameter() {
    let columns = vec![("t", flags([true, false])), ("s", floats([0.4, 0.2]))];
    let asked = params(&[
        ("truth", text("t")),
        ("score", text("s")),
        ("threshold", mlp_plan::Literal::Number("0.3".parse().unwrap())),
    ]);
    let found = evaluate("evaluate.binary", columns, &asked).unwrap();
    close(&found, "recall", 1.0);
    assert_eq!(found.json["params"]["threshold"], 0.3);
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let refused = |name: &str, columns, asked: &[(&str, mlp_plan::Literal)]| {
        evaluate(name, columns, &params(asked)).err().unwrap().to_string()
    };
    let rows = || vec![("t", flags([true])), ("s", texts(["high"]))];
    assert_eq!(
        refused("evaluate.binary", rows(), &[("truth", text("t")), ("score", text("s"))]),
        "column `s` is Utf8, not a number"
    );
    assert_eq!(
        refused("evaluate.binary", rows(), &[("truth", text("s")), ("score", text("t"))]),
        "column `s` is Utf8, not bool"
    );
    assert_eq!(refused("evaluate.binary", rows(), &[("truth", text("t"))]), "parameter `score` is missing");
    assert_eq!(refused("evaluate.ranking", rows(), &[]), "`evaluate.ranking` is no evaluation");
    assert!(
        refused("evaluate.binary", rows(), &[("truth", text("t")), ("score", text("z"))])
            .ends_with("there is no column `z`")
    );
}
