//! Types, contract expressions and modifiers.

use mlp_source::Span;

use super::{Lower, Pair, grammar::Rule, trivia::Place, word};
use crate::tree::{
    AlgebraKind, AlgebraOp, Arg, Block, Entry, EnumBody, Expr, ExprKind, FieldDecl, Lead, Lit, Modifier, ModifierKind,
    Name, Path, Selection, TypeExpr, TypeKind,
};

impl Lower<'_> {
    /// Lowers a type or contract expression.
    pub(super) fn ty(&mut self, pair: Pair<'_>) -> TypeExpr {
        let whole = self.span(&pair);
        let mut kind = TypeKind::Error;
        let mut base = whole;
        let mut ops = Vec::new();
        for inner in pair.into_inner() {
            let span = self.span(&inner);
            match inner.as_rule() {
                Rule::algebra => {
                    ops.extend(self.algebra(inner));
                    continue;
                }
                Rule::nullable => {
                    base = base.to(span);
                    let within = self.make(base.start as usize, span.start as usize);
                    kind = TypeKind::Nullable(Box::new(TypeExpr { span: within, kind }));
                    continue;
                }
                Rule::named => kind = TypeKind::Named { path: self.path(&inner), values: None, args: Vec::new() },
                Rule::values | Rule::ty_args | Rule::bare_args => self.type_arguments(&mut kind, inner),
                Rule::enum_ty => kind = self.enum_type(inner),
                Rule::struct_ty => kind = self.struct_type(inner),
                Rule::unit_ty => kind = TypeKind::Unit,
                _ => {}
            }
            base = if base == whole { span } else { base.to(span) };
        }
        let base = TypeExpr { span: base, kind };
        if ops.is_empty() {
            return base;
        }
        TypeExpr { span: whole, kind: TypeKind::Algebra { base: Box::new(base), ops } }
    }

    /// A type within `Report<..> {`.
    pub(super) fn bare(&mut self, pair: Pair<'_>) -> TypeExpr {
        self.ty(pair)
    }

    fn type_arguments(&mut self, kind: &mut TypeKind, pair: Pair<'_>) {
        let TypeKind::Named { values, args, .. } = kind else { return };
        if pair.as_rule() == Rule::values {
            *values = Some(pair.into_inner().map(|inner| self.value_arg(inner)).collect());
        } else {
            args.extend(pair.into_inner().map(|inner| self.type_argument(inner)));
        }
    }

    fn type_argument(&mut self, pair: Pair<'_>) -> TypeExpr {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::number => TypeExpr { span, kind: TypeKind::Number(word(&pair).trim_end().to_owned()) },
            Rule::text => TypeExpr { span, kind: TypeKind::Text(self.string(span)) },
            _ => self.ty(pair),
        }
    }

    fn value_arg(&mut self, pair: Pair<'_>) -> Arg {
        let span = self.span(&pair);
        let mut name = None;
        let mut rest = Vec::new();
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::arg_name => name = inner.into_inner().next().map(|inner| self.name(&inner)),
                _ => rest.push(inner),
            }
        }
        Arg { name, value: self.plain_value(span, rest) }
    }

    /// A literal with its sign, or a name.
    fn plain_value(&mut self, span: Span, parts: Vec<Pair<'_>>) -> Expr {
        let mut minus = None;
        for part in parts {
            let at = self.span(&part);
            let kind = match part.as_rule() {
                Rule::neg => {
                    minus = Some(at);
                    continue;
                }
                Rule::number => self.number(word(&part), at),
                Rule::text => ExprKind::Literal(Lit::Text(self.text(at))),
                Rule::name => ExprKind::Name(self.name(&part)),
                _ => ExprKind::Error,
            };
            let kind = match (minus, kind) {
                (Some(_), ExprKind::Literal(Lit::Number(number))) => ExprKind::Literal(Lit::Number(-number)),
                (Some(_), ExprKind::Literal(Lit::Percent(share))) => ExprKind::Literal(Lit::Percent(-share)),
                (Some(_), ExprKind::Literal(Lit::Duration(time))) => {
                    ExprKind::Literal(Lit::Duration(time.saturating_neg()))
                }
                (_, kind) => kind,
            };
            return Expr { span: minus.map_or(at, |minus: Span| minus.to(at)), kind };
        }
        Expr { span, kind: ExprKind::Error }
    }

    fn enum_type(&mut self, pair: Pair<'_>) -> TypeKind {
        pair.into_inner().next().map_or(TypeKind::Error, |body| TypeKind::Enum(self.enum_body(body)))
    }

    /// The members of an enum.
    pub(super) fn enum_body(&mut self, pair: Pair<'_>) -> EnumBody {
        let span = self.span(&pair);
        let mut members = Vec::new();
        let mut open = false;
        let mut before = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => {
                    self.check_comma(&mut before, &inner);
                    if super::exprs::foreign(word(&inner)).is_some() {
                        self.foreign_members.push(word(&inner).to_owned());
                    }
                    members.push(self.name(&inner));
                }
                Rule::open => open = true,
                _ => {}
            }
        }
        members.shrink_to_fit();
        EnumBody { members, open, span, comments: self.comments(span.start as usize, span.end as usize) }
    }

    fn struct_type(&mut self, pair: Pair<'_>) -> TypeKind {
        pair.into_inner().next().map_or(TypeKind::Error, |fields| TypeKind::Struct(self.fields(fields)))
    }

    fn fields(&mut self, pair: Pair<'_>) -> Block<Entry<FieldDecl>> {
        self.block(pair, Place::Fields, |this, inner, lead| Ok(this.field(inner, lead)))
    }

    /// `name: Type modifiers`.
    pub(super) fn field(&mut self, pair: Pair<'_>, lead: Lead) -> FieldDecl {
        let span = self.span(&pair);
        let mut name = None;
        let mut ty = None;
        let mut modifiers = Vec::new();
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = Some(self.name(&inner)),
                Rule::ty => ty = Some(self.ty(inner)),
                _ => modifiers.push(self.modifier(inner)),
            }
        }
        // the tree lives on, and most fields have one or two
        modifiers.shrink_to_fit();
        let name = name.unwrap_or_else(|| self.no_name(span));
        FieldDecl { lead, span, name, ty: ty.unwrap_or(TypeExpr { span, kind: TypeKind::Error }), modifiers }
    }

    /// One operation on a contract.
    pub(super) fn algebra(&mut self, pair: Pair<'_>) -> Option<AlgebraOp> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let keyword = inner.next()?.as_rule();
        let operand = inner.next()?;
        let kind = match keyword {
            Rule::k_pick => AlgebraKind::Pick(self.selection(operand)),
            Rule::k_without => AlgebraKind::Without(self.selection(operand)),
            Rule::k_with => AlgebraKind::With(self.fields(operand)),
            _ => AlgebraKind::Rename(self.renames(operand)),
        };
        Some(AlgebraOp { span, kind })
    }

    fn selection(&mut self, pair: Pair<'_>) -> Selection {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::tag => Selection::Tag(self.behind_sign(word(&pair), span)),
            Rule::role if word(&pair) == "label" => Selection::Label(span),
            Rule::role => Selection::Key(span),
            _ => Selection::Names(self.names(pair)),
        }
    }

    /// Names in brackets, with a check for commas between them.
    pub(super) fn names(&mut self, pair: Pair<'_>) -> Vec<Name> {
        let mut names = Vec::new();
        let mut before = None;
        for inner in pair.into_inner().filter(|inner| inner.as_rule() == Rule::name) {
            self.check_comma(&mut before, &inner);
            names.push(self.name(&inner));
        }
        names
    }

    fn renames(&mut self, pair: Pair<'_>) -> Vec<(Name, Name)> {
        let mut renames = Vec::new();
        let mut before = None;
        for inner in pair.into_inner().filter(|inner| inner.as_rule() == Rule::rename) {
            self.check_comma(&mut before, &inner);
            let names = self.pair_of_names(inner);
            renames.extend(names);
        }
        renames
    }

    fn pair_of_names(&self, pair: Pair<'_>) -> Option<(Name, Name)> {
        let mut names = pair.into_inner().map(|inner| self.name(&inner));
        names.next().zip(names.next())
    }

    /// What follows a type.
    pub(super) fn modifier(&mut self, pair: Pair<'_>) -> Modifier {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::m_key => ModifierKind::Key,
            Rule::m_label => ModifierKind::Label,
            Rule::m_unique => ModifierKind::Unique,
            Rule::tag => ModifierKind::Tag(self.behind_sign(word(&pair), span)),
            rule => self.long_modifier(rule, pair),
        };
        Modifier { span, kind }
    }

    fn long_modifier(&mut self, rule: Rule, pair: Pair<'_>) -> ModifierKind {
        let mut kind = ModifierKind::Matches(String::new());
        for inner in pair.into_inner() {
            let at = self.span(&inner);
            kind = match (rule, inner.as_rule()) {
                (Rule::m_unit, _) => ModifierKind::Unit(Name { text: self.slice(at).replace(' ', ""), span: at }),
                (Rule::m_known, _) => ModifierKind::KnownAt(self.name(&inner)),
                (Rule::m_was, _) => ModifierKind::Was(self.name(&inner)),
                (Rule::m_default, _) => ModifierKind::Default(self.expr(inner)),
                (_, Rule::expr) => ModifierKind::Where(self.expr(inner)),
                (_, Rule::regex) => ModifierKind::Matches(self.regex(at)),
                (Rule::m_deprecated, Rule::text) => ModifierKind::Deprecated(self.string(at)),
                (Rule::m_deprecated, _) => ModifierKind::Deprecated(String::new()),
                (_, Rule::braces) => self.one_of(inner),
                (Rule::m_length, Rule::bounds) => {
                    let (low, high) = self.bounds(inner);
                    ModifierKind::Length { low: low.map(Box::new), high: high.map(Box::new) }
                }
                (_, Rule::range) => {
                    let (low, high) = self.bounds(inner);
                    ModifierKind::Range { low: low.map(Box::new), high: high.map(Box::new) }
                }
                (_, Rule::hole) => ModifierKind::Default(Expr { span: at, kind: ExprKind::Error }),
                _ => kind,
            };
        }
        kind
    }

    fn one_of(&mut self, pair: Pair<'_>) -> ModifierKind {
        let span = self.span(&pair);
        match self.braces(pair, span).expr.kind {
            ExprKind::Set(values) => ModifierKind::OneOf(values),
            ExprKind::Record(args) => ModifierKind::OneOf(args.into_iter().map(|arg| arg.value).collect()),
            _ => ModifierKind::OneOf(Vec::new()),
        }
    }

    /// Both ends of a range; one value alone is both.
    fn bounds(&mut self, pair: Pair<'_>) -> (Option<Expr>, Option<Expr>) {
        let (mut low, mut high, mut dots) = (None, None, false);
        for inner in pair.into_inner() {
            let span = self.span(&inner);
            if inner.as_rule() == Rule::dots {
                dots = true;
                continue;
            }
            let value = self.plain_value(span, inner.into_inner().collect());
            if dots { high = Some(value) } else { low = Some(value) }
        }
        if !dots {
            high.clone_from(&low);
        }
        (low, high)
    }

    /// A path of one name, for places without one.
    pub(super) fn no_path(&self, span: Span) -> Path {
        Path { segments: Vec::new(), span }
    }
}
