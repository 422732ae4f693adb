//! `pick(models, reports, highest: auc)`: the best of several, judged by a metric.

use std::collections::BTreeMap;

use mlp_diagnostics::catalog::{policies as policy_words, stages as words};
use mlp_plan::{Better, Literal, Origin, Value};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, Expr, ExprKind};

use super::{Elaborator, FlowInput, FlowNode, FlowOutput, Handle, Id, Val, Work};
use crate::{scope::nearest, settings::Settings, types::Ty};

impl Elaborator<'_, '_> {
    /// Calls `pick`: two lists of one length, and the metric with its direction.
    pub(super) fn pick(&mut self, span: Span, args: &[Arg], id: &Id) -> Val {
        let usage = "as in `pick(models, reports, highest: auc)`";
        let [candidates, reports, metric] = args else {
            self.checker.report(words::argument(
                span,
                "`pick` takes candidates, their reports, and the metric",
                span,
                usage,
                None,
            ));
            return Val::Error;
        };
        let (candidates_val, reports_val) =
            (self.eval(&candidates.value, &id.inside()), self.eval(&reports.value, &id.inside()));
        if matches!(candidates_val, Val::Error) || matches!(reports_val, Val::Error) {
            return Val::Error;
        }
        let (Some(models), Some(judged)) = (handles(&candidates_val), handles(&reports_val)) else {
            self.checker.report(words::argument(
                span,
                "`pick` takes a list of candidates and a list of reports",
                span,
                usage,
                None,
            ));
            return Val::Error;
        };
        if models.len() != judged.len() {
            let message = format!("`pick` is given {} candidates and {} reports", models.len(), judged.len());
            self.checker.report(words::argument(
                span,
                message,
                reports.value.span,
                "one report for each candidate",
                None,
            ));
            return Val::Error;
        }
        let Some((direction, path)) = self.metric(span, metric, &judged) else { return Val::Error };
        let Some(first) = models.first() else { return Val::Error };
        let node = self.fresh(&id.of("pick"));
        let optional = models.iter().chain(&judged).any(|handle| handle.optional);
        let ty = first.ty.clone();
        let params = BTreeMap::from([("metric".to_owned(), text(&path)), ("direction".to_owned(), text(direction))]);
        let inputs =
            vec![input("candidates", &models, candidates.value.span), input("reports", &judged, reports.value.span)];
        self.nodes.push(FlowNode {
            id: node.clone(),
            stage: "pick".to_owned(),
            decl: None,
            work: Work::Pick,
            inputs,
            outputs: vec![FlowOutput { name: "result".to_owned(), ty: ty.clone(), checks: Vec::new() }],
            params,
            settings: Settings::default(),
            disjoint: false,
            span,
            site: self.site.unwrap_or(span),
            declared: span,
            doc: None,
            sql: Vec::new(),
        });
        Val::Artifact(Handle { ty, from: Origin::Output { node, output: "result".to_owned() }, optional, span })
    }

    /// `highest: auc`: the direction and the metric, which every report has and which is better that way.
    fn metric(&mut self, span: Span, arg: &Arg, reports: &[&Handle]) -> Option<(&'static str, String)> {
        let direction = match arg.name.as_ref().map(|name| name.text.as_str()) {
            Some("highest") => "highest",
            Some("lowest") => "lowest",
            _ => {
                self.checker.report(words::argument(
                    span,
                    "`pick` needs `highest:` or `lowest:` and a metric",
                    arg.value.span,
                    "as in `highest: auc`",
                    None,
                ));
                return None;
            }
        };
        let path = dotted(&arg.value)?;
        let Some(Ty::Report(metrics)) = reports.first().map(|handle| &handle.ty) else {
            self.checker.report(words::argument(
                span,
                "`pick` judges by reports",
                span,
                "the second list holds none",
                None,
            ));
            return None;
        };
        let Some(found) = metrics.metric(&path) else {
            let near = nearest(&path, metrics.face.metrics.iter().map(|metric| metric.name.as_str()));
            let (at, owner) = (arg.value.span, "each candidate's report");
            let found = policy_words::unknown_metric(at, owner, &metrics.text(), &path, near.as_deref())
                .because(metrics.span, "its metrics are declared here");
            self.checker.report(match near {
                Some(near) => found.fix(format!("did you mean `{near}`?"), at, near),
                None => found,
            });
            return None;
        };
        let wrong =
            matches!((direction, found.better), ("highest", Some(Better::Lower)) | ("lowest", Some(Better::Higher)));
        if wrong {
            let other = if direction == "highest" { "lowest" } else { "highest" };
            let better = if direction == "highest" { "lower" } else { "higher" };
            let message = format!("`{path}` is better when {better}, and this picks the {direction}");
            let found = policy_words::direction(span, message, &format!("{other}: {path}"))
                .because(metrics.span, format!("its report is declared here: {better} is better"));
            self.checker.report(match &arg.name {
                Some(name) => policy_words::turn(found, name.span, other),
                None => found,
            });
            return None;
        }
        Some((direction, path))
    }
}

fn handles(value: &Val) -> Option<Vec<&Handle>> {
    let Val::List(items) = value else { return None };
    items.iter().map(|item| if let Val::Artifact(handle) = item { Some(handle) } else { None }).collect()
}

fn input(name: &str, handles: &[&Handle], span: Span) -> FlowInput {
    let element = handles.first().map_or(Ty::Error, |handle| handle.ty.clone());
    let ty = Ty::List(Box::new(element));
    let from = Origin::List(handles.iter().map(|handle| handle.from.clone()).collect());
    FlowInput {
        name: name.to_owned(),
        from,
        given: ty.clone(),
        ty,
        optional: false,
        checks: Vec::new(),
        proven: 0,
        span,
    }
}

fn text(value: &str) -> Value {
    Value::Literal(Literal::Text(value.to_owned()))
}

/// `latency.p99`.
fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.text.clone()),
        ExprKind::Field(base, name) => Some(format!("{}.{}", dotted(base)?, name.text)),
        _ => None,
    }
}
