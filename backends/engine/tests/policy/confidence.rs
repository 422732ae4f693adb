//! Confidence on reports with rows: bootstrap, pairs, slices.

use arrow::array::ArrayRef;
use mlp_engine::{
    metrics::{Report, read_report},
    policy::Verdict,
};
use mlp_plan::{CompareOp, Expr, SliceAggregate};

use crate::{
    random::Random,
    tables::{Evaluated, evaluate, flags, floats, params, slices, text, texts},
    write::{GE, LE, at_least, compare, confident, judged, lit, metric, minus, one, over, require, uncorrected},
};

const ORIGINS: [&str; 3] = ["EWR", "JFK", "LGA"];

/// Truths of `rows` flights, and scores that know `skill` of them, with their own noise.
fn rows(rows: usize, skill: f64, noise: u64) -> (Vec<bool>, Vec<f64>) {
    let (mut world, mut model) = (Random(1), Random(noise));
    let truth: Vec<bool> = (0..rows).map(|_| world.next() < 0.3).collect();
    let score = truth
        .iter()
        .map(|late| (0.5 + skill * (f64::from(*late) - 0.5) + 0.15 * model.normal()).clamp(0.0, 1.0))
        .collect();
    (truth, score)
}

fn evaluated(truth: &[bool], score: &[f64]) -> Evaluated {
    let origin: ArrayRef = texts((0..truth.len()).map(|row| ORIGINS[row % 3]));
    let columns =
        vec![("late", flags(truth.iter().copied())), ("score", floats(score.iter().copied())), ("origin", origin)];
    evaluate(
        "evaluate.binary",
        columns,
        &params(&[("truth", text("late")), ("score", text("score")), ("slices", slices(&["origin"]))]),
    )
    .unwrap()
}

fn made(count: usize, skill: f64, noise: u64) -> Evaluated {
    let (truth, score) = rows(count, skill, noise);
    evaluated(&truth, &score)
}

#[test]
fn the_bound_decides_and_not_the_value() {
    let found = made(400, 0.15, 2);
    let auc = found.report.value("auc").unwrap();
    let gated = |bound: f64| one(confident(at_least("candidate.auc", &bound.to_string()), "0.95"), &found.report);
    let (low, high) = gated(0.5).interval.unwrap();
    assert!(low < auc && auc < high && high - low < 0.15, "{low} {auc} {high}");
    assert_eq!(gated(0.5).verdict, Verdict::Pass);
    assert_eq!((gated(low - 1e-9).verdict, gated(low + 1e-9).verdict), (Verdict::Pass, Verdict::Fail));
    assert_eq!(
        one(require(at_least("candidate.auc", &(low + 1e-9).to_string())), &found.report).verdict,
        Verdict::Pass,
        "without confidence"
    );
    let fails = gated(auc);
    assert_eq!(fails.verdict, Verdict::Fail);
    assert!(fails.reason.unwrap().starts_with("it may be as low as 0."));
    let above = |bound: f64| {
        one(confident(compare(LE, metric("candidate.auc"), lit(&bound.to_string())), "0.95"), &found.report).verdict
    };
    assert_eq!((above(high + 1e-9), above(high - 1e-9)), (Verdict::Pass, Verdict::Fail));
}

#[test]
fn the_interval_is_about_as_wide_as_theory_says() {
    // Of a mean: one-sided 95% bounds lie 1.645 standard errors from it.
    let found = made(2_000, 0.15, 3);
    let accuracy = found.report.value("accuracy").unwrap();
    let (low, high) = one(confident(at_least("candidate.accuracy", "0"), "0.95"), &found.report).interval.unwrap();
    let expected = 1.645 * (accuracy * (1.0 - accuracy) / 2_000.0).sqrt();
    for side in [accuracy - low, high - accuracy] {
        assert!((side / expected - 1.0).abs() < 0.12, "{side}, expected {expected}");
    }
}

#[test]
fn more_confidence_is_a_wider_interval_and_more_rows_a_narrower_one() {
    let width = |found: &Evaluated, confidence: &str| {
        let (low, high) = one(confident(at_least("candidate.auc", "0.5"), confidence), &found.report).interval.unwrap();
        high - low
    };
    let (few, many) = (made(300, 0.15, 2), made(3_000, 0.15, 2));
    assert!(width(&few, "0.9") < width(&few, "0.95") && width(&few, "0.95") < width(&few, "0.995"));
    assert!(width(&many, "0.95") < 0.5 * width(&few, "0.95"));
}

#[test]
fn the_same_rows_give_the_same_interval() {
    let clause = || confident(at_least("candidate.auc", "0.5"), "0.95");
    let (one_run, other_run) = (made(500, 0.15, 2), made(500, 0.15, 2));
    assert_eq!(one(clause(), &one_run.report), one(clause(), &other_run.report));
    assert_eq!(
        one(clause(), &one_run.report),
        one(clause(), &read_report(&one_run.folder.path().join("report")).unwrap())
    );
}

fn against_champion(candidate: &Report, champion: &Report) -> (f64, f64) {
    let clause = confident(compare(GE, metric("candidate.auc"), minus(metric("champion.auc"), lit("0.005"))), "0.95");
    let found = judged(vec![clause], [("candidate", Some(candidate.clone())), ("champion", Some(champion.clone()))])
        .clauses
        .remove(0);
    found.interval.unwrap()
}

#[test]
fn two_reports_on_the_same_rows_are_compared_in_pairs() {
    let (truth, score) = rows(1_000, 0.15, 2);
    // Nearly the same model.
    let mut random = Random(9);
    let nearly: Vec<f64> = score.iter().map(|score| (score + 0.01 * random.normal()).clamp(0.0, 1.0)).collect();
    let (candidate, champion) = (evaluated(&truth, &score), evaluated(&truth, &nearly));
    assert_eq!(candidate.report.evidence(), champion.report.evidence());
    let (low, high) = against_champion(&candidate.report, &champion.report);
    let elsewhere = made(1_003, 0.15, 2);
    let (wide_low, wide_high) = against_champion(&candidate.report, &elsewhere.report);
    assert!(high - low < 0.3 * (wide_high - wide_low), "paired {}, unpaired {}", high - low, wide_high - wide_low);
    // Independent errors add up as squares: wider than one interval, narrower than two.
    let (a, b) = one(confident(at_least("candidate.auc", "0.5"), "0.95"), &candidate.report).interval.unwrap();
    let ratio = (wide_high - wide_low) / (b - a);
    assert!((1.2..1.7).contains(&ratio), "{ratio}");
    // A model against itself differs by nothing, whatever is drawn.
    let threshold = candidate.report.value("auc").unwrap() - 0.005;
    let (low, high) = against_champion(&candidate.report, &candidate.report);
    assert!((low - threshold - 0.005).abs() < 1e-12 && (high - low).abs() < 1e-12);
}

#[test]
fn slices_share_the_doubt_after_holm() {
    let found = made(900, 0.15, 2);
    let recalls: Vec<f64> =
        ORIGINS.iter().map(|origin| found.report.slices["origin"][*origin].values["recall"].value.unwrap()).collect();
    let weakest = recalls.iter().copied().fold(1.0, f64::min);
    let gate =
        |expr: Expr, bound: f64| one(confident(compare(GE, expr, lit(&bound.to_string())), "0.95"), &found.report);
    let over_slices = || over(SliceAggregate::Min, "candidate.recall", "origin", 30);
    assert_eq!(gate(over_slices(), 0.05).verdict, Verdict::Pass);
    let failing = gate(over_slices(), weakest);
    assert_eq!((failing.verdict, failing.value), (Verdict::Fail, Some(weakest)));
    // The correction only ever makes it harder to pass.
    let corrected =
        (0..100).filter(|step| gate(over_slices(), f64::from(*step) / 100.0).verdict == Verdict::Pass).count();
    let plain = (0..100)
        .filter(|step| gate(uncorrected(over_slices()), f64::from(*step) / 100.0).verdict == Verdict::Pass)
        .count();
    assert!(corrected <= plain && corrected > 20, "{corrected} {plain}");
    let spread = |op, bound: f64| {
        one(
            confident(
                compare(op, over(SliceAggregate::Spread, "candidate.recall", "origin", 30), lit(&bound.to_string())),
                "0.95",
            ),
            &found.report,
        )
        .verdict
    };
    assert_eq!((spread(LE, 0.6), spread(LE, 0.01)), (Verdict::Pass, Verdict::Fail));
    assert_eq!((spread(GE, 0.6), spread(CompareOp::Gt, -1.0)), (Verdict::Fail, Verdict::Pass));
}

#[test]
fn aggregates_of_both_models_are_one_paired_statistic() {
    let (candidate, champion) = (made(900, 0.15, 2), made(900, 0.15, 5));
    let spread = |report: &str| over(SliceAggregate::Spread, &format!("{report}.auc"), "origin", 30);
    let right = Expr::Arithmetic(mlp_plan::ArithmeticOp::Add, Box::new(spread("champion")), Box::new(lit("0.2")));
    let clause = confident(compare(LE, spread("candidate"), right), "0.95");
    let found = judged(
        vec![clause],
        [("candidate", Some(candidate.report.clone())), ("champion", Some(champion.report.clone()))],
    )
    .clauses
    .remove(0);
    assert_eq!(found.verdict, Verdict::Pass);
    let mean = compare(GE, over(SliceAggregate::Mean, "candidate.auc", "origin", 30), lit("0.5"));
    let (low, high) = one(confident(mean, "0.95"), &candidate.report).interval.unwrap();
    assert!(low < high && low > 0.5);
}

#[test]
fn what_no_resampling_tells_is_unknown() {
    let found = made(200, 0.15, 2);
    let reason = |expr: Expr, confidence: &str| {
        let verdict = one(confident(expr, confidence), &found.report);
        assert_eq!(verdict.verdict, Verdict::Unknown);
        verdict.reason.unwrap()
    };
    assert_eq!(reason(at_least("candidate.auc", "0.5"), "0.99999"), "10000 resamples cannot tell a tail of 1.00000e-5");
    // Three rows, one of them true: many resamples have one class.
    let few = evaluated(&[true, false, false], &[0.9, 0.2, 0.1]);
    let verdict = one(confident(at_least("candidate.auc", "0.5"), "0.95"), &few.report);
    assert_eq!(verdict.verdict, Verdict::Unknown);
    assert!(verdict.reason.unwrap().ends_with("of 1000 resamples leave the metric undefined"));
    let columns = vec![("y", floats([1.0, 2.0, 4.0])), ("p", floats([1.0, 2.5, 4.0]))];
    let regression =
        evaluate("evaluate.regression", columns, &params(&[("truth", text("y")), ("prediction", text("p"))])).unwrap();
    let largest = one(confident(compare(LE, metric("candidate.max_error"), lit("9")), "0.95"), &regression.report);
    assert_eq!(
        (largest.verdict, largest.reason.as_deref()),
        (Verdict::Unknown, Some("no resampling tells how sure `max_error` is: it hangs on a single row"))
    );
    for metric in ["rmse", "mae", "medae", "mape", "bias"] {
        let verdict = one(
            confident(
                compare(LE, Expr::Metric { report: "candidate".into(), metric: metric.into() }, lit("9")),
                "0.95",
            ),
            &regression.report,
        );
        assert_eq!(verdict.verdict, Verdict::Pass, "{metric}");
    }
}

#[test]
fn rows_are_counted_and_not_estimated() {
    let found = made(200, 0.15, 2);
    let gated = one(confident(at_least("candidate.rows", "200"), "0.95"), &found.report);
    assert_eq!((gated.verdict, gated.interval), (Verdict::Pass, Some((200.0, 200.0))));
}

#[test]
fn a_users_report_has_no_interval() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    std::fs::write(&file, r#"{"auc": 0.7, "rows": 100}"#).unwrap();
    let report = read_report(&file).unwrap();
    let found = one(confident(at_least("candidate.auc", "0.5"), "0.95"), &report);
    assert_eq!(
        (found.verdict, found.reason.as_deref()),
        (Verdict::Unknown, Some("`candidate` has no rows behind it, so nothing tells how sure `auc` is"))
    );
    assert_eq!(one(require(at_least("candidate.auc", "0.5")), &report).verdict, Verdict::Pass);
    assert_eq!(one(confident(at_least("candidate.rows", "100"), "0.95"), &report).verdict, Verdict::Pass);
}

#[test]
fn rows_that_were_exchanged_or_lost_are_found_out() {
    let (found, other) = (made(200, 0.15, 2), made(201, 0.15, 2));
    let folder = found.folder.path().join("report");
    let verdict = || one(confident(at_least("candidate.auc", "0.5"), "0.95"), &read_report(&folder).unwrap());
    std::fs::copy(other.folder.path().join("report/rows.parquet"), folder.join("rows.parquet")).unwrap();
    assert_eq!(verdict().reason.as_deref(), Some("the rows beside the report are not those that it was measured on"));
    std::fs::write(folder.join("rows.parquet"), "nothing").unwrap();
    assert!(verdict().reason.unwrap().starts_with("the rows behind the report cannot be read"));
    std::fs::remove_file(folder.join("rows.parquet")).unwrap();
    assert_eq!(verdict().verdict, Verdict::Unknown);
}
