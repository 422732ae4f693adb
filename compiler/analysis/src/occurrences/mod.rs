//! What names stand for, place by place: for editors, which go to definitions, find uses and rename.
//!
//! Who checks once keeps none of it. What is found by name is remembered where it is found (`Checker::find`, `Checker::check_column`, ..); here is what
//! follows from the text alone: parameters and `let`s, imports, columns in conditions.

mod locals;

use mlp_plan::DataType;
use mlp_source::Span;
use mlp_syntax::tree::{self, Expr, ExprKind, FormatPart, ItemKind, Name, Node, TypeExpr, TypeKind};

use self::locals::Locals;
use crate::{
    checker::Checker,
    contracts::{Shared, info::ContractInfo},
    metrics::MetricsInfo,
    policies::PolicyParam,
    program::DeclId,
    scope::{Found, module_named},
};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// A declaration.
    Decl(DeclId),
    /// A module, by its number.
    Module(usize),
    /// A parameter, `let` or output, by the place of its name where it is bound.
    Local(Span),
    /// A column, by the place of its name where it is declared. Behind `rename` it has another name, and is the same.
    Column(Span),
    /// A metric, by the place of its name where it is declared.
    Metric(Span),
    /// A rung of a model.
    Rung(DeclId, String),
    /// A moment.
    Moment(String),
    /// A tag.
    Tag(String),
    /// A member of an enum, behind all its members: enums that have the same are one type.
    Member(Vec<String>, String),
}

impl Symbol {
    /// The same with other places.
    #[must_use]
    pub fn moved(&self, to: impl Fn(Span) -> Span) -> Self {
        match self {
            Self::Local(place) => Self::Local(to(*place)),
            Self::Column(place) => Self::Column(to(*place)),
            Self::Metric(place) => Self::Metric(to(*place)),
            other => other.clone(),
        }
    }
}

/// A name, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Occurrence {
    /// Where the name stands.
    pub span: Span,
    /// What it stands for.
    pub symbol: Symbol,
}

impl Checker<'_> {
    /// Remembers what a name stands for, where somebody will ask.
    pub(crate) fn occurs(&mut self, span: Span, symbol: impl FnOnce() -> Symbol) {
        if self.memo.is_for_edits() {
            self.now.occurrences.push(Occurrence { span, symbol: symbol() });
        }
    }

    /// Remembers a column of a contract.
    pub(crate) fn occurs_column(&mut self, contract: &ContractInfo, name: &Name) {
        if contract.face.column(&name.text).is_some() {
            // of `.late` the name alone
            let dot = name.span.len().saturating_sub(u32::try_from(name.text.len()).unwrap_or(u32::MAX));
            let span = Span::new(name.span.file, name.span.start + dot, name.span.end);
            self.occurs(span, || Symbol::Column(contract.column_span(&name.text)));
        }
    }

    /// Remembers the names of a part that stand for what the part itself, or an import, says.
    pub(crate) fn names_of_part(&mut self, module: usize, part: &tree::File) {
        if !self.memo.is_for_edits() {
            return;
        }
        for item in &part.items {
            match &item.kind {
                ItemKind::Use(import) => self.names_of_use(module, import),
                ItemKind::Moments(moments) => {
                    for name in &moments.names {
                        self.occurs(name.span, || Symbol::Moment(name.text.clone()));
                    }
                }
                kind => {
                    if let ItemKind::Stage(tree) | ItemKind::Source(tree) | ItemKind::Sink(tree) = kind {
                        self.type_parameters(&tree.generics, Node::Item(item));
                    }
                    Locals::of(self, module).item(kind);
                }
            }
        }
    }

    /// Remembers where the type parameters of a stage are declared, and used below a node.
    fn type_parameters(&mut self, declared: &[tree::Generic], node: Node<'_>) {
        let name = match node {
            Node::Generic(generic) => Some(&generic.name),
            Node::Type(TypeExpr { kind: TypeKind::Named { path, .. }, .. }) => match path.segments.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        };
        if let Some(name) = name
            && let Some(parameter) = declared.iter().find(|parameter| parameter.name.text == name.text)
        {
            self.occurs(name.span, || Symbol::Local(parameter.name.span));
        }
        if !declared.is_empty() {
            node.children().into_iter().for_each(|child| self.type_parameters(declared, child));
        }
    }

    fn names_of_use(&mut self, module: usize, import: &tree::Use) {
        if let Some(target) = module_named(self.program, module, import) {
            self.occurs(import.module.span, || Symbol::Module(target));
        }
        for name in &import.names {
            let local = name.alias.as_ref().unwrap_or(&name.name);
            if let Found::Decl(id) = self.lookup(module, &local.text) {
                self.occurs(name.name.span, || Symbol::Decl(id));
                if let Some(alias) = &name.alias {
                    self.occurs(alias.span, || Symbol::Decl(id));
                }
            }
        }
    }

    /// Remembers the columns that a condition over a contract speaks of.
    pub(crate) fn columns_in(&mut self, info: &ContractInfo, others: &[(String, Shared)], expr: &Expr) {
        if !self.memo.is_for_edits() {
            return;
        }
        match &expr.kind {
            ExprKind::Name(name) => self.occurs_column(info, name),
            ExprKind::Field(base, column) => match (&base.kind, others) {
                (ExprKind::Name(owner), _) if owner.text == info.face.name => self.occurs_column(info, column),
                (ExprKind::Name(owner), others) if others.iter().any(|(name, _)| *name == owner.text) => {
                    let other = others.iter().find(|(name, _)| *name == owner.text);
                    other.into_iter().for_each(|(_, other)| self.occurs_column(other, column));
                }
                _ => self.columns_in(info, others, base),
            },
            ExprKind::Binary { left, right, .. } | ExprKind::In(left, right) => {
                for (one, other) in [(left, right), (right, left)] {
                    self.columns_in(info, others, one);
                    if let ExprKind::Name(subject) = &one.kind
                        && let Some(column) = info.face.column(&subject.text)
                    {
                        self.members_in(info, &column.value.data, other);
                    }
                }
            }
            _ => children(expr).into_iter().for_each(|inner| self.columns_in(info, others, inner)),
        }
    }

    /// Remembers the members of an enum in what a column of it is compared with; a name is one only where no column has it.
    fn members_in(&mut self, info: &ContractInfo, data: &DataType, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) if info.face.column(&name.text).is_none() => self.occurs_member(data, expr),
            ExprKind::Set(items) | ExprKind::List(items) => {
                items.iter().for_each(|item| self.members_in(info, data, item));
            }
            _ => {}
        }
    }

    /// Remembers a member of an enum, where a value of it is one.
    pub(crate) fn occurs_member(&mut self, data: &DataType, value: &Expr) {
        if let (ExprKind::Name(name), DataType::Enum { members, .. }) = (&value.kind, data)
            && members.contains(&name.text)
        {
            self.occurs(name.span, || Symbol::Member(members.clone(), name.text.clone()));
        }
    }

    /// Remembers the metrics that a clause of a policy speaks of.
    pub(crate) fn metrics_in(&mut self, params: &[PolicyParam], expr: &Expr) {
        if !self.memo.is_for_edits() {
            return;
        }
        let mut path: Vec<&Name> = Vec::new();
        let mut inner = expr;
        while let ExprKind::Field(base, name) = &inner.kind {
            path.insert(0, name);
            inner = base;
        }
        if let ExprKind::Name(report) = &inner.kind
            && let Some(metrics) =
                params.iter().find(|param| param.name == report.text).and_then(|param| param.report.clone())
        {
            self.occurs_metric(&metrics, &path);
        } else {
            children(expr).into_iter().for_each(|inner| self.metrics_in(params, inner));
        }
    }

    /// Remembers a metric by its path: the last name is its own.
    pub(crate) fn occurs_metric(&mut self, metrics: &MetricsInfo, path: &[&Name]) {
        let full = path.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        let declared = metrics.places.iter().find(|(metric, _)| *metric == full).map(|(_, place)| *place);
        if let (Some(name), Some(place)) = (path.last(), declared) {
            self.occurs(name.span, || Symbol::Metric(place));
        }
    }
}

/// The expressions within an expression, without the name of what is called.
fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Format(parts) => {
            let values =
                parts.iter().map(|part| if let FormatPart::Value { expr, .. } = part { Some(expr) } else { None });
            values.flatten().collect()
        }
        ExprKind::Field(inner, _)
        | ExprKind::Unary(_, inner)
        | ExprKind::Paren(inner)
        | ExprKind::Matches(inner, _)
        | ExprKind::By(inner, _) => vec![inner],
        ExprKind::Call { callee, args } => {
            let callee = (!matches!(callee.kind, ExprKind::Name(_))).then_some(&**callee);
            callee.into_iter().chain(args.iter().map(|arg| &arg.value)).collect()
        }
        ExprKind::List(items) | ExprKind::Set(items) => items.iter().collect(),
        ExprKind::Comprehension { body, loops } => loops.iter().map(|(_, list)| list).chain([&**body]).collect(),
        ExprKind::Record(args) => args.iter().map(|arg| &arg.value).collect(),
        ExprKind::Range { low, high } => [low, high].into_iter().flatten().map(|end| &**end).collect(),
        ExprKind::Binary { left, right, .. } | ExprKind::In(left, right) | ExprKind::Step(left, right) => {
            vec![left, right]
        }
        ExprKind::Row(row) => row.fields.iter().map(|field| &field.value).collect(),
        ExprKind::Interval { value, low, high } => vec![value, low, high],
        ExprKind::Promote(promote) => [&promote.model].into_iter().chain(&promote.when).collect(),
        ExprKind::Literal(_)
        | ExprKind::Name(_)
        | ExprKind::Column(_)
        | ExprKind::Tag(_)
        | ExprKind::Type(_)
        | ExprKind::Error => Vec::new(),
    }
}
