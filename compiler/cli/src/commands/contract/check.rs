//! `mlp contract check`: a data set against a contract, wherever it lies.

use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    num::NonZeroUsize,
    sync::OnceLock,
    time::{Duration, Instant},
};

use indicatif::{HumanCount, ProgressBar};
use mlp_analysis::{Checked, Kind};
use mlp_diagnostics::{
    Diagnostic,
    render::{Format, Options, render},
};
use mlp_engine::{
    EngineError,
    scan::{Bounds, Input, Report, Scan},
};
use mlp_plan::{Contract, SecretRef};
use mlp_workspace::{Loaded, Override};

use super::{
    data::{Found, dialect, inputs},
    find, page,
    report::{Told, show},
};
use crate::{
    args::{ContractCheckArgs, Where},
    commands::Exit,
    output::Output,
    program::{checked, context, loaded, local, path_of},
};

/// As reports name it.
const COMMAND: &str = "contract check";

/// What the program says about a check.
struct Asked {
    contract: Contract,
    /// Environment variables of its secrets.
    secrets: BTreeMap<String, SecretRef>,
}

/// Checks data, and answers 0 where it keeps the contract, 1 where it does not or could not be told, 2 where it could not be looked at.
pub fn check(at: &Where, args: &ContractCheckArgs, output: &Output) -> Exit {
    let format = output.format(args.format.as_deref()).map_err(|message| output.failure(&message, None))?;
    if let Some(path) = &args.html
        && let Err(code) = page::is_free(path, output)
    {
        return output.reported(format, COMMAND, Err(code));
    }
    let done = reported(at, args, format, output);
    if let (Err(_), Some(path)) = (&done, &args.html) {
        // the page of an earlier check is not the answer to this one; where nothing can be written, that is what was said
        drop(mlp_store::write_atomically(path, page::unable(&args.contract, &output.failures()).as_bytes()));
    }
    output.reported(format, COMMAND, done)
}

fn reported(at: &Where, args: &ContractCheckArgs, format: Format, output: &Output) -> Exit {
    let clock = Instant::now();
    let loaded = loaded(&path_of(at), output)?;
    let asked = asked(&loaded, &args.contract, format, output)?;
    let (report, names) = match &args.postgres {
        Some(name) => of_database(args, &asked, name, output)?,
        None => of_files(args, &asked, output)?,
    };
    let told = Told {
        loaded: &loaded,
        contract: &asked.contract,
        report: &report,
        names: &names,
        allow_unknown: args.allow_unknown,
        elapsed: clock.elapsed(),
    };
    if let Some(path) = &args.html {
        let page = page::page(&told);
        mlp_store::write_atomically(path, page.as_bytes()).map_err(|error| output.failure(&error.to_string(), None))?;
    }
    show(&told, format, output);
    Ok(u8::from(!told.holds()))
}

/// The contract of that name, as the plan has it.
fn asked(loaded: &Loaded, name: &str, format: Format, output: &Output) -> Result<Asked, u8> {
    checked(loaded, &Override::new(), |checked, diagnostics| {
        if diagnostics.iter().any(Diagnostic::is_error) {
            let text = render(&diagnostics, &loaded.sources, format, &Options { command: COMMAND, ..output.options() });
            if format.is_for_machines() {
                output.result(&text);
            } else {
                output.note(text.trim_end());
            }
            return Err(1);
        }
        let contract = contract_of(checked, loaded, name, output)?;
        let program = checked.checker.program;
        let secrets = program.of_kind(Kind::Secret);
        let secrets = secrets.filter_map(|id| Some((program.decl(id)?.name.clone(), checked.checker.secret(id)?)));
        Ok(Asked { contract, secrets: secrets.collect() })
    })
}

fn contract_of(checked: &mut Checked<'_>, loaded: &Loaded, name: &str, output: &Output) -> Result<Contract, u8> {
    let id = find::named(checked, loaded, name, output)?;
    let info = checked.checker.contract_of(id);
    Ok(mlp_lower::contract(&context(loaded, local()), &info))
}

fn of_files(args: &ContractCheckArgs, asked: &Asked, output: &Output) -> Result<(Report, Vec<String>), u8> {
    let failed = |error: &dyn std::fmt::Display| output.failure(&error.to_string(), None);
    let dialect = dialect(&args.csv, &args.data, !args.no_header).map_err(|message| output.failure(&message, None))?;
    let format = args.data_format.as_deref().map(str::parse).transpose();
    let format = format.map_err(|message: String| output.failure(&message, None))?;
    let Found { inputs: data, size } = inputs(&args.data, format).map_err(|error| failed(&error))?;
    let mut references = BTreeMap::new();
    for with in &args.with {
        let (name, path) = split(with, output)?;
        let found = inputs(&[path.to_owned()], None).map_err(|error| failed(&error))?;
        references.insert(name.to_owned(), found.inputs);
    }
    known_references(&asked.contract, references.keys(), output)?;
    let progress = Progress::new();
    let scan = Scan {
        contract: &asked.contract,
        inputs: &data,
        dialect,
        references: &references,
        now: chrono::Utc::now().naive_utc(),
        bounds: bounds(args, is_many_questions(&data, size)),
        progress: &|rows| progress.show(rows),
    };
    let report = scan.run();
    progress.end();
    let report = report.map_err(|error: EngineError| failed(&error))?;
    Ok((report, data.iter().map(|input| input.shown(&asked.contract)).collect()))
}

fn split<'a>(with: &'a str, output: &Output) -> Result<(&'a str, &'a str), u8> {
    with.split_once('=')
        .filter(|(name, data)| !name.is_empty() && !data.is_empty())
        .ok_or_else(|| output.failure(&format!("--with {with}: write CONTRACT=DATA"), None))
}

/// A name that nothing refers to is a slip.
fn known_references<'n>(
    contract: &Contract,
    given: impl Iterator<Item = &'n String>,
    output: &Output,
) -> Result<(), u8> {
    let known = mlp_engine::scan::others(contract);
    for name in given {
        if !known.contains(name.as_str()) {
            let list: Vec<&str> = known.iter().copied().collect();
            let help = if list.is_empty() {
                "it refers to none".to_owned()
            } else {
                format!("it refers to {}", list.join(", "))
            };
            return Err(output.failure(&format!("`{}` does not refer to `{name}`", contract.name), Some(&help)));
        }
    }
    Ok(())
}

/// Whether a bucket is asked for many small objects, so that the time goes into waiting.
fn is_many_questions(inputs: &[Input], size: u64) -> bool {
    const SMALL: u64 = 1 << 20;
    let remote = inputs.iter().filter(|input| input.name.contains("://")).count();
    remote > 1 && size / inputs.len() as u64 <= SMALL
}

fn bounds(args: &ContractCheckArgs, waits: bool) -> Bounds {
    const AT_ONCE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);
    let threads = args.jobs.or(waits.then_some(AT_ONCE));
    let errors = if args.fail_fast { Some(1) } else { args.max_errors.map(std::num::NonZeroU64::get) };
    Bounds { sample: args.sample.map(std::num::NonZeroU64::get), errors, threads }
}

fn of_database(
    args: &ContractCheckArgs,
    asked: &Asked,
    name: &str,
    output: &Output,
) -> Result<(Report, Vec<String>), u8> {
    let url = address(asked, name, output)?;
    let relation = match (&args.query, args.data.as_slice()) {
        (Some(query), _) => mlp_postgres::Relation::Query(query.clone()),
        (None, [table]) => mlp_postgres::Relation::Table(table.clone()),
        _ => return Err(output.failure("one table of a database is checked at a time", None)),
    };
    if args.fail_fast || args.max_errors.is_some() {
        return Err(
            output.failure("a database counts all rows at once: --fail-fast and --max-errors are for files", None)
        );
    }
    let mut references = BTreeMap::new();
    for with in &args.with {
        let (name, table) = split(with, output)?;
        references.insert(name.to_owned(), table.to_owned());
    }
    known_references(&asked.contract, references.keys(), output)?;
    let question = mlp_postgres::Question {
        contract: &asked.contract,
        relation: &relation,
        references: &references,
        now: chrono::Utc::now().naive_utc(),
        sample: args.sample.map(std::num::NonZeroU64::get),
    };
    let answer = mlp_postgres::ask(&url, &question)
        .map_err(|error| output.failure(&format!("{name}: {error}"), error.help()))?;
    let report = Report {
        outcomes: answer.outcomes,
        rows: answer.rows,
        bytes: 0,
        stopped: false,
        sampled: args.sample.is_some(),
    };
    Ok((report, vec![format!("{name}: {relation}")]))
}

/// Where the database is: what the secret of that name, or the environment variable, says. It is never shown.
fn address(asked: &Asked, name: &str, output: &Output) -> Result<String, u8> {
    let fail = |message: String, help: &str| Err(output.failure(&message, Some(help)));
    if name.contains("://") {
        return fail(
            "--postgres takes the name of an environment variable, or of a secret of the program".to_owned(),
            "an address on the command line can be read by everybody on the machine",
        );
    }
    let variable = match asked.secrets.get(name) {
        Some(SecretRef::Env(variable)) => variable.clone(),
        Some(_) => {
            return fail(
                format!("the secret `{name}` is kept by an orchestrator, and cannot be read here"),
                "name an environment variable that holds the address",
            );
        }
        None => name.to_owned(),
    };
    match std::env::var(&variable) {
        Ok(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(url),
        Ok(_) => fail(
            format!("{variable} does not hold a postgres:// address"),
            "postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        ),
        Err(_) => fail(
            format!("{variable} is not set in the environment"),
            "it must hold the address of the database: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        ),
    }
}

/// Rows and rows per second on stderr, on a terminal, when it takes long.
struct Progress {
    terminal: bool,
    begun: Instant,
    /// Drawn once it is worth it.
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// Before this, nobody waits.
    const SHORT: Duration = Duration::from_millis(500);

    fn new() -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        Self { terminal, begun: Instant::now(), bar: OnceLock::new() }
    }

    fn show(&self, rows: u64) {
        let elapsed = self.begun.elapsed();
        if !self.terminal || elapsed < Self::SHORT {
            return;
        }
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let speed = rows.saturating_mul(1_000) / millis.max(1);
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::new_spinner();
            // it turns as well while rows that were read are put together
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(format!("{} rows, {} a second", HumanCount(rows), HumanCount(speed)));
    }

    fn end(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
