//! `mlp run`.

use mlp_local::{Event, Progress, RunError, RunOptions, RunSummary};
use mlp_plan::Essence;
use mlp_workspace::{Loaded, Override, target_of};

use super::Exit;
use crate::{
    args::RunArgs,
    output::Output,
    program::{loaded, local, lowered, path_of, pipeline_of, planned, settings},
};

/// Runs a pipeline on this machine.
pub fn run(args: &RunArgs, output: &Output) -> Exit {
    let json = match args.format.as_deref() {
        None | Some("pretty" | "short") => false,
        Some("json") => true,
        Some(other) => {
            return Err(output.failure(&format!("`mlp run` has no format `{other}`"), Some("pretty or json")));
        }
    };
    let loaded = loaded(&path_of(&args.at), output)?;
    let set = settings(&args.set, output)?;
    let plan = planned(&loaded, &args.target, &set, output)?;
    let pipeline = pipeline_of(&plan, args.pipeline.as_deref(), output)?;
    let known = |key: &String| {
        plan.pipelines.get(&pipeline).is_some_and(|pipeline| pipeline.params.iter().any(|param| param.name == *key))
    };
    let overrides = overrides(&loaded, &args.target, &set);
    let options = RunOptions {
        essence: (!overrides.is_empty()).then(|| essence(&loaded, &pipeline)),
        overrides,
        set: set.iter().filter(|(key, _)| known(key)).map(|(key, value)| (key.clone(), value.clone())).collect(),
        date: args.date,
        jobs: args.jobs,
        from: args.from.clone(),
        only: args.only.clone(),
        resume: args.resume.clone(),
        no_cache: args.no_cache,
        require_promotion: args.require_promotion,
        ..RunOptions::new(loaded.root.clone())
    };
    let failed = |error: RunError| output.failure(&error.to_string(), None);
    if args.dry_run {
        for planned in mlp_local::dry_run(&plan, &pipeline, &options).map_err(failed)? {
            output.result(&format!("{}: {}: {}", planned.node, planned.verdict, planned.why));
        }
        return Ok(0);
    }
    let mut progress = Progress::stderr(args.explain);
    let mut events = |event: Event<'_>| progress.show(&event);
    let summaries = match &args.backfill {
        Some(range) => {
            let dates = dates(range)
                .ok_or_else(|| output.failure(&format!("--backfill {range}: write 2013-10-01..2013-10-07"), None))?;
            mlp_local::backfill(&plan, &pipeline, &options, dates, &mut events).map_err(failed)?
        }
        None => vec![mlp_local::run(&plan, &pipeline, &options, &mut events).map_err(failed)?],
    };
    for summary in &summaries {
        show(summary, json, output)?;
    }
    let worst = summaries.iter().map(|summary| summary.exit_code).max().unwrap_or(0);
    Ok(u8::try_from(worst).unwrap_or(2))
}

/// What is set beside the text: by the target, and on the command line.
fn overrides(loaded: &Loaded, target: &str, set: &Override) -> Override {
    let mut all = target_of(&loaded.manifest, target).map(|(_, set)| set).unwrap_or_default();
    all.extend(set.iter().map(|(key, value)| (key.clone(), value.clone())));
    all
}

/// What the text of a pipeline comes to, with nothing set; nothing where it is wrong so.
fn essence(loaded: &Loaded, pipeline: &str) -> Essence {
    lowered(loaded, local(), &Override::new()).ok().and_then(|plan| plan.essence(pipeline)).unwrap_or_default()
}

fn show(summary: &RunSummary, json: bool, output: &Output) -> Result<(), u8> {
    if json {
        let text = mlp_plan::canonical(summary).map_err(|error| output.failure(&error.to_string(), None))?;
        output.result(&text);
    } else {
        output.result(&summary.to_string());
    }
    Ok(())
}

fn dates(range: &str) -> Option<(chrono::NaiveDate, chrono::NaiveDate)> {
    let (first, last) = range.split_once("..")?;
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}
