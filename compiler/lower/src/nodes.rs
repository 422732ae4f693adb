//! Nodes: what each runs, with the digest of its code.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mlp_analysis::{
    Checked, DeclId,
    flow::{FlowNode, Work},
    run::RunKind,
};
use mlp_plan::{External, Format, Input, Literal, Node, Output, PolicyUse, Promote, Run, Value};
use mlp_syntax::tree::{Expr, Name};

use crate::Lowering;

impl Lowering<'_> {
    /// The calls of a pipeline, a monitor or a feature stage, which `owner` declares.
    pub(crate) fn nodes(&mut self, checked: &mut Checked<'_>, owner: DeclId, nodes: &[FlowNode]) -> Vec<Node> {
        let home = checked.checker.module_of(owner);
        nodes.iter().map(|node| self.node(checked, home, node)).collect()
    }

    /// A call as a node; `home` is the module of the pipeline.
    fn node(&mut self, checked: &mut Checked<'_>, home: usize, node: &FlowNode) -> Node {
        let run = self.run(checked, node);
        let settings = &node.settings;
        let env = match &run {
            Run::Python { .. } => node.decl.and_then(|decl| environment_of(checked, decl)),
            // the stage is of the standard library, the function of who calls it
            Run::Ask { .. } => checked.checker.environment_or_default(home, None),
            Run::Command { .. } => settings.env,
            _ => None,
        };
        let module = match &run {
            Run::Ask { .. } => Some(home),
            _ => node.decl.map(|decl| checked.checker.module_of(decl)),
        };
        let package = module.map_or("", |module| checked.checker.package_of(module));
        let secrets =
            settings.secrets.iter().filter_map(|id| checked.checker.program.decl(*id)).map(|decl| decl.name.clone());
        let mut secrets: Vec<String> = secrets.collect();
        if let Run::Read(External { secret: Some(secret), .. })
        | Run::Write { to: External { secret: Some(secret), .. }, .. } = &run
        {
            secrets.push(secret.clone());
        }
        secrets.sort();
        secrets.dedup();
        Node {
            id: node.id.clone(),
            stage: node.stage.clone(),
            doc: node.doc.clone(),
            inputs: node.inputs.iter().map(|input| self.input(input)).collect(),
            outputs: node
                .outputs
                .iter()
                .map(|output| Output {
                    name: output.name.clone(),
                    artifact: self.artifact(&output.ty),
                    checks: output.checks.clone(),
                })
                .collect(),
            params: node.params.clone(),
            env: env.and_then(|id| self.environment(checked, id)),
            resources: settings.resources.clone(),
            pod: None,
            timeout: settings.timeout,
            retries: settings.retries.clone(),
            cache: settings.cache,
            secrets,
            network: settings.network.clone(),
            needs: settings.needs.clone(),
            seed: settings.seed,
            rejects: settings.rejects.clone(),
            clearance: crate::sorted(&settings.clearance),
            drops: tags(&settings.drops),
            uses: tags(&settings.uses),
            owner: settings.owner.clone(),
            code: self.code(package, &run),
            run,
            place: self.place(node.declared),
            call: self.place(node.span),
        }
    }

    fn input(&mut self, input: &mlp_analysis::flow::FlowInput) -> Input {
        Input {
            name: input.name.clone(),
            from: input.from.clone(),
            expects: self.artifact(&input.ty),
            optional: input.optional,
            checks: input.checks.clone(),
        }
    }

    fn run(&mut self, checked: &mut Checked<'_>, node: &FlowNode) -> Run {
        match &node.work {
            Work::Pick => Run::Builtin { name: "pick".to_owned() },
            Work::Promote { model, rung, policies } => {
                let policies = policies.iter().map(|call| PolicyUse {
                    policy: self.policy(&call.policy),
                    reports: call.reports.clone(),
                    params: call.params.clone(),
                });
                Run::Promote(Promote { model: model.name.clone(), rung: rung.clone(), policies: policies.collect() })
            }
            Work::Run(kind, scope) => Self::run_kind(checked, node, kind, scope),
        }
    }

    fn run_kind(checked: &mut Checked<'_>, node: &FlowNode, kind: &RunKind, scope: &HashMap<String, Value>) -> Run {
        match kind {
            RunKind::Python { module, function } => Run::Python { module: module.clone(), function: function.clone() },
            RunKind::Command(argv) => Run::Command { argv: values(checked, node.decl, scope, argv) },
            RunKind::Container(image, argv) => {
                Run::Container { image: image.clone(), argv: values(checked, node.decl, scope, argv) }
            }
            RunKind::Sql { text, .. } => Run::Sql { text: text.clone() },
            RunKind::Builtin(name) => match mlp_analysis::flow::asked(name, &node.params) {
                Some((module, function)) => Run::Ask { module, function },
                None => Run::Builtin { name: name.clone() },
            },
            RunKind::External { format, location, secret } => {
                let external = External {
                    format: *format,
                    location: value(checked, node.decl, scope, location),
                    secret: secret.and_then(|id| checked.checker.program.decl(id)).map(|decl| decl.name.clone()),
                    freshness: node.settings.freshness,
                };
                if node.outputs.is_empty() {
                    Run::Write { to: external, mode: node.settings.write }
                } else {
                    Run::Read(external)
                }
            }
            RunKind::Sink(sink) => {
                let to = checked.checker.signature(*sink).and_then(|signature| checked.checker.run_kind(&signature));
                let external = match to {
                    Some(RunKind::External { format, location, secret }) => External {
                        format,
                        location: value(checked, Some(*sink), scope, &location),
                        secret: secret.and_then(|id| checked.checker.program.decl(id)).map(|decl| decl.name.clone()),
                        freshness: node.settings.freshness,
                    },
                    _ => External {
                        format: Format::Parquet,
                        location: Value::Literal(Literal::Text(String::new())),
                        secret: None,
                        freshness: None,
                    },
                };
                Run::Read(external)
            }
        }
    }

    /// Digest of the code behind a node or a deployment: of a Python function its module with what it imports of the package, of SQL its text, of a command its arguments
    /// with the files of the package that they name.
    pub(crate) fn code(&self, package: &str, run: &Run) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut part = |text: &str| {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        };
        match run {
            Run::Python { module, function } | Run::Ask { module, function } => {
                part(if matches!(run, Run::Ask { .. }) { "ask" } else { "python" });
                part(module);
                part(function);
                for (path, text) in self.python_modules(package, module) {
                    part(&path);
                    part(&text);
                }
            }
            other => {
                part(&mlp_plan::canonical(other).unwrap_or_default());
                if let Run::Command { argv } = other {
                    for argument in argv {
                        let Value::Literal(Literal::Text(name)) = argument else { continue };
                        // a script of the package, most likely
                        if let Ok(text) = self.context.files.read(package, name) {
                            part(&text);
                        }
                    }
                }
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// A Python module and the modules of the package that it imports, by path.
    fn python_modules(&self, package: &str, module: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut open = vec![module.to_owned()];
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some(module) = open.pop() {
            if !seen.insert(module.clone()) {
                continue;
            }
            let path = module.replace('.', "/");
            for path in [format!("{path}.py"), format!("{path}/__init__.py")] {
                if let Ok(text) = self.context.files.read(package, &path) {
                    open.extend(imports(&text, &module));
                    found.insert(path, text.to_string());
                    break;
                }
            }
        }
        found
    }
}

/// Names of tags in the order of the plan.
fn tags(names: &[Name]) -> Vec<String> {
    crate::sorted(&names.iter().map(|name| name.text.clone()).collect::<Vec<_>>())
}

fn environment_of(checked: &mut Checked<'_>, decl: DeclId) -> Option<DeclId> {
    let signature = checked.checker.signature(decl)?;
    checked.checker.environment_of(checked.checker.module_of(decl), &signature)
}

/// Values of expressions in the body of a stage, source or sink, where its parameters stand for what the call gives.
fn values(
    checked: &mut Checked<'_>,
    decl: Option<DeclId>,
    scope: &HashMap<String, Value>,
    exprs: &[Expr],
) -> Vec<Value> {
    exprs.iter().map(|expr| value(checked, decl, scope, expr)).collect()
}

fn value(checked: &mut Checked<'_>, decl: Option<DeclId>, scope: &HashMap<String, Value>, expr: &Expr) -> Value {
    decl.and_then(|decl| checked.checker.at_call(decl, scope, expr)).unwrap_or(Value::Literal(Literal::Null))
}

/// Names of modules that lines of a Python module import; those that are not of the package are not found, and so do not count.
fn imports(text: &str, module: &str) -> Vec<String> {
    let mut found = Vec::new();
    let parent = module.rsplit_once('.').map_or("", |(parent, _)| parent);
    for line in text.lines().map(str::trim_start) {
        if let Some(rest) = line.strip_prefix("import ") {
            found.extend(rest.split(',').filter_map(|name| name.split_whitespace().next()).map(str::to_owned));
        } else if let Some((from, names)) = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
            let base = match from.trim().strip_prefix('.') {
                Some(relative) if parent.is_empty() => relative.trim_start_matches('.').to_owned(),
                Some(relative) => {
                    format!("{parent}.{}", relative.trim_start_matches('.')).trim_end_matches('.').to_owned()
                }
                None => from.trim().to_owned(),
            };
            for name in names.split(',').filter_map(|name| name.split_whitespace().next()) {
                let name = name.trim_matches(['(', ')']);
                found.push(if base.is_empty() { name.to_owned() } else { format!("{base}.{name}") });
            }
            found.push(base);
        }
    }
    found
}
