//! Stages that are plain Python functions, called by an embedded driver with the environment's interpreter.

use std::{collections::BTreeMap, ffi::OsString, fs};

use serde::Deserialize;

use crate::{
    command::{self, Started, World},
    node::{Facts, Job},
    outcome::NodeOutcome,
    spec,
};

/// The driver: reads `MLP_STEP`, calls the function, writes what it returns.
const DRIVER: &str = include_str!("driver.py");

/// How the driver calls the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// With what the stage is given.
    Once,
    /// With one row of the table at a time, while a clock runs.
    UnderLoad,
}

impl Call {
    const fn word(self) -> &'static str {
        match self {
            Self::Once => "call",
            Self::UnderLoad => "ask",
        }
    }
}

/// What the driver says went wrong.
#[derive(Deserialize)]
struct Said {
    message: String,
    help: Option<String>,
}

/// Calls the function.
pub(crate) fn run(
    job: &Job<'_>,
    call: Call,
    module: &str,
    function: &str,
    world: &World<'_>,
    facts: &mut Facts,
) -> Result<(), NodeOutcome> {
    let work = world.work.path();
    let driver = work.join("driver.py");
    let write = |path: &std::path::Path, text: &str| {
        fs::write(path, text).map_err(|error| {
            NodeOutcome::machinery(format!("cannot write `{}`: {error}", path.display()), &job.node.place)
        })
    };
    write(&driver, DRIVER)?;
    let Some(environment) = &job.environment else {
        return Err(NodeOutcome::machinery("a Python stage without an interpreter", &job.node.place));
    };
    let seed = spec::seed(job, world.params);
    let (mut env, secrets) = spec::environment(job, work, seed).map_err(NodeOutcome::Infrastructure)?;
    env.insert("PYTHONHASHSEED".to_owned(), hash_seed(seed).into());
    env.insert("PYTHONUNBUFFERED".to_owned(), "1".into());
    env.insert("PYTHONIOENCODING".to_owned(), "utf-8:backslashreplace".into());
    // Bytecode stays in the state's folder: nothing is written beside the user's sources.
    env.insert("PYTHONPYCACHEPREFIX".to_owned(), job.store.state().join("pycache").into());
    let complaint = work.join("error.json");
    let args: Vec<OsString> =
        vec!["-s".into(), driver.into(), call.word().into(), module.into(), function.into(), complaint.clone().into()];
    let program = environment.python.clone().into();
    let outcome = command::start(
        job,
        world,
        Started { program, name: environment.python.display().to_string(), args, env, secrets },
        facts,
    );
    facts.environment.extend(described(job));
    match outcome {
        Err(NodeOutcome::Failed(mut failure)) => {
            if let Some(said) =
                fs::read_to_string(&complaint).ok().and_then(|text| serde_json::from_str::<Said>(&text).ok())
            {
                failure.message = format!("stage `{}`: {}", job.node.stage, said.message);
                failure.help = said.help;
            }
            Err(NodeOutcome::Failed(failure))
        }
        other => other,
    }
}

/// Python takes 0 to 2^32 - 1.
fn hash_seed(seed: Option<i64>) -> String {
    seed.map_or(0, |seed| seed.unsigned_abs() % (1 << 32)).to_string()
}

fn described(job: &Job<'_>) -> BTreeMap<String, String> {
    let Some(environment) = &job.environment else { return BTreeMap::new() };
    let mut facts = BTreeMap::from([
        ("python".to_owned(), environment.version.clone()),
        ("platform".to_owned(), environment.platform.clone()),
        ("environment".to_owned(), environment.digest.clone()),
    ]);
    facts.extend(environment.packages.iter().map(|(name, version)| (format!("package {name}"), version.clone())));
    facts
}
