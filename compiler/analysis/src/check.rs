//! The whole check: every declaration looked at once, then the proofs over the pipelines.

use std::collections::BTreeMap;

use mlp_diagnostics::Diagnostic;
use mlp_ports::{Files, SqlChecker};

use crate::{
    checker::Checker,
    flow::Flow,
    program::{Kind, Program},
    serving::MonitorInfo,
    tests::TestCase,
};

/// A program that was looked at.
pub struct Checked<'a> {
    /// All that was worked out.
    pub checker: Checker<'a>,
    /// The pipelines.
    pub flows: Vec<Flow>,
    /// The monitors.
    pub monitors: Vec<MonitorInfo>,
    /// The tests.
    pub tests: Vec<TestCase>,
}

impl Checked<'_> {
    /// What was found, sorted by file and place.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.checker.diagnostics
    }
}

/// Looks at a program.
#[must_use]
pub fn check<'a>(program: &'a Program, sql: &'a dyn SqlChecker, files: &'a dyn Files) -> Checked<'a> {
    check_with(program, sql, files, &BTreeMap::new())
}

/// Looks at a program in which a target or `--set` sets constants.
#[must_use]
pub fn check_with<'a>(
    program: &'a Program,
    sql: &'a dyn SqlChecker,
    files: &'a dyn Files,
    set: &BTreeMap<String, String>,
) -> Checked<'a> {
    let mut checker = Checker::new(program, sql, files);
    checker.set.clone_from(set);
    let (mut flows, mut monitors) = (Vec::new(), Vec::new());
    for id in program.ids() {
        let Some(decl) = program.decl(id) else { continue };
        match decl.kind {
            Kind::Contract => {
                checker.contract_of(id);
            }
            Kind::Type | Kind::Enum => {
                if !checker.circular.contains(&id) {
                    checker.named_type(id);
                }
            }
            Kind::Metrics => {
                checker.metrics_decl(id);
            }
            Kind::Stage | Kind::Source | Kind::Sink => checker.check_stage(id),
            Kind::Const => {
                if !checker.circular.contains(&id) {
                    checker.constant(id);
                }
            }
            Kind::Secret => checker.check_secret(id),
            Kind::Model => {
                checker.model(id);
            }
            Kind::Policy => {
                checker.policy(id);
            }
            Kind::Pipeline => flows.extend(checker.pipeline(id)),
            Kind::Deployment => {
                checker.deployment(id);
            }
            Kind::Monitor => monitors.extend(checker.monitor(id)),
            Kind::Env => {}
        }
    }
    checker.check_doubled_settings();
    checker.check_doubled_names();
    checker.check_environments();
    let tests = checker.tests();
    checker.check_moments(&flows);
    checker.check_evaluation(&flows);
    checker.check_tags(&flows);
    checker.check_promotions(&flows);
    checker.check_policies();
    checker.check_releases(&flows, &monitors);
    checker.check_power(&flows);
    checker.check_deployments(&monitors);
    checker.diagnostics.sort_by_key(|found| (found.primary, found.code));
    checker.diagnostics.dedup();
    Checked { checker, flows, monitors, tests }
}
