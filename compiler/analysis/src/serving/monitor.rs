//! A monitor: its `let`s are worked out as in a pipeline, with `served` standing for the deployment's log.

use std::{collections::BTreeMap, sync::Arc};

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{Budget, Origin, Value};
use mlp_syntax::tree::{Entry, Expr, ExprKind, ItemKind, MonitorDecl, Retrain, Statement, Trigger};

use super::{
    DeploymentInfo, MonitorInfo, RetrainInfo, TriggerInfo,
    deployment::{positive, unknown_log},
    triggers::Triggers,
};
use crate::{
    checker::Checker,
    contracts::Shared,
    flow::{Bound, Elaborator, Flow, Handle, PipelineSettings, Val},
    literals,
    memo::{Answer, Query},
    program::{DeclId, Kind},
    stages::ParamInfo,
    types::{Generics, Ty},
};

impl Checker<'_> {
    /// Works out a monitor; `None` where it watches nothing that is known, after a report.
    pub fn monitor(&mut self, id: DeclId) -> Option<Arc<MonitorInfo>> {
        match self.ask(Query::Monitor(id)) {
            Answer::Monitor(monitor) => monitor,
            _ => None,
        }
    }

    pub(crate) fn read_monitor(&mut self, id: DeclId) -> Option<MonitorInfo> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Monitor(tree) = &item.kind else { return None };
        let module = decl.module;
        let deployment = self.watched(module, tree);
        let log = deployment.as_ref().map_or_else(|| unknown_log(tree.of.span), |known| Arc::clone(&known.served));
        let mut settings = PipelineSettings::default();
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            if let Statement::Setting(setting) = entry {
                self.pipeline_setting(module, &mut settings, setting, "monitor");
            }
        }
        let mut elaborator = Elaborator::new(self, module);
        let served =
            Handle { ty: Ty::Table(Arc::clone(&log)), from: Origin::Served, optional: false, span: tree.of.span };
        elaborator.names.insert(
            "served".to_owned(),
            Bound { val: Val::Artifact(served), span: tree.of.span, used: true, is_let: false },
        );
        let (mut alerts, mut retrains) = (Vec::new(), Vec::new());
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            match entry {
                Statement::Setting(_) => {}
                Statement::Let(_) => elaborator.statement(entry),
                Statement::Alert(trigger) => alerts.extend(elaborator.alert(&log, trigger)),
                Statement::Retrain(retrain) => retrains.extend(elaborator.retrain(&log, retrain)),
                Statement::Expr(line) => elaborator.checker.report(words::misplaced(
                    line.expr.span,
                    "this line does nothing in a monitor",
                    "bind it with `let`, or write `alert when ..`",
                )),
                Statement::Expect(expect) => elaborator.checker.report(words::misplaced(
                    expect.span,
                    "`expect` has no place in a monitor",
                    "it belongs into a `test`",
                )),
            }
        }
        if tree.body.entries.iter().all(|entry| entry.ok().is_some()) {
            elaborator.unused();
        }
        let nodes = elaborator.nodes;
        let doc = item.lead.docs();
        let flow = Flow { id, name: decl.name.clone(), params: Vec::new(), settings, nodes, span: decl.span, doc };
        Some(MonitorInfo { deployment: deployment?, flow, alerts, retrains })
    }

    fn watched(&mut self, module: usize, tree: &MonitorDecl) -> Option<Arc<DeploymentInfo>> {
        let ExprKind::Name(name) = &tree.of.kind else { return None };
        let id = self.find(module, &name.text, name.span, "deployment", &[Kind::Deployment])?;
        self.deployment(id)
    }

    /// The parameters of a pipeline, which are reported on where it is declared.
    fn pipeline_params(&mut self, id: DeclId) -> Vec<ParamInfo> {
        let module = self.module_of(id);
        match self.item(id).map(|item| &item.kind) {
            Some(ItemKind::Pipeline(tree)) => self.quietly(|checker| {
                tree.params.iter().map(|param| checker.param(module, &Generics::new(), param)).collect()
            }),
            _ => Vec::new(),
        }
    }
}

impl Elaborator<'_, '_> {
    /// `alert when psi(distance) > 0.2 over 7d`.
    fn alert(&mut self, log: &Shared, trigger: &Trigger) -> Option<TriggerInfo> {
        let over = self.window(trigger.over.as_ref());
        let when = Triggers { elaborator: self, log: Some(Arc::clone(log)) }.lower(&trigger.condition)?;
        let (condition, message, span) = (trigger.condition.span, trigger.message.clone(), trigger.span);
        Some(TriggerInfo { when, condition, over, message, span })
    }

    /// `retrain late(cutoff: 2013-11-01) when .. cooldown 7d at most 4 per 30d`.
    fn retrain(&mut self, log: &Shared, retrain: &Retrain) -> Option<RetrainInfo> {
        let name = &retrain.pipeline;
        let pipeline = self.checker.find(self.module, &name.text, name.span, "pipeline", &[Kind::Pipeline]);
        let params = pipeline.map(|id| self.retrain_params(id, retrain));
        let over = self.window(retrain.over.as_ref());
        let cooldown = retrain.cooldown.as_ref().and_then(|pause| self.checker.duration(pause, "cooldown"));
        let budget = retrain.budget.as_ref().and_then(|(times, per)| self.budget(times, per));
        let when = Triggers { elaborator: self, log: Some(Arc::clone(log)) }.lower(&retrain.condition)?;
        let trigger = TriggerInfo { when, condition: retrain.condition.span, over, message: None, span: retrain.span };
        Some(RetrainInfo { pipeline: name.text.clone(), params: params?, trigger, cooldown, budget })
    }

    fn retrain_params(&mut self, pipeline: DeclId, retrain: &Retrain) -> BTreeMap<String, Value> {
        let known = self.checker.pipeline_params(pipeline);
        let mut given = BTreeMap::new();
        for arg in &retrain.args {
            let param = known.iter().find(|param| arg.name.as_ref().is_some_and(|name| name.text == param.name));
            let Some((param, Ty::Value(wanted))) = param.map(|param| (param, &param.ty)) else {
                let name = arg.name.as_ref().map_or("a value without a name", |name| name.text.as_str());
                let message = format!("`{}` has no parameter `{name}`", retrain.pipeline.text);
                self.checker.report(words::argument(
                    arg.value.span,
                    message,
                    arg.value.span,
                    "for what is this?",
                    None,
                ));
                continue;
            };
            let scalars = self.scalars.clone();
            let value = self.checker.scalar(self.module, &scalars, &arg.value, Some(wanted));
            given.extend(value.map(|scalar| (param.name.clone(), scalar.value)));
        }
        given
    }

    fn window(&mut self, over: Option<&Expr>) -> Option<i64> {
        over.and_then(|over| self.checker.duration(over, "over"))
    }

    fn budget(&mut self, times: &Expr, per: &Expr) -> Option<Budget> {
        let count = positive(literals::literal(times));
        if count.is_none() {
            self.checker.misfits(times, "at most", "a whole number above zero");
        }
        let per = self.checker.duration(per, "per")?;
        Some(Budget { times: count?, per })
    }
}
