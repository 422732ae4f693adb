//! Operators: which binds first.

use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;

use super::{Lower, exprs::Deep};
use crate::tree::{BinaryOp, Expr, ExprKind, Lit, UnaryOp};

/// A piece of a flat row.
pub(super) enum Part {
    /// A value.
    Operand(Deep),
    /// `not`, `-`.
    Prefix(UnaryOp, Span),
    /// An operator between two values.
    Infix(BinaryOp, Span),
    /// `in`.
    In(Span),
    /// `matches`.
    Matches(Span),
    /// `..`.
    Dots(Span),
}

/// The rest of a row.
type Row<'p> = std::iter::Peekable<std::vec::IntoIter<Part>>;

/// How tightly an operator binds.
const fn level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 4,
        BinaryOp::Add | BinaryOp::Sub => 6,
        BinaryOp::Mul | BinaryOp::Div => 7,
    }
}

impl Lower<'_> {
    pub(super) fn infix(&self, span: Span, text: &str) -> Part {
        let op = match text.trim_end() {
            "or" => BinaryOp::Or,
            "and" => BinaryOp::And,
            "==" => BinaryOp::Eq,
            "!=" => BinaryOp::Ne,
            "<" => BinaryOp::Lt,
            "<=" => BinaryOp::Le,
            ">" => BinaryOp::Gt,
            ">=" => BinaryOp::Ge,
            "+" => BinaryOp::Add,
            "-" => BinaryOp::Sub,
            "*" => BinaryOp::Mul,
            "/" => BinaryOp::Div,
            "in" => return Part::In(span),
            _ => return Part::Matches(span),
        };
        Part::Infix(op, span)
    }

    /// Binds the parts of a row.
    pub(super) fn bind(&mut self, parts: Vec<Part>) -> Deep {
        let mut row = parts.into_iter().peekable();
        self.logic(&mut row)
    }

    fn nothing(&mut self, span: Span) -> Deep {
        self.deep(span, ExprKind::Error, 0)
    }

    fn binary(&mut self, left: Deep, op: BinaryOp, op_span: Span, right: Deep) -> Deep {
        let span = left.expr.span.to(right.expr.span);
        let height = left.height.max(right.height);
        let kind = ExprKind::Binary { left: Box::new(left.expr), op, op_span, right: Box::new(right.expr) };
        self.deep(span, kind, height)
    }

    /// `a and b`, `a or b`: not both in one row.
    fn logic(&mut self, row: &mut Row<'_>) -> Deep {
        let mut operands = vec![self.negation(row)];
        let mut operators: Vec<(BinaryOp, Span)> = Vec::new();
        while let Some(Part::Infix(op, span)) = row.next_if(|part| matches!(part, Part::Infix(op, _) if level(*op) < 3))
        {
            if let Some((before, _)) = operators.last().filter(|(before, _)| *before != op) {
                self.report(say::mixed_logic(span, before.symbol(), op.symbol()));
            }
            operators.push((op, span));
            operands.push(self.negation(row));
        }
        self.halves(operands, operators)
    }

    /// A row of `and` or `or` as halves of halves: which binds first makes no difference, and a long row is not deep.
    fn halves(&mut self, mut operands: Vec<Deep>, mut operators: Vec<(BinaryOp, Span)>) -> Deep {
        while operands.len() > 1 {
            let mut pairs = Vec::with_capacity(operands.len().div_ceil(2));
            let mut between = Vec::with_capacity(operators.len() / 2);
            let mut signs = operators.into_iter();
            let mut rest = operands.into_iter();
            while let Some(left) = rest.next() {
                match rest.next().zip(signs.next()) {
                    Some((right, (op, span))) => pairs.push(self.binary(left, op, span, right)),
                    None => pairs.push(left),
                }
                between.extend(signs.next());
            }
            (operands, operators) = (pairs, between);
        }
        match operands.pop() {
            Some(whole) => whole,
            None => self.nothing(self.make(0, 0)),
        }
    }

    /// `not` binds looser than a comparison.
    fn negation(&mut self, row: &mut Row<'_>) -> Deep {
        let mut nots = Vec::new();
        while let Some(Part::Prefix(UnaryOp::Not, span)) =
            row.next_if(|part| matches!(part, Part::Prefix(UnaryOp::Not, _)))
        {
            nots.push(span);
        }
        let inner = self.comparison(row);
        self.prefixed(UnaryOp::Not, nots, inner)
    }

    fn prefixed(&mut self, op: UnaryOp, signs: Vec<Span>, inner: Deep) -> Deep {
        signs.into_iter().rev().fold(inner, |inner, sign| {
            let span = sign.to(inner.expr.span);
            if op == UnaryOp::Neg
                && let ExprKind::Literal(lit) = &inner.expr.kind
                && let Some(lit) = negated(lit)
            {
                return Deep { expr: Expr { span, kind: ExprKind::Literal(lit) }, height: inner.height };
            }
            self.deep(span, ExprKind::Unary(op, Box::new(inner.expr)), inner.height)
        })
    }

    /// Comparisons, `in` and `matches`; they do not chain.
    fn comparison(&mut self, row: &mut Row<'_>) -> Deep {
        let left = self.bind_range(row);
        let mut left = self.no_regex(left);
        let mut compared = 0;
        loop {
            let compares = |part: &Part| match part {
                Part::Infix(op, _) => op.is_comparison(),
                Part::In(_) | Part::Matches(_) => true,
                _ => false,
            };
            let Some(part) = row.next_if(compares) else { return left };
            let (Part::Infix(_, at) | Part::In(at) | Part::Matches(at)) = part else { return left };
            if compared == 1 {
                let text = self.slice(at).to_owned();
                self.report(say::chained_comparison(at, &text));
            }
            compared += 1;
            let right = self.bind_range(row);
            left = match part {
                Part::Infix(op, span) => {
                    let right = self.no_regex(right);
                    self.binary(left, op, span, right)
                }
                Part::In(_) => {
                    let right = self.no_regex(right);
                    let span = left.expr.span.to(right.expr.span);
                    let height = left.height.max(right.height);
                    self.deep(span, ExprKind::In(Box::new(left.expr), Box::new(right.expr)), height)
                }
                _ => self.matches(left, right),
            };
        }
    }

    /// A regular expression is no value.
    fn no_regex(&mut self, value: Deep) -> Deep {
        let is_regex = matches!(&value.expr.kind, ExprKind::Matches(left, _) if left.span == value.expr.span);
        if !is_regex {
            return value;
        }
        let span = value.expr.span;
        self.report(say::misplaced(
            span,
            "a regular expression stands only behind `matches`",
            "write `name matches /../`",
        ));
        self.nothing(span)
    }

    fn matches(&mut self, left: Deep, right: Deep) -> Deep {
        let span = left.expr.span.to(right.expr.span);
        match right.expr.kind {
            ExprKind::Matches(_, regex) => self.deep(span, ExprKind::Matches(Box::new(left.expr), regex), left.height),
            ExprKind::Error => self.nothing(span),
            _ => {
                let found = self.slice(right.expr.span).to_owned();
                self.report(say::unexpected(right.expr.span, &found, "a regular expression between slashes"));
                self.nothing(span)
            }
        }
    }

    /// `lo .. hi`, either end open.
    fn bind_range(&mut self, row: &mut Row<'_>) -> Deep {
        let low = if matches!(row.peek(), Some(Part::Dots(_))) { None } else { Some(self.sum(row, 6)) };
        let Some(Part::Dots(dots)) = row.next_if(|part| matches!(part, Part::Dots(_))) else {
            return low
                .unwrap_or_else(|| Deep { expr: Expr { span: self.make(0, 0), kind: ExprKind::Error }, height: 1 });
        };
        let ends = matches!(row.peek(), Some(Part::Operand(_) | Part::Prefix(UnaryOp::Neg, _)));
        let high = ends.then(|| self.sum(row, 6));
        let start = low.as_ref().map_or(dots, |low| low.expr.span);
        let span = high.as_ref().map_or(start.to(dots), |high| start.to(high.expr.span));
        let height = low.as_ref().map_or(0, |low| low.height).max(high.as_ref().map_or(0, |high| high.height));
        let kind =
            ExprKind::Range { low: low.map(|low| Box::new(low.expr)), high: high.map(|high| Box::new(high.expr)) };
        let range = self.deep(span, kind, height);
        if let Some(Part::Dots(again)) = row.next_if(|part| matches!(part, Part::Dots(_))) {
            self.report(say::unexpected(again, "..", "the end of the range"));
            while row.next_if(|part| matches!(part, Part::Operand(_) | Part::Prefix(..) | Part::Dots(_))).is_some() {}
        }
        range
    }

    /// Sums (6) and products (7).
    fn sum(&mut self, row: &mut Row<'_>, at: u8) -> Deep {
        let mut left = if at == 7 { self.negative(row) } else { self.sum(row, 7) };
        while let Some(Part::Infix(op, span)) =
            row.next_if(|part| matches!(part, Part::Infix(op, _) if level(*op) == at))
        {
            let right = if at == 7 { self.negative(row) } else { self.sum(row, 7) };
            left = self.binary(left, op, span, right);
        }
        left
    }

    fn negative(&mut self, row: &mut Row<'_>) -> Deep {
        let mut signs = Vec::new();
        while let Some(Part::Prefix(op, span)) = row.next_if(|part| matches!(part, Part::Prefix(..))) {
            if op == UnaryOp::Not {
                self.report(say::misplaced(
                    span,
                    "`not` stands behind an operator that binds tighter",
                    "put it in parentheses: `(not x)`",
                ));
            }
            signs.push(span);
        }
        let operand = match row.next_if(|part| matches!(part, Part::Operand(_))) {
            Some(Part::Operand(operand)) => operand,
            _ => {
                let at = signs.last().copied().unwrap_or_else(|| self.make(0, 0));
                return self.nothing(at);
            }
        };
        self.prefixed(UnaryOp::Neg, signs, operand)
    }
}

/// A literal with a minus before it.
fn negated(lit: &Lit) -> Option<Lit> {
    match lit {
        Lit::Number(number) => Some(Lit::Number(-number.clone())),
        Lit::Percent(share) => Some(Lit::Percent(-share.clone())),
        Lit::Duration(time) => time.checked_neg().map(Lit::Duration),
        _ => None,
    }
}
