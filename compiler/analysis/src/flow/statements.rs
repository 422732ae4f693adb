//! Pipelines and stages made of stages as a whole: parameters, lines, what nothing uses.

use std::sync::Arc;

use mlp_diagnostics::catalog::{names, stages as words};
use mlp_plan::{Constraint, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{Entry, ExprKind, ItemKind, Name, ResultKind, StageDecl, Statement};

use super::{Bound, Elaborator, Flow, Handle, Id, PipelineSettings, Val, edges::accepted};
use crate::{
    checker::Checker,
    memo::{Answer, Query},
    program::DeclId,
    scope::check_snake,
    stages::{ParamInfo, Signature},
    types::{Generics, Ty},
    values::Scalar,
};

impl Checker<'_> {
    /// Works out a pipeline.
    pub fn pipeline(&mut self, id: DeclId) -> Option<Arc<Flow>> {
        match self.ask(Query::Pipeline(id)) {
            Answer::Pipeline(flow) => flow,
            _ => None,
        }
    }

    pub(crate) fn read_pipeline(&mut self, id: DeclId) -> Option<Flow> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Pipeline(tree) = &item.kind else { return None };
        let mut params = Vec::new();
        for param in &tree.params {
            let info = self.param(decl.module, &Generics::new(), param);
            if !matches!(info.ty, Ty::Value(_) | Ty::Error) {
                self.report(words::misplaced(
                    param.ty.span,
                    format!("a pipeline takes values, not {}", info.ty.text()),
                    "tables come from sources and stages",
                ));
            }
            if params.iter().any(|known: &ParamInfo| known.name == info.name) {
                let first = params.iter().find(|known| known.name == info.name).map_or(info.span, |known| known.span);
                self.report(names::declared_twice(info.span, "parameter", &info.name, first));
            }
            params.push(info);
        }
        let mut settings = PipelineSettings::default();
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            if let Statement::Setting(setting) = entry {
                self.pipeline_setting(decl.module, &mut settings, setting, "pipeline");
            }
        }
        let mut elaborator = Elaborator::new(self, decl.module);
        elaborator.parameters(&params);
        let broken = tree.body.entries.iter().any(|entry| entry.ok().is_none());
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            elaborator.statement(entry);
        }
        if !broken {
            elaborator.unused();
        }
        elaborator.check_places();
        let (nodes, narrowed) = (elaborator.nodes, elaborator.narrowed);
        self.narrow_params(&mut params, narrowed);
        Some(Flow { id, name: decl.name.clone(), params, settings, nodes, span: decl.span, doc: item.lead.docs() })
    }

    /// Gives the parameters what the stages that they go to ask of them, so that a run with a value that does not fit never begins.
    fn narrow_params(&mut self, params: &mut [ParamInfo], narrowed: Vec<(String, Constraint)>) {
        for (name, constraint) in narrowed {
            let Some(param) = params.iter_mut().find(|param| param.name == name) else { continue };
            let Ty::Value(value) = &mut param.ty else { continue };
            if value.constraints.contains(&constraint) {
                continue;
            }
            if let Some(default) = &param.default {
                let alone = ValueType { constraints: vec![constraint.clone()], ..ValueType::plain(value.data.clone()) };
                let what = format!("the default of `{name}`, which goes to a stage,");
                self.check_constraints(default, &alone, param.span, &what);
            }
            value.constraints.push(constraint);
        }
    }

    /// Works out a stage made of stages, with its parameters standing for what they take.
    pub fn check_composed(&mut self, signature: &Signature, tree: &StageDecl) {
        let module = self.module_of(signature.id);
        let mut elaborator = Elaborator::new(self, module);
        for param in &signature.params {
            let handle = Handle {
                ty: param.ty.required().clone(),
                from: mlp_plan::Origin::None,
                optional: matches!(param.ty, Ty::Optional(_)),
                span: param.span,
            };
            match &param.ty {
                Ty::Value(_) | Ty::Column(..) => {
                    elaborator.scalars.insert(param.name.clone(), Scalar::of_param(param));
                    elaborator.scalar_spans.insert(param.name.clone(), param.span);
                }
                Ty::List(inner) if inner.is_scalar() => {
                    elaborator.scalars.insert(param.name.clone(), Scalar::of_param(param));
                }
                _ => {
                    elaborator.names.insert(
                        param.name.clone(),
                        Bound { val: opaque(handle), span: param.span, used: true, is_let: false },
                    );
                }
            }
        }
        let value = elaborator.body(tree, &signature.name, signature.record);
        elaborator.unused();
        self.check_result(signature, tree, &value);
    }

    /// Whether the body of a stage made of stages gives what it declares.
    fn check_result(&mut self, signature: &Signature, tree: &StageDecl, value: &Val) {
        let span = tree.result.as_ref().map_or(tree.name.span, |result| result.span);
        let values: Vec<(String, Val)> = match value {
            Val::Record(fields) => fields.clone(),
            Val::Error => return,
            other => vec![("result".to_owned(), other.clone())],
        };
        for (name, wanted) in &signature.outputs {
            let Some((_, given)) = values.iter().find(|(given, _)| given == name) else { continue };
            match (given, wanted) {
                (Val::Error, _) => {}
                (Val::Artifact(handle), Ty::Table(to)) if matches!(handle.ty, Ty::Table(_)) => {
                    if let Ty::Table(from) = &handle.ty {
                        self.edge(span, &format!("the result of `{}`", signature.name), from, to);
                    }
                }
                (Val::Artifact(handle), wanted) if accepted(&handle.ty, wanted.required()) => {}
                (other, wanted) => {
                    let message =
                        format!("`{}` declares {}, and its body gives {}", signature.name, wanted.text(), other.text());
                    self.report(words::argument(span, message, span, "declared here", None));
                }
            }
        }
    }
}

impl Elaborator<'_, '_> {
    /// Binds the parameters of a pipeline.
    pub fn parameters(&mut self, params: &[ParamInfo]) {
        for param in params {
            check_snake(param.span, "parameter", &param.name, &mut self.checker.now.diagnostics);
            self.scalars.insert(param.name.clone(), Scalar::of_param(param));
            self.scalar_spans.insert(param.name.clone(), param.span);
        }
    }

    /// Works out a line of a pipeline.
    pub fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Let(binding) => {
                check_snake(binding.name.span, "value", &binding.name.text, &mut self.checker.now.diagnostics);
                let value = self.eval(&binding.value, &Id::exact(binding.name.text.clone()));
                self.define(&binding.name, value);
                if matches!(binding.value.kind, ExprKind::Promote(_))
                    && let Some(bound) = self.names.get_mut(&binding.name.text)
                {
                    // a promotion is made for its effect
                    bound.used = true;
                }
            }
            Statement::Expr(line) => self.effect(line),
            Statement::Setting(_) => {}
            Statement::Alert(trigger) => self.outside(trigger.span, "alert", "a `monitor`"),
            Statement::Retrain(trigger) => self.outside(trigger.span, "retrain", "a `monitor`"),
            Statement::Expect(expect) => self.outside(expect.span, "expect", "a `test`"),
        }
    }

    fn outside(&mut self, span: Span, word: &str, owner: &str) {
        self.checker.report(words::misplaced(
            span,
            format!("`{word}` has no place in a pipeline"),
            format!("it belongs into {owner}"),
        ));
    }

    fn effect(&mut self, line: &mlp_syntax::tree::ExprStatement) {
        let name = match &line.expr.kind {
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Name(name) => name.text.clone(),
                _ => "call".to_owned(),
            },
            ExprKind::Promote(_) => "promote".to_owned(),
            ExprKind::Error => return,
            _ => {
                self.checker.report(words::misplaced(
                    line.expr.span,
                    "this line does nothing",
                    "call a sink, promote a model, or bind the value with `let`",
                ));
                return;
            }
        };
        let before = self.nodes.len();
        let value = self.eval(&line.expr, &Id::exact(name.clone()));
        let makes_something = matches!(value, Val::Artifact(_) | Val::Record(_));
        if makes_something && !matches!(line.expr.kind, ExprKind::Promote(_)) && self.nodes.len() > before {
            self.checker.report(words::unused(line.expr.span, &name));
        }
    }

    /// Binds a name; a second binding is an error.
    pub fn define(&mut self, name: &Name, value: Val) {
        let first = self.names.get(&name.text).map(|bound| bound.span);
        if let Some(first) = first.or_else(|| self.scalar_spans.get(&name.text).copied()) {
            self.checker.report(names::declared_twice(name.span, "value", &name.text, first));
            return;
        }
        match value {
            Val::Scalar(scalar) => {
                self.scalars.insert(name.text.clone(), scalar);
                self.scalar_spans.insert(name.text.clone(), name.span);
            }
            value => {
                let is_let = !matches!(value, Val::Error);
                self.names.insert(name.text.clone(), Bound { val: value, span: name.span, used: false, is_let });
            }
        }
    }

    /// Says which `let`s nothing uses, in the order written.
    pub fn unused(&mut self) {
        let mut unused: Vec<(Span, &String)> = self
            .names
            .iter()
            .filter(|(_, bound)| bound.is_let && !bound.used)
            .map(|(name, bound)| (bound.span, name))
            .collect();
        unused.sort_unstable();
        for (span, name) in unused {
            self.checker.now.diagnostics.push(words::unused(span, name));
        }
    }
}

/// A parameter of a stage made of stages, while the stage itself is looked at.
fn opaque(handle: Handle) -> Val {
    match &handle.ty {
        Ty::Error => Val::Error,
        Ty::List(element) => Val::List(vec![Val::Artifact(Handle { ty: (**element).clone(), ..handle })]),
        _ => Val::Artifact(handle),
    }
}

/// Names of the outputs of a stage; `result` where it has one without a name.
#[must_use]
pub fn output_names(tree: &StageDecl) -> Vec<String> {
    match tree.result.as_ref().map(|result| &result.kind) {
        None => Vec::new(),
        Some(ResultKind::One(_)) => vec!["result".to_owned()],
        Some(ResultKind::Record(fields)) => fields.iter().map(|(name, _)| name.text.clone()).collect(),
    }
}
