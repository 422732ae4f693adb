//! 5xx: learning safety: splits, leakage, moments, labels, tags, seeds.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// A report on rows that trained the model; `ways` are the ways of the rows to the model and to the report.
#[must_use]
pub fn trained_on(span: Span, model: &str, ways: &[String; 2]) -> Diagnostic {
    let [training, measuring] = ways;
    Diagnostic::new(Code::TrainedOn, span, format!("this report is measured on rows that trained `{model}`"))
        .here(format!("the same rows train it ({training}) and measure it ({measuring})"))
        .help("split the rows first (`by_time`, `at_random`, `by_key`), train on one part, and measure on the other")
}

/// Rows that chose the winner and judge it as well.
#[must_use]
pub fn spent_rows(span: Span, pick: &str) -> Diagnostic {
    Diagnostic::new(Code::SpentRows, span, format!("`{pick}` is judged on the rows that already chose it"))
        .here("the best of several looks better than it is on the rows that chose it")
        .help("choose on one part of the rows, and judge on another part that no candidate has met")
}

/// A feature that is not known yet when the model predicts: each column with its moment; `way` is how the first came to the training, where it took
/// some.
#[must_use]
pub fn known_too_late(
    span: Span,
    model: &str,
    predicts: &str,
    columns: &[(String, String)],
    way: Option<&str>,
) -> Diagnostic {
    let first = columns.first().map_or("", |(column, _)| column.as_str());
    let names: Vec<String> = columns.iter().map(|(column, moment)| format!("`{column}` (known at {moment})")).collect();
    let verb = if columns.len() == 1 { "is" } else { "are" };
    Diagnostic::new(
        Code::KnownTooLate,
        span,
        format!("`{model}` predicts at {predicts}, when {} {verb} not known yet", names.join(", ")),
    )
    .here(match way {
        Some(way) => format!("predicts at {predicts}; `{first}` comes to the training by {way}"),
        None => format!("predicts at {predicts}"),
    })
    .help("leave the column out of the features, or use a value that is known by then")
}

/// A tag that reaches who does not take it; `way` is how, where it took some; `declared` is where the taker says what it takes, or could.
#[must_use]
pub fn tag_flow(
    span: Span,
    column: &str,
    tag: &str,
    (taker, declared): (&str, Span),
    taken: &[String],
    way: Option<&str>,
) -> Diagnostic {
    let clearance = match taken {
        [] => "has no `clearance`, so it takes no tags".to_owned(),
        tags => format!("takes only {}", tags.iter().map(|tag| format!("@{tag}")).collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::new(Code::TagFlow, span, format!("`{column}` (@{tag}) reaches {taker}, which does not take @{tag}"))
        .here(way.map_or_else(|| format!("@{tag} comes in here"), |way| format!("it comes by {way}")))
        .because(declared, clearance)
        .help(format!(
            "leave the column out, say `drops @{tag} because \"..\"` in the stage that makes it harmless, or `clearance = [{tag}]` where it may go"
        ))
}

/// A label among the features; `way` is how it came there, where it took some.
#[must_use]
pub fn label_as_feature(span: Span, column: &str, label: &str, way: Option<&str>) -> Diagnostic {
    Diagnostic::new(Code::LabelAsFeature, span, as_feature(column, label, "is the label"))
        .here(trains_on(way))
        .help("leave it out of the features, or say `label` in the model's input contract as well")
}

/// Says `label` behind the type of a feature that is one.
#[must_use]
pub fn say_label(found: Diagnostic, owner: &str, column: &str, ty: Span) -> Diagnostic {
    let title = format!("say `label` of `{column}` in `{owner}`, so that it is no feature");
    found.fix(title, Span::at(ty.file, ty.end), " label")
}

/// A protected column among the features.
#[must_use]
pub fn protected_feature(span: Span, column: &str, protected: &str, way: Option<&str>) -> Diagnostic {
    Diagnostic::new(Code::LabelAsFeature, span, as_feature(column, protected, "is @protected"))
        .here(trains_on(way))
        .help("leave it out (`without @protected`), or say `uses @protected because \"..\"` in the stage that trains")
}

fn trains_on(way: Option<&str>) -> String {
    way.map_or_else(|| "trains on it".to_owned(), |way| format!("trains on it; it comes by {way}"))
}

fn as_feature(column: &str, from: &str, what: &str) -> String {
    if column == from {
        format!("`{column}` {what}, and this model has it as a feature")
    } else {
        format!("`{column}` is made of `{from}`, which {what}, and this model has it as a feature")
    }
}

/// Where a seed is put.
#[derive(Clone, Copy, Debug)]
pub enum SeedPlace {
    /// Behind the last parameter.
    Behind(Span),
    /// Before the first setting.
    Before(Span),
    /// Nowhere that is known.
    Nowhere,
}

/// Training that gives another model each time.
#[must_use]
pub fn no_seed(span: Span, stage: &str, place: SeedPlace) -> Diagnostic {
    let found = Diagnostic::new(Code::NoSeed, span, format!("`{stage}` trains a model without a seed"))
        .here("gives another model on every run")
        .help("add a parameter `seed: int = 7` or a setting `seed = 7`, or say `deterministic = false`");
    match place {
        SeedPlace::Behind(param) => {
            found.fix("add the parameter `seed: int = 7`", Span::at(param.file, param.end), ", seed: int = 7")
        }
        SeedPlace::Before(setting) => {
            found.fix("add the setting `seed = 7`", Span::at(setting.file, setting.start), "seed = 7\n  ")
        }
        SeedPlace::Nowhere => found,
    }
}

/// A request that lacks, or has too wide, what the model was trained on.
#[must_use]
pub fn serving_skew(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::ServingSkew, span, message).here("does not meet what the model was trained on").help(help)
}
