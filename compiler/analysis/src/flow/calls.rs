//! Calls of stages, sources and sinks.

use std::{collections::BTreeMap, sync::Arc};

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{Literal, Origin, Rule, Value};
use mlp_source::Span;
use mlp_syntax::tree::{Arg, Entry, Expr, ExprKind, ItemKind, StageBody, StageDecl, StageEntry};

use super::{Bound, Elaborator, FlowInput, FlowNode, FlowOutput, Handle, Id, Val, Work, arguments::Taken};
use crate::{
    metrics::MetricsInfo,
    program::{DeclId, Kind},
    run::RunKind,
    stages::{ParamInfo, Signature},
    subtype::values::is_nested,
    types::Ty,
};

/// Stages made of stages are inlined this deep; circles were refused before.
const DEPTH_LIMIT: usize = 64;

impl Elaborator<'_, '_> {
    /// `f(a, name: b)`.
    pub fn call(&mut self, span: Span, callee: &Expr, args: &[Arg], id: &Id) -> Val {
        let ExprKind::Name(name) = &callee.kind else { return self.not_callable(callee.span) };
        if name.text == "pick" && matches!(self.checker.lookup(self.module, "pick"), crate::scope::Found::Nothing) {
            return self.pick(span, args, id);
        }
        let kinds = [Kind::Stage, Kind::Source, Kind::Sink];
        let Some(decl) = self.checker.find(self.module, &name.text, name.span, "stage", &kinds) else {
            for arg in args {
                self.eval(&arg.value, &id.inside());
            }
            return Val::Error;
        };
        let Some(signature) = self.checker.signature(decl) else { return Val::Error };
        let Some(tree) = stage_tree(self.checker.item(decl).map(|item| &item.kind)) else { return Val::Error };
        let Some(given) = self.arguments(span, &signature, args, id) else { return Val::Error };
        let generics = self.infer(&signature, tree, &given);
        let (params, mut outputs) = if signature.generic {
            let module = self.checker.module_of(decl);
            self.checker.quietly(|checker| checker.face(module, &generics, tree))
        } else {
            (signature.params.clone(), signature.outputs.clone())
        };
        let Some(mut taken) = self.take(span, &signature, &params, given) else { return Val::Error };
        if !self.check_bounds(span, &signature, tree, &generics) {
            return Val::Error;
        }
        if self.checker.is_std(self.checker.module_of(decl)) {
            let stage = self.checker.program.qualified(decl);
            if self.library_stage(span, &stage, &generics, &mut taken, &mut outputs).is_none() {
                return Val::Error;
            }
        }
        fill_metrics(&mut outputs, &taken.params);
        if signature.composed {
            return self.inline(span, decl, &signature, tree, taken, &outputs, id);
        }
        self.node(span, decl, &signature, &params, taken, outputs, id)
    }

    /// Adds the node of a call.
    #[expect(clippy::too_many_arguments, reason = "a call has this many parts")]
    fn node(
        &mut self,
        span: Span,
        decl: DeclId,
        signature: &Arc<Signature>,
        params: &[ParamInfo],
        taken: Taken,
        outputs: Vec<(String, Ty)>,
        id: &Id,
    ) -> Val {
        let node = self.fresh(&id.of(&signature.name));
        let run = self.checker.quietly(|checker| checker.run_kind(signature));
        let sql = self.sql_of(run.as_ref(), params, &outputs);
        let mut checks = Vec::new();
        for (index, (_, ty)) in outputs.iter().enumerate() {
            checks.push(
                sql.as_ref()
                    .filter(|_| index == 0)
                    .map_or_else(|| delivered(signature, run.as_ref(), ty), |(rules, _)| rules.clone()),
            );
        }
        let optional = taken.inputs.iter().any(|input| input.1 && !input.0.optional);
        let made: Vec<(String, Val)> = outputs
            .iter()
            .map(|(name, ty)| {
                let handle = Handle {
                    ty: ty.required().clone(),
                    from: Origin::Output { node: node.clone(), output: name.clone() },
                    optional: optional || matches!(ty, Ty::Optional(_)),
                    span,
                };
                (name.clone(), Val::Artifact(handle))
            })
            .collect();
        let item = self.checker.item(decl);
        let scope = taken.params.clone().into_iter().collect();
        self.nodes.push(FlowNode {
            id: node,
            stage: self.checker.program.qualified(decl),
            decl: Some(decl),
            work: run.map_or(Work::Pick, |run| Work::Run(run, scope)),
            inputs: taken.inputs.into_iter().map(|(input, _)| input).collect(),
            outputs: outputs
                .into_iter()
                .zip(checks)
                .map(|((name, ty), checks)| FlowOutput { name, ty: ty.required().clone(), checks })
                .collect(),
            params: taken.params,
            settings: signature.settings.clone(),
            disjoint: signature.disjoint,
            span,
            site: self.site.unwrap_or(span),
            declared: signature.span,
            doc: item.and_then(|item| item.lead.docs()),
            sql: sql.map(|(_, columns)| columns).unwrap_or_default(),
        });
        if signature.record { Val::Record(made) } else { made.into_iter().next().map_or(Val::Unit, |(_, value)| value) }
    }

    /// What an SQL stage selects, and what is to be checked of it.
    fn sql_of(
        &mut self,
        run: Option<&RunKind>,
        params: &[ParamInfo],
        outputs: &[(String, Ty)],
    ) -> Option<(Vec<Rule>, Vec<mlp_ports::SqlColumn>)> {
        let (Some(RunKind::Sql { text, .. }), [(_, Ty::Table(output))]) = (run, outputs) else { return None };
        let tables = params.iter().filter_map(|param| match param.ty.required() {
            Ty::Table(contract) => Some((param.name.clone(), Arc::clone(contract))),
            _ => None,
        });
        Some(self.checker.sql_checks(&tables.collect::<Vec<_>>(), output, text))
    }

    /// A stage made of stages: its body is worked out with its parameters bound, so that every proof sees through it.
    #[expect(clippy::too_many_arguments, reason = "a call has this many parts")]
    fn inline(
        &mut self,
        span: Span,
        decl: DeclId,
        signature: &Arc<Signature>,
        tree: &StageDecl,
        taken: Taken,
        outputs: &[(String, Ty)],
        id: &Id,
    ) -> Val {
        if self.depth >= DEPTH_LIMIT || self.is_full(span, 0) {
            return Val::Error;
        }
        let (base, was_full) = (id.of(&signature.name), self.full);
        let saved = (std::mem::take(&mut self.names), std::mem::take(&mut self.scalars), self.module);
        let spans = std::mem::take(&mut self.scalar_spans);
        let site = self.site;
        self.site = site.or(Some(span));
        self.module = self.checker.module_of(decl);
        self.depth += 1;
        self.bind_parameters(&taken);
        let before = (self.checker.now.diagnostics.len(), self.checker.now.occurrences.len());
        let value = self.body(tree, &base, signature.record);
        // what is wrong inside was said where the stage is declared
        self.checker.now.diagnostics.truncate(before.0);
        self.checker.now.occurrences.truncate(before.1);
        self.depth -= 1;
        self.site = site;
        if self.full && !was_full && self.depth == 0 {
            self.tell_full(span);
        }
        (self.names, self.scalars, self.module) = saved;
        self.scalar_spans = spans;
        as_declared(value, outputs, span)
    }

    fn bind_parameters(&mut self, taken: &Taken) {
        for (name, value) in &taken.values {
            match value {
                Val::Scalar(scalar) => {
                    self.scalars.insert(name.clone(), scalar.clone());
                }
                value => {
                    self.names.insert(
                        name.clone(),
                        Bound { val: value.clone(), span: Span::default(), used: true, is_let: false },
                    );
                }
            }
        }
    }

    /// The value of the body of a stage made of stages; with named outputs each is the `let` of its name.
    pub(super) fn body(&mut self, tree: &StageDecl, base: &str, record: bool) -> Val {
        match &tree.body {
            StageBody::Expr(expr) => self.eval(expr, &Id::exact(base)),
            StageBody::Block(block) => {
                let lets: Vec<_> = block
                    .entries
                    .iter()
                    .filter_map(Entry::ok)
                    .filter_map(|entry| if let StageEntry::Let(binding) = entry { Some(binding) } else { None })
                    .collect();
                for binding in &lets {
                    let value = self.eval(&binding.value, &Id::exact(format!("{base}-{}", binding.name.text)));
                    self.define(&binding.name, value);
                }
                let wanted = super::statements::output_names(tree);
                let mut outputs = Vec::new();
                for name in wanted {
                    match self.names.get_mut(&name) {
                        Some(bound) => {
                            bound.used = true;
                            outputs.push((name, bound.val.clone()));
                        }
                        None if !record => {
                            // one output without a name is the last `let`
                            let last = lets.last().map(|binding| binding.name.text.clone()).unwrap_or_default();
                            if let Some(bound) = self.names.get_mut(&last) {
                                bound.used = true;
                                outputs.push((name, bound.val.clone()));
                            }
                        }
                        None => {
                            let span = tree.result.as_ref().map_or(tree.name.span, |result| result.span);
                            self.checker.report(words::misplaced(
                                span,
                                format!("no `let` gives the output `{name}`"),
                                "each named output is the `let` of that name",
                            ));
                            outputs.push((name, Val::Error));
                        }
                    }
                }
                if record {
                    Val::Record(outputs)
                } else {
                    outputs.into_iter().next().map_or(Val::Unit, |(_, value)| value)
                }
            }
        }
    }
}

/// The tree of a stage, source or sink.
pub(super) fn stage_tree(kind: Option<&ItemKind>) -> Option<&StageDecl> {
    match kind {
        Some(ItemKind::Stage(tree) | ItemKind::Source(tree) | ItemKind::Sink(tree)) => Some(tree),
        _ => None,
    }
}

/// What is checked of a table that comes from outside of the checker's sight: everything; rules over the set where the table is made under the contract's
/// own name by a source or a stage that is not generic. The standard library passes rows on as they are.
fn delivered(signature: &Signature, run: Option<&RunKind>, ty: &Ty) -> Vec<Rule> {
    let Ty::Table(contract) = ty.required() else { return Vec::new() };
    if matches!(run, Some(RunKind::Builtin(_))) {
        return Vec::new();
    }
    let face = &contract.face;
    let mut rules = Vec::new();
    for column in &face.columns {
        rules.push(Rule::Type { column: column.name.clone() });
        if !face.may_be_null(column) {
            rules.push(Rule::NotNull { column: column.name.clone() });
        }
        rules.extend(
            (0..column.value.constraints.len()).map(|index| Rule::Constraint { column: column.name.clone(), index }),
        );
        if is_nested(&column.value.data) {
            rules.push(Rule::Nested { column: column.name.clone() });
        }
    }
    rules.extend((0..face.keys.len()).map(Rule::Key));
    rules.extend((0..face.uniques.len()).map(Rule::Unique));
    if !signature.generic {
        rules.extend((0..face.expectations.len()).map(Rule::Expectation));
        rules.extend((0..face.references.len()).map(Rule::Reference));
    }
    rules
}

/// A parameter of the metrics that has the name of a parameter of the stage has its value: `binary(.., threshold: 0.3)` gives `Report<Binary(threshold: 0.3)>`.
fn fill_metrics(outputs: &mut [(String, Ty)], params: &BTreeMap<String, Value>) {
    for (_, ty) in outputs {
        let Ty::Report(metrics) = ty else { continue };
        let mut made: MetricsInfo = (**metrics).clone();
        for (name, ..) in &metrics.params {
            if let Some(Value::Literal(value)) = params.get(name)
                && *value != Literal::Null
            {
                made.face.params.insert(name.clone(), value.clone());
            }
        }
        *metrics = Arc::new(made);
    }
}

/// The value of an inlined body under the types that the stage declares.
fn as_declared(value: Val, outputs: &[(String, Ty)], span: Span) -> Val {
    match (value, outputs) {
        (Val::Artifact(handle), [(_, ty)]) => Val::Artifact(Handle { ty: ty.required().clone(), span, ..handle }),
        (Val::Record(fields), outputs) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let declared: Vec<(String, Ty)> =
                    outputs.iter().filter(|(output, _)| *output == name).cloned().collect();
                (name, as_declared(value, &declared, span))
            });
            Val::Record(fields.collect())
        }
        (value, _) => value,
    }
}

/// An input whose argument may be none.
pub(super) type MaybeNone = (FlowInput, bool);
