//! A node's inputs: which artifacts they are, and how they come to the stage.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use mlp_plan::{Artifact, Input, Origin};
use mlp_store::{Form, Outputs, Stored};

use crate::{
    context::{PlanIndex, RunInfo},
    node::{Facts, Job},
    outcome::{Breach, NodeOutcome},
    place::keep,
    table::{self, Delivered},
};

/// The artifacts behind an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// One, or none.
    One(Option<Stored>),
    /// Several, in order; each may be none.
    Many(Vec<Option<Stored>>),
}

impl Resolved {
    /// All artifacts, in order.
    pub fn each(&self) -> impl Iterator<Item = Option<&Stored>> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
        .map(Option::as_ref)
    }

    /// Whether some artifact is none.
    #[must_use]
    pub fn lacks(&self) -> bool {
        self.each().any(|stored| stored.is_none())
    }
}

/// Finds the artifacts of an input: `made` gives the outputs of a node that is done.
///
/// # Errors
/// In words, where a node that it reads from is not done.
pub fn resolve<'m>(
    origin: &Origin,
    run: &RunInfo,
    made: &dyn Fn(&str) -> Option<&'m Outputs>,
) -> Result<Resolved, String> {
    Ok(match origin {
        Origin::None => Resolved::One(None),
        // only nodes of deployments and monitors have them, and those are no nodes of a pipeline
        Origin::Request | Origin::Served => return Err("the log of a deployment is not in this store".to_owned()),
        Origin::Rung { model, rung } => Resolved::One(run.rungs.get(&format!("{model}.{rung}")).cloned().flatten()),
        Origin::Output { node, output } => {
            let outputs = made(node).ok_or_else(|| format!("`{node}` has no result yet"))?;
            // A node that was skipped, or a promotion that was refused, has no entry: none.
            Resolved::One(outputs.get(output).cloned().flatten())
        }
        Origin::List(origins) => {
            let mut many = Vec::with_capacity(origins.len());
            for origin in origins {
                match resolve(origin, run, made)? {
                    Resolved::One(one) => many.push(one),
                    Resolved::Many(more) => many.extend(more),
                }
            }
            Resolved::Many(many)
        }
    })
}

/// Where the artifacts of an input lie for the stage; `None` where none flowed.
pub(crate) type Placed = Vec<Option<PathBuf>>;

/// Puts a node's inputs into `folder`, tables cut to the stage's contract and checked where the plan says so.
pub(crate) fn place_inputs(
    job: &Job<'_>,
    folder: &Path,
    facts: &mut Facts,
) -> Result<BTreeMap<String, Placed>, NodeOutcome> {
    let mut placed = BTreeMap::new();
    for (input, resolved) in job.node.inputs.iter().zip(&job.inputs) {
        let single = matches!(resolved, Resolved::One(_));
        let origins = leaves(&input.from);
        let mut paths = Vec::new();
        for (number, stored) in resolved.each().enumerate() {
            let Some(stored) = stored else {
                paths.push(None);
                continue;
            };
            let name = if single { input.name.clone() } else { format!("{}-{number}", input.name) };
            // A report of an evaluation is a folder: values, and the rows behind them.
            let target =
                folder.join(if stored.form == Form::Folder { name } else { file_name(&name, element(&input.expects)) });
            let made = origins.get(number).and_then(|origin| producer(job.index, origin));
            place_one(job, input, stored, made, &target, facts)?;
            paths.push(Some(target));
        }
        placed.insert(input.name.clone(), paths);
    }
    Ok(placed)
}

fn leaves(origin: &Origin) -> Vec<&Origin> {
    match origin {
        Origin::List(origins) => origins.iter().flat_map(leaves).collect(),
        one => vec![one],
    }
}

/// The contract under which an artifact was made.
fn producer<'a>(index: &PlanIndex<'a>, origin: &Origin) -> Option<&'a str> {
    let Origin::Output { node, output } = origin else { return None };
    match index.made_by(node, output)? {
        Artifact::Table { contract } => Some(contract),
        _ => None,
    }
}

/// The artifact itself, or what a list is of.
pub(crate) fn element(artifact: &Artifact) -> &Artifact {
    match artifact {
        Artifact::List(inner) => element(inner),
        one => one,
    }
}

/// How an artifact's file is called, so that programs know it by its name.
pub(crate) fn file_name(name: &str, artifact: &Artifact) -> String {
    match artifact {
        Artifact::Table { .. } => format!("{name}.parquet"),
        Artifact::Report { .. } => format!("{name}.json"),
        Artifact::File { extension } => format!("{name}.{extension}"),
        _ => name.to_owned(),
    }
}

fn place_one(
    job: &Job<'_>,
    input: &Input,
    stored: &Stored,
    made: Option<&str>,
    target: &Path,
    facts: &mut Facts,
) -> Result<(), NodeOutcome> {
    let store = job.store;
    let place = &job.node.call;
    let materialise = || store.materialise(stored, target).map_err(|error| NodeOutcome::machinery(error, place));
    let name = match element(&input.expects) {
        Artifact::Table { contract } => contract,
        Artifact::Model { .. } => {
            store.verify(stored).map_err(|error| NodeOutcome::machinery(error, place))?;
            return materialise();
        }
        _ => return materialise(),
    };
    let Some(contract) = job.index.plan.contract(name) else {
        return Err(NodeOutcome::machinery(format!("the plan has no contract `{name}`"), place));
    };
    let same =
        made.and_then(|made| job.index.plan.contract(made)).is_some_and(|made| table::same_columns(made, contract));
    if same && input.checks.is_empty() {
        return materialise();
    }
    let source = store.fetch(stored).map_err(|error| NodeOutcome::machinery(error, place))?;
    facts.checks += input.checks.len() as u64;
    let options = job.table_options(false);
    match table::deliver_file(&source, contract, &input.checks, target, &options)
        .map_err(|error| NodeOutcome::machinery(error, place))?
    {
        Delivered::Fine { warnings, .. } => {
            facts.warnings.extend(warnings);
            Ok(())
        }
        Delivered::Broken { violations } => Err(NodeOutcome::Broken(Box::new(Breach {
            contract: name.clone(),
            edge: format!("input `{}` of `{}`", input.name, job.node.id),
            violations,
            place: place.clone(),
            kept: keep(store, &job.run.context.id, &job.node.id, &file_name(&input.name, &input.expects), &[source]),
        }))),
    }
}
