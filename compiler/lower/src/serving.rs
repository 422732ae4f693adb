//! Deployments and monitors as the plan holds them.

use mlp_analysis::{
    Checked, DeclId,
    serving::{DeploymentInfo, MonitorInfo, RetrainInfo, TriggerInfo},
};
use mlp_plan::{Deployment, Monitor, Retrain, Serve, Trigger};

use crate::{Lowering, sorted};

impl Lowering<'_> {
    /// Adds a deployment, where it could be made out.
    pub(crate) fn deployment(&mut self, checked: &mut Checked<'_>, id: DeclId) {
        let Some(info) = checked.checker.deployment(id) else { return };
        let made = Deployment {
            name: info.name.clone(),
            doc: info.doc.clone(),
            model: info.model.name.clone(),
            rung: info.rung.clone(),
            request: info.request.as_ref().map(|request| self.contract(request)),
            served: self.contract(&info.served),
            features: self.nodes(checked, info.id, &info.features),
            serve: self.serve(checked, &info),
            replicas: info.replicas,
            traffic: info.traffic.clone(),
            rollout: info.rollout.clone(),
            rollback: info.rollback.iter().map(|trigger| self.trigger(trigger)).collect(),
            resources: info.resources.clone(),
            clearance: sorted(&info.clearance),
            place: self.place(info.span),
        };
        self.plan.deployments.insert(info.name.clone(), made);
    }

    fn serve(&mut self, checked: &mut Checked<'_>, info: &DeploymentInfo) -> Option<Serve> {
        let run = info.serve.clone()?;
        let module = checked.checker.module_of(info.id);
        let code = self.code(checked.checker.package_of(module), &run);
        let env = match run.python() {
            Some(_) => checked.checker.environment_or_default(module, info.env),
            None => info.env,
        };
        Some(Serve { run, env: env.and_then(|id| self.environment(checked, id)), code })
    }

    /// Adds a monitor.
    pub(crate) fn monitor(&mut self, checked: &mut Checked<'_>, info: &MonitorInfo) {
        let made = Monitor {
            deployment: info.deployment.name.clone(),
            pipeline: self.pipeline(checked, &info.flow),
            alerts: info.alerts.iter().map(|trigger| self.trigger(trigger)).collect(),
            retrains: info.retrains.iter().map(|retrain| self.retrain(retrain)).collect(),
        };
        self.plan.monitors.insert(info.flow.name.clone(), made);
    }

    fn retrain(&self, info: &RetrainInfo) -> Retrain {
        Retrain {
            pipeline: info.pipeline.clone(),
            params: info.params.clone(),
            trigger: self.trigger(&info.trigger),
            cooldown: info.cooldown,
            budget: info.budget,
        }
    }

    fn trigger(&self, info: &TriggerInfo) -> Trigger {
        let text = self.context.places.text(info.condition);
        Trigger {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            when: info.when.clone(),
            over: info.over,
            message: info.message.clone(),
            place: self.place(info.span),
        }
    }
}
