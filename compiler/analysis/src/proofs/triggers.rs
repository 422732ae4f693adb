//! What the conditions of rollbacks, alerts and retraining can tell: metrics that exist (MLP601, MLP702) and are compared with their like (MLP602),
//! conditions that can come true, and in time (MLP704), drift with a column, an effect and a baseline (MLP706), steps with enough requests (MLP606).

use std::sync::Arc;

use mlp_diagnostics::{
    Diagnostic,
    catalog::{names, policies as policy_words, serving as words},
};
use mlp_plan::{Better, CompareOp, DataType, Expr, Literal, Measure, Rollout, duration_text};

use super::{policies::SERVING, ways::node_of};
use crate::{
    checker::Checker,
    flow::Flow,
    gates::{direction_word, measures},
    literals,
    moments::Moments,
    scope::nearest,
    serving::{DeploymentInfo, MonitorInfo, RetrainInfo, STATISTICS, TriggerInfo},
    types::Ty,
};

/// What an endpoint measures of itself, as [`SERVING`] declares it.
const MEASURED: [(&str, Measure); 5] = [
    ("rows", Measure::Count),
    ("error_rate", Measure::Ratio),
    ("latency.p50", Measure::Duration),
    ("latency.p95", Measure::Duration),
    ("latency.p99", Measure::Duration),
];
/// So many events are expected at the least in a window that is to tell their share (Cochran, 1954, of expected counts).
const EVENTS: f64 = 5.0;

/// A metric or statistic: what it measures, which way is better, and its range.
struct Scale {
    text: String,
    measure: Measure,
    better: Option<Better>,
    low: Option<f64>,
    high: Option<f64>,
}

/// A condition with what it is about.
struct Watch<'w> {
    trigger: &'w TriggerInfo,
    deployment: &'w DeploymentInfo,
    /// What the monitor works out; none for an endpoint.
    flow: Option<&'w Flow>,
    /// Whether it does something, beyond telling somebody.
    acts: bool,
}

impl Checker<'_> {
    /// Checks the rollbacks of a deployment and what its monitors look at.
    pub(super) fn check_triggers(&mut self, deployment: &DeploymentInfo, monitors: &[Arc<MonitorInfo>]) {
        let mut found = Vec::new();
        for trigger in &deployment.rollback {
            let watch = Watch { trigger, deployment, flow: None, acts: true };
            found.extend(watch.fault(self.moments()).or_else(|| too_slow(trigger, deployment)));
            found.extend(too_few_requests(trigger, deployment));
        }
        for monitor in monitors {
            let flow = Some(&monitor.flow);
            for trigger in &monitor.alerts {
                found.extend(Watch { trigger, deployment, flow, acts: false }.fault(self.moments()));
            }
            for retrain in &monitor.retrains {
                let watch = Watch { trigger: &retrain.trigger, deployment, flow, acts: true };
                found.extend(watch.fault(self.moments()).or_else(|| endless(retrain)));
            }
        }
        self.now.diagnostics.extend(found);
    }
}

/// Training that starts again as soon as it is done.
fn endless(retrain: &RetrainInfo) -> Option<Diagnostic> {
    (retrain.cooldown.is_none() && retrain.budget.is_none()).then(|| {
        words::endless(
            retrain.trigger.span,
            format!("nothing keeps `{}` from training again and again while this holds", retrain.pipeline),
            "say how long to wait and how often at most, as in `cooldown 7d at most 4 per 30d`",
        )
    })
}

impl Watch<'_> {
    /// The first thing that is wrong with the condition.
    fn fault(&self, moments: &Moments) -> Option<Diagnostic> {
        let mut found = None;
        self.trigger.when.walk(&mut |expr| {
            if found.is_none() {
                found = match expr {
                    Expr::Metric { report, metric } => {
                        self.unknown(report, metric).or_else(|| self.too_early(moments, report))
                    }
                    Expr::Compare(op, left, right) => match (&**left, &**right) {
                        (metric, Expr::Literal(value)) => self.compared(*op, metric, value),
                        (Expr::Literal(value), metric) => self.compared(op.flipped(), metric, value),
                        _ => None,
                    },
                    Expr::Call { function, args } => self.drift(function, args),
                    _ => None,
                };
            }
        });
        found
    }

    /// A metric that nobody measures.
    fn unknown(&self, report: &str, metric: &str) -> Option<Diagnostic> {
        let at = self.trigger.span;
        if !report.is_empty() {
            let node = node_of(self.flow?, report)?;
            let Ty::Report(metrics) = node.outputs.first()?.ty.required() else { return None };
            if metrics.metric(metric).is_some() {
                return None;
            }
            let near = nearest(metric, metrics.face.metrics.iter().map(|metric| metric.name.as_str()));
            let found = policy_words::unknown_metric(at, report, &metrics.text(), metric, near.as_deref());
            let known = metrics.face.metrics.iter().map(|metric| metric.name.as_str());
            return Some(names::listing(found.because(node.site, "measured here"), "it measures", known));
        }
        if STATISTICS.contains(&metric) {
            return Some(words::vague(
                at,
                format!("`{metric}` does not say of which column"),
                format!("name the column, as in `{metric}(distance) > 0.2`, or `max({metric} by column) > 0.2`"),
            ));
        }
        let measured = MEASURED.map(|(name, _)| name);
        (!measured.contains(&metric)).then(|| {
            let near = nearest(metric, measured);
            words::unmeasured(at, metric, &format!("{} ({SERVING})", measured.join(", ")), near.as_deref())
        })
    }

    /// A window in which the truth cannot be known yet.
    fn too_early(&self, moments: &Moments, report: &str) -> Option<Diagnostic> {
        let over = self.trigger.over?;
        let node = node_of(self.flow?, report)?;
        let predicts = self.deployment.model.predicts_at.as_ref().map(|(moment, _)| moment.as_str());
        let columns = node.inputs.iter().filter_map(|input| match input.given.required() {
            Ty::Table(contract) => Some(&contract.face.columns),
            _ => None,
        });
        let (delay, moment) = columns
            .flatten()
            .filter_map(|column| {
                let moment = column.known_at.as_deref()?;
                Some((moments.delay(predicts, moment)?, moment))
            })
            .max()?;
        (over < delay).then(|| {
            let message = format!(
                "this looks at the last {}, and the truth of a prediction is known at {moment}, up to {} later",
                duration_text(over),
                duration_text(delay)
            );
            words::too_late(
                self.trigger.span,
                message,
                format!("look at a window longer than {}", duration_text(delay)),
            )
            .because(node.site, "compared with the truth here")
        })
    }

    fn scale(&self, expr: &Expr) -> Option<Scale> {
        match expr {
            Expr::Metric { report, metric } if report.is_empty() => {
                let (name, measure) = *MEASURED.iter().find(|(name, _)| name == metric)?;
                let better = (name != "rows").then_some(Better::Lower);
                let high = (measure == Measure::Ratio).then_some(1.0);
                Some(Scale { text: name.to_owned(), measure, better, low: Some(0.0), high })
            }
            Expr::Metric { report, metric } => {
                let Ty::Report(metrics) = node_of(self.flow?, report)?.outputs.first()?.ty.required() else {
                    return None;
                };
                let known = metrics.metric(metric)?;
                let end = |end: &Option<Literal>| end.as_ref().and_then(Literal::as_f64);
                let better = known.better.filter(|_| metric != "rows");
                let text = format!("{report}.{metric}");
                Some(Scale { text, measure: known.measure, better, low: end(&known.low), high: end(&known.high) })
            }
            Expr::Call { function, args } if STATISTICS.contains(&function.as_str()) => {
                let high = matches!(function.as_str(), "ks" | "js").then_some(1.0);
                let column = args.first().map_or_else(String::new, |column| format!("({column})"));
                let text = format!("{function}{column}");
                Some(Scale { text, measure: Measure::Real, better: Some(Better::Lower), low: Some(0.0), high })
            }
            Expr::Call { function, args } if function != "spread" => self.scale(args.first()?),
            _ => None,
        }
    }

    /// A literal of another kind, a condition that holds while all is well, or one that never holds.
    fn compared(&self, op: CompareOp, metric: &Expr, value: &Literal) -> Option<Diagnostic> {
        let (scale, at) = (self.scale(metric)?, self.trigger.span);
        if !measures(scale.measure, value) {
            let message = format!(
                "`{}` is a {}, and {value} is {}",
                scale.text,
                scale.measure.word(),
                literals::kind_word(value)
            );
            let example = match scale.measure {
                Measure::Duration => "80ms",
                Measure::Size => "4GiB",
                Measure::Count => "100",
                Measure::Ratio | Measure::Real | Measure::Money => "0.2",
            };
            return Some(policy_words::unlike(at, message, &format!("{} {} {example}", scale.text, op.symbol())));
        }
        let good = matches!(
            (scale.better, op),
            (Some(Better::Higher), CompareOp::Gt | CompareOp::Ge)
                | (Some(Better::Lower), CompareOp::Lt | CompareOp::Le)
        );
        if good && self.acts {
            let message = format!(
                "`{}` is better when {}, and this acts on every better one",
                scale.text,
                direction_word(scale.better)
            );
            let turned = format!("{} {} {value}", scale.text, op.flipped().symbol());
            return Some(policy_words::direction(at, message, &turned));
        }
        let value_as_number = value.as_f64()?;
        let beyond = |end: Option<f64>, strict: bool, far: bool| {
            end.is_some_and(|end| {
                if strict && end == value_as_number {
                    true
                } else {
                    (value_as_number > end) == far && value_as_number != end
                }
            })
        };
        let never = match op {
            CompareOp::Gt | CompareOp::Ge => beyond(scale.high, op == CompareOp::Gt, true),
            CompareOp::Lt | CompareOp::Le => beyond(scale.low, op == CompareOp::Lt, false),
            CompareOp::Eq | CompareOp::Ne => false,
        };
        never.then(|| {
            let end = |end: Option<f64>| end.map_or_else(String::new, |end| end.to_string());
            let message = format!("`{}` is never {} {value}", scale.text, op.symbol());
            let range = format!("{} .. {}", end(scale.low), end(scale.high));
            words::never(
                at,
                message,
                &format!("`{}` lies in {}: compare it with a value in there", scale.text, range.trim()),
            )
        })
    }

    /// A statistic of a column that it cannot be had of, or that has nothing to be compared with.
    fn drift(&self, function: &str, args: &[Expr]) -> Option<Diagnostic> {
        let Some(Expr::Column(name)) = args.first().filter(|_| STATISTICS.contains(&function)) else { return None };
        let model = &self.deployment.model;
        let column = model.input.face.column(name).or_else(|| model.output.face.column(name));
        let Some(column) = column else {
            if model.input.partial || model.output.partial {
                return None;
            }
            let known: Vec<&str> = model.input.face.columns.iter().map(|column| column.name.as_str()).collect();
            let found = words::vague(
                self.trigger.span,
                format!("`{name}` has no baseline: `{}` was not trained on it", model.name),
                format!("watch what it was trained on: {}", known.join(", ")),
            );
            return Some(found.because(model.span, "its training data is what drift is measured against"));
        };
        let ordered = !matches!(
            column.value.data,
            DataType::String | DataType::Bool | DataType::Bytes | DataType::Uuid | DataType::Enum { .. }
        );
        (!ordered && matches!(function, "ks" | "wasserstein")).then(|| {
            words::vague(
                self.trigger.span,
                format!("`{function}` needs values in an order, and `{name}` has none"),
                format!("use `psi({name})`, `js({name})` or `chi2({name})`, which count how often each value comes"),
            )
        })
    }
}

/// A window that is longer than a step of the rollout: the step is over before the trigger can fire.
fn too_slow(trigger: &TriggerInfo, deployment: &DeploymentInfo) -> Option<Diagnostic> {
    let over = trigger.over?;
    let shortest = match deployment.rollout.as_ref()? {
        Rollout::Canary(steps) | Rollout::Shadow(steps) => steps.iter().filter_map(|step| step.hold).min(),
        Rollout::BlueGreen { hold } => *hold,
        Rollout::AllAtOnce => None,
    }?;
    (over > shortest).then(|| {
        let message = format!(
            "this trigger looks at {}, and the shortest step of the rollout is over after {}",
            duration_text(over),
            duration_text(shortest)
        );
        words::too_late(trigger.span, message, "shorten the window (`over`), or lengthen the step")
            .because(deployment.rollout_at, "the steps of the rollout")
    })
}

/// A first step with too few requests to tell the share of errors, or of slow answers, that a trigger looks for.
fn too_few_requests(trigger: &TriggerInfo, deployment: &DeploymentInfo) -> Option<Diagnostic> {
    let (traffic, Rollout::Canary(steps)) = (deployment.traffic.as_ref()?, deployment.rollout.as_ref()?) else {
        return None;
    };
    let step = steps.first()?;
    let window = trigger.over.or(step.hold)?;
    let requests = traffic.requests.as_f64()? / traffic.per as f64 * window as f64 * step.share.as_f64()?;
    let mut needed: Option<f64> = None;
    trigger.when.walk(&mut |expr| {
        if let Expr::Compare(_, metric, value) = expr
            && let (Expr::Metric { report, metric }, Expr::Literal(value)) = (&**metric, &**value)
            && report.is_empty()
        {
            let share = match metric.as_str() {
                "error_rate" => value.as_f64(),
                "latency.p99" => Some(0.01),
                "latency.p95" => Some(0.05),
                _ => None,
            };
            let asked = share.filter(|share| *share > 0.0).map(|share| EVENTS / share);
            needed = needed.into_iter().chain(asked).reduce(f64::max);
        }
    });
    let needed = needed.filter(|needed| requests < *needed)?;
    let found = words::few_requests(trigger.span, &duration_text(window), requests.floor(), needed.ceil());
    Some(found.because(deployment.rollout_at, "the first step stands here"))
}
