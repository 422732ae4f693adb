//! Records, sets, lists, comprehensions and rows.

use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;

use super::{Lower, Pair, exprs::Deep, grammar::Rule};
use crate::tree::{Expr, ExprKind, Name, Path, Row, RowField};

impl Lower<'_> {
    /// Named and unnamed entries of `{ .. }`: a record or a set.
    pub(super) fn braces(&mut self, pair: Pair<'_>, span: Span) -> Deep {
        let (args, height) = self.args(pair);
        if args.iter().all(|arg| arg.name.is_some()) {
            return self.deep(span, ExprKind::Record(args), height);
        }
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            if let Some(name) = arg.name {
                self.report(say::misplaced(
                    name.span,
                    "some entries have a name and some have none",
                    "name all of them for a record, or none for a set",
                ));
            }
            values.push(arg.value);
        }
        self.deep(span, ExprKind::Set(values), height)
    }

    pub(super) fn list(&mut self, pair: Pair<'_>, span: Span) -> Deep {
        let mut items: Vec<Expr> = Vec::new();
        let mut loops = Vec::new();
        let mut height = 0;
        let mut before = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::expr => {
                    self.check_comma(&mut before, &inner);
                    let item = self.deep_expr(inner);
                    height = height.max(item.height);
                    items.push(item.expr);
                }
                Rule::step => {
                    before = Some((self.range(&inner).1, self.span(&inner)));
                    let Some(time) = inner.into_inner().find(|inner| inner.as_rule() == Rule::expr) else { continue };
                    let time = self.deep_expr(time);
                    height = height.max(time.height + 1);
                    if let Some(share) = items.pop() {
                        let span = share.span.to(time.expr.span);
                        items.push(Expr { span, kind: ExprKind::Step(Box::new(share), Box::new(time.expr)) });
                    }
                }
                Rule::loops => {
                    let (made, below) = self.one_loop(inner);
                    height = height.max(below);
                    loops.extend(made);
                }
                _ => {}
            }
        }
        match items.pop() {
            Some(body) if !loops.is_empty() => {
                self.deep(span, ExprKind::Comprehension { body: Box::new(body), loops }, height)
            }
            last => {
                items.extend(last);
                self.deep(span, ExprKind::List(items), height)
            }
        }
    }

    fn one_loop(&mut self, pair: Pair<'_>) -> (Option<(Name, Expr)>, usize) {
        let mut name = None;
        let mut of = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = Some(self.name(&inner)),
                Rule::expr => of = Some(self.deep_expr(inner)),
                _ => {}
            }
        }
        let height = of.as_ref().map_or(0, |of| of.height);
        (name.zip(of.map(|of| of.expr)), height)
    }

    pub(super) fn row(&mut self, base: Deep, pair: Pair<'_>, span: Span) -> Deep {
        let of = self.as_type(base.expr);
        let mut fields = Vec::new();
        let mut rest = false;
        let mut height = base.height;
        let mut before = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::open => rest = true,
                Rule::row_field => {
                    self.check_comma(&mut before, &inner);
                    let (field, below) = self.row_field(inner);
                    height = height.max(below);
                    fields.push(field);
                }
                _ => {}
            }
        }
        self.deep(span, ExprKind::Row(Box::new(Row { of, fields, rest })), height)
    }

    fn row_field(&mut self, pair: Pair<'_>) -> (RowField, usize) {
        let span = self.span(&pair);
        let mut field = RowField {
            path: Path { segments: Vec::new(), span },
            by: None,
            value: Expr { span, kind: ExprKind::Error },
        };
        let mut height = 1;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::path => field.path = self.path(&inner),
                Rule::name => field.by = Some(self.name(&inner)),
                Rule::expr => {
                    let value = self.deep_expr(inner);
                    (field.value, height) = (value.expr, value.height);
                }
                Rule::interval => field.value = self.interval(field.value, inner),
                _ => {}
            }
        }
        (field, height)
    }

    fn interval(&mut self, value: Expr, pair: Pair<'_>) -> Expr {
        let here = self.span(&pair);
        let span = value.span.to(here);
        let range = pair.into_inner().next().map(|inner| self.expr(inner));
        match range.map(|range| range.kind) {
            Some(ExprKind::Range { low: Some(low), high: Some(high) }) => {
                Expr { span, kind: ExprKind::Interval { value: Box::new(value), low, high } }
            }
            _ => {
                self.report(say::misplaced(here, "an interval has two ends", "write `0.7 [0.65 .. 0.75]`"));
                value
            }
        }
    }
}
