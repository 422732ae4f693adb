//! Any node of the tree, and what stands in it: for whoever asks what is at a place, not what it means.

use mlp_source::Span;

use super::{
    AlgebraKind, AlgebraOp, Arg, BecauseRule, Block, Broken, Clause, ClauseKind, ContractBody, ContractEntry,
    ContractRule, DeploymentEntry, Entry, EnumBody, Expect, ExpectKind, Expr, ExprKind, FieldDecl, FormatPart, Generic,
    Item, ItemKind, Let, MetricDecl, MetricKind, Modifier, ModifierKind, Name, Param, Path, PredictsAt, ResultKind,
    Retrain, Row, RowField, RuleKind, Selection, Setting, StageBody, StageDecl, StageEntry, Statement, Trigger,
    TypeExpr, TypeKind,
};

/// A node of the tree.
#[derive(Clone, Copy, Debug)]
pub enum Node<'t> {
    /// A declaration.
    Item(&'t Item),
    /// `name = value`.
    Setting(&'t Setting),
    /// A field of a contract or struct.
    Field(&'t FieldDecl),
    /// A rule of a contract.
    Rule(&'t ContractRule),
    /// A metric, or a group of them.
    Metric(&'t MetricDecl),
    /// An input or parameter.
    Param(&'t Param),
    /// A contract parameter.
    Generic(&'t Generic),
    /// `let name = value`.
    Let(&'t Let),
    /// `drops @tag because ".."`.
    Because(&'t BecauseRule),
    /// `predicts at moment`.
    PredictsAt(&'t PredictsAt),
    /// A clause of a policy.
    Clause(&'t Clause),
    /// `alert when ..`, `rollback when ..`.
    Trigger(&'t Trigger),
    /// `retrain ..`.
    Retrain(&'t Retrain),
    /// `expect ..` of a test.
    Expect(&'t Expect),
    /// A type.
    Type(&'t TypeExpr),
    /// What follows a type.
    Modifier(&'t Modifier),
    /// An operation on a contract.
    Op(&'t AlgebraOp),
    /// An expression.
    Expr(&'t Expr),
    /// An argument, or an entry of a record.
    Arg(&'t Arg),
    /// A field of a row.
    RowField(&'t RowField),
    /// Names joined by dots.
    Path(&'t Path),
    /// A name.
    Name(&'t Name),
    /// What could not be understood.
    Broken(&'t Broken),
}

impl<'t> Node<'t> {
    /// Where it stands, without the comments before it.
    #[must_use]
    pub fn span(self) -> Span {
        match self {
            Self::Item(node) => node.span,
            Self::Setting(node) => node.span,
            Self::Field(node) => node.span,
            Self::Rule(node) => node.span,
            Self::Metric(node) => node.span,
            Self::Param(node) => node.span,
            Self::Generic(node) => node.bound.as_ref().map_or(node.name.span, |bound| node.name.span.to(bound.span)),
            Self::Let(node) => node.span,
            Self::Because(node) => node.span,
            Self::PredictsAt(node) => node.span,
            Self::Clause(node) => node.span,
            Self::Trigger(node) => node.span,
            Self::Retrain(node) => node.span,
            Self::Expect(node) => node.span,
            Self::Type(node) => node.span,
            Self::Modifier(node) => node.span,
            Self::Op(node) => node.span,
            Self::Expr(node) => node.span,
            Self::Arg(node) => node.name.as_ref().map_or(node.value.span, |name| name.span.to(node.value.span)),
            Self::RowField(node) => node.path.span.to(node.value.span),
            Self::Path(node) => node.span,
            Self::Name(node) => node.span,
            Self::Broken(node) => node.span,
        }
    }

    /// The nodes that stand in it, in the order written.
    #[must_use]
    pub fn children(self) -> Vec<Self> {
        let mut inside = Inside(Vec::new());
        match self {
            Self::Item(node) => inside.item(node),
            Self::Setting(node) => inside.name(&node.name).expr(&node.value),
            Self::Field(node) => inside.name(&node.name).ty(&node.ty).all(&node.modifiers, Self::Modifier),
            Self::Rule(node) => inside.rule(&node.kind),
            Self::Metric(node) => inside.metric(node),
            Self::Param(node) => inside.name(&node.name).ty(&node.ty).all(&node.modifiers, Self::Modifier),
            Self::Generic(node) => inside.name(&node.name).all(&node.bound, Self::Type),
            Self::Let(node) => inside.name(&node.name).expr(&node.value),
            Self::Because(node) => inside.name(&node.tag),
            Self::PredictsAt(node) => inside.name(&node.moment),
            Self::Clause(node) => inside.clause(&node.kind),
            Self::Trigger(node) => inside.expr(&node.condition).all(&node.over, Self::Expr),
            Self::Retrain(node) => inside.retrain(node),
            Self::Expect(node) => inside.expect(&node.kind),
            Self::Type(node) => inside.type_kind(&node.kind),
            Self::Modifier(node) => inside.modifier(&node.kind),
            Self::Op(node) => inside.op(&node.kind),
            Self::Expr(node) => inside.expr_kind(&node.kind),
            Self::Arg(node) => inside.all(&node.name, Self::Name).expr(&node.value),
            Self::RowField(node) => inside.path(&node.path).all(&node.by, Self::Name).expr(&node.value),
            Self::Path(node) => inside.all(&node.segments, Self::Name),
            Self::Name(_) | Self::Broken(_) => &mut inside,
        };
        inside.0
    }

    /// The nodes around a place, the outermost first; a place behind the last character of a node is still in it.
    #[must_use]
    pub fn around(item: &'t Item, offset: u32) -> Vec<Self> {
        let holds = |node: &Self| node.span().start <= offset && offset <= node.span().end;
        let mut found = Vec::new();
        let mut next = Some(Self::Item(item)).filter(holds);
        while let Some(node) = next {
            found.push(node);
            // of two that touch at the place, the one that begins there
            next = node.children().into_iter().rev().find(holds);
        }
        found
    }
}

/// Collects what stands in a node.
struct Inside<'t>(Vec<Node<'t>>);

impl<'t> Inside<'t> {
    fn add(&mut self, node: Node<'t>) -> &mut Self {
        self.0.push(node);
        self
    }

    fn all<T: 't>(&mut self, nodes: impl IntoIterator<Item = &'t T>, kind: fn(&'t T) -> Node<'t>) -> &mut Self {
        self.0.extend(nodes.into_iter().map(kind));
        self
    }

    fn name(&mut self, name: &'t Name) -> &mut Self {
        self.add(Node::Name(name))
    }

    fn path(&mut self, path: &'t Path) -> &mut Self {
        self.add(Node::Path(path))
    }

    fn ty(&mut self, ty: &'t TypeExpr) -> &mut Self {
        self.add(Node::Type(ty))
    }

    fn expr(&mut self, expr: &'t Expr) -> &mut Self {
        self.add(Node::Expr(expr))
    }

    fn ends(&mut self, low: Option<&'t Expr>, high: Option<&'t Expr>) -> &mut Self {
        // `length 3` is written once, and is both
        let other = high.filter(|high| low.is_none_or(|low| low.span != high.span));
        self.all(low, Node::Expr).all(other, Node::Expr)
    }

    fn block<T>(&mut self, block: &'t Block<Entry<T>>, kind: fn(&'t T) -> Node<'t>) -> &mut Self {
        for entry in &block.entries {
            self.add(match entry {
                Entry::Ok(entry) => kind(entry),
                Entry::Broken(broken) => Node::Broken(broken),
            });
        }
        self
    }

    fn item(&mut self, item: &'t Item) -> &mut Self {
        match &item.kind {
            ItemKind::Use(node) => {
                self.path(&node.module);
                for imported in &node.names {
                    self.name(&imported.name).all(&imported.alias, Node::Name);
                }
                self
            }
            ItemKind::Moments(node) => self.all(&node.names, Node::Name).all(&node.within, Node::Expr),
            ItemKind::Contract(node) => match &node.body {
                ContractBody::Block(body) => self.name(&node.name).block(body, contract_entry),
                ContractBody::Expr(ty) => self.name(&node.name).ty(ty),
            },
            ItemKind::Type(node) => self.name(&node.name).ty(&node.ty).all(&node.modifiers, Node::Modifier),
            ItemKind::Enum(node) => self.name(&node.name).members(&node.body),
            ItemKind::Metrics(node) => {
                self.name(&node.name).all(&node.params, Node::Param).block(&node.body, Node::Metric)
            }
            ItemKind::Env(node) => self.name(&node.name).block(&node.body, Node::Setting),
            ItemKind::Stage(node) | ItemKind::Source(node) | ItemKind::Sink(node) => self.stage(node),
            ItemKind::Secret(node) | ItemKind::Const(node) => {
                self.name(&node.name).all(&node.ty, Node::Type).expr(&node.value)
            }
            ItemKind::Model(node) => self.name(&node.name).ty(&node.ty).block(&node.body, stage_entry),
            ItemKind::Policy(node) => {
                self.name(&node.name).all(&node.params, Node::Param).block(&node.body, Node::Clause)
            }
            ItemKind::Pipeline(node) => {
                self.name(&node.name).all(&node.params, Node::Param).block(&node.body, statement)
            }
            ItemKind::Deployment(node) => self.name(&node.name).expr(&node.of).block(&node.body, deployment_entry),
            ItemKind::Monitor(node) => self.name(&node.name).expr(&node.of).block(&node.body, statement),
            ItemKind::Test(node) => self.block(&node.body, statement),
            ItemKind::Broken(node) => self.add(Node::Broken(node)),
        }
    }

    fn stage(&mut self, node: &'t StageDecl) -> &mut Self {
        self.name(&node.name).all(&node.generics, Node::Generic).all(&node.params, Node::Param);
        match node.result.as_ref().map(|result| &result.kind) {
            Some(ResultKind::One(ty)) => {
                self.ty(ty);
            }
            Some(ResultKind::Record(fields)) => {
                for (name, ty) in fields {
                    self.name(name).ty(ty);
                }
            }
            None => {}
        }
        match &node.body {
            StageBody::Block(body) => self.block(body, stage_entry),
            StageBody::Expr(expr) => self.expr(expr),
        }
    }

    fn members(&mut self, body: &'t EnumBody) -> &mut Self {
        self.all(&body.members, Node::Name)
    }

    fn rule(&mut self, rule: &'t RuleKind) -> &mut Self {
        match rule {
            RuleKind::Key(names) | RuleKind::Unique(names) => self.all(names, Node::Name),
            RuleKind::References { contract, to, from } => {
                self.path(contract).all(to, Node::Name).all(from, Node::Name)
            }
            RuleKind::Expect { expr, .. } => self.expr(expr),
            RuleKind::Accepts { on, until, .. } => self.path(on).all(until, Node::Expr),
        }
    }

    fn metric(&mut self, metric: &'t MetricDecl) -> &mut Self {
        self.name(&metric.name);
        match &metric.kind {
            MetricKind::Leaf { measure, modifiers, better } => {
                self.name(measure).all(modifiers, Node::Modifier).all(better, Node::Name)
            }
            MetricKind::Group(body) => self.block(body, Node::Metric),
        }
    }

    fn clause(&mut self, clause: &'t ClauseKind) -> &mut Self {
        match clause {
            ClauseKind::Require { expr, confidence } | ClauseKind::Warn { expr, confidence } => {
                self.expr(expr).all(confidence, Node::Expr)
            }
            ClauseKind::Nothing { .. } => self,
            ClauseKind::When { subject, body } => self.expr(subject).block(body, Node::Clause),
            ClauseKind::Approve { count, group, within, .. } => self.expr(count).expr(group).all(within, Node::Expr),
        }
    }

    fn retrain(&mut self, node: &'t Retrain) -> &mut Self {
        self.name(&node.pipeline).all(&node.args, Node::Arg).expr(&node.condition);
        self.all(&node.over, Node::Expr).all(&node.cooldown, Node::Expr);
        match &node.budget {
            Some((count, window)) => self.expr(count).expr(window),
            None => self,
        }
    }

    fn expect(&mut self, expect: &'t ExpectKind) -> &mut Self {
        match expect {
            ExpectKind::Verdict { subject, at, .. } => self.expr(subject).all(at, Node::Path),
            ExpectKind::Subtype { left, right, .. } => self.ty(left).ty(right),
            ExpectKind::Equal { left, right } => self.expr(left).expr(right),
        }
    }

    fn type_kind(&mut self, kind: &'t TypeKind) -> &mut Self {
        match kind {
            TypeKind::Named { path, values, args } => {
                self.path(path).all(values.iter().flatten(), Node::Arg).all(args, Node::Type)
            }
            TypeKind::Enum(body) => self.members(body),
            TypeKind::Struct(body) => self.block(body, Node::Field),
            TypeKind::Nullable(inner) => self.ty(inner),
            TypeKind::Algebra { base, ops } => self.ty(base).all(ops, Node::Op),
            TypeKind::Number(_) | TypeKind::Text(_) | TypeKind::Unit | TypeKind::Error => self,
        }
    }

    fn op(&mut self, op: &'t AlgebraKind) -> &mut Self {
        match op {
            AlgebraKind::Pick(Selection::Names(names)) | AlgebraKind::Without(Selection::Names(names)) => {
                self.all(names, Node::Name)
            }
            AlgebraKind::Pick(Selection::Tag(tag)) | AlgebraKind::Without(Selection::Tag(tag)) => self.name(tag),
            AlgebraKind::Pick(_) | AlgebraKind::Without(_) => self,
            AlgebraKind::With(body) => self.block(body, Node::Field),
            AlgebraKind::Rename(pairs) => {
                for (from, to) in pairs {
                    self.name(from).name(to);
                }
                self
            }
        }
    }

    fn modifier(&mut self, modifier: &'t ModifierKind) -> &mut Self {
        match modifier {
            ModifierKind::Unit(name)
            | ModifierKind::KnownAt(name)
            | ModifierKind::Was(name)
            | ModifierKind::Tag(name) => self.name(name),
            ModifierKind::Default(expr) | ModifierKind::Where(expr) => self.expr(expr),
            ModifierKind::Range { low, high } | ModifierKind::Length { low, high } => {
                self.ends(low.as_deref(), high.as_deref())
            }
            ModifierKind::OneOf(members) => self.all(members, Node::Expr),
            ModifierKind::Key
            | ModifierKind::Label
            | ModifierKind::Unique
            | ModifierKind::Matches(_)
            | ModifierKind::Deprecated(_) => self,
        }
    }

    fn expr_kind(&mut self, kind: &'t ExprKind) -> &mut Self {
        match kind {
            ExprKind::Literal(_) | ExprKind::Error => self,
            ExprKind::Format(parts) => {
                let values = parts.iter().filter_map(|part| match part {
                    FormatPart::Value { expr, .. } => Some(expr),
                    FormatPart::Text(_) => None,
                });
                self.all(values, Node::Expr)
            }
            ExprKind::Name(name) | ExprKind::Column(name) | ExprKind::Tag(name) => self.name(name),
            ExprKind::Field(base, name) => self.expr(base).name(name),
            ExprKind::Call { callee, args } => self.expr(callee).all(args, Node::Arg),
            ExprKind::List(members) | ExprKind::Set(members) => self.all(members, Node::Expr),
            ExprKind::Comprehension { body, loops } => {
                self.expr(body);
                for (name, list) in loops {
                    self.name(name).expr(list);
                }
                self
            }
            ExprKind::Record(entries) => self.all(entries, Node::Arg),
            ExprKind::Range { low, high } => self.ends(low.as_deref(), high.as_deref()),
            ExprKind::Unary(_, inner) | ExprKind::Matches(inner, _) | ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Binary { left, right, .. } | ExprKind::In(left, right) | ExprKind::Step(left, right) => {
                self.expr(left).expr(right)
            }
            ExprKind::By(metric, slice) => self.expr(metric).path(slice),
            ExprKind::Row(row) => self.row(row),
            ExprKind::Interval { value, low, high } => self.expr(value).expr(low).expr(high),
            ExprKind::Promote(node) => self.expr(&node.model).expr(&node.target).all(&node.when, Node::Expr),
            ExprKind::Type(ty) => self.ty(ty),
        }
    }

    fn row(&mut self, row: &'t Row) -> &mut Self {
        self.ty(&row.of).all(&row.fields, Node::RowField)
    }
}

const fn contract_entry(entry: &ContractEntry) -> Node<'_> {
    match entry {
        ContractEntry::Setting(node) => Node::Setting(node),
        ContractEntry::Field(node) => Node::Field(node),
        ContractEntry::Rule(node) => Node::Rule(node),
    }
}

const fn stage_entry(entry: &StageEntry) -> Node<'_> {
    match entry {
        StageEntry::Setting(node) => Node::Setting(node),
        StageEntry::Let(node) => Node::Let(node),
        StageEntry::Because(node) => Node::Because(node),
        StageEntry::PredictsAt(node) => Node::PredictsAt(node),
    }
}

const fn deployment_entry(entry: &DeploymentEntry) -> Node<'_> {
    match entry {
        DeploymentEntry::Setting(node) => Node::Setting(node),
        DeploymentEntry::Rollback(node) => Node::Trigger(node),
    }
}

const fn statement(entry: &Statement) -> Node<'_> {
    match entry {
        Statement::Setting(node) => Node::Setting(node),
        Statement::Let(node) => Node::Let(node),
        Statement::Expr(node) => Node::Expr(&node.expr),
        Statement::Alert(node) => Node::Trigger(node),
        Statement::Retrain(node) => Node::Retrain(node),
        Statement::Expect(node) => Node::Expect(node),
    }
}
