//! Python environments: one for each lock and interpreter, made once, shared by all stages and runs.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use mlp_plan::Environment;
use mlp_store::{Store, digest_bytes, write_atomically};
use serde::{Deserialize, Serialize};

use crate::{context::Notes, outcome::Failure, process::find_program};

/// Which versions of Python an environment takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    text: String,
    bounds: Vec<(Bound, Vec<u32>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Is,
    Not,
    AtLeast,
    Above,
    AtMost,
    Below,
}

impl Versions {
    /// Reads `3.11`, `3.11.7`, `>=3.10`, `>=3.10,<3.14`, `~=3.10`; everything from 3.9 on where nothing is said.
    ///
    /// # Errors
    /// In words, where it is none of these.
    pub fn parse(text: Option<&str>) -> Result<Self, String> {
        let text = text.unwrap_or(">=3.9").trim();
        let mut bounds = Vec::new();
        for part in text.split(',').map(str::trim) {
            const WORDS: [(&str, Bound); 7] = [
                (">=", Bound::AtLeast),
                ("<=", Bound::AtMost),
                ("==", Bound::Is),
                ("!=", Bound::Not),
                (">", Bound::Above),
                ("<", Bound::Below),
                ("=", Bound::Is),
            ];
            if let Some(rest) = part.strip_prefix("~=") {
                let version = numbers(rest).ok_or_else(|| wrong(text))?;
                let upper = version.iter().take(version.len().saturating_sub(1)).copied().collect::<Vec<_>>();
                bounds.push((Bound::AtLeast, version));
                bounds.push((Bound::Is, upper));
                continue;
            }
            let (bound, rest) = WORDS
                .into_iter()
                .find_map(|(word, bound)| part.strip_prefix(word).map(|rest| (bound, rest)))
                .unwrap_or((Bound::Is, part));
            bounds.push((bound, numbers(rest.trim_end_matches(".*")).ok_or_else(|| wrong(text))?));
        }
        Ok(Self { text: text.to_owned(), bounds })
    }

    /// Whether a version is one of them; a bound of `3.11` speaks of all of 3.11.
    #[must_use]
    pub fn accept(&self, version: &[u32]) -> bool {
        self.bounds.iter().all(|(bound, asked)| {
            let known: Vec<u32> = version.iter().take(asked.len()).copied().collect();
            let order = known.cmp(asked);
            match bound {
                Bound::Is => order.is_eq(),
                Bound::Not => order.is_ne(),
                Bound::AtLeast => order.is_ge(),
                Bound::Above => order.is_gt(),
                Bound::AtMost => order.is_le(),
                Bound::Below => order.is_lt(),
            }
        })
    }
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    text.trim().split('.').map(|part| part.parse().ok()).collect()
}

fn wrong(text: &str) -> String {
    format!("`{text}` is not a version of Python; write \"3.11\" or \">=3.10\"")
}

/// A Python that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The program.
    pub path: PathBuf,
    /// `3.11.7`.
    pub version: String,
    /// `cpython-311-x86_64-linux-gnu`: implementation, ABI and platform.
    pub platform: String,
}

/// An environment that is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonEnvironment {
    /// Its interpreter.
    pub python: PathBuf,
    /// The folder with its programs, first in a stage's `PATH`.
    pub programs: Option<PathBuf>,
    /// Digest of lock, interpreter and platform: the component of the key.
    pub digest: String,
    /// `3.11.7`.
    pub version: String,
    /// Implementation, ABI and platform.
    pub platform: String,
    /// What is installed, by name.
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
}

const ASK: &str = "import sys, sysconfig, platform, json
print(json.dumps({'path': sys.executable, 'version': platform.python_version(),
 'platform': sys.implementation.cache_tag + '-' + sysconfig.get_platform() + '-' + (platform.libc_ver()[0] or '')}))";

const LIST: &str = "import json
from importlib.metadata import distributions
print(json.dumps({d.metadata['Name']: d.version for d in distributions() if d.metadata['Name']}))";

/// Makes the environment, or finds it made. `None` stands for stages without one: any Python on the path.
///
/// # Errors
/// Where no Python fits, or what the lock names cannot be installed; with the end of the tool's output.
pub fn prepare(
    store: &Store,
    environment: Option<&Environment>,
    notes: Notes<'_>,
) -> Result<PythonEnvironment, Failure> {
    static MADE: Mutex<BTreeMap<(PathBuf, String), PythonEnvironment>> = Mutex::new(BTreeMap::new());
    let name =
        (store.state().to_owned(), environment.map_or_else(String::new, |environment| environment.digest.clone()));
    // Held while making: two stages of one run never make the same environment twice.
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = made.get(&name)
        && found.python.exists()
    {
        return Ok(found.clone());
    }
    let ready = make(store, environment, notes)?;
    made.insert(name, ready.clone());
    Ok(ready)
}

/// The environment, where it is made.
pub(crate) fn made(store: &Store, environment: &Environment) -> Option<PythonEnvironment> {
    let folder = store.environments();
    let recent = fs::read_to_string(folder.join(format!("{}.recent", environment.digest))).ok()?;
    read_ready(&folder.join(recent.trim()))
}

fn make(store: &Store, environment: Option<&Environment>, notes: Notes<'_>) -> Result<PythonEnvironment, Failure> {
    let place = environment.map(|environment| environment.place.clone()).unwrap_or_default();
    let versions = Versions::parse(environment.and_then(|environment| environment.python.as_deref()))
        .map_err(|text| Failure::new(text, &place))?;
    let Some(environment) = environment else {
        let found = interpreter(&versions, None).map_err(|text| Failure::new(text, &place))?;
        let digest = digest_bytes(format!("bare\n{}\n{}", found.version, found.platform).as_bytes());
        let (python, version, platform) = (found.path, found.version, found.platform);
        return Ok(PythonEnvironment { python, programs: None, digest, version, platform, packages: BTreeMap::new() });
    };
    let uv = find_program("uv", &std::env::var("PATH").unwrap_or_default());
    let lock = environment.lock.as_deref().unwrap_or_default();
    let folder = store.environments();
    let recent = folder.join(format!("{}.recent", environment.digest));
    // Made before with an interpreter that is still there: no process is started to find that out.
    if let Some(ready) = made(store, environment) {
        return Ok(ready);
    }
    let found = interpreter(&versions, uv.as_deref()).map_err(|text| {
        Failure::new(format!("environment `{}`: {text}", environment.name), &place)
            .help("install that Python, or widen `python` of the environment, to \">=3.10\" for example")
    })?;
    let digest = digest_bytes(format!("v1\n{lock}\n{}\n{}", found.version, found.platform).as_bytes());
    let short: String = digest.chars().take(32).collect();
    let target = folder.join(&short);
    let io = |error: std::io::Error| {
        Failure::new(format!("environment `{}` in `{}`: {error}", environment.name, target.display()), &place)
    };
    fs::create_dir_all(folder).map_err(io)?;
    let guard = OpenOptions::new().create(true).append(true).open(folder.join(format!("{short}.lock"))).map_err(io)?;
    File::lock(&guard).map_err(io)?;
    let ready = match read_ready(&target) {
        Some(ready) => ready,
        None => {
            notes(&format!(
                "environment `{}`: Python {}, {} packages",
                environment.name,
                found.version,
                requirements(lock)
            ));
            install(&target, environment, lock, &found, uv.as_deref(), digest)?
        }
    };
    let _ = write_atomically(&recent, short.as_bytes());
    Ok(ready)
}

/// An environment exists from the moment its record does, which is written last.
fn read_ready(folder: &Path) -> Option<PythonEnvironment> {
    let ready: PythonEnvironment = serde_json::from_str(&fs::read_to_string(folder.join("mlp-env.json")).ok()?).ok()?;
    ready.python.exists().then_some(ready)
}

fn requirements(lock: &str) -> usize {
    lock.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric())).count()
}

fn install(
    target: &Path,
    environment: &Environment,
    lock: &str,
    found: &Interpreter,
    uv: Option<&Path>,
    digest: String,
) -> Result<PythonEnvironment, Failure> {
    let place = &environment.place;
    let fail = |message: String| Failure::new(format!("environment `{}`: {message}", environment.name), place);
    let io = |error: std::io::Error| fail(format!("`{}`: {error}", target.display()));
    // Scripts hold their folder's path, so it is made where it stays; without its record it does not count, and is made afresh.
    if target.exists() {
        fs::remove_dir_all(target).map_err(io)?;
    }
    let python = target.join("bin").join("python");
    let bare = requirements(lock) == 0;
    let mut venv = match uv {
        Some(uv) => {
            let mut command = Command::new(uv);
            command.args(["venv", "--quiet", "--no-config", "--python"]).arg(&found.path).arg(target);
            command
        }
        None => {
            let mut command = Command::new(&found.path);
            command.args(["-m", "venv"]).args(bare.then_some("--without-pip")).arg(target);
            command
        }
    };
    tool(&mut venv).map_err(|tail| Failure { tail, ..fail("the virtual environment cannot be made".to_owned()) })?;
    if !bare {
        let file = target.join("requirements.txt");
        write_atomically(&file, lock.as_bytes()).map_err(|error| fail(error.to_string()))?;
        let mut command = match uv {
            Some(uv) => {
                let mut command = Command::new(uv);
                command.args(["pip", "install", "--quiet", "--no-config", "--python"]).arg(&python);
                command
            }
            None => {
                let mut command = Command::new(&python);
                // Bytecode is kept beside the runs, where stages look for it.
                command.args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--no-input",
                    "--disable-pip-version-check",
                    "--no-compile",
                ]);
                command
            }
        };
        command.args(lock.contains("--hash=").then_some("--require-hashes")).arg("-r").arg(&file);
        tool(&mut command).map_err(|tail| Failure { tail, ..unresolved(environment, found) })?;
    }
    let listed = Command::new(&python).args(["-I", "-c", LIST]).output().map_err(io)?;
    let packages = serde_json::from_slice(&listed.stdout).unwrap_or_default();
    let ready = PythonEnvironment {
        programs: python.parent().map(Path::to_owned),
        python,
        digest,
        version: found.version.clone(),
        platform: found.platform.clone(),
        packages,
    };
    let record = mlp_plan::canonical(&ready).map_err(|error| fail(error.to_string()))?;
    write_atomically(&target.join("mlp-env.json"), record.as_bytes()).map_err(|error| fail(error.to_string()))?;
    Ok(ready)
}

fn unresolved(environment: &Environment, found: &Interpreter) -> Failure {
    let file = environment.requirements.as_deref().unwrap_or("the requirements");
    Failure::new(
        format!("environment `{}`: `{file}` cannot be installed for Python {}", environment.name, found.version),
        &environment.place,
    )
    .help(format!(
        "check that every requirement in `{file}` exists, has a file for this platform, and that its hashes are right"
    ))
}

/// Runs a tool with our own environment (proxies, indexes); the end of its output where it fails.
fn tool(command: &mut Command) -> Result<(), Vec<String>> {
    command
        .stdin(std::process::Stdio::null())
        .env_remove("PYTHONPATH")
        .env_remove("PYTHONHOME")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().map_err(|error| vec![format!("{}: {error}", command.get_program().display())])?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let lines: Vec<String> =
        String::from_utf8_lossy(&text).lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    Err(lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().to_vec())
}

/// The first Python that fits: the path's own first, then uv's, then named ones, the newest first.
fn interpreter(versions: &Versions, uv: Option<&Path>) -> Result<Interpreter, String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut names = vec!["python3".to_owned(), "python".to_owned()];
    names.extend((9..=15).rev().map(|minor| format!("python3.{minor}")));
    let mut seen = Vec::new();
    let mut fits = |program: &Path| -> Option<Interpreter> {
        let found = ask(program)?;
        let fits = versions.accept(&numbers(found.version.trim_end_matches(|last: char| !last.is_ascii_digit()))?);
        if !fits && !seen.contains(&found.version) {
            seen.push(found.version.clone());
        }
        fits.then_some(found)
    };
    for name in names.iter().take(2) {
        if let Some(found) = find_program(name, &path).and_then(|program| fits(&program)) {
            return Ok(found);
        }
    }
    if let Some(found) = uv.and_then(|uv| uv_find(uv, &versions.text)).and_then(|program| fits(&program)) {
        return Ok(found);
    }
    for name in names.iter().skip(2) {
        for folder in path.split(':') {
            if let Some(found) = find_program(name, folder).and_then(|program| fits(&program)) {
                return Ok(found);
            }
        }
    }
    let there = if seen.is_empty() {
        "no Python at all was found".to_owned()
    } else {
        format!("found only {}", seen.join(", "))
    };
    Err(format!("no Python {} on this machine ({there})", versions.text))
}

fn uv_find(uv: &Path, versions: &str) -> Option<PathBuf> {
    let output = Command::new(uv)
        .args(["python", "find", "--no-config", versions])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn ask(program: &Path) -> Option<Interpreter> {
    let output = Command::new(program).args(["-I", "-c", ASK]).stdin(std::process::Stdio::null()).output().ok()?;
    serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        let accepts = |text: &str, version: [u32; 3]| Versions::parse(Some(text)).unwrap().accept(&version);
        assert!(accepts("3.11", [3, 11, 7]));
        assert!(!accepts("3.11", [3, 12, 1]));
        assert!(accepts(">=3.10", [3, 13, 0]));
        assert!(accepts(">=3.10", [3, 10, 0]));
        assert!(!accepts(">=3.10", [3, 9, 18]));
        assert!(accepts(">=3.10,<3.14", [3, 13, 9]));
        assert!(!accepts(">=3.10, <3.13", [3, 13, 0]));
        assert!(accepts("~=3.10", [3, 12, 0]));
        assert!(!accepts("~=3.10.2", [3, 11, 0]));
        assert!(accepts("==3.12.*", [3, 12, 4]));
        assert!(Versions::parse(None).unwrap().accept(&[3, 11, 0]));
        assert_eq!(
            Versions::parse(Some("python3")),
            Err("`python3` is not a version of Python; write \"3.11\" or \">=3.10\"".to_owned())
        );
    }
}
