//! Deployments and monitors: their names and settings.

use mlp_diagnostics::catalog::{names, stages as words};
use mlp_syntax::tree::{self, DeploymentEntry, Entry, Expr, ExprKind, ItemKind, Statement};

use crate::{
    checker::Checker,
    contracts::info::ContractInfo,
    flow::{Elaborator, Handle, PipelineSettings, Val},
    program::{DeclId, Kind},
    types::{Generics, Ty},
};

const SETTINGS: [&str; 9] =
    ["request", "features", "serve", "replicas", "traffic", "rollout", "resources", "clearance", "env"];
/// Statistics of drift, and what else a trigger may call.
const STATISTICS: [&str; 9] = ["psi", "ks", "wasserstein", "js", "chi2", "min", "max", "mean", "spread"];

impl Checker<'_> {
    /// Resolves the names of a deployment.
    pub fn check_deployment(&mut self, id: DeclId) {
        let program = self.program;
        let Some((decl, item)) = program.decl(id).zip(program.item(id)) else { return };
        let ItemKind::Deployment(tree) = &item.kind else { return };
        self.rung(decl.module, &tree.of);
        let mut seen: Vec<&tree::Name> = Vec::new();
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            let DeploymentEntry::Setting(setting) = entry else { continue };
            if let Some(first) = seen.iter().find(|first| first.text == setting.name.text) {
                self.report(names::declared_twice(setting.name.span, "setting", &setting.name.text, first.span));
                continue;
            }
            seen.push(&setting.name);
            self.deployment_setting(decl.module, setting);
        }
    }

    fn deployment_setting(&mut self, module: usize, setting: &tree::Setting) {
        match (setting.name.text.as_str(), &setting.value.kind) {
            ("request", ExprKind::Name(name)) => {
                self.find(module, &name.text, name.span, "contract", &[Kind::Contract]);
            }
            ("request", ExprKind::Type(ty)) => {
                self.contract(module, &Generics::new(), ty);
            }
            ("features", ExprKind::Name(name)) => {
                self.find(module, &name.text, name.span, "stage", &[Kind::Stage]);
            }
            ("env", ExprKind::Name(name)) => {
                self.find(module, &name.text, name.span, "environment", &[Kind::Env]);
            }
            ("resources", _) => {
                self.resources(&setting.value);
            }
            ("clearance", _) => {
                self.clearance(&setting.value);
            }
            ("request" | "features" | "env", _) => self.misfits(&setting.value, &setting.name.text, "a name"),
            (name, _) if SETTINGS.contains(&name) => {}
            (name, _) => self.unknown_setting(&setting.name, "deployment", name, &SETTINGS),
        }
    }

    /// Resolves the names of a monitor: its `let`s are worked out as in a pipeline, with `served` standing for the deployment's log.
    pub fn check_monitor(&mut self, id: DeclId) {
        let program = self.program;
        let Some((decl, item)) = program.decl(id).zip(program.item(id)) else { return };
        let ItemKind::Monitor(tree) = &item.kind else { return };
        let module = decl.module;
        if let ExprKind::Name(name) = &tree.of.kind {
            self.find(module, &name.text, name.span, "deployment", &[Kind::Deployment]);
        }
        let mut settings = PipelineSettings::default();
        let served = ContractInfo::broken("served", tree.of.span);
        let mut elaborator = Elaborator::new(self, module);
        elaborator.served = Some(Val::Artifact(Handle {
            ty: Ty::Table(served),
            from: mlp_plan::Origin::None,
            optional: false,
            span: tree.of.span,
        }));
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            match entry {
                Statement::Setting(setting) => {
                    elaborator.checker.pipeline_setting(module, &mut settings, setting, "monitor")
                }
                Statement::Let(_) => elaborator.statement(entry),
                Statement::Alert(trigger) => elaborator.trigger(&trigger.condition),
                Statement::Retrain(retrain) => {
                    elaborator.checker.find(
                        module,
                        &retrain.pipeline.text,
                        retrain.pipeline.span,
                        "pipeline",
                        &[Kind::Pipeline],
                    );
                    elaborator.trigger(&retrain.condition);
                }
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
        elaborator.unused();
    }
}

impl Elaborator<'_, '_> {
    /// Marks the reports that a condition reads as used, and looks at the functions that it calls.
    fn trigger(&mut self, condition: &Expr) {
        match &condition.kind {
            ExprKind::Name(name) => {
                if let Some(bound) = self.names.get_mut(&name.text) {
                    bound.used = true;
                }
            }
            ExprKind::Field(base, _) | ExprKind::Paren(base) | ExprKind::Unary(_, base) => self.trigger(base),
            ExprKind::Binary { left, right, .. } | ExprKind::In(left, right) => {
                self.trigger(left);
                self.trigger(right);
            }
            ExprKind::By(metric, _) => self.trigger(metric),
            ExprKind::Call { callee, args } => {
                if let ExprKind::Name(name) = &callee.kind
                    && !STATISTICS.contains(&name.text.as_str())
                {
                    let near = crate::scope::nearest(&name.text, STATISTICS);
                    self.checker.report(names::unknown(name.span, "statistic", &name.text, near.as_deref()));
                }
                args.iter().for_each(|arg| self.trigger(&arg.value));
            }
            _ => {}
        }
    }
}
