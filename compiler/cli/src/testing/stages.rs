//! `expect stage([..]) == [..]`: each is a small pipeline of its own, from a source of the rows to a sink. It is checked, planned and run as any other, so
//! that SQL, built-in, Python and composed stages are all tested as they will run; only its state is kept apart from the package's.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use mlp_analysis::{
    contracts::Shared,
    stages::Signature,
    tests::{GivenRow, TestCase, TestKind},
    types::Ty,
};
use mlp_local::{RunOptions, RunSummary};
use mlp_plan::{Plan, Rule};
use mlp_source::{FileId, Span};
use mlp_workspace::{Loaded, Override};

use super::rows::{full_row, same_rows};
use crate::{
    output::Output,
    program::{loaded, planned},
};

/// Where tests keep what they need, within a package.
const FOLDER: &str = ".mlp/tests";

/// The stages that tests call, planned.
pub struct Stages {
    plan: Option<Plan>,
    root: PathBuf,
    calls: BTreeMap<Span, Result<Call, String>>,
}

/// A call that a test expects something of.
struct Call {
    /// The pipeline around it.
    pipeline: String,
    /// Where the sink writes.
    result: String,
}

impl Stages {
    /// Plans every stage that the tests of a package at `path` call. Where that cannot be done, says why, and answers the exit code.
    pub fn plan(path: &Path, package: &Loaded, cases: &[TestCase], output: &Output) -> Result<Self, u8> {
        let (mut calls, mut texts) = (BTreeMap::new(), Vec::new());
        for expect in cases.iter().flat_map(|case| &case.expects) {
            let TestKind::Stage { signature, inputs, params, expected } = &expect.kind else { continue };
            let writer = Writer { package, name: format!("mlp_test_{}", calls.len() + 1) };
            let call = writer.program(signature, inputs, params, expected).map(|(text, result)| {
                texts.push((expect.span.file, text));
                Call { pipeline: writer.name.clone(), result }
            });
            calls.insert(expect.span, call);
        }
        let plan = (!texts.is_empty()).then(|| extended(path, &texts, output)).transpose()?;
        Ok(Self { plan, root: package.root.clone(), calls })
    }

    /// Runs the call at `at`; `Err` where it fails, or does not give these rows.
    pub fn verdict(&self, at: Span, expected: &[GivenRow]) -> Result<(), String> {
        let (Some(plan), Some(call)) = (&self.plan, self.calls.get(&at)) else {
            return Err("it was not planned".to_owned());
        };
        let call = call.as_ref().map_err(Clone::clone)?;
        let state = Some(self.root.join(FOLDER).join("state"));
        let options = RunOptions { state, ..RunOptions::new(self.root.clone()) };
        let summary = mlp_local::run(plan, &call.pipeline, &options, &mut |_| {}).map_err(|error| error.to_string())?;
        if summary.exit_code != 0 {
            return Err(troubles(&summary, &call.pipeline));
        }
        let path = self.root.join(&call.result);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", call.result))?;
        let rows: Result<Vec<serde_json::Value>, _> = text.lines().map(serde_json::from_str).collect();
        same_rows(&rows.map_err(|error| format!("{}: {error}", call.result))?, expected)
    }
}

fn extended(path: &Path, texts: &[(FileId, String)], output: &Output) -> Result<Plan, u8> {
    let mut package = loaded(path, output)?;
    package.extend(texts);
    let mut plan = planned(&package, "local", &Override::new(), output)?;
    // a few rows say nothing of a whole set
    let of_rows = |rule: &Rule| !matches!(rule, Rule::Expectation(_) | Rule::Reference(_));
    for node in plan.pipelines.values_mut().flat_map(|pipeline| &mut pipeline.nodes) {
        node.inputs.iter_mut().for_each(|input| input.checks.retain(of_rows));
        node.outputs.iter_mut().for_each(|made| made.checks.retain(of_rows));
    }
    Ok(plan)
}

/// What went wrong, without the names that only these pipelines have.
fn troubles(summary: &RunSummary, pipeline: &str) -> String {
    let lines = summary.troubles.iter().map(|trouble| {
        let details: String = trouble.details.iter().fold(String::new(), |text, line| text + "\n  " + line);
        format!("{}{details}", trouble.message)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.replace(&format!("{pipeline}_"), "");
    if text.is_empty() { "its run did not end".to_owned() } else { text }
}

/// Writes the pipeline around a call, and the files that it reads.
struct Writer<'p> {
    package: &'p Loaded,
    name: String,
}

impl Writer<'_> {
    /// The program, and where its result will be.
    fn program(
        &self,
        signature: &Signature,
        inputs: &[(String, Shared, Vec<GivenRow>)],
        params: &BTreeMap<String, Span>,
        expected: &[GivenRow],
    ) -> Result<(String, String), String> {
        let [(_, Ty::Table(made))] = signature.outputs.as_slice() else {
            return Err(format!("`{}` does not give one table, and only rows are compared", signature.name));
        };
        let name = &self.name;
        let (mut text, mut args) = (String::new(), Vec::new());
        for (param, contract, rows) in inputs {
            let path = self.file(&signature.name, contract, rows)?;
            let of = self.contract(contract, rows);
            let source = format!("{name}_{param}");
            writeln!(text, "source {source}() -> Table<{of}> {{ from = jsonl({path:?}) }}")
                .map_err(|error| error.to_string())?;
            args.push(format!("{param}: {source}()"));
        }
        args.extend(params.iter().map(|(param, span)| format!("{param}: {}", self.text(*span))));
        let (of, args) = (self.contract(made, expected), args.join(", "));
        let result = format!("{FOLDER}/results/{}.jsonl", digest(&format!("{text}{}({args})", signature.name)));
        let sink = format!("sink {name}_result(rows: Table<{of}>) {{ to = jsonl({result:?}) }}");
        let pipeline = format!("pipeline {name} {{ {name}_result({}({args})) }}", signature.name);
        writeln!(text, "{sink}\n{pipeline}").map_err(|error| error.to_string())?;
        Ok((text, result))
    }

    /// The contract as the rows name it; where there are none, its name.
    fn contract(&self, contract: &Shared, rows: &[GivenRow]) -> String {
        rows.first().map_or_else(|| contract.face.name.clone(), |row| self.text(row.of))
    }

    fn text(&self, span: Span) -> String {
        let text = self.package.sources.get(span.file).map(|file| &file.text);
        text.and_then(|text| text.get(span.start as usize..span.end as usize)).unwrap_or_default().to_owned()
    }

    /// The rows as a file that is named by what is in it.
    fn file(&self, stage: &str, contract: &Shared, rows: &[GivenRow]) -> Result<String, String> {
        let lines: Result<Vec<String>, String> = rows.iter().map(|row| full_row(&contract.face, row)).collect();
        let lines: String =
            lines.map_err(|why| format!("`{stage}`: {why}"))?.iter().map(|line| format!("{line}\n")).collect();
        let path = format!("{FOLDER}/rows/{}.jsonl", digest(&lines));
        let full = self.package.root.join(&path);
        let written = full.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&full, lines));
        written.map_err(|error| format!("{path}: {error}"))?;
        Ok(path)
    }
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}
