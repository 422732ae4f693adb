//! A deployment: its settings, what makes features of requests, what its log holds.

use std::sync::Arc;

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{Column, DataType, Literal, Origin, Run, TimeUnit, Value, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, DeploymentDecl, DeploymentEntry, Entry, Expr, ExprKind, ItemKind, Name, Setting};

use super::DeploymentInfo;
use crate::{
    checker::Checker,
    contracts::{
        Shared,
        info::{ColumnSpans, ContractInfo},
    },
    flow::{Bound, Elaborator, FlowNode, Handle, Id, Val},
    memo::{Answer, Query},
    models::ModelInfo,
    program::{DeclId, Kind},
    run::RunKind,
    types::{Generics, Ty},
    values::Scalars,
};

const SETTINGS: [&str; 9] =
    ["request", "features", "serve", "replicas", "traffic", "rollout", "resources", "clearance", "env"];

impl Checker<'_> {
    /// The deployment of a declaration; each is reported on once.
    pub fn deployment(&mut self, id: DeclId) -> Option<Arc<DeploymentInfo>> {
        match self.ask(Query::Deployment(id)) {
            Answer::Deployment(deployment) => deployment,
            _ => None,
        }
    }

    pub(crate) fn read_deployment(&mut self, id: DeclId) -> Option<DeploymentInfo> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Deployment(tree) = &item.kind else { return None };
        let module = decl.module;
        let served = self.rung(module, &tree.of);
        let (model, rung) = served.clone().unwrap_or_else(|| (self.no_model(tree.of.span), String::new()));
        let mut info = DeploymentInfo {
            name: decl.name.clone(),
            doc: item.lead.docs(),
            served: self.no_contract(&format!("{}.served", decl.name), decl.span),
            model,
            rung,
            request: None,
            request_at: decl.span,
            features: Vec::new(),
            feature_stage: None,
            features_at: decl.span,
            serve: None,
            env: None,
            replicas: None,
            traffic: None,
            rollout: None,
            rollout_at: decl.span,
            last_step: None,
            rollback: Vec::new(),
            resources: mlp_plan::Resources::default(),
            clearance: Vec::new(),
            id,
            span: decl.span,
        };
        let features = self.deployment_settings(module, tree, &mut info);
        if let Some(request) = &info.request {
            info.served = log(&info.name, request, &info.model, decl.span);
            if let Some(stage) = features {
                info.features = self.features(module, &stage, request);
            }
        }
        info.rollback = tree
            .body
            .entries
            .iter()
            .filter_map(Entry::ok)
            .filter_map(|entry| match entry {
                DeploymentEntry::Rollback(trigger) => self.trigger_of_endpoint(trigger),
                DeploymentEntry::Setting(_) => None,
            })
            .collect();
        served.map(|_| info)
    }

    /// Reads the settings; gives the name of the feature stage.
    fn deployment_settings(&mut self, module: usize, tree: &DeploymentDecl, info: &mut DeploymentInfo) -> Option<Name> {
        let mut features = None;
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            let DeploymentEntry::Setting(setting) = entry else { continue };
            if let Some(stage) = self.deployment_setting(module, setting, info) {
                features = Some(stage);
            }
        }
        features
    }

    fn deployment_setting(&mut self, module: usize, setting: &Setting, info: &mut DeploymentInfo) -> Option<Name> {
        let value = &setting.value;
        match setting.name.text.as_str() {
            "request" => info.request_at = setting.span,
            "features" => info.features_at = setting.span,
            "rollout" => {
                info.rollout_at = setting.span;
                info.last_step = last_step(value);
            }
            _ => {}
        }
        match (setting.name.text.as_str(), &value.kind) {
            ("request", ExprKind::Name(name)) => {
                let found = self.find(module, &name.text, name.span, "contract", &[Kind::Contract]);
                info.request = found.map(|id| self.contract_of(id));
            }
            ("request", ExprKind::Type(ty)) => info.request = Some(self.contract(module, &Generics::new(), ty)),
            ("features", ExprKind::Name(name)) => {
                info.feature_stage = self.find(module, &name.text, name.span, "stage", &[Kind::Stage]);
                return info.feature_stage.map(|_| name.clone());
            }
            ("env", ExprKind::Name(name)) => {
                info.env = self.find(module, &name.text, name.span, "environment", &[Kind::Env]);
            }
            ("serve", _) => info.serve = self.serve(module, setting),
            ("replicas", _) => info.replicas = self.replicas(value),
            ("traffic", _) => info.traffic = self.traffic(value),
            ("rollout", _) => info.rollout = self.rollout(value),
            ("resources", _) => info.resources = self.resources(value),
            ("clearance", _) => info.clearance = self.clearance(value),
            ("request" | "features" | "env", _) => self.misfits(value, &setting.name.text, "a name"),
            (name, _) => self.unknown_setting(&setting.name, "deployment", name, &SETTINGS),
        }
        None
    }

    /// `serve = python("model:score")`, a program, or an image.
    fn serve(&mut self, module: usize, setting: &Setting) -> Option<Run> {
        let ExprKind::Call { callee, args } = &setting.value.kind else {
            self.misfits(&setting.value, "serve", "a call such as `python(\"model:score\")`");
            return None;
        };
        let ExprKind::Name(word) = &callee.kind else { return None };
        let run = self.stage_run(module, setting.span, word, args)?;
        match run {
            RunKind::Python { module: name, function } => {
                self.check_python(module, setting.span, &name, &function);
                Some(Run::Python { module: name, function })
            }
            RunKind::Command(argv) => Some(Run::Command { argv: self.arguments_of(module, &argv) }),
            RunKind::Container(image, argv) => Some(Run::Container { image, argv: self.arguments_of(module, &argv) }),
            _ => {
                self.report(words::unresolved_run(
                    setting.span,
                    format!("`{}` cannot answer requests", word.text),
                    "use `python`, `command` or `container`",
                ));
                None
            }
        }
    }

    fn arguments_of(&mut self, module: usize, argv: &[Expr]) -> Vec<Value> {
        let none = Scalars::new();
        argv.iter().filter_map(|expr| self.scalar(module, &none, expr, None)).map(|scalar| scalar.value).collect()
    }

    /// The nodes that make features of requests. What does not fit is told by the proof that serving meets training, not here.
    fn features(&mut self, module: usize, stage: &Name, request: &Shared) -> Vec<FlowNode> {
        self.quietly(|checker| {
            let mut elaborator = Elaborator::new(checker, module);
            let handle =
                Handle { ty: Ty::Table(Arc::clone(request)), from: Origin::Request, optional: false, span: stage.span };
            let given = Name { text: "request".to_owned(), span: stage.span };
            elaborator.names.insert(
                given.text.clone(),
                Bound { val: Val::Artifact(handle), span: stage.span, used: true, is_let: false },
            );
            let callee = Expr { span: stage.span, kind: ExprKind::Name(stage.clone()) };
            let request = Arg { name: None, value: Expr { span: stage.span, kind: ExprKind::Name(given) } };
            elaborator.call(stage.span, &callee, &[request], &Id::exact(stage.text.clone()));
            elaborator.nodes
        })
    }

    fn no_model(&self, span: Span) -> Arc<ModelInfo> {
        Arc::new(ModelInfo {
            name: String::new(),
            input: self.no_contract("", span),
            output: self.no_contract("", span),
            ladder: Vec::new(),
            predicts_at: None,
            clearance: Vec::new(),
            span,
        })
    }
}

/// The log of a deployment: each request, what was answered without the label that nobody knows yet, when, and by which version.
fn log(deployment: &str, request: &Shared, model: &ModelInfo, span: Span) -> Shared {
    let mut log = (**request).clone();
    log.forget_identity();
    log.face.name = format!("{deployment}.served");
    log.span = span;
    log.partial |= model.output.partial;
    for (column, spans) in model.output.face.columns.iter().zip(&model.output.columns) {
        if !column.label && log.face.column(&column.name).is_none() {
            log.put(column.clone(), spans.clone());
        }
    }
    let instant = DataType::Timestamp { unit: TimeUnit::Us, naive: false };
    for (name, data) in [("served_at", instant), ("version", DataType::String)] {
        log.put(Column::plain(name, ValueType::plain(data)), ColumnSpans { name: span, ..ColumnSpans::default() });
    }
    Arc::new(log)
}

/// A whole number of at least one, as a literal.
pub(super) fn positive(literal: Option<Literal>) -> Option<u32> {
    literal.and_then(|literal| literal.as_i64()).and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0)
}

/// What stands for the log where the deployment could not be made out.
pub(super) fn unknown_log(span: Span) -> Shared {
    ContractInfo::broken("served", span)
}

/// The last step of a rollout that has steps.
fn last_step(rollout: &Expr) -> Option<Span> {
    let ExprKind::Call { args, .. } = &rollout.kind else { return None };
    match args.as_slice() {
        [Arg { value: Expr { kind: ExprKind::List(steps), .. }, .. }] => Some(steps.last()?.span),
        _ => None,
    }
}
