//! Clauses of a policy, metrics, rules of a contract.

use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;

use super::{Lower, Pair, grammar::Rule, trivia::Place, word};
use crate::tree::{
    Block, Clause, ClauseKind, ContractEntry, ContractRule, Entry, Expr, ExprKind, FieldDecl, Lead, MetricDecl,
    MetricKind, Path, RuleKind, Setting, TypeKind,
};

/// The settings of a contract; all other names in it are fields.
const CONTRACT_SETTINGS: [&str; 3] = ["owner", "version", "compatibility"];

impl Lower<'_> {
    pub(super) fn clause_block(&mut self, pair: Pair<'_>) -> Block<Entry<Clause>> {
        self.block(pair, Place::Policy, |this, inner, lead| Ok(this.clause(inner, lead)))
    }

    fn clause(&mut self, pair: Pair<'_>, lead: Lead) -> Clause {
        let span = self.span(&pair);
        let (mut warn, mut expr, mut confidence, mut message, mut kind) = (false, None, None, None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::warn => warn = true,
                Rule::expr => expr = Some(self.expr(inner)),
                Rule::confidence => confidence = self.only_expr(inner),
                Rule::else_ => message = self.message(inner),
                Rule::nothing | Rule::when_ | Rule::approve => kind = Some(self.special_clause(inner, &mut message)),
                _ => {}
            }
        }
        let kind = kind.unwrap_or_else(|| {
            let expr = expr.unwrap_or_else(|| self.hole(span));
            if warn { ClauseKind::Warn { expr, confidence } } else { ClauseKind::Require { expr, confidence } }
        });
        Clause { lead, span, kind, message }
    }

    fn special_clause(&mut self, pair: Pair<'_>, message: &mut Option<String>) -> ClauseKind {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let (mut because, mut subject, mut body) = (String::new(), self.hole(span), None);
        let (mut values, mut except_author, mut within) = (Vec::new(), false, None);
        for inner in pair.into_inner() {
            let at = self.span(&inner);
            match inner.as_rule() {
                Rule::text => because = self.string(at),
                Rule::else_ => *message = self.message(inner),
                Rule::path => subject = self.dotted(&inner),
                Rule::clause_block => body = Some(self.clause_block(inner)),
                Rule::except => except_author = true,
                Rule::within => within = self.only_expr(inner),
                Rule::single | Rule::hole => values.push(self.expr(inner)),
                _ => {}
            }
        }
        let mut values = values.into_iter();
        let mut next = || values.next().unwrap_or(Expr { span, kind: ExprKind::Error });
        match (rule, body) {
            (Rule::approve, _) => ClauseKind::Approve { count: next(), group: next(), except_author, within },
            (Rule::when_, Some(body)) => ClauseKind::When { subject, body },
            _ => ClauseKind::Nothing { because },
        }
    }

    pub(super) fn metric_block(&mut self, pair: Pair<'_>) -> Block<Entry<MetricDecl>> {
        self.block(pair, Place::Metrics, |this, inner, lead| Ok(this.metric(inner, lead)))
    }

    fn metric(&mut self, pair: Pair<'_>, lead: Lead) -> MetricDecl {
        let span = self.span(&pair);
        let (mut names, mut modifiers, mut better, mut group) = (Vec::new(), Vec::new(), None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => names.push(self.name(&inner)),
                Rule::better => better = inner.into_inner().next().map(|inner| self.name(&inner)),
                Rule::metric_block => group = Some(self.metric_block(inner)),
                _ => modifiers.push(self.modifier(inner)),
            }
        }
        let mut names = names.into_iter();
        let name = names.next().unwrap_or_else(|| self.no_name(span));
        let measure = names.next().unwrap_or_else(|| self.no_name(span));
        let kind = group.map_or(MetricKind::Leaf { measure, modifiers, better }, MetricKind::Group);
        MetricDecl { lead, span, name, kind }
    }

    pub(super) fn contract_block(&mut self, pair: Pair<'_>) -> Block<Entry<ContractEntry>> {
        self.block(pair, Place::Contract, |this, inner, lead| {
            Ok(match inner.as_rule() {
                Rule::field => {
                    let field = this.field(inner, lead);
                    this.field_or_setting(field)
                }
                Rule::setting => {
                    let setting = this.setting(inner, lead);
                    this.setting_or_field(setting)
                }
                _ => ContractEntry::Rule(this.contract_rule(inner, lead)),
            })
        })
    }

    /// `compatibility: full` is a setting.
    fn field_or_setting(&mut self, field: FieldDecl) -> ContractEntry {
        let modes = ["none", "backward", "forward", "full", "backward_all", "forward_all", "full_all"];
        let mode = self.slice(field.ty.span);
        if field.name.text != "compatibility" || !modes.contains(&mode) {
            return ContractEntry::Field(field);
        }
        let colon = self.find(field.name.span.end as usize, ':');
        self.report(say::colon_for_equals(colon, &field.name.text));
        let name = crate::tree::Name { text: mode.to_owned(), span: field.ty.span };
        let value = Expr { span: field.ty.span, kind: ExprKind::Name(name) };
        ContractEntry::Setting(Setting { lead: field.lead, span: field.span, name: field.name, value })
    }

    /// `x = int32` is a field.
    fn setting_or_field(&mut self, setting: Setting) -> ContractEntry {
        let is_type = match &setting.value.kind {
            ExprKind::Name(name) => is_type_name(&name.text),
            ExprKind::Call { callee, .. } => matches!(&callee.kind, ExprKind::Name(name) if is_type_name(&name.text)),
            _ => false,
        };
        if CONTRACT_SETTINGS.contains(&setting.name.text.as_str()) || !is_type {
            return ContractEntry::Setting(setting);
        }
        let equals = self.find(setting.name.span.end as usize, '=');
        let ty = self.slice(setting.value.span).to_owned();
        self.report(say::equals_for_colon(equals, &setting.name.text, &ty));
        let ty = match setting.value.kind {
            ExprKind::Name(_) => self.as_type(setting.value),
            _ => crate::tree::TypeExpr { span: setting.value.span, kind: TypeKind::Error },
        };
        ContractEntry::Field(FieldDecl {
            lead: setting.lead,
            span: setting.span,
            name: setting.name,
            ty,
            modifiers: Vec::new(),
        })
    }

    /// The next place of a sign.
    fn find(&self, from: usize, sign: char) -> Span {
        let rest = self.text.get(from..).unwrap_or_default();
        let at = from + rest.find(sign).unwrap_or_default();
        self.make(at, at + sign.len_utf8())
    }

    fn contract_rule(&mut self, pair: Pair<'_>, lead: Lead) -> ContractRule {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let (mut columns, mut path, mut warn, mut expr, mut text, mut until) =
            (Vec::new(), self.no_path(span), false, None, None, None);
        for inner in pair.into_inner() {
            let at = self.span(&inner);
            match inner.as_rule() {
                Rule::columns => columns.push(self.names(inner)),
                Rule::path => path = self.path(&inner),
                Rule::k_expect => warn = word(&inner) == "warn",
                Rule::expr => expr = Some(self.expr(inner)),
                Rule::else_ => text = self.message(inner),
                Rule::text => text = Some(self.string(at)),
                Rule::single => until = Some(self.expr(inner)),
                _ => {}
            }
        }
        let mut columns = columns.into_iter();
        let kind = match rule {
            Rule::rule_key => RuleKind::Key(columns.next().unwrap_or_default()),
            Rule::rule_unique => RuleKind::Unique(columns.next().unwrap_or_default()),
            Rule::rule_references => references(path, columns),
            Rule::rule_expect => {
                RuleKind::Expect { warn, expr: expr.unwrap_or_else(|| self.hole(span)), message: text }
            }
            _ => RuleKind::Accepts { on: path, because: text.unwrap_or_default(), until },
        };
        ContractRule { lead, span, kind }
    }
}

fn references(contract: Path, mut columns: impl Iterator<Item = Vec<crate::tree::Name>>) -> RuleKind {
    let to = columns.next().unwrap_or_default();
    RuleKind::References { contract, to, from: columns.next().unwrap_or_default() }
}

/// Scalar types, as a field would name them.
pub(super) fn is_type_name(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "int"
            | "int8"
            | "int16"
            | "int32"
            | "int64"
            | "uint8"
            | "uint16"
            | "uint32"
            | "uint64"
            | "float"
            | "float32"
            | "float64"
            | "decimal"
            | "string"
            | "bytes"
            | "uuid"
            | "date"
            | "time"
            | "timestamp"
            | "duration"
            | "json"
    )
}
