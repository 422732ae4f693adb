//! From a path to a checked program, and on to a plan.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use mlp_analysis::{Checked, check_with};
use mlp_diagnostics::Diagnostic;
use mlp_plan::{Backend, Plan, Target};
use mlp_source::{FileId, Span};
use mlp_sql::DataFusionChecker;
use mlp_workspace::{Fetching, LoadError, Loaded, Override, apply_target, load, package_root, target_of};

use crate::{args::Where, output::Output};

/// The path of a package: what was given, or where the command was started.
pub fn path_of(at: &Where) -> PathBuf {
    at.package.clone().unwrap_or_else(|| PathBuf::from("."))
}

/// The packages that paths are about: all below a folder that is in none, as the top of a repository may be; any other path is its own.
pub fn packages(paths: &[PathBuf]) -> Vec<PathBuf> {
    let each = |path: &PathBuf| {
        let below = if path.is_dir() && package_root(path).is_none() { below(path) } else { Vec::new() };
        if below.is_empty() { vec![path.clone()] } else { below }
    };
    paths.iter().flat_map(each).collect()
}

/// Folders with a manifest, sorted; what is hidden, built or installed is left out.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = open.pop() {
        if folder.join("mlp.toml").is_file() {
            found.push(folder.clone());
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let kept = folders.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            !name.starts_with('.') && !["target", "node_modules", "__pycache__"].contains(&name.as_str())
        });
        if depth < 16 {
            open.extend(kept.map(|path| (path, depth + 1)));
        }
    }
    found.sort();
    found
}

/// Loads a package; says why it cannot be.
pub fn loaded(path: &Path, output: &Output) -> Result<Loaded, u8> {
    with_packages(output, |fetching| load(path, fetching)).map_err(|error| {
        for message in &error.0 {
            output.failure(message, None);
        }
        2
    })
}

/// Does what may fetch packages from git as the command line allows it, with a note for each.
pub fn with_packages<T>(
    output: &Output,
    work: impl FnOnce(Fetching<'_>) -> Result<T, LoadError>,
) -> Result<T, LoadError> {
    let note = |line: &str| output.note(&format!("note: {line}"));
    work(Fetching { offline: output.offline, locked: output.locked, note: &note })
}

/// Checks a loaded package, and hands on what was worked out and everything that was found, sorted.
pub fn checked<T>(loaded: &Loaded, set: &Override, work: impl FnOnce(&mut Checked<'_>, Vec<Diagnostic>) -> T) -> T {
    let sql = DataFusionChecker;
    let mut checked = check_with(&loaded.program, &sql, &loaded.files, set);
    let diagnostics = loaded.all(checked.diagnostics());
    let done = work(&mut checked, diagnostics);
    // the process ends soon: to give back the memory of a large program piece by piece takes a twentieth of all its time
    std::mem::forget(checked);
    done
}

/// The plan of a package for a target. Where the program has errors, or the target sets what is not there, that is said, and the exit code answered.
pub fn planned(loaded: &Loaded, target: &str, set: &Override, output: &Output) -> Result<Plan, u8> {
    plan(loaded, target, set).map_err(|why| why.told(loaded, output))
}

/// Why there is no plan.
pub enum Unplanned {
    /// The program has errors; with what else was found.
    Wrong(Vec<Diagnostic>),
    /// The target is none, or sets what is not there; in words.
    Target(Vec<String>),
}

impl Unplanned {
    /// Says it on stderr, and answers the exit code.
    pub fn told(&self, loaded: &Loaded, output: &Output) -> u8 {
        match self {
            Self::Wrong(found) => {
                show(found, loaded, output);
                1
            }
            Self::Target(faults) => {
                for fault in faults {
                    output.failure(fault, None);
                }
                2
            }
        }
    }
}

/// The plan of a package for a target.
///
/// # Errors
/// Where the program has errors, or the target sets what is not there.
pub fn plan(loaded: &Loaded, target: &str, set: &Override) -> Result<Plan, Unplanned> {
    let (target, mut all_set) =
        target_of(&loaded.manifest, target).map_err(|message| Unplanned::Target(vec![message]))?;
    all_set.extend(set.iter().map(|(key, value)| (key.clone(), value.clone())));
    let mut plan = lowered(loaded, target, &all_set).map_err(Unplanned::Wrong)?;
    set_by_target(&mut plan, loaded, &all_set).map_err(Unplanned::Target)?;
    Ok(plan)
}

/// Sets in a plan what a target sets that is no constant.
///
/// # Errors
/// In words, for each that cannot be set.
pub fn set_by_target(plan: &mut Plan, loaded: &Loaded, set: &Override) -> Result<(), Vec<String>> {
    let consts = loaded
        .program
        .of_kind(mlp_analysis::Kind::Const)
        .filter_map(|id| loaded.program.decl(id))
        .map(|decl| decl.name.clone());
    let consts: Vec<String> = consts.collect();
    apply_target(plan, set, &consts, &loaded.files)
}

/// The plan of a package, before the target sets what is no constant.
///
/// # Errors
/// What was found, where there are errors in it.
pub fn lowered(loaded: &Loaded, target: Target, set: &Override) -> Result<Plan, Vec<Diagnostic>> {
    lowered_with(loaded, target, set, |_, _, plan| plan)
}

/// The same, with what else is made of the checked program and its plan.
///
/// # Errors
/// What was found, where there are errors in it.
pub fn lowered_with<T>(
    loaded: &Loaded,
    target: Target,
    set: &Override,
    work: impl FnOnce(&mut Checked<'_>, &mlp_lower::Context<'_>, Plan) -> T,
) -> Result<T, Vec<Diagnostic>> {
    checked(loaded, set, |checked, diagnostics| {
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(diagnostics);
        }
        let context = context(loaded, target);
        let plan = mlp_lower::lower(checked, &context);
        Ok(work(checked, &context, plan))
    })
}

/// What a package is lowered with.
pub fn context(loaded: &Loaded, target: Target) -> mlp_lower::Context<'_> {
    mlp_lower::Context { places: loaded, package: loaded.package(), target, files: &loaded.files }
}

/// The target of this machine, with nothing set.
pub fn local() -> Target {
    Target { name: "local".to_owned(), backend: Backend::Local, options: BTreeMap::new() }
}

/// Shows what keeps a program from being planned, on stderr.
fn show(diagnostics: &[Diagnostic], loaded: &Loaded, output: &Output) {
    let format = output.format(None).unwrap_or(mlp_diagnostics::render::Format::Short);
    output.note(mlp_diagnostics::render::render(diagnostics, &loaded.sources, format, &output.options()).trim_end());
}

/// The span of a plan's place.
pub fn span_of(loaded: &Loaded, place: &mlp_plan::Place) -> Span {
    let file = loaded
        .places
        .iter()
        .position(|name| *name == place.file)
        .and_then(|index| u32::try_from(index).ok())
        .map(FileId);
    let Some(file) = file else { return Span::default() };
    let Some(source) = loaded.sources.get(file) else { return Span::default() };
    let line = source.line_range(place.line.saturating_sub(1) as usize).unwrap_or(0..0);
    let text = source.text.get(line.clone()).unwrap_or_default();
    let before: usize = text.chars().take(place.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
    let start = line.start + before;
    let end = line.start + text.trim_end().len();
    let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(file, narrow(start), narrow(end.max(start)))
}

/// Where a word stands in the declaration that begins at a place: plans know where a stage is declared, and people look for the setting.
pub fn within(loaded: &Loaded, place: &mlp_plan::Place, word: &str) -> mlp_plan::Place {
    let source = loaded.places.iter().position(|name| *name == place.file).and_then(|index| u32::try_from(index).ok());
    let text = source.and_then(|file| loaded.sources.get(FileId(file))).map_or("", |source| &source.text);
    let first = place.line.saturating_sub(1) as usize;
    let part = |c: char| c.is_alphanumeric() || c == '_';
    for (line, number) in text.lines().skip(first).zip(place.line..) {
        let code = line.split_once("//").map_or(line, |(code, _)| code);
        let alone = |at: &usize| {
            let (before, behind) =
                (code.get(..*at).unwrap_or_default(), code.get(at + word.len()..).unwrap_or_default());
            !before.ends_with(part) && !behind.starts_with(part)
        };
        if let Some(at) = code.match_indices(word).map(|(at, _)| at).find(alone).filter(|_| !word.is_empty()) {
            let column = code.get(..at).map_or(0, |before| before.chars().count()) + 1;
            return mlp_plan::Place { line: number, column: u32::try_from(column).unwrap_or(1), ..place.clone() };
        }
        // the last line of the declaration
        if line.starts_with('}') {
            break;
        }
    }
    place.clone()
}

/// The pipeline that is meant: the one that is asked for, or the one that the package is about.
pub fn pipeline_of(plan: &Plan, asked: Option<&str>, output: &Output) -> Result<String, u8> {
    let known: Vec<&str> = plan.pipelines.keys().map(String::as_str).collect();
    match (asked, known.as_slice()) {
        (Some(name), known) if known.contains(&name) => Ok(name.to_owned()),
        (Some(name), known) => {
            Err(output.failure(&format!("there is no pipeline `{name}`; the package has {}", known.join(", ")), None))
        }
        (None, []) => Err(output.failure("the package has no pipeline", None)),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => {
            // what a package is about has its name, or stands first in the file that has it
            let name = &plan.package.name;
            let file = format!("src/{name}.mlp");
            let first = plan.pipelines.values().min_by_key(|pipeline| {
                (pipeline.name != *name, pipeline.place.file != file, &pipeline.place.file, pipeline.place.line)
            });
            Ok(first.map(|pipeline| pipeline.name.clone()).unwrap_or_default())
        }
    }
}

/// `--set k=v`, by name.
pub fn settings(set: &[String], output: &Output) -> Result<Override, u8> {
    set.iter()
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(output.failure(&format!("--set {pair}: write NAME=VALUE"), None)),
        })
        .collect()
}
