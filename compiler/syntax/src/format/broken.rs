//! Where the broken slices of a tree stand.

use crate::tree::{
    AlgebraKind, Block, Clause, ClauseKind, ContractBody, ContractEntry, DeploymentEntry, Entry, Expr, ExprKind,
    FieldDecl, File, Item, ItemKind, MetricDecl, MetricKind, Param, ResultKind, RuleKind, Setting, StageBody,
    StageEntry, Statement, TypeExpr, TypeKind,
};

/// The ranges of all broken slices, in order.
pub(super) fn spans(file: &File) -> Vec<(usize, usize)> {
    let mut found = Found(Vec::new());
    for item in &file.items {
        found.item(item);
    }
    found.0.sort_unstable();
    found.0
}

struct Found(Vec<(usize, usize)>);

impl Found {
    fn broken(&mut self, broken: &crate::tree::Broken) {
        self.0.push((broken.span.start as usize, broken.span.end as usize));
    }

    fn block<T>(&mut self, block: &Block<Entry<T>>, mut each: impl FnMut(&mut Self, &T)) {
        for entry in &block.entries {
            match entry {
                Entry::Ok(entry) => each(self, entry),
                Entry::Broken(broken) => self.broken(broken),
            }
        }
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Broken(broken) => self.broken(broken),
            ItemKind::Contract(contract) => match &contract.body {
                ContractBody::Block(block) => self.block(block, Self::contract_entry),
                ContractBody::Expr(ty) => self.ty(ty),
            },
            ItemKind::Type(decl) => self.ty(&decl.ty),
            ItemKind::Metrics(metrics) => {
                self.params(&metrics.params);
                self.block(&metrics.body, Self::metric);
            }
            ItemKind::Env(env) => self.block(&env.body, Self::setting),
            ItemKind::Stage(stage) | ItemKind::Source(stage) | ItemKind::Sink(stage) => {
                self.params(&stage.params);
                for bound in stage.generics.iter().filter_map(|generic| generic.bound.as_ref()) {
                    self.ty(bound);
                }
                match stage.result.as_ref().map(|result| &result.kind) {
                    Some(ResultKind::One(ty)) => self.ty(ty),
                    Some(ResultKind::Record(outputs)) => outputs.iter().for_each(|(_, ty)| self.ty(ty)),
                    None => {}
                }
                match &stage.body {
                    StageBody::Block(block) => self.block(block, Self::stage_entry),
                    StageBody::Expr(expr) => self.expr(expr),
                }
            }
            ItemKind::Secret(value) | ItemKind::Const(value) => self.expr(&value.value),
            ItemKind::Model(model) => {
                self.ty(&model.ty);
                self.block(&model.body, Self::stage_entry);
            }
            ItemKind::Policy(policy) => {
                self.params(&policy.params);
                self.block(&policy.body, Self::clause);
            }
            ItemKind::Pipeline(pipeline) => {
                self.params(&pipeline.params);
                self.block(&pipeline.body, Self::statement);
            }
            ItemKind::Deployment(deployment) => self.block(&deployment.body, |this, entry| {
                if let DeploymentEntry::Setting(setting) = entry {
                    this.setting(setting);
                }
            }),
            ItemKind::Monitor(monitor) => self.block(&monitor.body, Self::statement),
            ItemKind::Test(test) => self.block(&test.body, Self::statement),
            ItemKind::Use(_) | ItemKind::Moments(_) | ItemKind::Enum(_) => {}
        }
    }

    fn params(&mut self, params: &[Param]) {
        for param in params {
            self.ty(&param.ty);
        }
    }

    fn contract_entry(&mut self, entry: &ContractEntry) {
        match entry {
            ContractEntry::Setting(setting) => self.setting(setting),
            ContractEntry::Field(field) => self.ty(&field.ty),
            ContractEntry::Rule(rule) => {
                if let RuleKind::Expect { expr, .. } = &rule.kind {
                    self.expr(expr);
                }
            }
        }
    }

    fn field(&mut self, field: &FieldDecl) {
        self.ty(&field.ty);
    }

    fn metric(&mut self, metric: &MetricDecl) {
        if let MetricKind::Group(block) = &metric.kind {
            self.block(block, Self::metric);
        }
    }

    fn setting(&mut self, setting: &Setting) {
        self.expr(&setting.value);
    }

    fn stage_entry(&mut self, entry: &StageEntry) {
        match entry {
            StageEntry::Setting(setting) => self.setting(setting),
            StageEntry::Let(bound) => self.expr(&bound.value),
            StageEntry::Because(_) | StageEntry::PredictsAt(_) => {}
        }
    }

    fn clause(&mut self, clause: &Clause) {
        if let ClauseKind::When { body, .. } = &clause.kind {
            self.block(body, Self::clause);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Setting(setting) => self.setting(setting),
            Statement::Let(bound) => self.expr(&bound.value),
            _ => {}
        }
    }

    /// Contract expressions that stand for a value may hold broken fields.
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Type(ty) = &expr.kind {
            self.ty(ty);
        }
    }

    fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeKind::Named { args, .. } => args.iter().for_each(|ty| self.ty(ty)),
            TypeKind::Struct(block) => self.block(block, Self::field),
            TypeKind::Nullable(inner) => self.ty(inner),
            TypeKind::Algebra { base, ops } => {
                self.ty(base);
                for op in ops {
                    if let AlgebraKind::With(block) = &op.kind {
                        self.block(block, Self::field);
                    }
                }
            }
            _ => {}
        }
    }
}
