//! Parameters, `let`s and outputs of stages: what binds them, and where they are used.

use mlp_source::Span;
use mlp_syntax::tree::{
    self, Clause, ClauseKind, Entry, ExpectKind, Expr, ExprKind, ItemKind, Name, ResultKind, StageBody, StageDecl,
    StageEntry, Statement,
};

use super::{Symbol, children};
use crate::{checker::Checker, program::DeclId, scope::Found};

/// A parameter or `let`.
struct Bound {
    name: String,
    /// Where it is bound.
    span: Span,
    /// The stage whose outputs it holds.
    made_by: Option<DeclId>,
}

/// Parameters, `let`s and outputs, with what is bound so far.
pub(super) struct Locals<'c, 'a> {
    checker: &'c mut Checker<'a>,
    module: usize,
    bound: Vec<Bound>,
    /// The outputs of the stage that is looked at, of which each is the `let` of that name.
    outputs: Vec<Name>,
}

impl<'c, 'a> Locals<'c, 'a> {
    /// Nothing is bound yet in a module.
    pub(super) const fn of(checker: &'c mut Checker<'a>, module: usize) -> Self {
        Self { checker, module, bound: Vec::new(), outputs: Vec::new() }
    }

    pub(super) fn item(&mut self, kind: &ItemKind) {
        match kind {
            ItemKind::Stage(tree) | ItemKind::Source(tree) | ItemKind::Sink(tree) => self.stage(tree),
            ItemKind::Pipeline(tree) => {
                tree.params.iter().for_each(|param| self.bind(&param.name));
                tree.body.entries.iter().filter_map(Entry::ok).for_each(|line| self.statement(line));
            }
            ItemKind::Monitor(tree) => {
                tree.body.entries.iter().filter_map(Entry::ok).for_each(|line| self.statement(line));
            }
            ItemKind::Test(tree) => {
                tree.body.entries.iter().filter_map(Entry::ok).for_each(|line| self.statement(line));
            }
            ItemKind::Policy(tree) => {
                tree.params.iter().for_each(|param| self.bind(&param.name));
                tree.body.entries.iter().filter_map(Entry::ok).for_each(|clause| self.clause(clause));
            }
            ItemKind::Metrics(tree) => tree.params.iter().for_each(|param| self.bind(&param.name)),
            _ => {}
        }
    }

    fn bind(&mut self, name: &Name) {
        self.bind_to(name, name.span, None);
    }

    fn bind_to(&mut self, name: &Name, span: Span, made_by: Option<DeclId>) {
        self.checker.occurs(name.span, || Symbol::Local(span));
        self.bound.push(Bound { name: name.text.clone(), span, made_by });
    }

    fn bound(&self, name: &Name) -> Option<&Bound> {
        self.bound.iter().rev().find(|bound| bound.name == name.text)
    }

    fn name(&mut self, name: &Name) {
        if let Some(place) = self.bound(name).map(|bound| bound.span) {
            self.checker.occurs(name.span, || Symbol::Local(place));
        }
    }

    /// The stage whose outputs an expression holds.
    fn made_by(&self, expr: &Expr) -> Option<DeclId> {
        match &expr.kind {
            ExprKind::Name(name) => self.bound(name)?.made_by,
            ExprKind::Paren(inner) => self.made_by(inner),
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Name(name) => match self.checker.lookup(self.module, &name.text) {
                    Found::Decl(id) => Some(id),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// An output of what an expression holds.
    fn output(&mut self, of: &Expr, name: &Name) {
        let Some(item) = self.made_by(of).and_then(|id| self.checker.item(id)) else { return };
        let (ItemKind::Stage(tree) | ItemKind::Source(tree)) = &item.kind else { return };
        let place = outputs(tree).find(|output| output.text == name.text).map(|output| output.span);
        if let Some(place) = place {
            self.checker.occurs(name.span, || Symbol::Local(place));
        }
    }

    fn stage(&mut self, tree: &StageDecl) {
        self.outputs = outputs(tree).cloned().collect();
        for output in outputs(tree) {
            self.checker.occurs(output.span, || Symbol::Local(output.span));
        }
        tree.params.iter().for_each(|param| self.bind(&param.name));
        match &tree.body {
            StageBody::Expr(expr) => self.expr(expr),
            StageBody::Block(block) => {
                for entry in block.entries.iter().filter_map(Entry::ok) {
                    match entry {
                        StageEntry::Let(binding) => self.binding(binding),
                        StageEntry::Setting(setting) if matches!(setting.name.text.as_str(), "run" | "from" | "to") => {
                            self.expr(&setting.value);
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    fn binding(&mut self, binding: &tree::Let) {
        self.expr(&binding.value);
        let output = self.outputs.iter().find(|output| output.text == binding.name.text).map(|output| output.span);
        let made_by = self.made_by(&binding.value);
        self.bind_to(&binding.name, output.unwrap_or(binding.name.span), made_by);
    }

    fn statement(&mut self, line: &Statement) {
        match line {
            Statement::Let(binding) => self.binding(binding),
            Statement::Expr(line) => self.expr(&line.expr),
            Statement::Alert(trigger) => self.expr(&trigger.condition),
            Statement::Retrain(retrain) => {
                self.expr(&retrain.condition);
                retrain.args.iter().for_each(|arg| self.expr(&arg.value));
            }
            Statement::Expect(expect) => match &expect.kind {
                ExpectKind::Verdict { subject, .. } => self.expr(subject),
                ExpectKind::Equal { left, right } => {
                    self.expr(left);
                    self.expr(right);
                }
                ExpectKind::Subtype { .. } => {}
            },
            Statement::Setting(_) => {}
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            ClauseKind::Require { expr, .. } | ClauseKind::Warn { expr, .. } => self.expr(expr),
            ClauseKind::When { subject, body } => {
                self.expr(subject);
                body.entries.iter().filter_map(Entry::ok).for_each(|clause| self.clause(clause));
            }
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Field(base, name) => {
                self.expr(base);
                self.output(base, name);
            }
            ExprKind::Comprehension { body, loops } => {
                let outside = self.bound.len();
                for (name, list) in loops {
                    self.expr(list);
                    self.bind(name);
                }
                self.expr(body);
                self.bound.truncate(outside);
            }
            _ => children(expr).into_iter().for_each(|inner| self.expr(inner)),
        }
    }
}

/// The names of the outputs of a stage.
fn outputs(tree: &StageDecl) -> impl Iterator<Item = &Name> {
    let record = tree.result.as_ref().and_then(|result| match &result.kind {
        ResultKind::Record(outputs) => Some(outputs),
        ResultKind::One(_) => None,
    });
    record.into_iter().flatten().map(|(name, _)| name)
}
