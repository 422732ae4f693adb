//! Secrets: where their values come from.

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{Literal, SecretRef};
use mlp_syntax::tree::{Expr, ExprKind, ItemKind};

use crate::{checker::Checker, literals, program::DeclId};

impl Checker<'_> {
    /// Says where a secret is none.
    pub fn check_secret(&mut self, id: DeclId) {
        let Some(ItemKind::Secret(tree)) = self.item(id).map(|item| &item.kind) else { return };
        if secret(&tree.value).is_none() && !matches!(tree.value.kind, ExprKind::Error) {
            self.report(words::misplaced(
                tree.value.span,
                "this does not say where the secret is found",
                "as in `env(\"PG_URL\")`",
            ));
        }
    }

    /// How the value of a secret is found.
    #[must_use]
    pub fn secret(&self, id: DeclId) -> Option<SecretRef> {
        match self.item(id).map(|item| &item.kind) {
            Some(ItemKind::Secret(tree)) => secret(&tree.value),
            _ => None,
        }
    }
}

/// `env("X")`, `connection("x")`, `kubernetes("x", key: "y")`.
#[must_use]
pub fn secret(expr: &Expr) -> Option<SecretRef> {
    let ExprKind::Call { callee, args } = &expr.kind else { return None };
    let ExprKind::Name(name) = &callee.kind else { return None };
    let text = |index: usize| match args.get(index).and_then(|arg| literals::literal(&arg.value)) {
        Some(Literal::Text(text)) => Some(text),
        _ => None,
    };
    match (name.text.as_str(), args.len()) {
        ("env", 1) => text(0).map(SecretRef::Env),
        ("connection", 1) => text(0).map(SecretRef::Connection),
        ("kubernetes", 2) => Some(SecretRef::Kubernetes { name: text(0)?, key: text(1)? }),
        _ => None,
    }
}
