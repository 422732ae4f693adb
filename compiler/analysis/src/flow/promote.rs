//! `promote x to M.rung when P(..) and Q(..)`.

use std::{collections::BTreeMap, sync::Arc};

use mlp_diagnostics::catalog::{policies as policy_words, stages as words};
use mlp_plan::{Origin, Value};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, BinaryOp, Expr, ExprKind, Name, Promote};

use super::{Elaborator, FlowInput, FlowNode, FlowOutput, Handle, Id, PolicyCall, Val, Work, edges::accepted};
use crate::{
    policies::{PolicyInfo, PolicyParam},
    program::Kind,
    settings::Settings,
    types::Ty,
};

impl Elaborator<'_, '_> {
    /// Adds the node that judges and moves the rung; gives the model, or none when refused.
    pub(super) fn promote(&mut self, span: Span, promote: &Promote, id: &Id) -> Val {
        let candidate = self.eval(&promote.model, &id.inside());
        let target = self.checker.rung(self.module, &promote.target);
        let mut inputs = Vec::new();
        let mut policies = Vec::new();
        let mut fits = true;
        for call in promote.when.iter().flat_map(conjuncts) {
            match self.policy_call(span, call, id, &mut inputs) {
                Some(policy) => policies.push(policy),
                None => fits = false,
            }
        }
        let (Some((model, rung)), false) = (target, matches!(candidate, Val::Error)) else { return Val::Error };
        let Val::Artifact(handle) = candidate else {
            self.checker.report(words::argument(
                span,
                format!("a model is promoted, not {}", candidate.text()),
                promote.model.span,
                "no model",
                None,
            ));
            return Val::Error;
        };
        if !accepted(&handle.ty, &model.ty()) {
            let message = format!("`{}` holds {}, not {}", model.name, model.ty().text(), handle.ty.text());
            self.checker.report(words::argument(
                span,
                message,
                promote.model.span,
                format!("this is {}", handle.ty.text()),
                Some((model.span, "declared here".to_owned())),
            ));
            return Val::Error;
        }
        if !fits {
            return Val::Error;
        }
        let node = self.fresh(&if id.exact { id.of("promote") } else { "promote".to_owned() });
        let ty = handle.ty.clone();
        inputs.insert(0, artifact("model", &handle, false, promote.model.span));
        self.nodes.push(FlowNode {
            id: node.clone(),
            stage: "promote".to_owned(),
            decl: None,
            work: Work::Promote { model, rung, policies },
            inputs,
            outputs: vec![FlowOutput { name: "result".to_owned(), ty: ty.clone(), checks: Vec::new() }],
            params: BTreeMap::new(),
            settings: Settings::default(),
            disjoint: false,
            span,
            site: self.site.unwrap_or(span),
            declared: promote.keyword,
            doc: None,
            sql: Vec::new(),
        });
        Val::Artifact(Handle { ty, from: Origin::Output { node, output: "result".to_owned() }, optional: true, span })
    }

    fn policy_call(&mut self, span: Span, call: &Expr, id: &Id, inputs: &mut Vec<FlowInput>) -> Option<PolicyCall> {
        let (name, args) = match &call.kind {
            ExprKind::Call { callee, args } => match &callee.kind {
                ExprKind::Name(name) => (name, args),
                _ => return self.no_policy(call),
            },
            ExprKind::Error => return None,
            _ => return self.no_policy(call),
        };
        let decl = self.checker.find(self.module, &name.text, name.span, "policy", &[Kind::Policy]);
        let policy = decl.and_then(|decl| Some((decl, self.checker.policy(decl)?)));
        let Some((decl, policy)) = policy else {
            for arg in args {
                self.eval(&arg.value, &Id { base: "promote".to_owned(), exact: false });
            }
            return None;
        };
        let mut made =
            PolicyCall { id: decl, policy: Arc::clone(&policy), reports: BTreeMap::new(), params: BTreeMap::new() };
        self.check_names(span, &policy, name, args)?;
        for (index, param) in policy.params.iter().enumerate() {
            let given = args
                .iter()
                .find(|arg| arg.name.as_ref().is_some_and(|name| name.text == param.name))
                .or_else(|| args.get(index).filter(|arg| arg.name.is_none()));
            match given {
                Some(arg) => self.policy_argument(span, &policy, param, &arg.value, id, inputs, &mut made)?,
                None if param.optional => {}
                None => match &param.default {
                    Some(value) => {
                        made.params.insert(param.name.clone(), Value::Literal(value.clone()));
                    }
                    None => {
                        let message = format!("`{}` needs its argument `{}`", policy.name, param.name);
                        self.checker.report(words::argument(
                            span,
                            message,
                            name.span,
                            "missing here",
                            Some((param.span, "declared here".to_owned())),
                        ));
                        return None;
                    }
                },
            }
        }
        Some(made)
    }

    fn no_policy(&mut self, call: &Expr) -> Option<PolicyCall> {
        self.checker.report(words::misplaced(
            call.span,
            "`when` needs policies, joined by `and`",
            "as in `when Release(report, before)`",
        ));
        None
    }

    /// Unknown names and arguments that are too many.
    fn check_names(&mut self, span: Span, policy: &PolicyInfo, name: &Name, args: &[Arg]) -> Option<()> {
        if args.len() > policy.params.len() {
            self.checker.report(words::argument(
                span,
                format!("`{}` takes {} arguments", policy.name, policy.params.len()),
                name.span,
                "too many here",
                None,
            ));
            return None;
        }
        for arg in args.iter().filter_map(|arg| arg.name.as_ref()) {
            if !policy.params.iter().any(|param| param.name == arg.text) {
                let found = words::argument(
                    span,
                    format!("`{}` has no parameter `{}`", policy.name, arg.text),
                    arg.span,
                    "unknown parameter",
                    None,
                );
                let near = crate::scope::nearest(&arg.text, policy.params.iter().map(|param| param.name.as_str()));
                self.checker.report(match near {
                    Some(near) => found.help(format!("did you mean `{near}`?")),
                    None => found,
                });
                return None;
            }
        }
        Some(())
    }

    #[expect(clippy::too_many_arguments, reason = "what an argument meets")]
    fn policy_argument(
        &mut self,
        span: Span,
        policy: &PolicyInfo,
        param: &PolicyParam,
        expr: &Expr,
        id: &Id,
        inputs: &mut Vec<FlowInput>,
        made: &mut PolicyCall,
    ) -> Option<()> {
        let Some(metrics) = &param.report else {
            let ty = param.scalar.clone()?;
            let scalars = self.scalars.clone();
            let scalar = self.checker.scalar(self.module, &scalars, expr, Some(&ty))?;
            if crate::subtype::values::accepts(&scalar.ty.data, &ty.data).is_none() {
                let (what, found) = (format!("`{}` of `{}`", param.name, policy.name), scalar.ty.to_string());
                let given = (expr.span, found.as_str(), &*format!("this is {found}"));
                self.checker.report(words::wrong_type(span, &what, &ty.to_string(), given, param.span));
                return None;
            }
            made.params.insert(param.name.clone(), scalar.value);
            return Some(());
        };
        let inner = Id { base: if id.exact { id.base.clone() } else { "promote".to_owned() }, exact: false };
        match self.eval(expr, &inner) {
            Val::Error => None,
            Val::None if param.optional => Some(()),
            Val::Artifact(handle) if accepted(&handle.ty, &Ty::Report(Arc::clone(metrics))) => {
                if handle.optional && !param.optional {
                    self.checker.report(policy_words::optional_argument(
                        span,
                        &policy.name,
                        &param.name,
                        expr.span,
                        param.span,
                    ));
                    return None;
                }
                let input = format!("{}.{}", policy.name, param.name);
                inputs.push(artifact(&input, &handle, param.optional, expr.span));
                made.reports.insert(param.name.clone(), input);
                Some(())
            }
            other => {
                let (what, found) = (format!("`{}` of `{}`", param.name, policy.name), other.text());
                let given = (expr.span, found.as_str(), &*format!("this is {found}"));
                let wanted = format!("Report<{}>", metrics.text());
                self.checker.report(words::wrong_type(span, &what, &wanted, given, param.span));
                None
            }
        }
    }
}

/// The policy calls of `P(..) and Q(..)`.
fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Binary { left, op: BinaryOp::And, right, .. } => {
            let mut calls = conjuncts(left);
            calls.extend(conjuncts(right));
            calls
        }
        ExprKind::Paren(inner) => conjuncts(inner),
        _ => vec![expr],
    }
}

fn artifact(name: &str, handle: &Handle, optional: bool, span: Span) -> FlowInput {
    FlowInput {
        name: name.to_owned(),
        from: handle.from.clone(),
        ty: handle.ty.clone(),
        given: handle.ty.clone(),
        optional,
        checks: Vec::new(),
        proven: 0,
        span,
    }
}
