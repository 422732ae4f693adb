//! Stages that are programs, on this machine or in an image.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, time::Duration};

use mlp_plan::{Literal, Value, shouted};

use crate::{
    input::Placed,
    log::Log,
    node::{Facts, Job, Work},
    outcome::{Failure, NodeOutcome},
    process::{self, Ended, Spec, find_program, signal_name},
    spec,
};

/// What a process works with.
pub(crate) struct World<'a> {
    /// The attempt's private folder.
    pub work: &'a Work,
    /// Where inputs lie.
    pub placed: &'a BTreeMap<String, Placed>,
    /// Where outputs are expected.
    pub outputs: &'a BTreeMap<String, PathBuf>,
    /// Parameters.
    pub params: &'a BTreeMap<String, Literal>,
}

/// Runs a program of this machine.
pub(crate) fn run(job: &Job<'_>, argv: &[Value], world: &World<'_>, facts: &mut Facts) -> Result<(), NodeOutcome> {
    let argv = arguments(job, argv)?;
    let Some((program, args)) = argv.split_first() else {
        return Err(failed(job, "its argument list is empty"));
    };
    let (mut env, secrets) = spec::environment(job, world.work.path(), spec::seed(job, world.params))
        .map_err(NodeOutcome::Infrastructure)?;
    env.extend(variables(job, world));
    let path = env.get("PATH").map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    // Found by the stage's own path, not by ours.
    let found = if program.contains('/') {
        PathBuf::from(program)
    } else {
        find_program(program, &path).unwrap_or_else(|| PathBuf::from(program))
    };
    let args = args.iter().map(OsString::from).collect();
    start(job, world, Started { program: found.into(), name: program.clone(), args, env, secrets }, facts)
}

/// Runs a program in an image, through `docker run`.
pub(crate) fn run_container(
    job: &Job<'_>,
    image: &str,
    argv: &[Value],
    world: &World<'_>,
    facts: &mut Facts,
) -> Result<(), NodeOutcome> {
    let argv = arguments(job, argv)?;
    let (mut env, secrets) = spec::environment(job, world.work.path(), spec::seed(job, world.params))
        .map_err(NodeOutcome::Infrastructure)?;
    let path = env.get("PATH").map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let missing = |text: &str| {
        NodeOutcome::Infrastructure(
            Failure::new(format!("stage `{}` runs in an image, {text}", job.node.stage), &job.node.place).help(
                "install docker and start it, or run this pipeline on a target that has it (kubernetes, airflow)",
            ),
        )
    };
    let docker = find_program("docker", &path).ok_or_else(|| missing("and `docker` is not on the path"))?;
    let reachable = std::process::Command::new(&docker).arg("info").stdin(std::process::Stdio::null()).output();
    if !reachable.is_ok_and(|output| output.status.success()) {
        return Err(missing("and the docker service does not answer"));
    }
    let root = job.store.root().display().to_string();
    let work = world.work.path().display().to_string();
    let objects = job.store.state().join("objects").display().to_string();
    let name = format!(
        "mlp-{}",
        world.work.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    );
    let mut args: Vec<OsString> =
        ["run", "--rm", "--init", "--name", &name, "--workdir", &root].map(OsString::from).to_vec();
    for mount in [format!("{root}:{root}:ro"), format!("{work}:{work}"), format!("{objects}:{objects}:ro")] {
        args.extend(["--volume".into(), mount.into()]);
    }
    if let Some(cpu) = job.node.resources.cpu.as_ref() {
        args.extend(["--cpus".into(), cpu.to_string().into()]);
    }
    if let Some(memory) = job.node.resources.memory {
        args.extend(["--memory".into(), memory.to_string().into()]);
    }
    // Named only: docker takes the values from its own environment, so that no secret stands in a list of processes.
    let mut inside = env.clone();
    inside.extend(variables(job, world));
    for variable in inside.keys().filter(|name| !matches!(name.as_str(), "PATH" | "HOME")) {
        args.extend(["--env".into(), variable.into()]);
    }
    args.push(image.into());
    args.extend(argv.iter().map(OsString::from));
    env.extend(inside);
    let outcome = start(
        job,
        world,
        Started { program: docker.clone().into(), name: "docker".to_owned(), args, env, secrets },
        facts,
    );
    if outcome.is_err() {
        // The client's end is not the container's.
        let _ = std::process::Command::new(&docker)
            .args(["rm", "--force", &name])
            .stdin(std::process::Stdio::null())
            .output();
    }
    outcome
}

fn arguments(job: &Job<'_>, argv: &[Value]) -> Result<Vec<String>, NodeOutcome> {
    argv.iter()
        .map(|value| value.evaluate(&job.run.context).map(|value| spec::bare(&value).unwrap_or_default()))
        .collect::<Result<_, _>>()
        .map_err(|text| failed(job, &text))
}

/// `MLP_IN_<NAME>`, `MLP_OUT`, `MLP_OUT_<NAME>`, `MLP_PARAM_<NAME>`.
fn variables(job: &Job<'_>, world: &World<'_>) -> BTreeMap<String, OsString> {
    let mut env = BTreeMap::new();
    for (name, paths) in world.placed {
        let there: Vec<&PathBuf> = paths.iter().flatten().collect();
        let list = matches!(job.resolved(name), Some(crate::Resolved::Many(_)));
        let value = match there.as_slice() {
            [] => continue,
            [one] if !list => one.as_os_str().to_owned(),
            many => serde_json::json!(many).to_string().into(),
        };
        env.insert(format!("MLP_IN_{}", shouted(name)), value);
    }
    for (name, path) in world.outputs {
        env.insert(format!("MLP_OUT_{}", shouted(name)), path.into());
        if world.outputs.len() == 1 {
            env.insert("MLP_OUT".to_owned(), path.into());
        }
    }
    for (name, value) in world.params {
        if let Some(text) = spec::bare(value) {
            env.insert(format!("MLP_PARAM_{}", shouted(name)), text.into());
        }
    }
    env
}

/// A process that is about to start.
pub(crate) struct Started {
    /// The program's path.
    pub program: OsString,
    /// As the plan names it.
    pub name: String,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its environment.
    pub env: BTreeMap<String, OsString>,
    /// What must not show in its log.
    pub secrets: Vec<Vec<u8>>,
}

/// Starts a process in the attempt's world and puts its end into words.
pub(crate) fn start(job: &Job<'_>, world: &World<'_>, started: Started, facts: &mut Facts) -> Result<(), NodeOutcome> {
    let node = job.node;
    let folder = job.store.run_folder(&job.run.context.id);
    let name = format!("{}.{}.log", node.id, job.attempt);
    let mut log = Log::new(folder.join(&name), job.options.log_cap, started.secrets);
    let timeout = node.timeout.and_then(|limit| u64::try_from(limit).ok()).map(Duration::from_nanos);
    let spec = Spec {
        program: started.program,
        args: started.args,
        env: started.env,
        folder: job.store.root().to_owned(),
        timeout,
        mark: format!("{}={}", crate::survivors::MARK, world.work.path().join("step.json").display()),
        ledger: folder.join("processes"),
    };
    let ended = process::run(&spec, &mut log, job.options);
    log.finish();
    if log.has_file() {
        facts.log = Some(format!("runs/{}/{name}", job.run.context.id));
    }
    let tail = || log.tail(12);
    let ended = ended.map_err(|error| NodeOutcome::Infrastructure(not_started(job, &started.name, &error)))?;
    let message = match ended {
        Ended::Exited(0) => return Ok(()),
        Ended::Stopped => return Err(NodeOutcome::Stopped),
        Ended::Exited(code) => format!("ended with exit code {code}"),
        Ended::Signalled(9) => "was killed by SIGKILL (9): out of memory, or by hand".to_owned(),
        Ended::Signalled(signal) => format!("was killed by {}", signal_name(signal)),
        Ended::TimedOut => {
            format!(
                "took longer than its timeout of {} and was ended",
                mlp_plan::duration_text(node.timeout.unwrap_or_default())
            )
        }
    };
    Err(NodeOutcome::Failed(Failure {
        tail: tail(),
        ..Failure::new(format!("stage `{}` {message}", node.stage), &node.place)
    }))
}

fn not_started(job: &Job<'_>, program: &str, error: &std::io::Error) -> Failure {
    let stage = &job.node.stage;
    let (why, help) = match error.kind() {
        std::io::ErrorKind::NotFound => {
            ("is not on the path".to_owned(), Some(format!("install `{program}`, or put it on PATH")))
        }
        std::io::ErrorKind::PermissionDenied => {
            ("may not be executed".to_owned(), Some(format!("make `{program}` executable")))
        }
        _ => (format!("cannot be started: {error}"), None),
    };
    Failure { help, ..Failure::new(format!("stage `{stage}`: program `{program}` {why}"), &job.node.place) }
}

/// A stage that failed by what it is.
pub(crate) fn failed(job: &Job<'_>, text: &str) -> NodeOutcome {
    NodeOutcome::Failed(Failure::new(format!("stage `{}`: {text}", job.node.stage), &job.node.place))
}

/// An error of the engine: the machine's, or the stage's fault.
pub(crate) fn of_engine(job: &Job<'_>, error: &mlp_engine::EngineError) -> NodeOutcome {
    match error.of_machine() {
        Some(_) => NodeOutcome::machinery(error, &job.node.place),
        None => failed(job, &error.to_string()),
    }
}
