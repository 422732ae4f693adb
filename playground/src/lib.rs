//! What the playground shows of a text: diagnostics, the pictures of its pipelines, and what they become for each target.
//!
//! **Lives here:** one function from a text to an answer; the page around it is in `page/`.
//! **Does not:** anything that the other crates do; it knows no browser, no SQL and no Python: what their stages declare is believed, and the page says so.
//!
//! Invariants: the same text gives the same answer; a text with errors has diagnostics and nothing else.

mod believed;

use std::{collections::BTreeMap, path::Path};

use mlp_analysis::{Checked, check};
use mlp_diagnostics::{
    Diagnostic,
    render::{Format, Options, render},
};
use mlp_lower::{Context, lower};
use mlp_plan::{Place, Plan};
use mlp_workspace::{Loaded, single, target_of};
use serde::Serialize;
use serde_json::Value;

use believed::Believed;

/// The name of the text.
const FILE: &str = "playground.mlp";

/// All that is shown.
#[derive(Serialize)]
struct Answer {
    /// What `mlp check --format json` prints.
    check: Value,
    /// Nothing where there are errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Made>,
    /// The page that shows a picture in a frame.
    frame: String,
}

/// What a text without errors becomes.
#[derive(Serialize)]
struct Made {
    pipelines: Vec<Pipeline>,
    /// By target.
    targets: BTreeMap<&'static str, Compiled>,
}

#[derive(Serialize)]
struct Pipeline {
    name: String,
    svg: String,
    /// From which box to which.
    arrows: Vec<[usize; 2]>,
    /// Where the pipeline calls what the boxes stand for: from and to, in bytes, and the box.
    calls: Vec<(u32, u32, usize)>,
    /// Where the pipeline itself stands.
    place: (u32, u32),
}

#[derive(Default, Serialize)]
struct Compiled {
    files: Vec<File>,
    /// What the target cannot do, in words.
    refusals: Vec<String>,
}

#[derive(Serialize)]
struct File {
    path: String,
    content: String,
}

/// All that is shown of a text, as JSON.
///
/// # Errors
/// Never in practice: every key of what is written is a string, and what is read was written here.
pub fn answer(text: &str) -> Result<String, serde_json::Error> {
    let loaded = single(Path::new(FILE), text.to_owned());
    let mut checked = check(&loaded.program, &Believed, &Believed);
    let found = loaded.all(checked.diagnostics());
    let rendered = render(&found, &loaded.sources, Format::Json, &Options { files: 1, ..Options::default() });
    let made = if found.iter().any(Diagnostic::is_error) { None } else { Some(made(&loaded, &mut checked)?) };
    serde_json::to_string(&Answer { check: serde_json::from_str(&rendered)?, made, frame: mlp_graph::framed_page() })
}

fn made(loaded: &Loaded, checked: &mut Checked<'_>) -> Result<Made, serde_json::Error> {
    let mut made = Made { pipelines: Vec::new(), targets: BTreeMap::new() };
    for name in ["local", "airflow", "kubernetes"] {
        // these three are always there
        let Ok((target, _)) = target_of(&loaded.manifest, name) else { continue };
        let context = Context { places: loaded, package: loaded.package(), target, files: &Believed };
        let plan = lower(checked, &context);
        if name == "local" {
            made.pipelines = checked.flows.iter().filter_map(|flow| drawn(&plan, flow, loaded)).collect();
        }
        made.targets.insert(name, compiled(name, &plan)?);
    }
    Ok(made)
}

fn drawn(plan: &Plan, flow: &mlp_analysis::flow::Flow, loaded: &Loaded) -> Option<Pipeline> {
    let layout = mlp_graph::layout(plan, &flow.name)?;
    let named = |id: &str| layout.boxes.iter().position(|each| each.id == id);
    let calls = flow.nodes.iter().filter_map(|node| Some((node.site.start, node.site.end, named(&node.id)?)));
    let item = loaded.program.item(flow.id)?;
    Some(Pipeline {
        name: flow.name.clone(),
        svg: layout.svg(),
        arrows: layout.arrows.iter().map(|arrow| [arrow.from, arrow.to]).collect(),
        calls: calls.collect(),
        place: (item.span.start, item.span.end),
    })
}

fn compiled(target: &str, plan: &Plan) -> Result<Compiled, serde_json::Error> {
    Ok(match target {
        "airflow" => Compiled {
            files: mlp_airflow::compile(plan)
                .into_iter()
                .map(|file| File { path: file.path, content: file.content })
                .collect(),
            refusals: mlp_airflow::refusals(plan).into_iter().map(|no| refused(&no.place, &no.message)).collect(),
        },
        "kubernetes" => Compiled {
            files: mlp_kubernetes::compile(plan)
                .into_iter()
                .map(|file| File { path: file.path, content: file.content })
                .collect(),
            refusals: mlp_kubernetes::refusals(plan).into_iter().map(|no| refused(&no.place, &no.message)).collect(),
        },
        _ => Compiled {
            files: vec![File { path: "plan.json".to_owned(), content: plan.to_json()? }],
            refusals: Vec::new(),
        },
    })
}

fn refused(place: &Place, message: &str) -> String {
    format!("line {}: {message}", place.line)
}
