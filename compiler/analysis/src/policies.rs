//! Policies: clauses over reports become the plan's expressions, with every metric and unit looked at.

use std::sync::Arc;

use mlp_diagnostics::catalog::{names, policies as words, serving as serving_words, stages as stage_words};
use mlp_plan::{ClauseRule, Expr, Gate, Literal, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{self, Arg, Block, Clause, ClauseKind, Entry, ExprKind, ItemKind};

use crate::{
    checker::Checker,
    gates::Gates,
    literals,
    memo::{Answer, Query},
    metrics::MetricsInfo,
    program::{DeclId, Kind},
    types::{Generics, Ty},
};

/// A policy with its places.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyInfo {
    /// Its name.
    pub name: String,
    /// What it judges.
    pub params: Vec<PolicyParam>,
    /// Its clauses, those of policies that it requires included.
    pub clauses: Vec<ClauseInfo>,
    /// Where it is declared.
    pub span: Span,
}

/// A parameter of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyParam {
    /// Its name.
    pub name: String,
    /// Its metrics, where it is a report.
    pub report: Option<Arc<MetricsInfo>>,
    /// Its type, where it is a scalar.
    pub scalar: Option<ValueType>,
    /// Whether it may be none.
    pub optional: bool,
    /// What it is where nobody says.
    pub default: Option<Literal>,
    /// Where it stands.
    pub span: Span,
}

/// A clause with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct ClauseInfo {
    /// What it asks.
    pub rule: ClauseRule,
    /// Optional reports that must be there for it to count.
    pub when: Vec<String>,
    /// `else ".."`.
    pub message: Option<String>,
    /// Where it stands.
    pub span: Span,
    /// The policy that it comes from, where another requires that.
    pub required_by: Option<String>,
}

impl Checker<'_> {
    /// The policy of a declaration; each is reported on once.
    pub fn policy(&mut self, id: DeclId) -> Option<Arc<PolicyInfo>> {
        match self.ask(Query::Policy(id)) {
            Answer::Policy(policy) => policy,
            _ => None,
        }
    }

    pub(crate) fn read_policy(&mut self, id: DeclId) -> Option<PolicyInfo> {
        if self.is_circular(id) {
            return None;
        }
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Policy(tree) = &item.kind else { return None };
        let params = tree.params.iter().map(|param| self.policy_param(decl.module, param)).collect();
        let mut info = PolicyInfo { name: decl.name.clone(), params, clauses: Vec::new(), span: decl.span };
        let broken = self.clauses(decl.module, &mut info, &tree.body, &mut Vec::new());
        let requires = info.clauses.iter().any(|clause| !matches!(clause.rule, ClauseRule::Warn(_)));
        if !requires && !broken {
            self.report(words::requires_nothing(tree.head, &info.name));
        }
        Some(info)
    }

    fn policy_param(&mut self, module: usize, param: &tree::Param) -> PolicyParam {
        let info = self.param(module, &Generics::new(), param);
        let optional = matches!(info.ty, Ty::Optional(_)) || matches!(&info.ty, Ty::Value(value) if value.nullable);
        let mut made = PolicyParam {
            name: info.name,
            report: None,
            scalar: None,
            optional,
            default: info.default,
            span: info.span,
        };
        match info.ty.required() {
            Ty::Report(metrics) => made.report = Some(Arc::clone(metrics)),
            Ty::Value(value) => made.scalar = Some(value.clone()),
            Ty::Error => {}
            other => {
                let text = other.text();
                self.report(stage_words::misplaced(
                    param.ty.span,
                    format!("a policy judges reports and values, not {text}"),
                    "as in `candidate: Report<Binary>`",
                ));
            }
        }
        made
    }

    /// Adds the clauses of a block; answers whether some of them were broken.
    fn clauses(
        &mut self,
        module: usize,
        info: &mut PolicyInfo,
        block: &Block<Entry<Clause>>,
        when: &mut Vec<String>,
    ) -> bool {
        let mut broken = block.entries.iter().any(|entry| entry.ok().is_none());
        for clause in block.entries.iter().filter_map(Entry::ok) {
            match &clause.kind {
                ClauseKind::Require { expr, confidence } => {
                    broken |= !self.gate(module, info, clause, expr, confidence.as_ref(), when, ClauseRule::Require)
                }
                ClauseKind::Warn { expr, confidence } => {
                    broken |= !self.gate(module, info, clause, expr, confidence.as_ref(), when, ClauseRule::Warn)
                }
                ClauseKind::Nothing { because } => {
                    self.push(info, clause, ClauseRule::Nothing { because: because.clone() }, when)
                }
                ClauseKind::Approve { count, group, except_author, within } => {
                    if within.is_none() {
                        self.report(serving_words::endless(
                            clause.span,
                            "this approval has no time limit",
                            "say how long to wait, as in `within 48h`; after that it counts as refused",
                        ));
                    }
                    if let Some(rule) = self.approval(count, group, *except_author, within.as_ref()) {
                        self.push(info, clause, rule, when);
                    }
                }
                ClauseKind::When { subject, body } => broken |= self.when(module, info, subject, body, when),
            }
        }
        broken
    }

    #[expect(clippy::unused_self, reason = "reads as the other steps do")]
    fn push(&self, info: &mut PolicyInfo, clause: &Clause, rule: ClauseRule, when: &[String]) {
        info.clauses.push(ClauseInfo {
            rule,
            when: when.to_vec(),
            message: clause.message.clone(),
            span: clause.span,
            required_by: None,
        });
    }

    fn when(
        &mut self,
        module: usize,
        info: &mut PolicyInfo,
        subject: &tree::Expr,
        body: &Block<Entry<Clause>>,
        when: &mut Vec<String>,
    ) -> bool {
        let ExprKind::Name(name) = &subject.kind else {
            self.report(stage_words::misplaced(
                subject.span,
                "`when` needs an optional report",
                "the name of a parameter that may be none",
            ));
            return true;
        };
        match info.params.iter().find(|param| param.name == name.text) {
            None => {
                let near = crate::scope::nearest(&name.text, info.params.iter().map(|param| param.name.as_str()));
                self.report(names::unknown(name.span, "parameter", &name.text, near.as_deref()));
                true
            }
            Some(param) if !param.optional => {
                self.report(stage_words::misplaced(
                    subject.span,
                    format!("`{}` is never none", name.text),
                    "declare it with `?`, or drop the `when`",
                ));
                true
            }
            Some(_) => {
                when.push(name.text.clone());
                let broken = self.clauses(module, info, body, when);
                when.pop();
                broken
            }
        }
    }

    fn approval(
        &mut self,
        count: &tree::Expr,
        group: &tree::Expr,
        except_author: bool,
        within: Option<&tree::Expr>,
    ) -> Option<ClauseRule> {
        let Some(number) =
            literals::count(count).and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0)
        else {
            self.misfits(count, "approve by", "a number of people, one or more");
            return None;
        };
        let Some(Literal::Text(group)) = literals::literal(group) else {
            self.misfits(group, "approve by", "the name of a group in quotes");
            return None;
        };
        let within = within.and_then(|within| self.duration(within, "within"));
        Some(ClauseRule::Approve { count: number, group, except_author, within })
    }

    /// A `require` or `warn`; answers whether it could be made out.
    #[expect(clippy::too_many_arguments, reason = "a clause has this many parts")]
    fn gate(
        &mut self,
        module: usize,
        info: &mut PolicyInfo,
        clause: &Clause,
        expr: &tree::Expr,
        confidence: Option<&tree::Expr>,
        when: &[String],
        rule: fn(Gate) -> ClauseRule,
    ) -> bool {
        if let ExprKind::Call { callee, args } = &expr.kind
            && let ExprKind::Name(name) = &callee.kind
            && !crate::gates::is_function(&name.text)
        {
            return self.required_policy(module, info, clause, name, args, when);
        }
        let confidence = match confidence {
            None => None,
            Some(share) => match literals::literal(share) {
                Some(value) if value.as_f64().is_some_and(|share| share > 0.0 && share < 1.0) => Some(value),
                _ => {
                    self.misfits(share, "confidence", "a share between 0% and 100%");
                    return false;
                }
            },
        };
        self.metrics_in(&info.params, expr);
        let lowered = Gates { params: &info.params, when, clause: clause.span, diagnostics: &mut self.now.diagnostics }
            .lower(expr);
        match lowered {
            Some(expr) => {
                self.push(info, clause, rule(Gate { expr, confidence }), when);
                true
            }
            None => false,
        }
    }

    /// `require Other(candidate)`: its clauses, with their own places.
    fn required_policy(
        &mut self,
        module: usize,
        info: &mut PolicyInfo,
        clause: &Clause,
        name: &tree::Name,
        args: &[Arg],
        when: &[String],
    ) -> bool {
        let Some(id) = self.find(module, &name.text, name.span, "policy", &[Kind::Policy]) else { return false };
        let Some(other) = self.policy(id) else { return false };
        let mut renames: Vec<(String, String)> = Vec::new();
        for (index, param) in other.params.iter().enumerate() {
            let given = args
                .iter()
                .find(|arg| arg.name.as_ref().is_some_and(|name| name.text == param.name))
                .or_else(|| args.get(index).filter(|arg| arg.name.is_none()));
            let own = given.and_then(|arg| match &arg.value.kind {
                ExprKind::Name(name) => info.params.iter().find(|own| own.name == name.text),
                _ => None,
            });
            let Some(own) = own else {
                let message = format!("`{}` needs its `{}`", other.name, param.name);
                self.report(stage_words::argument(
                    clause.span,
                    message,
                    name.span,
                    "give a parameter of this policy",
                    Some((param.span, "declared here".to_owned())),
                ));
                return false;
            };
            let fits = match (&own.report, &param.report) {
                (Some(have), Some(wanted)) => have.accepted_as(wanted),
                (None, None) => true,
                _ => false,
            };
            if !fits {
                let message = format!("`{}` is not what `{}` of `{}` takes", own.name, param.name, other.name);
                self.report(stage_words::argument(
                    clause.span,
                    message,
                    name.span,
                    "another report is meant",
                    Some((param.span, "declared here".to_owned())),
                ));
                return false;
            }
            if own.optional && !param.optional && !when.contains(&own.name) {
                self.report(words::optional_without_when(clause.span, &own.name));
                return false;
            }
            renames.push((param.name.clone(), own.name.clone()));
        }
        for theirs in &other.clauses {
            let mut ours = theirs.clone();
            ours.required_by.get_or_insert_with(|| other.name.clone());
            rename_clause(&mut ours, &renames);
            ours.when.splice(0..0, when.iter().cloned());
            info.clauses.push(ours);
        }
        true
    }
}

fn rename_clause(clause: &mut ClauseInfo, renames: &[(String, String)]) {
    let new = |name: &mut String| {
        if let Some((_, to)) = renames.iter().find(|(from, _)| from == name) {
            name.clone_from(to);
        }
    };
    clause.when.iter_mut().for_each(new);
    if let ClauseRule::Require(gate) | ClauseRule::Warn(gate) = &mut clause.rule {
        rename_reports(&mut gate.expr, &new);
    }
}

fn rename_reports(expr: &mut Expr, new: &dyn Fn(&mut String)) {
    match expr {
        Expr::Metric { report, .. } | Expr::OverSlices { report, .. } => new(report),
        Expr::Param(name) => new(name),
        Expr::Not(inner) | Expr::Negate(inner) | Expr::OneOf(inner, _) | Expr::Matches(inner, _) => {
            rename_reports(inner, new)
        }
        Expr::All(parts) | Expr::Any(parts) | Expr::Call { args: parts, .. } => {
            parts.iter_mut().for_each(|part| rename_reports(part, new))
        }
        Expr::Compare(_, left, right) | Expr::Arithmetic(_, left, right) => {
            rename_reports(left, new);
            rename_reports(right, new);
        }
        Expr::Between { value, low, high } => {
            rename_reports(value, new);
            low.iter_mut().chain(high).for_each(|end| rename_reports(end, new));
        }
        Expr::Literal(_) | Expr::Column(_) | Expr::This => {}
    }
}
