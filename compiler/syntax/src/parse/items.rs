//! Declarations.

use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;
use pest::{Parser as _, iterators::Pairs};

use super::{
    Lower, Pair,
    grammar::{Mlp, Rule},
    trivia::Place,
};
use crate::tree::{
    ContractBody, ContractDecl, DeploymentDecl, EnumBody, EnumDecl, EnvDecl, Expr, ExprKind, File, Generic, Item,
    ItemKind, Lead, MetricsDecl, ModelDecl, Moments, MonitorDecl, Name, Param, PipelineDecl, PolicyDecl, ResultKind,
    ResultType, StageBody, StageDecl, TestDecl, TypeDecl, TypeExpr, TypeKind, Use, UseName, ValueDecl,
};

impl Lower<'_> {
    /// Lowers a file, or a part of one, piece by piece; `//!` lines stand in the first.
    pub(super) fn file(&mut self, is_first: bool) -> File {
        let span = self.make(0, self.text.len());
        let head = self.comments(0, if is_first { self.first_code() } else { 0 });
        let docs: Vec<_> = head.into_iter().take_while(|comment| comment.text.starts_with("//!")).collect();
        self.floor = docs.last().map_or(0, |last| last.span.end as usize);
        let layout = self.layout;
        let mut items = Vec::with_capacity(layout.copy.pieces.len());
        let starts = layout.copy.pieces.iter().copied();
        let ends = starts.clone().skip(1).chain([layout.copy.text.len()]);
        for (start, end) in starts.zip(ends) {
            self.base = start;
            // the line end behind a piece is none of it: broken brackets would take it in
            let piece = layout.copy.text.get(start..end).unwrap_or_default().trim_end_matches('\n');
            match Mlp::parse(Rule::file, piece) {
                Ok(pairs) => self.piece(pairs, &mut items),
                Err(_) => items.push(self.hopeless(start, end)),
            }
        }
        let dangling = self.comments(self.floor, self.text.len());
        File { span, docs, items, dangling }
    }

    /// Lowers the declarations of a piece.
    fn piece(&mut self, pairs: Pairs<'_, Rule>, items: &mut Vec<Item>) {
        let mut before: Option<(usize, usize)> = None;
        for pair in pairs.filter(|pair| pair.as_rule() != Rule::EOI) {
            let range = self.range(&pair);
            let follows = before.filter(|before| !self.separated(before.1, range.0));
            let span = self.span(&pair);
            items.push(self.with_lead(pair, |this, pair, lead| {
                let kind = if pair.as_rule() == Rule::broken_item {
                    ItemKind::Broken(this.broken(&pair, lead.clone(), Place::File, follows))
                } else {
                    this.item(pair, span)
                };
                Item { lead, span, kind }
            }));
            before = Some(range);
        }
    }

    /// A piece that no rule takes; there is none, but nothing must break if there were.
    fn hopeless(&mut self, start: usize, end: usize) -> Item {
        let (start, end) = self.copy().original(start, end);
        let span = Span::new(self.file, start, end);
        self.report(say::unexpected(self.first_word(span), self.slice(self.first_word(span)), "a declaration"));
        let broken = self.verbatim(span, Lead::default());
        Item { lead: Lead::default(), span, kind: ItemKind::Broken(broken) }
    }

    /// Where the first declaration begins.
    fn first_code(&self) -> usize {
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let code = line.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
            if !(code.is_empty() || code.starts_with("//")) {
                break;
            }
            at += line.len();
        }
        at
    }

    fn item(&mut self, pair: Pair<'_>, span: Span) -> ItemKind {
        let rule = pair.as_rule();
        let mut parts = Parts::default();
        for inner in pair.into_inner() {
            self.part(inner, &mut parts);
        }
        let name = parts.name.take().unwrap_or_else(|| self.no_name(span));
        self.declaration(rule, name, parts, span)
            .unwrap_or_else(|| ItemKind::Broken(self.verbatim(span, Lead::default())))
    }

    /// Takes in one piece of a declaration.
    fn part(&mut self, pair: Pair<'_>, parts: &mut Parts) {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::name if parts.name.is_none() => parts.name = Some(self.name(&pair)),
            Rule::name => parts.names.push(self.name(&pair)),
            Rule::path | Rule::module => parts.path = Some(self.dotted(&pair)),
            Rule::ty => parts.ty = Some(self.ty(pair)),
            Rule::expr | Rule::promote => parts.value = Some(self.expr(pair)),
            Rule::generics => parts.generics = self.generics(pair),
            Rule::params => {
                parts.params = self.params(pair);
                parts.params_end = Some(span);
            }
            Rule::result => parts.result = Some(self.result(pair, parts.params_end.unwrap_or(span))),
            Rule::within => parts.value = self.only_expr(pair),
            Rule::enum_body => parts.body = Body::Enum(self.enum_body(pair)),
            Rule::contract_block => parts.body = Body::Contract(self.contract_block(pair)),
            Rule::stage_block => parts.body = Body::Stage(self.stage_block(pair)),
            Rule::env_block => parts.body = Body::Env(self.env_block(pair)),
            Rule::metric_block => parts.body = Body::Metrics(self.metric_block(pair)),
            Rule::clause_block => parts.body = Body::Clauses(self.clause_block(pair)),
            Rule::statement_block => parts.body = Body::Statements(self.statement_block(pair)),
            Rule::deployment_block => parts.body = Body::Deployment(self.deployment_block(pair)),
            Rule::use_names => parts.uses = self.use_names(pair),
            Rule::text => {
                parts.text = Some((self.string(span), span));
            }
            Rule::hole => parts.text = Some((String::new(), span)),
            _ => parts.modifiers.push(self.modifier(pair)),
        }
    }

    fn declaration(&mut self, rule: Rule, name: Name, mut parts: Parts, span: Span) -> Option<ItemKind> {
        Some(match (rule, parts.body) {
            (Rule::use_, _) => ItemKind::Use(Use { module: path_of(parts.path?), names: parts.uses }),
            (Rule::moments, _) => {
                parts.names.insert(0, name);
                ItemKind::Moments(Moments { names: parts.names, within: parts.value })
            }
            (Rule::contract, Body::Contract(block)) => {
                ItemKind::Contract(ContractDecl { name, body: ContractBody::Block(block) })
            }
            (Rule::contract, _) => ItemKind::Contract(ContractDecl { name, body: ContractBody::Expr(parts.ty?) }),
            (Rule::type_decl, _) => ItemKind::Type(TypeDecl { name, ty: parts.ty?, modifiers: parts.modifiers }),
            (Rule::enum_decl, Body::Enum(body)) => ItemKind::Enum(EnumDecl { name, body }),
            (Rule::metrics, Body::Metrics(body)) => ItemKind::Metrics(MetricsDecl { name, params: parts.params, body }),
            (Rule::env, Body::Env(body)) => ItemKind::Env(EnvDecl { name, body }),
            (Rule::stage | Rule::source | Rule::sink, body) => {
                let body = match body {
                    Body::Stage(block) => StageBody::Block(block),
                    _ => StageBody::Expr(parts.value?),
                };
                if rule != Rule::sink && parts.result.is_none() {
                    self.no_result(&name, parts.params_end.unwrap_or(span));
                }
                let stage =
                    StageDecl { name, generics: parts.generics, params: parts.params, result: parts.result, body };
                match rule {
                    Rule::stage => ItemKind::Stage(stage),
                    Rule::source => ItemKind::Source(stage),
                    _ => ItemKind::Sink(stage),
                }
            }
            (Rule::secret, _) => ItemKind::Secret(ValueDecl { name, ty: None, value: parts.value? }),
            (Rule::const_, _) => ItemKind::Const(ValueDecl { name, ty: parts.ty, value: parts.value? }),
            (Rule::model, Body::Stage(body)) => ItemKind::Model(ModelDecl { name, ty: parts.ty?, body }),
            (Rule::policy, Body::Clauses(body)) => {
                let head = self.make(span.start as usize, parts.params_end?.end as usize);
                ItemKind::Policy(PolicyDecl { name, params: parts.params, body, head })
            }
            (Rule::pipeline, Body::Statements(body)) => {
                ItemKind::Pipeline(PipelineDecl { name, params: parts.params, body })
            }
            (Rule::deployment, Body::Deployment(body)) => {
                ItemKind::Deployment(DeploymentDecl { name, of: parts.path?, body })
            }
            (Rule::monitor, Body::Statements(body)) => ItemKind::Monitor(MonitorDecl { name, of: parts.path?, body }),
            (Rule::test, Body::Statements(body)) => {
                let (name, name_span) = parts.text?;
                ItemKind::Test(TestDecl { name, name_span, body })
            }
            _ => return None,
        })
    }

    /// A stage without `-> Type`: reported at what stands there instead.
    fn no_result(&mut self, name: &Name, params: Span) {
        let rest = self.text.get(params.end as usize..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        let at = params.end as usize + blank;
        let next = self.make(at, at + rest.trim_start().chars().next().map_or(0, char::len_utf8));
        self.report(say::missing_result(next, &name.text));
    }

    fn use_names(&mut self, pair: Pair<'_>) -> Vec<UseName> {
        let mut names = Vec::new();
        let mut before = None;
        for inner in pair.into_inner().filter(|inner| inner.as_rule() == Rule::use_name) {
            self.check_comma(&mut before, &inner);
            let mut parts = inner.into_inner().map(|inner| self.name(&inner));
            let name = parts.next();
            let alias = parts.next();
            names.extend(name.map(|name| UseName { name, alias }));
        }
        names
    }

    fn generics(&mut self, pair: Pair<'_>) -> Vec<Generic> {
        let mut generics = Vec::new();
        let mut before = None;
        for inner in pair.into_inner() {
            self.check_comma(&mut before, &inner);
            let span = self.span(&inner);
            let (mut name, mut bound) = (None, None);
            for part in inner.into_inner() {
                match part.as_rule() {
                    Rule::name => name = Some(self.name(&part)),
                    _ => bound = Some(self.ty(part)),
                }
            }
            generics.push(Generic { name: name.unwrap_or_else(|| self.no_name(span)), bound });
        }
        generics
    }

    fn params(&mut self, pair: Pair<'_>) -> Vec<Param> {
        let span = self.span(&pair);
        self.floor = span.start as usize + 1;
        let mut params = Vec::new();
        let mut before = None;
        for inner in pair.into_inner() {
            self.check_comma(&mut before, &inner);
            params.push(self.with_lead(inner, |this, inner, lead| {
                let field = this.field(inner, lead);
                let between = this.make(field.name.span.end as usize, field.ty.span.start as usize);
                if !this.slice(between).contains(':') {
                    let first = this.first_word(field.ty.span);
                    this.report(say::missing_colon(field.name.span, first, &field.name.text));
                }
                Param { lead: field.lead, span: field.span, name: field.name, ty: field.ty, modifiers: field.modifiers }
            }));
        }
        params.shrink_to_fit();
        self.floor = span.end as usize;
        params
    }

    fn result(&mut self, pair: Pair<'_>, params: Span) -> ResultType {
        let span = self.span(&pair);
        let mut result =
            ResultType { span, kind: ResultKind::One(TypeExpr { span, kind: TypeKind::Error }), disjoint: false };
        if !pair.as_str().starts_with("->") {
            let first = self.first_word(span);
            let text = self.slice(first).to_owned();
            self.report(say::missing_arrow(params, first, &text));
        }
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::disjoint => result.disjoint = true,
                Rule::outputs => result.kind = ResultKind::Record(self.outputs(inner)),
                _ => result.kind = ResultKind::One(self.ty(inner)),
            }
        }
        result
    }

    fn outputs(&mut self, pair: Pair<'_>) -> Vec<(Name, TypeExpr)> {
        let mut outputs = Vec::new();
        let mut before = None;
        for inner in pair.into_inner() {
            self.check_comma(&mut before, &inner);
            let mut parts = inner.into_inner();
            let name = parts.next().map(|name| self.name(&name));
            let ty = parts.next().map(|ty| self.ty(ty));
            outputs.extend(name.zip(ty));
        }
        outputs
    }
}

/// What a declaration is made of.
#[derive(Default)]
struct Parts {
    name: Option<Name>,
    names: Vec<Name>,
    path: Option<Expr>,
    ty: Option<TypeExpr>,
    value: Option<Expr>,
    generics: Vec<Generic>,
    params: Vec<Param>,
    params_end: Option<Span>,
    result: Option<ResultType>,
    modifiers: Vec<crate::tree::Modifier>,
    uses: Vec<UseName>,
    text: Option<(String, Span)>,
    body: Body,
}

/// What stands between its braces.
#[derive(Default)]
enum Body {
    #[default]
    None,
    Enum(EnumBody),
    Contract(crate::tree::Block<crate::tree::Entry<crate::tree::ContractEntry>>),
    Stage(crate::tree::Block<crate::tree::Entry<crate::tree::StageEntry>>),
    Env(crate::tree::Block<crate::tree::Entry<crate::tree::Setting>>),
    Metrics(crate::tree::Block<crate::tree::Entry<crate::tree::MetricDecl>>),
    Clauses(crate::tree::Block<crate::tree::Entry<crate::tree::Clause>>),
    Statements(crate::tree::Block<crate::tree::Entry<crate::tree::Statement>>),
    Deployment(crate::tree::Block<crate::tree::Entry<crate::tree::DeploymentEntry>>),
}

/// The names of an expression that was made from a path.
fn path_of(expr: Expr) -> crate::tree::Path {
    let span = expr.span;
    let mut segments = Vec::new();
    let mut at = expr;
    loop {
        match at.kind {
            ExprKind::Field(base, name) => {
                segments.push(name);
                at = *base;
            }
            ExprKind::Name(name) => {
                segments.push(name);
                break;
            }
            _ => break,
        }
    }
    segments.reverse();
    crate::tree::Path { segments, span }
}
