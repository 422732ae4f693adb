//! The bootstrap's bounds hold about as often as they say.

use crate::{
    random::Random,
    tables::{binary, evaluate, floats, params, text},
    write::{at_least, confident, one},
};

/// How often a lower bound lies below the true value, of how many samples.
fn covered(samples: u64, truth: f64, lower: impl Fn(u64) -> f64) -> f64 {
    (0..samples).filter(|sample| lower(*sample) <= truth).count() as f64 / samples as f64
}

#[test]
fn of_a_share() {
    let share = covered(200, 0.8, |sample| {
        let mut random = Random(sample * 7919 + 1);
        let score: Vec<f64> = (0..300).map(|_| if random.next() < 0.8 { 0.9 } else { 0.1 }).collect();
        let found = binary(&vec![true; 300], &score);
        one(confident(at_least("candidate.accuracy", "0"), "0.95"), &found.report).interval.unwrap().0
    });
    assert!((0.90..=0.99).contains(&share), "{share}");
}

#[test]
fn of_an_auc() {
    // Normal scores one standard deviation apart: the AUC is Φ(1 / √2).
    let share = covered(200, 0.760_249_938_906_524, |sample| {
        let mut random = Random(sample * 104_729 + 3);
        let truth: Vec<bool> = (0..300).map(|row| row % 2 == 0).collect();
        let score: Vec<f64> = truth.iter().map(|truth| random.normal() + f64::from(*truth)).collect();
        let found = binary(&truth, &score);
        one(confident(at_least("candidate.auc", "0"), "0.95"), &found.report).interval.unwrap().0
    });
    assert!((0.90..=0.99).contains(&share), "{share}");
}

#[test]
fn of_a_mean_error() {
    let share = covered(200, 0.0, |sample| {
        let mut random = Random(sample * 15_485_863 + 5);
        let truth: Vec<f64> = (0..200).map(|_| 100.0 * random.next()).collect();
        let prediction: Vec<f64> = truth.iter().map(|truth| truth + random.normal()).collect();
        let found = evaluate(
            "evaluate.regression",
            vec![("y", floats(truth)), ("p", floats(prediction))],
            &params(&[("truth", text("y")), ("prediction", text("p"))]),
        )
        .unwrap();
        one(confident(at_least("candidate.bias", "-9"), "0.95"), &found.report).interval.unwrap().0
    });
    assert!((0.90..=0.99).contains(&share), "{share}");
}
