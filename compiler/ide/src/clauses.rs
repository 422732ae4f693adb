//! What a clause of a policy means, in words: what must hold, by which bound, and what happens where it cannot be told.

use mlp_syntax::tree::{BinaryOp, Clause, ClauseKind, Expr, ExprKind, UnaryOp};

use crate::view::{Part, View};

/// A clause in words; Markdown.
#[must_use]
pub fn meaning(view: &View<'_>, part: Part<'_>, clause: &Clause) -> String {
    let words = Words { view, part };
    let said = match &clause.kind {
        ClauseKind::Require { expr, confidence } => {
            format!(
                "{}\n\nOtherwise the model is refused; where it cannot be told (not measured, NaN, too few rows), it is held, too.",
                words.asked(expr, confidence.as_ref(), "must")
            )
        }
        ClauseKind::Warn { expr, confidence } => {
            format!(
                "{}\n\nOtherwise that is said, and the model is not held.",
                words.asked(expr, confidence.as_ref(), "should")
            )
        }
        ClauseKind::Nothing { .. } => "Nothing is asked: every model passes, for the reason given.".to_owned(),
        ClauseKind::When { subject, .. } => {
            let subject = words.code(subject);
            format!(
                "Only where there is {subject}: the clauses inside are asked. Where there is none, as on the first release, they are left out."
            )
        }
        ClauseKind::Approve { count, group, except_author, within } => {
            words.approval(count, group, *except_author, within.as_ref())
        }
    };
    match &clause.message {
        Some(message) => format!("{said}\n\nIt then says: {message}"),
        None => said,
    }
}

struct Words<'v, 'p> {
    view: &'v View<'p>,
    part: Part<'p>,
}

impl Words<'_, '_> {
    fn code(&self, expr: &Expr) -> String {
        let text = self.view.slice(&self.part.place(expr.span)).split_whitespace().collect::<Vec<_>>().join(" ");
        format!("`{text}`")
    }

    fn asked(&self, expr: &Expr, confidence: Option<&Expr>, verb: &str) -> String {
        let held = self.held(expr, verb);
        let Some(confidence) = confidence else { return format!("{held}.") };
        let share = self.code(confidence);
        let paired = if reports(expr) > 1 {
            " The two are measured on the same rows, so the interval is that of their difference."
        } else {
            ""
        };
        format!("{held}, with {share} confidence: the bound of its interval decides, not the value measured.{paired}")
    }

    fn held(&self, expr: &Expr, verb: &str) -> String {
        match &expr.kind {
            ExprKind::Binary { left, op: BinaryOp::And, right, .. } => {
                format!("{}, and {}", self.held(left, verb), self.held(right, verb))
            }
            ExprKind::Binary { left, op: BinaryOp::Or, right, .. } => {
                format!("{}, or {}", self.held(left, verb), self.held(right, verb))
            }
            ExprKind::Binary { left, op, right, .. } if op.is_comparison() => {
                format!("{} {verb} be {} {}", self.code(left), compared(*op), self.code(right))
            }
            ExprKind::In(value, set) => format!("{} {verb} be in {}", self.code(value), self.code(set)),
            ExprKind::Unary(UnaryOp::Not, inner) => format!("{} {verb} not hold", self.code(inner)),
            ExprKind::Paren(inner) => self.held(inner, verb),
            ExprKind::Call { .. } => format!("all clauses of {} {verb} hold", self.code(expr)),
            _ => format!("{} {verb} hold", self.code(expr)),
        }
    }

    fn approval(&self, count: &Expr, group: &Expr, except_author: bool, within: Option<&Expr>) -> String {
        let author = if except_author { ", whoever wrote or started the run left out," } else { "" };
        let within = within.map_or_else(
            || ", however long that takes".to_owned(),
            |within| format!(" within {}; then it is refused", self.code(within)),
        );
        format!("{} of {}{author} must approve{within}.", self.code(count), self.code(group))
    }
}

const fn compared(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Eq => "equal to",
        BinaryOp::Ne => "other than",
        BinaryOp::Lt => "less than",
        BinaryOp::Le => "at most",
        BinaryOp::Gt => "more than",
        _ => "at least",
    }
}

/// How many reports an expression speaks of.
fn reports(expr: &Expr) -> usize {
    fn collect<'e>(expr: &'e Expr, found: &mut Vec<&'e str>) {
        match &expr.kind {
            ExprKind::Field(base, _) => match &base.kind {
                ExprKind::Name(name) => found.push(&name.text),
                _ => collect(base, found),
            },
            ExprKind::Binary { left, right, .. } | ExprKind::In(left, right) => {
                collect(left, found);
                collect(right, found);
            }
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::By(inner, _) => collect(inner, found),
            ExprKind::Call { args, .. } => args.iter().for_each(|arg| collect(&arg.value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(expr, &mut found);
    found.sort_unstable();
    found.dedup();
    found.len()
}
