//! Serving meets training (MLP505), through a stage that can serve (MLP705); a rollout rises to the whole (MLP701).

use std::sync::Arc;

use mlp_diagnostics::{
    Diagnostic,
    catalog::{learning, serving as words},
};
use mlp_plan::{Literal, Rollout, RolloutStep};
use mlp_source::Span;

use crate::{
    checker::Checker,
    contracts::Shared,
    serving::{DeploymentInfo, MonitorInfo},
    stages::Signature,
    subtype::{self, Problem},
    types::Ty,
};

impl Checker<'_> {
    /// Checks what a deployment serves, how a version takes over, and what is watched.
    pub(crate) fn check_serving(&mut self, deployment: &DeploymentInfo, monitors: &[Arc<MonitorInfo>]) {
        let skew = deployment.request.as_ref().and_then(|request| self.skew(deployment, request));
        self.now.diagnostics.extend(skew);
        if let Some(rollout) = &deployment.rollout {
            self.now.diagnostics.extend(uneven(rollout, deployment.rollout_at, deployment.last_step));
        }
        self.check_triggers(deployment, monitors);
    }

    /// What a request lacks for the features that the model was trained on.
    fn skew(&mut self, deployment: &DeploymentInfo, request: &Shared) -> Option<Diagnostic> {
        let mut features = (*deployment.model.input).clone();
        features.retain(|column| !column.label);
        let features = Arc::new(features);
        let Some(stage) = deployment.feature_stage else {
            let what = format!("the features of `{}`", deployment.model.name);
            return lacking(deployment.request_at, request, &features, &what, TRAINED);
        };
        let signature = self.signature(stage)?;
        if let Some(why) = unfit(&signature) {
            let found = words::unfit_features(deployment.features_at, &signature.name, &why);
            return Some(found.because(signature.span, "declared here"));
        }
        let reads = signature.params.iter().find_map(|param| match param.ty.required() {
            Ty::Table(contract) => Some(Arc::clone(contract)),
            _ => None,
        })?;
        let what = format!("what `{}` reads", signature.name);
        let read = format!("`{}` reads this", signature.name);
        lacking(deployment.request_at, request, &reads, &what, &read).or_else(|| {
            let made = match &deployment.features.last()?.outputs.first()?.ty {
                Ty::Table(contract) => Arc::clone(contract),
                _ => return None,
            };
            let what = format!("the features of `{}`, made by `{}`", deployment.model.name, signature.name);
            lacking(deployment.request_at, &made, &features, &what, TRAINED)
        })
    }
}

/// What is said of a column on the model's side.
const TRAINED: &str = "the model was trained on this";

/// Why what comes is not what is read; `wanted` is said where it is.
fn lacking(at: Span, from: &Shared, to: &Shared, what: &str, wanted: &str) -> Option<Diagnostic> {
    if from.partial || to.partial {
        return None;
    }
    let edge = subtype::contracts(&from.face, &to.face);
    let problems: Vec<&Problem> = edge.problems.iter().filter(|problem| !problem.is_warning()).collect();
    let texts: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
    let first = problems.first()?;
    let mut found = learning::serving_skew(
        at,
        format!("`{}` does not give {what}: {}", from.face.name, texts.join("; ")),
        "let the request carry it, or compute it in the stage that `features` names",
    );
    let there = from.face.column(first.column()).is_some();
    let comes =
        if there { "this is what comes".to_owned() } else { format!("this is what comes, without `{}`", first.path) };
    found = found.because(from.column_span(first.column()), comes);
    Some(found.because(to.column_span(first.column()), wanted))
}

/// Why a rollout does not bring a new version to all requests.
fn uneven(rollout: &Rollout, at: Span, last: Option<Span>) -> Option<Diagnostic> {
    let (Rollout::Canary(steps) | Rollout::Shadow(steps)) = rollout else { return None };
    let shares: Vec<f64> = steps.iter().filter_map(|step| step.share.as_f64()).collect();
    let falls = shares.windows(2).position(|pair| matches!(pair, [before, after] if after <= before));
    let share = |step: Option<&RolloutStep>| step.map_or_else(String::new, |step| percent(&step.share));
    if let Some(index) = falls {
        let (before, after) = (share(steps.get(index)), share(steps.get(index + 1)));
        let message = format!("the steps of a rollout rise, and {before} is followed by {after}");
        return Some(words::rollout(at, message, "give each step a larger share of the requests than the one before"));
    }
    let is_canary = matches!(rollout, Rollout::Canary(_));
    if is_canary && shares.last().is_some_and(|last| *last < 1.0) {
        let message = format!("the rollout ends at {}, and not at 100%", share(steps.last()));
        let found = words::rollout(at, message, "let its last step be `100%`");
        return Some(match last.filter(|_| steps.iter().all(|step| step.hold.is_some())) {
            Some(last) => words::end_with_all(found, last),
            None => found,
        });
    }
    let bounded = if is_canary { steps.len().saturating_sub(1) } else { steps.len() };
    let endless = steps.iter().take(bounded).find(|step| step.hold.is_none())?;
    let message = format!("the step of {} does not say how long it lasts", percent(&endless.share));
    Some(words::rollout(at, message, format!("say for how long, as in `{} for 10min`", percent(&endless.share))))
}

fn percent(share: &Literal) -> String {
    share.as_f64().map_or_else(|| share.to_string(), |share| format!("{}%", (share * 1e8).round() / 1e6))
}

/// Why a stage cannot make the features of a request, which is all that it is given.
fn unfit(signature: &Signature) -> Option<String> {
    let mut tables = 0;
    for param in &signature.params {
        match &param.ty {
            Ty::Table(_) => tables += 1,
            Ty::Error => return None,
            Ty::Optional(_) => {}
            Ty::Value(value) if value.nullable || param.default.is_some() => {}
            other if param.default.is_none() => return Some(format!("needs `{}`, a {}", param.name, other.text())),
            _ => {}
        }
    }
    match (tables, signature.outputs.as_slice()) {
        (1, [(_, Ty::Table(_) | Ty::Error)]) => None,
        (1, _) => Some("does not give one table".to_owned()),
        (0, _) => Some("reads no table".to_owned()),
        (more, _) => Some(format!("reads {more} tables")),
    }
}
