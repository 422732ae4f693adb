//! Models of the registry: what they read and give, their rungs, when they predict.

use std::sync::Arc;

use mlp_diagnostics::catalog::{names, stages as words};
use mlp_source::Span;
use mlp_syntax::tree::{Entry, Expr, ExprKind, ItemKind, StageEntry};

use crate::{
    checker::Checker,
    contracts::Shared,
    memo::{Answer, Query},
    occurrences::Symbol,
    program::{DeclId, Kind},
    scope::nearest,
    types::{Generics, Ty},
};

/// A model of the registry.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// What it reads.
    pub input: Shared,
    /// What it gives.
    pub output: Shared,
    /// Its rungs, lowest first.
    pub ladder: Vec<String>,
    /// The moment at which it predicts, and where that is said.
    pub predicts_at: Option<(String, Span)>,
    /// Tags that it may be trained on.
    pub clearance: Vec<String>,
    /// Where it is declared.
    pub span: Span,
}

impl ModelInfo {
    /// Its type.
    #[must_use]
    pub fn ty(&self) -> Ty {
        Ty::Model(Arc::clone(&self.input), Arc::clone(&self.output))
    }
}

impl Checker<'_> {
    /// The model of a declaration; each is reported on once.
    pub fn model(&mut self, id: DeclId) -> Option<Arc<ModelInfo>> {
        match self.ask(Query::Model(id)) {
            Answer::Model(model) => model,
            _ => None,
        }
    }

    pub(crate) fn read_model(&mut self, id: DeclId) -> Option<ModelInfo> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Model(tree) = &item.kind else { return None };
        let (input, output) = match self.artifact(decl.module, &Generics::new(), &tree.ty) {
            Ty::Model(input, output) => (input, output),
            other => {
                if !matches!(other, Ty::Error) {
                    self.report(mlp_diagnostics::catalog::contracts::malformed(
                        tree.ty.span,
                        format!("a model is not {}", other.text()),
                        "as in `Model<Features, Scored>`",
                    ));
                }
                (self.no_contract("", tree.ty.span), self.no_contract("", tree.ty.span))
            }
        };
        let mut info = ModelInfo {
            name: decl.name.clone(),
            input,
            output,
            ladder: Vec::new(),
            predicts_at: None,
            clearance: Vec::new(),
            span: decl.span,
        };
        for entry in tree.body.entries.iter().filter_map(Entry::ok) {
            match entry {
                StageEntry::PredictsAt(rule) => {
                    if self.check_moment(&rule.moment) {
                        info.predicts_at = Some((rule.moment.text.clone(), rule.span));
                    }
                }
                StageEntry::Setting(setting) => match setting.name.text.as_str() {
                    "ladder" => info.ladder = self.ladder(id, &setting.value),
                    "clearance" => info.clearance = self.clearance(&setting.value),
                    other => self.unknown_setting(&setting.name, "model", other, &["ladder", "clearance"]),
                },
                StageEntry::Let(binding) => {
                    self.report(words::misplaced(binding.span, "a model holds no `let`", "bind values in a pipeline"))
                }
                StageEntry::Because(rule) => self.report(words::misplaced(
                    rule.span,
                    "this rule belongs into a stage",
                    "say it in the stage that trains",
                )),
            }
        }
        Some(info)
    }

    fn ladder(&mut self, id: DeclId, value: &Expr) -> Vec<String> {
        let mut rungs: Vec<String> = Vec::new();
        for item in self.items(value, "ladder") {
            match &item.kind {
                ExprKind::Name(name) if rungs.contains(&name.text) => {
                    self.report(names::declared_twice(name.span, "rung", &name.text, value.span))
                }
                ExprKind::Name(name) => {
                    self.occurs(name.span, || Symbol::Rung(id, name.text.clone()));
                    rungs.push(name.text.clone());
                }
                _ => self.misfits(&item, "ladder", "the name of a rung"),
            }
        }
        rungs
    }

    /// `M.rung`: the model and the name of its rung; `None` after a report, or where `expr` is none (`quiet`).
    pub fn rung(&mut self, module: usize, expr: &Expr) -> Option<(Arc<ModelInfo>, String)> {
        let ExprKind::Field(base, rung) = &expr.kind else {
            self.report(words::misplaced(expr.span, "a rung of a model is meant here", "as in `LateModel.production`"));
            return None;
        };
        let ExprKind::Name(name) = &base.kind else {
            self.report(words::misplaced(expr.span, "a rung of a model is meant here", "as in `LateModel.production`"));
            return None;
        };
        let id = self.find(module, &name.text, name.span, "model", &[Kind::Model])?;
        let model = self.model(id)?;
        if !model.ladder.contains(&rung.text) {
            if !model.ladder.is_empty() || !self.has_broken_body(id) {
                let near = nearest(&rung.text, model.ladder.iter().map(String::as_str));
                let owner = format!("the ladder of `{}`", model.name);
                let found = names::unknown_field(rung.span, &owner, &rung.text, near.as_deref())
                    .because(model.span, "its ladder is declared here");
                self.report(names::listing(found, "its rungs are", model.ladder.iter().map(String::as_str)));
            }
            return None;
        }
        self.occurs(rung.span, || Symbol::Rung(id, rung.text.clone()));
        Some((model, rung.text.clone()))
    }

    fn has_broken_body(&self, id: DeclId) -> bool {
        match self.item(id).map(|item| &item.kind) {
            Some(ItemKind::Model(tree)) => tree.body.entries.iter().any(|entry| entry.ok().is_none()),
            _ => false,
        }
    }
}
