//! A checked program becomes a plan.
//!
//! **Lives here:** the translation of what the checker worked out into the plan's plain data, places and digests included.
//! **Does not:** deciding anything: what is wrong was said by the checker, and a program with errors is not lowered.
//!
//! Invariants:
//! 1. The same checked program gives the same plan, to the byte.
//! 2. Places are relative to the package; nothing of the machine gets into a plan.

mod contracts;
mod nodes;
mod policies;
mod serving;
mod uncalled;

use mlp_analysis::{Checked, DeclId, Kind, flow::Flow, types::Ty};
use mlp_plan::{Environment, Model, Package, Parameter, Pipeline, Place, Plan, Target};
use mlp_source::Span;

/// Where spans stand, and what stands there.
pub trait Places {
    /// Where a span begins, its file as a path relative to its package.
    fn place(&self, span: Span) -> Place;

    /// The text of a span.
    fn text(&self, span: Span) -> &str;
}

pub use uncalled::uncalled;

/// What lowering needs to know beside the program.
pub struct Context<'a> {
    /// All texts.
    pub places: &'a dyn Places,
    /// The package, without its digest.
    pub package: Package,
    /// The target.
    pub target: Target,
    /// Reads files of the packages: Python modules are part of the digest of a stage.
    pub files: &'a dyn mlp_ports::Files,
}

/// The plan of a checked program that has no errors. What its dependencies run, serve and watch is in their plans.
#[must_use]
pub fn lower(checked: &mut Checked<'_>, context: &Context<'_>) -> Plan {
    let mut lowering = Lowering { context, plan: empty(context) };
    let flows = std::mem::take(&mut checked.flows);
    for flow in flows.iter().filter(|flow| is_own(checked, context, flow.id)).collect::<Vec<_>>() {
        let pipeline = lowering.pipeline(checked, flow);
        lowering.plan.pipelines.insert(flow.name.clone(), pipeline);
    }
    checked.flows = flows;
    for id in checked.checker.program.of_kind(Kind::Model).collect::<Vec<_>>() {
        lowering.model(checked, id);
    }
    let monitors = std::mem::take(&mut checked.monitors);
    let own: Vec<_> = monitors.iter().filter(|monitor| is_own(checked, context, monitor.flow.id)).collect();
    for id in checked.checker.program.of_kind(Kind::Deployment).collect::<Vec<_>>() {
        let is_watched = own.iter().any(|monitor| monitor.deployment.id == id);
        if is_watched || is_own(checked, context, id) {
            lowering.deployment(checked, id);
        }
    }
    for monitor in own {
        lowering.monitor(checked, monitor);
    }
    checked.monitors = monitors;
    // those that no stage names as well: a target may set one of them
    for id in checked.checker.program.of_kind(Kind::Env).collect::<Vec<_>>() {
        if is_own(checked, context, id) {
            lowering.environment(checked, id);
        }
    }
    for id in checked.checker.program.of_kind(Kind::Secret).collect::<Vec<_>>() {
        if let (Some(decl), Some(secret)) = (checked.checker.program.decl(id), checked.checker.secret(id)) {
            lowering.plan.secrets.insert(decl.name.clone(), secret);
        }
    }
    for id in checked.checker.program.of_kind(Kind::Contract).collect::<Vec<_>>() {
        let contract = checked.checker.contract_of(id);
        lowering.contract(&contract);
    }
    for id in checked.checker.program.of_kind(Kind::Policy).collect::<Vec<_>>() {
        if let Some(policy) = checked.checker.policy(id) {
            lowering.policy(&policy);
        }
    }
    lowering.plan
}

/// One policy as the plan holds it, for tests of it.
#[must_use]
pub fn policy(context: &Context<'_>, info: &mlp_analysis::policies::PolicyInfo) -> mlp_plan::Policy {
    Lowering { context, plan: empty(context) }.made(info)
}

/// One contract as the plan holds it, for checks of data.
#[must_use]
pub fn contract(context: &Context<'_>, info: &mlp_analysis::contracts::Shared) -> mlp_plan::Contract {
    let mut lowering = Lowering { context, plan: empty(context) };
    let name = lowering.contract(info);
    lowering.plan.contracts.remove(&name).unwrap_or_default()
}

fn empty(context: &Context<'_>) -> Plan {
    Plan::empty(context.package.clone(), context.target.clone())
}

/// A plan in the making.
pub(crate) struct Lowering<'a> {
    context: &'a Context<'a>,
    plan: Plan,
}

impl Lowering<'_> {
    /// Where a span begins, as the plan says it.
    pub(crate) fn place(&self, span: Span) -> Place {
        self.context.places.place(span)
    }

    fn pipeline(&mut self, checked: &mut Checked<'_>, flow: &Flow) -> Pipeline {
        let params = flow.params.iter().filter_map(|param| {
            let Ty::Value(value) = &param.ty else { return None };
            Some(Parameter {
                name: param.name.clone(),
                data: value.data.clone(),
                nullable: value.nullable,
                default: param.default.clone(),
                constraints: value.constraints.clone(),
                doc: param.doc.clone(),
                place: self.place(param.span),
            })
        });
        let params = params.collect();
        let settings = &flow.settings;
        Pipeline {
            name: flow.name.clone(),
            doc: flow.doc.clone(),
            params,
            schedule: settings.schedule.clone(),
            catchup: settings.catchup,
            concurrency: settings.concurrency,
            priority: settings.priority,
            queue: settings.queue.clone(),
            tags: settings.tags.clone(),
            deadline: settings.deadline,
            owner: settings.owner.clone().or_else(|| self.plan.package.owner.clone()),
            on_failure: settings.on_failure.clone(),
            nodes: self.nodes(checked, flow.id, &flow.nodes),
            place: self.place(flow.span),
        }
    }

    fn model(&mut self, checked: &mut Checked<'_>, id: DeclId) {
        let Some(model) = checked.checker.model(id) else { return };
        let doc = checked.checker.program.item(id).and_then(|item| item.lead.docs());
        let made = Model {
            name: model.name.clone(),
            doc,
            input: self.contract(&model.input),
            output: self.contract(&model.output),
            ladder: model.ladder.clone(),
            predicts_at: model.predicts_at.as_ref().map(|(moment, _)| moment.clone()),
            clearance: sorted(&model.clearance),
            place: self.place(model.span),
        };
        self.plan.models.insert(model.name.clone(), made);
    }

    /// The name of an environment in the plan, which is added where it is new; one of a dependency has that before it, since most packages have a `default`.
    pub(crate) fn environment(&mut self, checked: &mut Checked<'_>, id: DeclId) -> Option<String> {
        let info = checked.checker.environment(id)?;
        let mut hasher = blake3::Hasher::new();
        for part in [&info.python, &info.lock, &info.image] {
            hasher.update(part.as_deref().unwrap_or_default().as_bytes());
            hasher.update(&[0]);
        }
        let package = checked.checker.package_of(checked.checker.module_of(id));
        let name =
            if is_own(checked, self.context, id) { info.name.clone() } else { format!("{package}.{}", info.name) };
        let made = Environment {
            name: name.clone(),
            python: info.python,
            requirements: info.requirements,
            lock: info.lock,
            image: info.image,
            digest: hasher.finalize().to_hex().to_string(),
            place: self.place(info.span),
        };
        self.plan.environments.insert(name.clone(), made);
        Some(name)
    }
}

/// Whether the package itself declares it, and not a dependency or the standard library.
pub(crate) fn is_own(checked: &Checked<'_>, context: &Context<'_>, id: DeclId) -> bool {
    checked.checker.package_of(checked.checker.module_of(id)) == context.package.name
}

/// Tags in the order of the plan.
pub(crate) fn sorted(tags: &[String]) -> Vec<String> {
    let mut tags = tags.to_vec();
    tags.sort();
    tags.dedup();
    tags
}
