//! Entries of stages, environments, pipelines, monitors, deployments and tests.

use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;

use super::{Lower, Pair, grammar::Rule, trivia::Place, word};
use crate::tree::{
    BecauseRule, BinaryOp, Block, DeploymentEntry, Entry, Expect, ExpectKind, Expr, ExprKind, ExprStatement, Lead, Let,
    PredictsAt, Retrain, Setting, StageEntry, Statement, Trigger, TypeExpr, TypeKind, Verdict,
};

impl Lower<'_> {
    pub(super) fn hole(&self, span: Span) -> Expr {
        Expr { span, kind: ExprKind::Error }
    }

    /// `name = value`.
    pub(super) fn setting(&mut self, pair: Pair<'_>, lead: Lead) -> Setting {
        let span = self.span(&pair);
        let (mut name, mut value, mut colon) = (None, None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = Some(self.name(&inner)),
                Rule::colon => colon = Some(self.span(&inner)),
                _ => value = Some(self.expr(inner)),
            }
        }
        let name = name.unwrap_or_else(|| self.no_name(span));
        if let Some(colon) = colon {
            self.report(say::colon_for_equals(colon, &name.text));
        }
        Setting { lead, span, name, value: value.unwrap_or_else(|| self.hole(span)) }
    }

    fn let_(&mut self, pair: Pair<'_>, lead: Lead) -> Let {
        let setting = self.setting(pair, lead);
        Let { lead: setting.lead, span: setting.span, name: setting.name, value: setting.value }
    }

    pub(super) fn env_block(&mut self, pair: Pair<'_>) -> Block<Entry<Setting>> {
        self.block(pair, Place::Env, |this, inner, lead| Ok(this.setting(inner, lead)))
    }

    pub(super) fn stage_block(&mut self, pair: Pair<'_>) -> Block<Entry<StageEntry>> {
        self.block(pair, Place::Stage, |this, inner, lead| {
            Ok(match inner.as_rule() {
                Rule::setting => StageEntry::Setting(this.setting(inner, lead)),
                Rule::let_ => StageEntry::Let(this.let_(inner, lead)),
                Rule::because => StageEntry::Because(this.because(inner, lead)),
                _ => StageEntry::PredictsAt(this.predicts(inner, lead)),
            })
        })
    }

    fn because(&mut self, pair: Pair<'_>, lead: Lead) -> BecauseRule {
        let span = self.span(&pair);
        let mut rule = BecauseRule { lead, span, uses: false, tag: self.no_name(span), because: String::new() };
        for inner in pair.into_inner() {
            let at = self.span(&inner);
            match inner.as_rule() {
                Rule::k_uses => rule.uses = true,
                Rule::tag => rule.tag = self.behind_sign(word(&inner), at),
                Rule::text => rule.because = self.string(at),
                _ => {}
            }
        }
        rule
    }

    fn predicts(&mut self, pair: Pair<'_>, lead: Lead) -> PredictsAt {
        let span = self.span(&pair);
        let moment = pair.into_inner().next().map_or_else(|| self.no_name(span), |inner| self.name(&inner));
        PredictsAt { lead, span, moment }
    }

    pub(super) fn deployment_block(&mut self, pair: Pair<'_>) -> Block<Entry<DeploymentEntry>> {
        self.block(pair, Place::Deployment, |this, inner, lead| {
            Ok(match inner.as_rule() {
                Rule::setting => DeploymentEntry::Setting(this.setting(inner, lead)),
                _ => DeploymentEntry::Rollback(this.trigger(inner, lead)),
            })
        })
    }

    fn trigger(&mut self, pair: Pair<'_>, lead: Lead) -> Trigger {
        let span = self.span(&pair);
        let mut trigger = Trigger { lead, span, condition: self.hole(span), over: None, message: None };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::expr => trigger.condition = self.expr(inner),
                Rule::over => trigger.over = self.only_expr(inner),
                Rule::else_ => trigger.message = self.message(inner),
                _ => {}
            }
        }
        trigger
    }

    /// The one expression within a pair.
    pub(super) fn only_expr(&mut self, pair: Pair<'_>) -> Option<Expr> {
        pair.into_inner().next().map(|inner| self.expr(inner))
    }

    /// `else "message"`.
    pub(super) fn message(&mut self, pair: Pair<'_>) -> Option<String> {
        let text = pair.into_inner().next()?;
        let span = self.span(&text);
        Some(if text.as_rule() == Rule::text { self.string(span) } else { String::new() })
    }

    pub(super) fn statement_block(&mut self, pair: Pair<'_>) -> Block<Entry<Statement>> {
        self.block(pair, Place::Statements, |this, inner, lead| match inner.as_rule() {
            Rule::setting => Ok(Statement::Setting(this.setting(inner, lead))),
            Rule::let_ => Ok(Statement::Let(this.let_(inner, lead))),
            Rule::alert => Ok(Statement::Alert(this.trigger(inner, lead))),
            Rule::retrain => Ok(Statement::Retrain(Box::new(this.retrain(inner, lead)))),
            Rule::expectation => this.expectation(inner, lead).map(Statement::Expect),
            _ => {
                let span = this.span(&inner);
                let expr = this.only_expr(inner).unwrap_or_else(|| this.hole(span));
                Ok(Statement::Expr(ExprStatement { lead, expr }))
            }
        })
    }

    fn retrain(&mut self, pair: Pair<'_>, lead: Lead) -> Retrain {
        let span = self.span(&pair);
        let pipeline = self.no_name(span);
        let condition = self.hole(span);
        let mut retrain =
            Retrain { lead, span, pipeline, args: Vec::new(), condition, over: None, cooldown: None, budget: None };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => retrain.pipeline = self.name(&inner),
                Rule::call => retrain.args = self.args(inner).0,
                Rule::expr => retrain.condition = self.expr(inner),
                Rule::over => retrain.over = self.only_expr(inner),
                Rule::cooldown => retrain.cooldown = self.only_expr(inner),
                Rule::budget => {
                    let mut values = inner.into_inner().map(|inner| self.expr(inner));
                    retrain.budget = values.next().zip(values.next());
                }
                _ => {}
            }
        }
        retrain
    }

    fn expectation(&mut self, pair: Pair<'_>, lead: Lead) -> Result<Expect, Lead> {
        let span = self.span(&pair);
        let (mut subject, mut verdict, mut at, mut kind) = (None, None, None, None);
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::subtype => kind = Some(self.subtype(inner)),
                Rule::expr => subject = Some(self.expr(inner)),
                Rule::verdict => {
                    verdict = Some(match word(&inner) {
                        "passes" => Verdict::Passes,
                        "fails" => Verdict::Fails,
                        _ => Verdict::Unknown,
                    });
                }
                Rule::path => at = Some(self.path(&inner)),
                _ => {}
            }
        }
        if let Some(kind) = kind {
            return Ok(Expect { lead, span, kind });
        }
        let subject = subject.unwrap_or_else(|| self.hole(span));
        let kind = match (verdict, subject.kind) {
            (Some(verdict), kind) => ExpectKind::Verdict { subject: Expr { span: subject.span, kind }, verdict, at },
            (None, ExprKind::Binary { left, op: BinaryOp::Eq, right, .. }) => {
                ExpectKind::Equal { left: *left, right: *right }
            }
            (None, ExprKind::Error) => return Err(lead),
            (None, _) => {
                let last = self.last_token(span);
                let text = self.slice(last).to_owned();
                self.report(say::missing_behind(last, &text, "`passes`, `fails`, `unknown`, `==` or `<:`"));
                return Err(lead);
            }
        };
        Ok(Expect { lead, span, kind })
    }

    fn subtype(&mut self, pair: Pair<'_>) -> ExpectKind {
        let span = self.span(&pair);
        let mut negated = false;
        let mut types = Vec::new();
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::k_not => negated = true,
                _ => types.push(self.ty(inner)),
            }
        }
        let mut types = types.into_iter();
        let hole = || TypeExpr { span, kind: TypeKind::Error };
        let left = types.next().unwrap_or_else(hole);
        ExpectKind::Subtype { negated, left, right: types.next().unwrap_or_else(hole) }
    }
}
