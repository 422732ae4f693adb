//! Metrics: what reports measure.

use std::{collections::BTreeMap, sync::Arc};

use mlp_diagnostics::catalog::{contracts as words, names};
use mlp_plan::{Better, DataType, Literal, Measure, Metric, Metrics, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{
    Arg, Block, Entry, ItemKind, MetricDecl, MetricKind, Modifier, ModifierKind, Name, TypeExpr, TypeKind,
};

use crate::{
    checker::Checker,
    memo::{Answer, Query},
    occurrences::Symbol,
    program::{DeclId, Kind},
    scope::nearest,
    types::{Generics, Ty, dotted},
};

/// Words for what a metric measures.
const MEASURES: [(&str, Measure); 6] = [
    ("ratio", Measure::Ratio),
    ("count", Measure::Count),
    ("real", Measure::Real),
    ("duration", Measure::Duration),
    ("size", Measure::Size),
    ("money", Measure::Money),
];

/// A `metrics` block with its places.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsInfo {
    /// What it says, with the values of its parameters.
    pub face: Metrics,
    /// Its bare name.
    pub name: String,
    /// Types and defaults of its parameters.
    pub params: Vec<(String, ValueType, Option<Literal>)>,
    /// Where the name of each metric stands.
    pub places: Vec<(String, Span)>,
    /// Where it is declared.
    pub span: Span,
}

impl MetricsInfo {
    /// As a program would spell it; parameters at their defaults are left out.
    #[must_use]
    pub fn text(&self) -> String {
        let given: Vec<String> = self
            .face
            .params
            .iter()
            .filter(|(name, value)| {
                !self.params.iter().any(|(param, _, default)| param == *name && default.as_ref() == Some(*value))
            })
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        if given.is_empty() { self.name.clone() } else { format!("{}({})", self.name, given.join(", ")) }
    }

    /// The metric of that name; `rows` is in every report.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<Metric> {
        self.face.metrics.iter().find(|metric| metric.name == name).cloned().or_else(|| (name == "rows").then(rows))
    }

    /// Whether reports of these metrics are accepted where `wanted` are expected: they have them all, measured in the same way.
    #[must_use]
    pub fn accepted_as(&self, wanted: &Self) -> bool {
        let has = |metric: &Metric| {
            self.face
                .metrics
                .iter()
                .any(|have| have.name == metric.name && have.measure == metric.measure && have.unit == metric.unit)
        };
        let same_name = self.face.name == wanted.face.name;
        wanted.face.metrics.iter().all(has) && (!same_name || self.face.params == wanted.face.params)
    }
}

/// `rows`: the number of rows that a report was measured on.
fn rows() -> Metric {
    Metric {
        name: "rows".to_owned(),
        measure: Measure::Count,
        unit: None,
        low: Some(Literal::Number(0.into())),
        high: None,
        better: Some(Better::Higher),
        doc: None,
    }
}

impl Checker<'_> {
    /// The metrics that a type names: `Binary`, `Binary(threshold: 0.3)`.
    pub fn metrics_of(&mut self, module: usize, ty: &TypeExpr) -> Option<Arc<MetricsInfo>> {
        let TypeKind::Named { path, values, args } = &ty.kind else {
            if !matches!(ty.kind, TypeKind::Error) {
                self.report(words::malformed(ty.span, "metrics are meant here", "as in `Report<Binary>`"));
            }
            return None;
        };
        if !args.is_empty() {
            self.report(words::malformed(
                ty.span,
                "metrics take no types",
                "parameters stand in parentheses, as in `Binary(threshold: 0.3)`",
            ));
            return None;
        }
        let id = self.find(module, &dotted(path), path.span, "metrics", &[Kind::Metrics])?;
        let info = self.metrics_decl(id)?;
        match values {
            None => Some(info),
            Some(values) => self.with_params(&info, values),
        }
    }

    fn with_params(&mut self, info: &Arc<MetricsInfo>, values: &[Arg]) -> Option<Arc<MetricsInfo>> {
        let mut made = (**info).clone();
        for arg in values {
            let name = arg.name.as_ref().map_or("", |name| name.text.as_str());
            let Some((_, ty, _)) = info.params.iter().find(|(param, ..)| param == name) else {
                let near = nearest(name, info.params.iter().map(|(param, ..)| param.as_str()));
                let span = arg.name.as_ref().map_or(arg.value.span, |name| name.span);
                self.report(names::unknown_of(span, &format!("`{}`", info.name), "parameter", name, near.as_deref()));
                return None;
            };
            let value = self.value_of(&arg.value, &ty.clone(), &format!("the parameter `{name}`,"))?;
            made.face.params.insert(name.to_owned(), value);
        }
        Some(Arc::new(made))
    }

    /// The metrics of a declaration, with its parameters at their defaults.
    pub fn metrics_decl(&mut self, id: DeclId) -> Option<Arc<MetricsInfo>> {
        match self.ask(Query::Metrics(id)) {
            Answer::Metrics(metrics) => metrics,
            _ => None,
        }
    }

    pub(crate) fn read_metrics(&mut self, id: DeclId) -> Option<MetricsInfo> {
        let program = self.program;
        let (decl, item) = (program.decl(id)?, self.item(id)?);
        let ItemKind::Metrics(tree) = &item.kind else { return None };
        let mut params = Vec::new();
        for param in &tree.params {
            if let Ty::Value(value) = self.artifact(decl.module, &Generics::new(), &param.ty) {
                let default = self.default_of(&value, &param.name.text, &param.modifiers, true);
                params.push((param.name.text.clone(), value, default));
            }
        }
        let (mut metrics, mut places) = (Vec::new(), Vec::new());
        self.metric_block(&tree.body, "", &mut metrics, &mut places);
        let set: BTreeMap<String, Literal> =
            params.iter().filter_map(|(name, _, default)| Some((name.clone(), default.clone()?))).collect();
        let name = if self.is_std(decl.module) { program.qualified(id) } else { decl.name.clone() };
        Some(MetricsInfo {
            face: Metrics { name, params: set, metrics },
            name: decl.name.clone(),
            params,
            places,
            span: decl.span,
        })
    }

    fn metric_block(
        &mut self,
        block: &Block<Entry<MetricDecl>>,
        prefix: &str,
        metrics: &mut Vec<Metric>,
        places: &mut Vec<(String, Span)>,
    ) {
        let mut seen: Vec<&Name> = Vec::new();
        for decl in block.entries.iter().filter_map(Entry::ok) {
            if let Some(first) = seen.iter().find(|first| first.text == decl.name.text) {
                self.report(names::declared_twice(decl.name.span, "metric", &decl.name.text, first.span));
                continue;
            }
            seen.push(&decl.name);
            let name = format!("{prefix}{}", decl.name.text);
            match &decl.kind {
                MetricKind::Group(inner) => self.metric_block(inner, &format!("{name}."), metrics, places),
                MetricKind::Leaf { measure, modifiers, better } => {
                    if let Some(mut metric) = self.metric(name, measure, modifiers, better.as_ref()) {
                        metric.doc = decl.lead.docs();
                        self.occurs(decl.name.span, || Symbol::Metric(decl.name.span));
                        places.push((metric.name.clone(), decl.name.span));
                        metrics.push(metric);
                    }
                }
            }
        }
    }

    fn metric(
        &mut self,
        name: String,
        measure: &Name,
        modifiers: &[Modifier],
        better: Option<&Name>,
    ) -> Option<Metric> {
        let Some((_, kind)) = MEASURES.iter().find(|(word, _)| *word == measure.text) else {
            let near = nearest(&measure.text, MEASURES.iter().map(|(word, _)| *word));
            self.report(names::unknown(measure.span, "measure", &measure.text, near.as_deref()));
            return None;
        };
        let better = match better.map(|word| (word, word.text.as_str())) {
            None => None,
            Some((_, "higher")) => Some(Better::Higher),
            Some((_, "lower")) => Some(Better::Lower),
            Some((word, text)) => {
                self.report(names::unknown(
                    word.span,
                    "direction",
                    text,
                    nearest(text, ["higher", "lower"]).as_deref(),
                ));
                None
            }
        };
        let mut metric = Metric { name, measure: *kind, unit: None, low: None, high: None, better, doc: None };
        let ty = ValueType::plain(if *kind == Measure::Duration { DataType::Duration } else { DataType::Float(64) });
        for modifier in modifiers {
            match &modifier.kind {
                ModifierKind::Unit(unit) => metric.unit = Some(unit.text.clone()),
                ModifierKind::Range { low, high } => {
                    metric.low = low.as_ref().and_then(|low| self.value_of(low, &ty, "the bound"));
                    metric.high = high.as_ref().and_then(|high| self.value_of(high, &ty, "the bound"));
                }
                _ => self.report(words::modifier(
                    modifier.span,
                    "this modifier",
                    "a metric",
                    "fields; a metric has `unit`, `in` and `better`",
                )),
            }
        }
        Some(metric)
    }
}
