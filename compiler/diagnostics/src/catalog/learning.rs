//! 5xx: learning safety: splits, leakage, moments, labels, tags, seeds.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// A report on rows that trained the model; `ways` are the ways of the rows to the model and to the report.
#[must_use]
pub fn trained_on(span: Span, model: &str, ways: &[String; 2]) -> Diagnostic {
    let [training, measuring] = ways;
    Diagnostic::new(Code::TrainedOn, span, format!("this report is measured on rows that trained `{model}`"))
        .here(format!("{training} trains, {measuring} measures"))
        .help("split the rows first, as in `by_time` or `at_random`; train on one part, and measure on the other")
}

/// Rows that chose the winner and judge it as well.
#[must_use]
pub fn spent_rows(span: Span, pick: &str) -> Diagnostic {
    Diagnostic::new(Code::SpentRows, span, format!("the rows of this report already chose `{pick}`"))
        .here("the best of several looks better than it is on the rows that chose it")
        .help("choose on one part of the rows, and judge on another that the candidates have not met")
}

/// A feature that is not known yet when the model predicts.
#[must_use]
pub fn known_too_late(span: Span, model: &str, predicts: &str, columns: &[(String, String)]) -> Diagnostic {
    let names: Vec<String> = columns.iter().map(|(column, moment)| format!("`{column}` (known at {moment})")).collect();
    let verb = if columns.len() == 1 { "is" } else { "are" };
    Diagnostic::new(
        Code::KnownTooLate,
        span,
        format!("`{model}` predicts at {predicts}, when {} {verb} not known yet", names.join(", ")),
    )
    .here(format!("predicts at {predicts}"))
    .help("leave the column out of the features, or take a value that is known by then")
}

/// A tag that reaches who does not take it; `way` is how, where it took some.
#[must_use]
pub fn tag_flow(span: Span, column: &str, tag: &str, taker: &str, way: Option<&str>) -> Diagnostic {
    Diagnostic::new(Code::TagFlow, span, format!("`{column}` (@{tag}) reaches {taker}"))
        .here(way.map_or_else(|| format!("takes no @{tag}"), |way| format!("{way}, which takes no @{tag}")))
        .help(format!(
            "leave the column out, say `drops @{tag} because \"..\"` in the stage that makes it harmless, or `clearance = [{tag}]` where it may go"
        ))
}

/// A label among the features; `way` is how it came there, where it took some.
#[must_use]
pub fn label_as_feature(span: Span, column: &str, label: &str, way: Option<&str>) -> Diagnostic {
    Diagnostic::new(Code::LabelAsFeature, span, as_feature(column, label, "is the label"))
        .here(way.map_or_else(|| "trains on it".to_owned(), |way| format!("{way} trains on it")))
        .help("leave it out of the features, or say `label` in the model's input contract as well")
}

/// A protected column among the features.
#[must_use]
pub fn protected_feature(span: Span, column: &str, protected: &str, way: Option<&str>) -> Diagnostic {
    Diagnostic::new(Code::LabelAsFeature, span, as_feature(column, protected, "is @protected"))
        .here(way.map_or_else(|| "trains on it".to_owned(), |way| format!("{way} trains on it")))
        .help("leave it out (`without @protected`), or say `uses @protected because \"..\"` in the stage that trains")
}

fn as_feature(column: &str, from: &str, what: &str) -> String {
    if column == from {
        format!("`{column}` {what}, and a feature of this model")
    } else {
        format!("`{column}` is made of `{from}`, which {what}, and is a feature of this model")
    }
}

/// Training that gives another model each time.
#[must_use]
pub fn no_seed(span: Span, stage: &str, last_param: Option<Span>) -> Diagnostic {
    let found = Diagnostic::new(Code::NoSeed, span, format!("`{stage}` trains a model without a seed"))
        .here("gives another model each time")
        .help("add a parameter `seed: int = 7` or a setting `seed = 7`, or say `deterministic = false`");
    match last_param {
        Some(param) => found.fix("give it a seed", Span::at(param.file, param.end), ", seed: int = 7"),
        None => found,
    }
}

/// A request that lacks, or has too wide, what the model was trained on.
#[must_use]
pub fn serving_skew(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::ServingSkew, span, message).here("does not meet what the model was trained on").help(help)
}
