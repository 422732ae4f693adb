//! One file a command; each answers the exit code.

mod check;
mod compile;
mod contract;
mod diff;
mod edges;
mod explain;
mod fix;
mod fmt;
mod graph;
mod lsp;
mod new;
mod plan;
mod registry;
mod run;
mod runs;
mod step;
mod test;
mod update;

use clap::CommandFactory as _;

use crate::{
    args::{Args, Command},
    output::Output,
};

/// Runs a command.
pub fn run(args: Args, output: &Output) -> u8 {
    let result = match args.command {
        Command::New { name, template } => new::new(&name, template, output),
        Command::Check { paths, at, format, deny, watch, fix, dry_run, explain_checks } => {
            let how = check::How { deny, watch, fix, dry_run, explain_checks };
            check::check(&paths, &at, format.as_deref(), &how, output)
        }
        Command::Fmt { paths, check, stdin } => fmt::fmt(&paths, check, stdin, output),
        Command::Test { paths, at, filter, coverage, format } => {
            test::test(&paths, &at, &test::How { filter, coverage }, format.as_deref(), output)
        }
        Command::Compile { at, target, out, check, dag_tests } => {
            compile::compile(&at, &compile::How { target, out, check, dag_tests }, output)
        }
        Command::Plan { pipeline, at, target, schema } => plan::plan(pipeline.as_deref(), &at, &target, schema, output),
        Command::Diff { at, against, head, format, mode, today, deny, record } => {
            let mode = mode.map(crate::args::Mode::compatibility);
            let how = diff::How { against, head, mode, today, deny, record };
            diff::diff(&at, format.as_deref(), &how, output)
        }
        Command::Update { names, at } => update::update(&names, &at, output),
        Command::Run(args) => run::run(&args, output),
        Command::Runs { at, command } => runs::runs(&at, command, output),
        Command::Registry { at, store, command } => registry::registry(&at, store.as_deref(), command, output),
        Command::Contract { at, command } => contract::contract(&at, command, output),
        Command::Graph { pipeline, at, serve: true, .. } => graph::serve(pipeline.as_deref(), &at, output),
        Command::Graph { pipeline, at, format, .. } => graph::graph(pipeline.as_deref(), &at, format, output),
        Command::Explain { code } => explain::explain(&code, output),
        Command::Lsp => lsp::lsp(output),
        Command::Step(args) => step::step(&args, output),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "mlp", &mut text);
            output.result(&String::from_utf8_lossy(&text));
            Ok(0)
        }
    };
    result.unwrap_or_else(|code| code)
}

/// A command's exit code; `Err` where it ended early, after saying why.
pub type Exit = Result<u8, u8>;

/// A JSON document with one more member.
fn with_member(document: &str, name: &str, value: serde_json::Value) -> String {
    match serde_json::from_str(document) {
        Ok(serde_json::Value::Object(mut members)) => {
            members.insert(name.to_owned(), value);
            format!("{:#}\n", serde_json::Value::Object(members))
        }
        _ => document.to_owned(),
    }
}
