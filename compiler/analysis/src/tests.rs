//! `test` blocks: what is given, and what is expected of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use mlp_diagnostics::catalog::{names, stages as words};
use mlp_plan::{Literal, Measure, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{
    self, Arg, Entry, Expect, ExpectKind, Expr, ExprKind, ItemKind, RowField, Statement, TypeExpr, TypeKind, Verdict,
};

use crate::{
    checker::Checker,
    contracts::Shared,
    literals,
    metrics::MetricsInfo,
    policies::{PolicyInfo, PolicyParam},
    program::{DeclId, Kind},
    scope::{Found, nearest},
    stages::Signature,
    types::{Generics, Ty, dotted},
};

/// A `test` block, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// What it expects, in order.
    pub expects: Vec<TestExpect>,
}

/// One `expect`.
#[derive(Clone, Debug, PartialEq)]
pub struct TestExpect {
    /// Where it stands.
    pub span: Span,
    /// What is expected.
    pub kind: TestKind,
}

/// What a test expects.
#[derive(Clone, Debug, PartialEq)]
pub enum TestKind {
    /// A policy on given reports.
    Policy {
        /// The policy's declaration.
        id: DeclId,
        /// The policy.
        policy: Arc<PolicyInfo>,
        /// For each report parameter what is given; none where it is none.
        reports: BTreeMap<String, Option<GivenReport>>,
        /// Values of scalar parameters.
        params: BTreeMap<String, Literal>,
        /// The verdict that is expected.
        verdict: Verdict,
        /// The metric at which it fails.
        at: Option<String>,
    },
    /// A row against a contract.
    Row {
        /// The contract.
        contract: Shared,
        /// The row.
        row: GivenRow,
        /// Whether it is expected to pass.
        passes: bool,
        /// The field at which it fails.
        at: Option<String>,
    },
    /// `A <: B`, worked out already.
    Subtype {
        /// Whether `not` stands before it.
        negated: bool,
        /// Left side.
        left: Shared,
        /// Right side.
        right: Shared,
    },
    /// A stage on a few rows.
    Stage {
        /// The stage.
        signature: Arc<Signature>,
        /// Rows of each table parameter.
        inputs: Vec<(String, Shared, Vec<GivenRow>)>,
        /// Where the values of scalar parameters stand.
        params: BTreeMap<String, Span>,
        /// The rows that it must give, in order.
        expected: Vec<GivenRow>,
    },
}

/// A report given in a test: what is not given was not measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenReport {
    /// Values, with their interval where given.
    pub values: BTreeMap<String, GivenValue>,
    /// By slice column and member: values by metric.
    pub slices: BTreeMap<String, BTreeMap<String, BTreeMap<String, GivenValue>>>,
}

/// A measured value, with its interval where given. Durations are in seconds, sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GivenValue {
    /// The value.
    pub value: f64,
    /// The ends of its interval.
    pub interval: Option<(f64, f64)>,
}

/// A row given in a test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenRow {
    /// The contract as it is written there.
    pub of: Span,
    /// The fields that were given.
    pub fields: Vec<(String, Literal)>,
    /// Whether the rest is any valid value (given), or not compared (expected).
    pub rest: bool,
}

/// What a `let` of a test stands for.
#[derive(Clone, Debug)]
enum Given {
    Report(Arc<MetricsInfo>, GivenReport),
    Row(Shared, GivenRow),
}

impl Checker<'_> {
    /// Resolves the tests of a part of a module.
    pub(crate) fn read_tests(&mut self, index: usize, part: &tree::File) -> Vec<TestCase> {
        let mut cases = Vec::new();
        for item in &part.items {
            let ItemKind::Test(tree) = &item.kind else { continue };
            let mut case = TestCase { name: tree.name.clone(), span: tree.name_span, expects: Vec::new() };
            let mut lets = HashMap::new();
            for entry in tree.body.entries.iter().filter_map(Entry::ok) {
                match entry {
                    Statement::Let(binding) => {
                        if let Some(given) = self.given(index, &binding.value, &lets) {
                            lets.insert(binding.name.text.clone(), given);
                        }
                    }
                    Statement::Expect(expect) => {
                        if let Some(kind) = self.expect(index, expect, &lets) {
                            case.expects.push(TestExpect { span: expect.span, kind });
                        }
                    }
                    Statement::Setting(setting) => self.report(words::misplaced(
                        setting.span,
                        "a test has no settings",
                        "bind values with `let`, and say what holds with `expect`",
                    )),
                    Statement::Expr(line) => self.report(words::misplaced(
                        line.expr.span,
                        "this line does nothing in a test",
                        "write `expect ..`",
                    )),
                    Statement::Alert(trigger) => self.report(words::misplaced(
                        trigger.span,
                        "`alert` belongs into a `monitor`",
                        "move it there, or leave it out",
                    )),
                    Statement::Retrain(retrain) => self.report(words::misplaced(
                        retrain.span,
                        "`retrain` belongs into a `monitor`",
                        "move it there, or leave it out",
                    )),
                }
            }
            cases.push(case);
        }
        cases
    }

    fn given(&mut self, module: usize, expr: &Expr, lets: &HashMap<String, Given>) -> Option<Given> {
        match &expr.kind {
            ExprKind::Row(row) => self.row(module, &row.of, &row.fields, row.rest),
            ExprKind::Name(name) => match lets.get(&name.text) {
                Some(given) => Some(given.clone()),
                None => {
                    self.report(names::unknown(
                        name.span,
                        "value",
                        &name.text,
                        nearest(&name.text, lets.keys().map(String::as_str)).as_deref(),
                    ));
                    None
                }
            },
            ExprKind::Paren(inner) => self.given(module, inner, lets),
            ExprKind::Error => None,
            _ => {
                self.report(words::misplaced(
                    expr.span,
                    "a report or a row is meant here",
                    "as in `Report<Binary> { auc: 0.7, .. }` or `Flight { distance: -1, .. }`",
                ));
                None
            }
        }
    }

    fn row(&mut self, module: usize, of: &TypeExpr, fields: &[RowField], rest: bool) -> Option<Given> {
        if let TypeKind::Named { path, args, .. } = &of.kind
            && dotted(path) == "Report"
            && !args.is_empty()
        {
            let Ty::Report(metrics) = self.artifact(module, &Generics::new(), of) else { return None };
            return Some(Given::Report(Arc::clone(&metrics), self.given_report(&metrics, fields)));
        }
        let contract = self.contract(module, &Generics::new(), of);
        let mut row = GivenRow { of: of.span, fields: Vec::new(), rest };
        for field in fields {
            let Some(name) = field.path.segments.first() else { continue };
            if !self.check_column(&contract, name) {
                continue;
            }
            let Some(column) = contract.face.column(&name.text) else { continue };
            // a test may give a value that the contract forbids, but not one of another type
            if let Some(value) = self.value_of(
                &field.value,
                &ValueType { nullable: true, ..column.value.clone() },
                &format!("`{}`,", name.text),
            ) {
                row.fields.push((name.text.clone(), value));
            }
        }
        if !rest && !contract.partial {
            for column in &contract.face.columns {
                if column.default.is_none()
                    && !fields
                        .iter()
                        .any(|field| field.path.segments.first().is_some_and(|name| name.text == column.name))
                {
                    self.report(words::misplaced(
                        of.span,
                        format!("the row does not give `{}`", column.name),
                        "give it, or end the row with `..`",
                    ));
                    break;
                }
            }
        }
        Some(Given::Row(contract, row))
    }

    fn given_report(&mut self, metrics: &MetricsInfo, fields: &[RowField]) -> GivenReport {
        let mut report = GivenReport::default();
        for field in fields {
            let path = dotted(&field.path);
            self.occurs_metric(metrics, &field.path.segments.iter().collect::<Vec<_>>());
            let Some(metric) = metrics.metric(&path) else {
                let near = nearest(&path, metrics.face.metrics.iter().map(|metric| metric.name.as_str()));
                let (at, text) = (field.path.span, metrics.text());
                let found = mlp_diagnostics::catalog::policies::unknown_metric(
                    at,
                    "this report",
                    &text,
                    &path,
                    near.as_deref(),
                )
                .because(metrics.span, "its metrics are declared here");
                self.report(match near {
                    Some(near) => found.fix(format!("did you mean `{near}`?"), at, near),
                    None => found,
                });
                continue;
            };
            match (&field.by, &field.value.kind) {
                (Some(by), ExprKind::Record(members)) => {
                    for member in members {
                        let Some(name) = &member.name else { continue };
                        if let Some(value) = self.measured(metric.measure, &member.value) {
                            report
                                .slices
                                .entry(by.text.clone())
                                .or_default()
                                .entry(name.text.clone())
                                .or_default()
                                .insert(path.clone(), value);
                        }
                    }
                }
                (Some(by), _) => self.report(words::misplaced(
                    by.span,
                    "slices are given as a record",
                    "as in `recall by origin { EWR: 0.4 }`",
                )),
                (None, _) => {
                    if let Some(value) = self.measured(metric.measure, &field.value) {
                        report.values.insert(path, value);
                    }
                }
            }
        }
        report
    }

    /// A number, with its interval where given.
    fn measured(&mut self, measure: Measure, expr: &Expr) -> Option<GivenValue> {
        if let ExprKind::Interval { value, low, high } = &expr.kind {
            let value = self.number(measure, value)?;
            return Some(GivenValue {
                value,
                interval: Some((self.number(measure, low)?, self.number(measure, high)?)),
            });
        }
        Some(GivenValue { value: self.number(measure, expr)?, interval: None })
    }

    fn number(&mut self, measure: Measure, expr: &Expr) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "measured values are floats")]
        let value = match (measure, literals::literal(expr)) {
            (Measure::Duration, Some(Literal::Duration(nanoseconds))) => Some(nanoseconds as f64 / 1e9),
            (Measure::Size, Some(Literal::Size(bytes))) => Some(bytes as f64),
            (Measure::Duration | Measure::Size, _) => None,
            (_, Some(literal)) => literal.as_f64(),
            _ => None,
        };
        if value.is_none() {
            self.misfits(expr, "metric", &format!("a {}", measure.word()));
        }
        value
    }

    fn expect(&mut self, module: usize, expect: &Expect, lets: &HashMap<String, Given>) -> Option<TestKind> {
        match &expect.kind {
            ExpectKind::Subtype { negated, left, right } => {
                let (left, right) =
                    (self.contract(module, &Generics::new(), left), self.contract(module, &Generics::new(), right));
                Some(TestKind::Subtype { negated: *negated, left, right })
            }
            ExpectKind::Verdict { subject, verdict, at } => {
                let (at_path, at) = (at.as_ref(), at.as_ref().map(dotted));
                if let ExprKind::Call { callee, args } = &subject.kind
                    && let ExprKind::Name(name) = &callee.kind
                {
                    return self.policy_test(module, subject.span, name, args, lets, *verdict, at);
                }
                match self.given(module, subject, lets)? {
                    Given::Row(contract, row) => {
                        if let Some(path) = at_path {
                            let root = path.segments.first()?;
                            if !self.check_column(&contract, root) {
                                return None;
                            }
                        }
                        Some(TestKind::Row { contract, row, passes: *verdict == Verdict::Passes, at })
                    }
                    Given::Report(..) => {
                        self.report(words::misplaced(
                            subject.span,
                            "a report alone has no verdict",
                            "call a policy with it, as in `expect Release(report, none) passes`",
                        ));
                        None
                    }
                }
            }
            ExpectKind::Equal { left, right } => self.stage_test(module, left, right, lets),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an expectation")]
    fn policy_test(
        &mut self,
        module: usize,
        span: Span,
        name: &tree::Name,
        args: &[Arg],
        lets: &HashMap<String, Given>,
        verdict: Verdict,
        at: Option<String>,
    ) -> Option<TestKind> {
        let id = self.find(module, &name.text, name.span, "policy", &[Kind::Policy])?;
        let policy = self.policy(id)?;
        let (mut reports, mut params) = (BTreeMap::new(), BTreeMap::new());
        for (index, param) in policy.params.iter().enumerate() {
            let given = args
                .iter()
                .find(|arg| arg.name.as_ref().is_some_and(|name| name.text == param.name))
                .or_else(|| args.get(index).filter(|arg| arg.name.is_none()));
            match given {
                None if param.report.is_some() && param.optional => {
                    reports.insert(param.name.clone(), None);
                }
                None => match &param.default {
                    Some(value) => {
                        params.insert(param.name.clone(), value.clone());
                    }
                    None => {
                        self.report(words::argument(
                            span,
                            format!("`{}` needs its argument `{}`", policy.name, param.name),
                            name.span,
                            "missing here",
                            Some((param.span, "declared here".to_owned())),
                        ));
                        return None;
                    }
                },
                Some(arg) => self.policy_value(module, param, arg, lets, &mut reports, &mut params)?,
            }
        }
        Some(TestKind::Policy { id, policy, reports, params, verdict, at })
    }

    fn policy_value(
        &mut self,
        module: usize,
        param: &PolicyParam,
        arg: &Arg,
        lets: &HashMap<String, Given>,
        reports: &mut BTreeMap<String, Option<GivenReport>>,
        params: &mut BTreeMap<String, Literal>,
    ) -> Option<()> {
        let Some(metrics) = &param.report else {
            let ty = param.scalar.clone()?;
            params.insert(param.name.clone(), self.value_of(&arg.value, &ty, &format!("`{}`,", param.name))?);
            return Some(());
        };
        if matches!(arg.value.kind, ExprKind::Literal(tree::Lit::None)) && param.optional {
            reports.insert(param.name.clone(), None);
            return Some(());
        }
        match self.given(module, &arg.value, lets)? {
            Given::Report(have, report) if have.accepted_as(metrics) => {
                reports.insert(param.name.clone(), Some(report));
                Some(())
            }
            _ => {
                let message = format!("`{}` takes Report<{}>", param.name, metrics.text());
                self.report(words::argument(
                    arg.value.span,
                    message,
                    arg.value.span,
                    "of another type",
                    Some((param.span, "declared here".to_owned())),
                ));
                None
            }
        }
    }

    /// `expect stage([Row { .. }]) == [Row { .. }]`.
    fn stage_test(
        &mut self,
        module: usize,
        left: &Expr,
        right: &Expr,
        lets: &HashMap<String, Given>,
    ) -> Option<TestKind> {
        let (ExprKind::Call { callee, args }, ExprKind::List(rows)) = (&left.kind, &right.kind) else {
            self.report(words::misplaced(
                left.span,
                "a stage's rows are compared with a list of rows",
                "as in `expect clean([Row { .. }]) == [Row { .. }]`",
            ));
            return None;
        };
        let ExprKind::Name(name) = &callee.kind else { return None };
        if let Found::Nothing = self.lookup(module, &name.text) {
            self.find(module, &name.text, name.span, "stage", &[Kind::Stage]);
            return None;
        }
        let id = self.find(module, &name.text, name.span, "stage", &[Kind::Stage])?;
        let signature = self.signature(id)?;
        let (mut inputs, mut params) = (Vec::new(), BTreeMap::new());
        for (index, param) in signature.params.iter().enumerate() {
            let given = args
                .iter()
                .find(|arg| arg.name.as_ref().is_some_and(|name| name.text == param.name))
                .or_else(|| args.get(index).filter(|arg| arg.name.is_none()));
            match (param.ty.required(), given) {
                (Ty::Table(contract), Some(Arg { value: Expr { kind: ExprKind::List(rows), .. }, .. })) => {
                    let rows = self.rows(module, rows, lets)?;
                    inputs.push((param.name.clone(), Arc::clone(contract), rows));
                }
                (Ty::Value(ty), Some(arg)) => {
                    self.value_of(&arg.value, &ty.clone(), &format!("`{}`,", param.name))?;
                    params.insert(param.name.clone(), arg.value.span);
                }
                (_, None) if param.default.is_some() || matches!(param.ty, Ty::Optional(_)) => {}
                _ => {
                    let message = format!(
                        "`{}` of `{}` needs {}",
                        param.name,
                        signature.name,
                        if matches!(param.ty, Ty::Table(_)) { "a list of rows" } else { "a value" }
                    );
                    self.report(words::argument(
                        left.span,
                        message,
                        name.span,
                        "in this call",
                        Some((param.span, "declared here".to_owned())),
                    ));
                    return None;
                }
            }
        }
        let expected = self.rows(module, rows, lets)?;
        Some(TestKind::Stage { signature, inputs, params, expected })
    }

    fn rows(&mut self, module: usize, rows: &[Expr], lets: &HashMap<String, Given>) -> Option<Vec<GivenRow>> {
        rows.iter()
            .map(|row| match self.given(module, row, lets)? {
                Given::Row(_, row) => Some(row),
                Given::Report(..) => {
                    self.report(words::misplaced(
                        row.span,
                        "a row is meant here",
                        "as in `Flight { distance: 5, .. }`",
                    ));
                    None
                }
            })
            .collect()
    }
}
