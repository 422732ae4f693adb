//! Signatures of stages, sources and sinks, and what can be said about each of them on its own.

use std::sync::Arc;

use mlp_diagnostics::catalog::{learning, names, stages as words};
use mlp_source::Span;
use mlp_syntax::tree::{self, Entry, ItemKind, Param, ResultKind, StageBody, StageDecl, StageEntry};

use crate::{
    checker::Checker,
    contracts::info::ContractInfo,
    memo::{Answer, Query},
    program::{DeclId, Kind},
    scope::check_snake,
    settings::{self, Settings},
    types::{Generics, Ty},
};

/// What a stage, source or sink takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// Its declaration.
    pub id: DeclId,
    /// Stage, source or sink.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Its parameters, with type parameters standing for their bounds.
    pub params: Vec<ParamInfo>,
    /// What it gives, in order; one without a name is `result`.
    pub outputs: Vec<(String, Ty)>,
    /// Whether the outputs have names.
    pub record: bool,
    /// Whether its outputs are parts of its input.
    pub disjoint: bool,
    /// Whether it has type parameters.
    pub generic: bool,
    /// What it says about itself.
    pub settings: Settings,
    /// Whether it is made of stages, and inlined.
    pub composed: bool,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamInfo {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// What it is where nobody says.
    pub default: Option<mlp_plan::Literal>,
    /// Where it stands.
    pub span: Span,
    /// Its docs.
    pub doc: Option<String>,
}

impl Checker<'_> {
    /// The signature of a stage, source or sink; each is worked out, and reported on, once.
    pub fn signature(&mut self, id: DeclId) -> Option<Arc<Signature>> {
        match self.ask(Query::Signature(id)) {
            Answer::Signature(signature) => signature,
            _ => None,
        }
    }

    pub(crate) fn read_signature(&mut self, id: DeclId) -> Option<Signature> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let (ItemKind::Stage(tree) | ItemKind::Source(tree) | ItemKind::Sink(tree)) = &item.kind else { return None };
        let generics = self.bounds(decl.module, tree);
        let (params, outputs) = self.face(decl.module, &generics, tree);
        for (index, param) in tree.params.iter().enumerate() {
            if let Some(first) = tree.params.iter().take(index).find(|first| first.name.text == param.name.text) {
                self.report(names::declared_twice(param.name.span, "parameter", &param.name.text, first.name.span));
            }
            check_snake(param.name.span, "parameter", &param.name.text, &mut self.now.diagnostics);
        }
        Some(Signature {
            id,
            kind: decl.kind,
            name: decl.name.clone(),
            span: decl.span,
            params,
            outputs,
            record: matches!(tree.result.as_ref().map(|result| &result.kind), Some(ResultKind::Record(_))),
            disjoint: tree.result.as_ref().is_some_and(|result| result.disjoint),
            generic: !tree.generics.is_empty(),
            settings: self.stage_settings(decl.module, decl.kind, tree),
            composed: is_composed(&tree.body),
        })
    }

    /// What type parameters stand for inside of the declaration: their bounds, or any contract.
    fn bounds(&mut self, module: usize, tree: &StageDecl) -> Generics {
        let mut generics = Generics::new();
        for generic in &tree.generics {
            let bound = match &generic.bound {
                Some(bound) => self.contract(module, &generics, bound),
                None => ContractInfo::broken(&generic.name.text, generic.name.span),
            };
            if let Some(first) = tree.generics.iter().find(|first| first.name.text == generic.name.text)
                && first.name.span != generic.name.span
            {
                self.report(names::declared_twice(
                    generic.name.span,
                    "type parameter",
                    &generic.name.text,
                    first.name.span,
                ));
            }
            generics.insert(generic.name.text.clone(), bound);
        }
        generics
    }

    /// Parameters and outputs, with type parameters standing for the given contracts.
    pub fn face(
        &mut self,
        module: usize,
        generics: &Generics,
        tree: &StageDecl,
    ) -> (Vec<ParamInfo>, Vec<(String, Ty)>) {
        let params = tree.params.iter().map(|param| self.param(module, generics, param)).collect();
        let outputs = match tree.result.as_ref().map(|result| &result.kind) {
            None => Vec::new(),
            Some(ResultKind::One(ty)) => match self.artifact(module, generics, ty) {
                Ty::Unit => Vec::new(),
                ty => vec![("result".to_owned(), ty)],
            },
            Some(ResultKind::Record(fields)) => {
                for (index, (name, _)) in fields.iter().enumerate() {
                    if let Some((first, _)) = fields.iter().take(index).find(|(first, _)| first.text == name.text) {
                        self.report(names::declared_twice(name.span, "output", &name.text, first.span));
                    }
                }
                fields.iter().map(|(name, ty)| (name.text.clone(), self.artifact(module, generics, ty))).collect()
            }
        };
        (params, outputs)
    }

    /// A parameter with its constraints and default.
    pub fn param(&mut self, module: usize, generics: &Generics, param: &Param) -> ParamInfo {
        let mut ty = self.artifact(module, generics, &param.ty);
        let mut default = None;
        if let Ty::Value(value) = &ty {
            let base = crate::types::NamedType { value: value.clone(), spans: Vec::new(), tags: Vec::new() };
            let modifiers: Vec<tree::Modifier> = self
                .once(&param.modifiers)
                .into_iter()
                .filter(|modifier| !matches!(modifier.kind, tree::ModifierKind::Default(_)))
                .cloned()
                .collect();
            if let Some(narrowed) = self.narrowed(base, &modifiers, &param.name) {
                default = self.default_of(&narrowed.value, &param.name.text, &param.modifiers, true);
                ty = Ty::Value(narrowed.value);
            }
        } else if let Some(value) = param.modifiers.iter().find_map(|modifier| {
            if let tree::ModifierKind::Default(value) = &modifier.kind { Some(value) } else { None }
        }) {
            default = self.default_columns(&ty, value);
        }
        ParamInfo { name: param.name.text.clone(), ty, default, span: param.name.span, doc: param.lead.docs() }
    }

    /// The default of a parameter that is no scalar: none, or columns by their names.
    fn default_columns(&mut self, ty: &Ty, value: &tree::Expr) -> Option<mlp_plan::Literal> {
        match (ty, &value.kind) {
            (_, tree::ExprKind::Literal(tree::Lit::None)) => Some(mlp_plan::Literal::Null),
            (Ty::List(element), tree::ExprKind::List(items)) => {
                let items = items.iter().map(|item| self.default_columns(element, item)).collect::<Option<_>>()?;
                Some(mlp_plan::Literal::List(items))
            }
            (Ty::Column(contract, _), tree::ExprKind::Column(name)) => {
                self.check_column(contract, name);
                Some(mlp_plan::Literal::Text(name.text.clone()))
            }
            _ => None,
        }
    }

    fn stage_settings(&mut self, module: usize, kind: Kind, tree: &StageDecl) -> Settings {
        let mut found = Settings::default();
        let StageBody::Block(block) = &tree.body else { return found };
        let known = match kind {
            Kind::Source => settings::SOURCE,
            Kind::Sink => settings::SINK,
            _ => settings::STAGE,
        };
        for entry in block.entries.iter().filter_map(Entry::ok) {
            match entry {
                StageEntry::Setting(setting) => self.stage_setting(module, &mut found, setting, kind.word(), known),
                StageEntry::Because(rule) => {
                    self.check_tag(&rule.tag);
                    if rule.uses { found.uses.push(rule.tag.clone()) } else { found.drops.push(rule.tag.clone()) }
                }
                StageEntry::Let(_) => {}
                StageEntry::PredictsAt(rule) => self.report(words::misplaced(
                    rule.span,
                    "a stage predicts nothing",
                    "`predicts at` belongs into a `model`",
                )),
            }
        }
        found
    }

    /// What can be said about a stage, source or sink without a call: its `run`, its SQL, its environment.
    pub fn check_stage(&mut self, id: DeclId) {
        let Some(signature) = self.signature(id) else { return };
        if self.is_circular(id) {
            return;
        }
        let Some(ItemKind::Stage(tree) | ItemKind::Source(tree) | ItemKind::Sink(tree)) =
            self.item(id).map(|item| &item.kind)
        else {
            return;
        };
        let broken =
            matches!(&tree.body, StageBody::Block(block) if block.entries.iter().any(|entry| entry.ok().is_none()));
        if signature.composed {
            self.check_composed(&signature, tree);
            return;
        }
        self.check_merge(&signature, tree);
        if !broken {
            self.check_seed(&signature, tree);
        }
        match &signature.settings.run {
            Some(_) => self.check_run(&signature),
            None if broken => {}
            None => {
                let (setting, example) = match signature.kind {
                    Kind::Source => ("from", "from = parquet(\"data/*.parquet\")"),
                    Kind::Sink => ("to", "to = parquet(\"out.parquet\")"),
                    _ => ("run", "run = python(\"module:function\")"),
                };
                let message = format!("the {} `{}` does not say `{setting}`", signature.kind.word(), signature.name);
                self.report(words::unresolved_run(signature.span, message, format!("add `{example}`")));
            }
        }
    }

    /// A stage that trains has a seed, or says that it gives another model each time.
    fn check_seed(&mut self, signature: &Signature, tree: &StageDecl) {
        let trains = signature.outputs.iter().any(|(_, ty)| matches!(ty.required(), Ty::Model(..)));
        let seeded = signature.settings.seed.is_some()
            || signature.settings.random
            || signature.params.iter().any(|param| param.name == "seed");
        if trains && !seeded {
            let setting = match &tree.body {
                StageBody::Block(block) => block.entries.iter().filter_map(Entry::ok).find_map(|entry| match entry {
                    StageEntry::Setting(setting) => Some(setting.span),
                    _ => None,
                }),
                StageBody::Expr(_) => None,
            };
            let place = match (tree.params.last(), setting) {
                (Some(param), _) => learning::SeedPlace::Behind(param.span),
                (None, Some(setting)) => learning::SeedPlace::Before(setting),
                (None, None) => learning::SeedPlace::Nowhere,
            };
            self.report(learning::no_seed(signature.span, &signature.name, place));
        }
    }

    /// `write = merge` goes by the key of what is written.
    fn check_merge(&mut self, signature: &Signature, tree: &StageDecl) {
        let StageBody::Block(block) = &tree.body else { return };
        let mut settings = block.entries.iter().filter_map(Entry::ok).filter_map(|entry| match entry {
            StageEntry::Setting(setting) if setting.name.text == "write" => Some(setting),
            _ => None,
        });
        let Some(setting) = settings.next().filter(|_| signature.settings.write == mlp_plan::WriteMode::Merge) else {
            return;
        };
        for param in &signature.params {
            if let Ty::Table(contract) = param.ty.required()
                && contract.face.keys.is_empty()
                && !contract.partial
            {
                let found = words::misplaced(
                    setting.span,
                    format!("`merge` goes by the key, and `{}` has none", contract.face.name),
                    "give the contract a `key`, or say `write = replace` or `write = append`",
                );
                self.report(found.because(contract.span, "declared without a `key`"));
            }
        }
    }

    /// Runs `work`, and forgets what it reported: for what was reported on before.
    pub fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.now.diagnostics.len(), self.now.edges.len(), self.now.occurrences.len(), self.now.sql.len());
        let result = work(self);
        self.now.diagnostics.truncate(before.0);
        self.now.edges.truncate(before.1);
        self.now.occurrences.truncate(before.2);
        self.now.sql.truncate(before.3);
        result
    }
}

/// Whether a stage is made of stages: an expression, or a body of `let`s.
#[must_use]
pub fn is_composed(body: &StageBody) -> bool {
    match body {
        StageBody::Expr(_) => true,
        StageBody::Block(block) => {
            block.entries.iter().filter_map(Entry::ok).any(|entry| matches!(entry, StageEntry::Let(_)))
        }
    }
}
