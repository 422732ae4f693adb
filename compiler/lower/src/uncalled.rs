//! Stages that nothing calls, for those who ask who reads a contract.

use std::collections::BTreeSet;

use mlp_analysis::{
    Checked, Kind,
    run::RunKind,
    stages::{ParamInfo, Signature},
    types::Ty,
};
use mlp_plan::{Place, Plan, Uncalled};

use crate::{Context, Lowering, is_own};

/// The stages of a checked package, not of its dependencies, that no node of its plan runs, with the plan, to which the contracts that only they read are added. What is made of other
/// stages reads nothing itself: those do.
#[must_use]
pub fn uncalled(checked: &mut Checked<'_>, context: &Context<'_>, plan: Plan) -> (Plan, Vec<Uncalled>) {
    let called = called(&plan);
    let mut lowering = Lowering { context, plan };
    let mut found = Vec::new();
    for id in checked.checker.program.of_kind(Kind::Stage).collect::<Vec<_>>() {
        let Some(signature) = checked.checker.signature(id).filter(|signature| !signature.composed) else { continue };
        let place = lowering.place(signature.span);
        if !is_own(checked, context, id) || called.contains(&place) {
            continue;
        }
        let run = checked.checker.run_kind(&signature);
        found.push(Uncalled {
            stage: checked.checker.program.qualified(id),
            reads: lowering.tables(&signature),
            sql: run.and_then(|run| if let RunKind::Sql { text, .. } = run { Some(text) } else { None }),
            place,
        });
    }
    (lowering.plan, found)
}

/// Where the stages are declared that a plan runs.
fn called(plan: &Plan) -> BTreeSet<Place> {
    let pipelines = plan.pipelines.values().chain(plan.monitors.values().map(|monitor| &monitor.pipeline));
    let deployed = plan.deployments.values().flat_map(|one| &one.features);
    pipelines.flat_map(|pipeline| &pipeline.nodes).chain(deployed).map(|node| node.place.clone()).collect()
}

impl Lowering<'_> {
    /// The contracts of the tables that a stage takes.
    fn tables(&mut self, signature: &Signature) -> Vec<String> {
        let table = |param: &ParamInfo| {
            let mut ty = &param.ty;
            while let Ty::List(inner) | Ty::Optional(inner) = ty {
                ty = inner;
            }
            if let Ty::Table(contract) = ty { Some(self.contract(contract)) } else { None }
        };
        signature.params.iter().filter_map(table).collect()
    }
}
