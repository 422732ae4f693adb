//! `mlp step`.

use std::path::{Path, PathBuf};

use mlp_local::parse_parameter;
use mlp_plan::{Plan, RunContext};
use mlp_step::{NodeOutcome, Options, RunInfo, StepRequest, exit_code, run_node};
use mlp_store::{Store, Verdict};

use super::Exit;
use crate::{args::StepArgs, output::Output, program::settings};

/// Runs one node of a plan.
pub fn step(args: &StepArgs, output: &Output) -> Exit {
    let text = plan_text(&args.plan).map_err(|message| output.failure(&message, None))?;
    let plan = Plan::from_json(&text).map_err(|message| output.failure(&message, None))?;
    let run = info(args, &plan, output)?;
    // generated files say where the package is, since they and the plan may lie elsewhere
    let told = || std::env::var_os("MLP_PACKAGE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let beside = || args.plan.parent().map(Path::to_path_buf).unwrap_or_default();
    let root = args.package.clone().or_else(told).unwrap_or_else(beside);
    let root = std::path::absolute(&root).unwrap_or(root);
    let store = Store::open_url(&root, &args.store).map_err(|error| output.failure(&error.to_string(), None))?;
    let request = StepRequest { pipeline: args.pipeline.clone(), node: args.node.clone(), run };
    let options = Options { flush: true, ..Options::default() };
    let note = |line: &str| output.note(line);
    let result = run_node(&plan, &request, &store, &options, &note);
    if let Some(why) = &result.cached {
        output.note(&format!("{}: cached: {why}", args.node));
    }
    tell(&args.node, &result.outcome, output);
    let code = exit_code(&result.outcome);
    let asked = |variable: &str| std::env::var(variable).ok().and_then(|code| code.parse().ok());
    let code = match &result.outcome {
        // engines that look again until people have approved (Airflow) tell waiting from refusal by it
        NodeOutcome::Decided(judged) if judged.awaits_approval => asked("MLP_HELD_EXIT_CODE").unwrap_or(code),
        // engines that know no "skipped" (Argo) ask for another code of a refusal; what is behind it gets none, and skips itself
        _ if code == 99 => asked("MLP_REFUSED_EXIT_CODE").unwrap_or(code),
        _ => code,
    };
    Ok(u8::try_from(code).unwrap_or(2))
}

/// The plan's text: of a file, or of an object beside the artifacts, where plans too large for their engine lie.
fn plan_text(plan: &Path) -> Result<String, String> {
    match plan.to_str().filter(|url| url.contains("://") && !url.starts_with("file://")) {
        Some(url) => {
            let bytes = mlp_store::read_url(url).map_err(|error| error.to_string())?;
            String::from_utf8(bytes).map_err(|_| format!("`{url}` is not UTF-8"))
        }
        None => mlp_workspace::read_text(plan),
    }
}

fn info(args: &StepArgs, plan: &Plan, output: &Output) -> Result<RunInfo, u8> {
    let now = chrono::Utc::now().naive_utc();
    let time = match &args.time {
        None => now,
        Some(text) => chrono::DateTime::parse_from_rfc3339(text).map(|time| time.naive_utc()).map_err(|_| {
            output.failure(&format!("--time={text}: not an instant"), Some("RFC 3339, as in 2013-10-01T06:00:00Z"))
        })?,
    };
    let mut params = std::collections::BTreeMap::new();
    let set = settings(&args.set, output)?;
    for param in plan.pipelines.get(&args.pipeline).into_iter().flat_map(|pipeline| &pipeline.params) {
        let value = match set.get(&param.name) {
            Some(text) => Some(parse_parameter(text, param).map_err(|message| output.failure(&message, None))?),
            None => param.default.clone(),
        };
        params.extend(value.map(|value| (param.name.clone(), value)));
    }
    let context = RunContext { params, date: time.date(), time, id: args.run.clone() };
    let author = args.author.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned());
    Ok(RunInfo { context, author, ..RunInfo::default() })
}

fn tell(node: &str, outcome: &NodeOutcome, output: &Output) {
    match outcome {
        NodeOutcome::Done(_) => output.result(&format!("{node}: done")),
        NodeOutcome::Skipped { because } => output.result(&format!("{node}: skipped: `{because}` is none")),
        NodeOutcome::Failed(failure) | NodeOutcome::Infrastructure(failure) => {
            for line in &failure.tail {
                output.note(&format!("| {line}"));
            }
            output.failure(&format!("{}: {}", failure.place, failure.message), failure.help.as_deref());
        }
        NodeOutcome::Broken(breach) => {
            let message = format!("{}: MLP901: {} breaks {}", breach.place, breach.edge, breach.contract);
            output.failure(&message, breach.help().as_deref());
            for violation in &breach.violations {
                output.note(&format!("{violation} ({})", violation.place));
                violation.examples.iter().for_each(|row| output.note(&format!("  row: {row}")));
            }
        }
        // the last line is what engines show of a task
        NodeOutcome::Decided(judged) => {
            let verdict = match judged.verdict {
                Verdict::Promote => "promoted",
                Verdict::Refuse => "refused",
                Verdict::Hold => "held",
            };
            output.result(&format!("{}\n{node}: {verdict}: {}", judged.table.trim_end(), judged.why));
        }
        NodeOutcome::Stopped => output.note(&format!("{node}: stopped")),
    }
}
