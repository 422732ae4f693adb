//! Expressions: operands, and what follows them.

use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;

use super::{Lower, Pair, grammar::Rule, operators::Part, word};
use crate::layout::MAX_DEPTH;
use crate::tree::{Arg, Expr, ExprKind, Lit, Name, Promote, TypeExpr, TypeKind, UnaryOp};

/// How deep an expression may be: a bracket and an operator on each level.
const MAX_HEIGHT: usize = 2 * MAX_DEPTH;

/// An expression and how deep it is.
pub(super) struct Deep {
    pub expr: Expr,
    pub height: usize,
}

impl Lower<'_> {
    /// An expression around others; a hole where it gets too deep.
    pub(super) fn deep(&mut self, span: Span, kind: ExprKind, below: usize) -> Deep {
        if below >= MAX_HEIGHT {
            let again = self.last_deep.is_some_and(|last| last.start < span.end && span.start < last.end);
            if !again {
                self.report(say::too_deep(Span::new(span.file, span.start, (span.start + 1).min(span.end)), MAX_DEPTH));
            }
            self.last_deep = Some(self.last_deep.filter(|_| again).map_or(span, |last| last.to(span)));
            return Deep { expr: Expr { span, kind: ExprKind::Error }, height: 1 };
        }
        Deep { expr: Expr { span, kind }, height: below + 1 }
    }

    /// Lowers an expression.
    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Expr {
        self.deep_expr(pair).expr
    }

    /// Lowers `expr`, `single`, `promote` or anything that stands for a value.
    pub(super) fn deep_expr(&mut self, pair: Pair<'_>) -> Deep {
        match pair.as_rule() {
            Rule::promote => self.promote(pair),
            Rule::rollout => self.rollout(pair),
            Rule::hole => Deep { expr: Expr { span: self.span(&pair), kind: ExprKind::Error }, height: 1 },
            _ => {
                let parts = self.parts(pair);
                self.bind(parts)
            }
        }
    }

    /// The operands and operators of a flat row.
    fn parts(&mut self, pair: Pair<'_>) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::with_capacity(1);
        for inner in pair.into_inner() {
            let span = self.span(&inner);
            match inner.as_rule() {
                Rule::neg => {
                    parts.push(Part::Prefix(UnaryOp::Neg, self.make(span.start as usize, span.start as usize + 1)))
                }
                Rule::k_not => parts.push(Part::Prefix(UnaryOp::Not, span)),
                Rule::dots => parts.push(Part::Dots(span)),
                Rule::infix => parts.push(self.infix(span, word(&inner))),
                rule => {
                    if let Some(Part::Operand(_)) = parts.last()
                        && let Some(Part::Operand(base)) = parts.pop()
                    {
                        parts.push(Part::Operand(self.postfix(base, inner, rule, span)));
                    } else {
                        let operand = self.atom(inner, rule, span);
                        parts.push(Part::Operand(operand));
                    }
                }
            }
        }
        parts
    }

    fn atom(&mut self, pair: Pair<'_>, rule: Rule, span: Span) -> Deep {
        let kind = match rule {
            Rule::word => self.word(word(&pair), span),
            Rule::number => self.number(word(&pair), span),
            Rule::text => ExprKind::Literal(Lit::Text(self.text(span))),
            Rule::format => ExprKind::Format(self.format(span)),
            Rule::column => ExprKind::Column(self.behind_sign(word(&pair), span)),
            Rule::tag => ExprKind::Tag(self.behind_sign(word(&pair), span)),
            Rule::regex => ExprKind::Matches(Box::new(Expr { span, kind: ExprKind::Error }), self.regex(span)),
            Rule::list => return self.list(pair, span),
            Rule::braces => return self.braces(pair, span),
            Rule::paren => {
                let Some(inner) = pair.into_inner().next() else { return self.deep(span, ExprKind::Error, 0) };
                let inner = self.deep_expr(inner);
                return self.deep(span, ExprKind::Paren(Box::new(inner.expr)), inner.height);
            }
            _ => ExprKind::Error,
        };
        self.deep(span, kind, 0)
    }

    /// A name behind one sign: `.name`, `@name`; the span holds the sign.
    pub(super) fn behind_sign(&self, text: &str, span: Span) -> Name {
        Name { text: text.get(1..).unwrap_or_default().to_owned(), span }
    }

    fn word(&mut self, text: &str, span: Span) -> ExprKind {
        match text {
            "true" => ExprKind::Literal(Lit::Bool(true)),
            "false" => ExprKind::Literal(Lit::Bool(false)),
            "nan" => ExprKind::Literal(Lit::Nan),
            "none" => ExprKind::Literal(Lit::None),
            "and" | "or" => {
                self.report(say::unexpected(span, text, "a value"));
                ExprKind::Error
            }
            _ => {
                if let Some(ours) = foreign(text) {
                    self.foreign.push((span, text.to_owned(), ours));
                }
                ExprKind::Name(Name { text: text.to_owned(), span })
            }
        }
    }

    fn postfix(&mut self, base: Deep, pair: Pair<'_>, rule: Rule, span: Span) -> Deep {
        let whole = base.expr.span.to(span);
        match rule {
            Rule::member => {
                let name = self.behind_sign(word(&pair), self.make(span.start as usize, span.end as usize));
                let name = Name { span: self.make(span.start as usize + 1, span.end as usize), ..name };
                self.deep(whole, ExprKind::Field(Box::new(base.expr), name), base.height)
            }
            Rule::call => {
                let (args, below) = self.args(pair);
                self.deep(whole, ExprKind::Call { callee: Box::new(base.expr), args }, base.height.max(below))
            }
            Rule::by => {
                let path = pair.into_inner().find(|inner| inner.as_rule() == Rule::path).map(|inner| self.path(&inner));
                let path = path.unwrap_or(crate::tree::Path { segments: Vec::new(), span });
                self.deep(whole, ExprKind::By(Box::new(base.expr), path), base.height)
            }
            Rule::row => self.row(base, pair, whole),
            Rule::generic => {
                let of = self.as_type(base.expr);
                let args = pair.into_inner().map(|inner| self.bare(inner)).collect();
                let TypeKind::Named { path, values, .. } = of.kind else { return self.deep(whole, ExprKind::Error, 0) };
                let kind = TypeKind::Named { path, values, args };
                self.deep(whole, ExprKind::Type(Box::new(TypeExpr { span: whole, kind })), base.height)
            }
            Rule::algebra => self.algebra_on_value(base, pair, whole),
            _ => self.deep(whole, ExprKind::Error, base.height),
        }
    }

    fn algebra_on_value(&mut self, base: Deep, pair: Pair<'_>, whole: Span) -> Deep {
        let of = self.as_type(base.expr);
        let op = self.algebra(pair);
        let kind = match of.kind {
            TypeKind::Algebra { base, mut ops } => {
                ops.extend(op);
                TypeKind::Algebra { base, ops }
            }
            kind => {
                TypeKind::Algebra { base: Box::new(TypeExpr { span: of.span, kind }), ops: op.into_iter().collect() }
            }
        };
        self.deep(whole, ExprKind::Type(Box::new(TypeExpr { span: whole, kind })), 0)
    }

    /// The type that was read as a value: a name, or names joined by dots.
    pub(super) fn as_type(&mut self, expr: Expr) -> TypeExpr {
        let span = expr.span;
        let mut names = Vec::new();
        let mut at = expr;
        loop {
            match at.kind {
                ExprKind::Type(ty) if names.is_empty() => return *ty,
                ExprKind::Name(name) => {
                    names.push(name);
                    break;
                }
                ExprKind::Field(base, name) => {
                    names.push(name);
                    at = *base;
                }
                ExprKind::Error => return TypeExpr { span, kind: TypeKind::Error },
                _ => {
                    self.report(say::misplaced(
                        span,
                        "only a contract or a report can be followed by this",
                        "give it a name of a contract",
                    ));
                    return TypeExpr { span, kind: TypeKind::Error };
                }
            }
        }
        names.reverse();
        TypeExpr {
            span,
            kind: TypeKind::Named { path: crate::tree::Path { segments: names, span }, values: None, args: Vec::new() },
        }
    }

    /// Arguments or elements, with a check for commas between them; and how deep the deepest is.
    pub(super) fn args(&mut self, pair: Pair<'_>) -> (Vec<Arg>, usize) {
        let mut args = Vec::new();
        let mut height = 0;
        let mut before = None;
        for inner in pair.into_inner().filter(|inner| inner.as_rule() == Rule::arg) {
            self.check_comma(&mut before, &inner);
            let (arg, below) = self.arg(inner);
            height = height.max(below);
            args.push(arg);
        }
        (args, height)
    }

    /// Reports a missing comma between a node and the one before it.
    pub(super) fn check_comma(&mut self, before: &mut Option<(usize, Span)>, pair: &Pair<'_>) {
        let (start, end) = self.range(pair);
        let span = self.span(pair);
        if let Some((last, behind)) = *before
            && !self.separated(last, start)
        {
            let first = self.first_word(span);
            let text = self.slice(first).to_owned();
            self.report(say::missing_comma(behind, first, &text));
        }
        *before = Some((end, span));
    }

    fn arg(&mut self, pair: Pair<'_>) -> (Arg, usize) {
        let mut name = None;
        let mut value = Deep { expr: Expr { span: self.span(&pair), kind: ExprKind::Error }, height: 1 };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::arg_name => name = inner.into_inner().next().map(|inner| self.name(&inner)),
                Rule::expr => value = self.deep_expr(inner),
                _ => {}
            }
        }
        (Arg { name, value: value.expr }, value.height)
    }

    fn promote(&mut self, pair: Pair<'_>) -> Deep {
        let span = self.span(&pair);
        let mut keyword = span;
        let mut values = Vec::new();
        let mut target = Expr { span, kind: ExprKind::Error };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::k_promote => keyword = self.span(&inner),
                Rule::target => target = self.dotted(&inner),
                Rule::expr => values.push(self.expr(inner)),
                _ => {}
            }
        }
        let mut values = values.into_iter();
        let model = values.next().unwrap_or(Expr { span, kind: ExprKind::Error });
        let promote = Promote { model, target, when: values.next(), keyword };
        self.deep(span, ExprKind::Promote(Box::new(promote)), 1)
    }

    /// `a.b.c`, read as one token, as an expression.
    pub(super) fn dotted(&mut self, pair: &Pair<'_>) -> Expr {
        let path = self.path(pair);
        let mut segments = path.segments.into_iter();
        let Some(first) = segments.next() else { return Expr { span: path.span, kind: ExprKind::Error } };
        let start = Deep { expr: Expr { span: first.span, kind: ExprKind::Name(first) }, height: 1 };
        let whole = segments.fold(start, |base, name| {
            let span = base.expr.span.to(name.span);
            self.deep(span, ExprKind::Field(Box::new(base.expr), name), base.height)
        });
        whole.expr
    }

    /// `canary [5% for 10min, 100%]`: a call with the list as its argument.
    fn rollout(&mut self, pair: Pair<'_>) -> Deep {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let (Some(name), Some(list)) = (inner.next(), inner.next()) else { return self.deep(span, ExprKind::Error, 0) };
        let name = self.name(&name);
        let callee = Box::new(Expr { span: name.span, kind: ExprKind::Name(name) });
        let at = self.span(&list);
        let list = self.list(list, at);
        let args = vec![Arg { name: None, value: list.expr }];
        self.deep(span, ExprKind::Call { callee, args }, list.height)
    }
}

/// What a word of other languages is called here.
pub(super) fn foreign(word: &str) -> Option<&'static str> {
    match word {
        "True" | "TRUE" => Some("true"),
        "False" | "FALSE" => Some("false"),
        "None" | "null" | "NULL" | "nil" => Some("none"),
        "NaN" => Some("nan"),
        _ => None,
    }
}
