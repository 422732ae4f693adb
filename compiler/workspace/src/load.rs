//! From a path to a program: the package, its dependencies, the parts of the standard library that are used.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use mlp_analysis::{Module, Program};
use mlp_diagnostics::{Code, Diagnostic};
use mlp_ports::Files as _;
use mlp_source::{FileId, SourceMap, Span};
use mlp_syntax::tree::{self, Item, ItemKind};
use rayon::prelude::*;

use crate::{
    disk::{DiskFiles, read_text, sources},
    manifest::Manifest,
    packages::{
        self, Fetching,
        lock::{self, Pin},
    },
};

/// Why a package cannot be looked at: one line for each file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError(pub Vec<String>);

/// A package with everything that it needs, parsed.
#[derive(Debug)]
pub struct Loaded {
    /// All texts.
    pub sources: SourceMap,
    /// All modules.
    pub program: Program,
    /// What the parser found.
    pub diagnostics: Vec<Diagnostic>,
    /// The manifest; of a single file one that was made up.
    pub manifest: Manifest,
    /// The package's folder.
    pub root: PathBuf,
    /// Files of the packages.
    pub files: DiskFiles,
    /// The files of the package itself.
    pub own: Vec<FileId>,
    /// For each file its path relative to its package, as plans name it.
    pub places: Vec<String>,
    /// For each file its path on this machine; none of modules of the standard library, and of texts in memory.
    pub paths: Vec<Option<PathBuf>>,
    /// Whether it is a single file without manifest.
    pub single: bool,
}

impl mlp_lower::Places for Loaded {
    fn place(&self, span: Span) -> mlp_plan::Place {
        let start = self.sources.start(span);
        let file = self.places.get(span.file.0 as usize).cloned().unwrap_or_default();
        mlp_plan::Place { file, line: start.line, column: start.column }
    }

    fn text(&self, span: Span) -> &str {
        self.sources.text(span)
    }
}

impl Loaded {
    /// The package as its plans name it.
    #[must_use]
    pub fn package(&self) -> mlp_plan::Package {
        self.manifest.named(self.digest())
    }

    /// Whether a file is the package's own to change: a source, or the SQL of one of its stages.
    #[must_use]
    pub fn is_own(&self, file: FileId) -> bool {
        let sql =
            |((package, _), id): (&(String, String), FileId)| id == file && *package == self.manifest.package.name;
        self.own.contains(&file) || self.files.numbered().any(sql)
    }

    /// Digest of the package's sources, whatever the order in which they were read.
    fn digest(&self) -> String {
        let mut files: Vec<(&String, &str)> = self
            .own
            .iter()
            .filter_map(|id| Some((self.places.get(id.0 as usize)?, &*self.sources.get(*id)?.text)))
            .collect();
        files.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for (place, text) in files {
            for part in [place.as_str(), text] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Adds declarations, each text to the module of a file: they see what that module sees.
    pub fn extend(&mut self, texts: &[(FileId, String)]) {
        let mut modules = std::mem::take(&mut self.program).modules;
        for (file, text) in texts {
            let Some(module) = modules.iter_mut().find(|module| module.file == *file) else { continue };
            let name = "<mlp test>";
            let id = self.sources.add(name, text.as_str());
            self.places.push(name.to_owned());
            self.paths.push(None);
            let parsed = mlp_syntax::parse(id, text);
            self.diagnostics.extend(parsed.diagnostics);
            module.trees.push(Arc::new(parsed.file));
        }
        self.program = Program::new(modules);
    }

    /// What the parser and the checker found, sorted.
    #[must_use]
    pub fn all(&self, found: &[Diagnostic]) -> Vec<Diagnostic> {
        without_cascades(&self.diagnostics, found.to_vec(), |span| self.sources.start(span).line)
    }
}

/// What the parser and the checker found, sorted; what the checker says about text that the parser could not read is a cascade, and left out.
pub(crate) fn without_cascades(
    syntax: &[Diagnostic],
    found: Vec<Diagnostic>,
    line: impl Fn(Span) -> u32,
) -> Vec<Diagnostic> {
    let mut faults: HashMap<FileId, Vec<&Diagnostic>> = HashMap::new();
    for fault in syntax {
        faults.entry(fault.primary.file).or_default().push(fault);
    }
    // of text that is nested too deep nothing is left of the whole line; otherwise a bracket may stand between the two
    let deep = |fault: &Diagnostic, found: &Diagnostic| {
        fault.code == Code::TooDeep && line(fault.primary) == line(found.primary)
    };
    let touches = |a: Span, b: Span| a.start <= b.end + 1 && b.start <= a.end + 1;
    let is_own = |found: &Diagnostic| {
        let mut faults = faults.get(&found.primary.file).into_iter().flatten();
        !faults.any(|fault| touches(fault.primary, found.primary) || deep(fault, found))
    };
    let mut all: Vec<Diagnostic> = found.into_iter().filter(is_own).chain(syntax.iter().cloned()).collect();
    all.sort_by_key(|found| (found.primary, found.code));
    all
}

/// A file to be parsed.
struct Pending {
    package: String,
    module: String,
    /// As diagnostics name it: relative to where the command was started.
    name: String,
    /// As plans name it: relative to its package.
    place: String,
    /// On this machine.
    path: Option<PathBuf>,
    text: String,
}

/// The folder of the nearest `mlp.toml`, upward from `start`.
#[must_use]
pub fn package_root(start: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(start).ok()?;
    start.ancestors().find(|folder| folder.join("mlp.toml").is_file()).map(Path::to_path_buf)
}

/// Loads the package at `path`: a folder with a manifest (or below one), or a single `.mlp` file.
///
/// # Errors
/// Where a file or folder cannot be read, a manifest is wrong, or a package from git cannot be had.
pub fn load(path: &Path, fetching: Fetching<'_>) -> Result<Loaded, LoadError> {
    load_beside(path, fetching, None)
}

/// The same beside another version of the package: files that say the same in both at the same place are parsed once.
///
/// # Errors
/// As [`load`].
pub fn load_beside(path: &Path, fetching: Fetching<'_>, other: Option<&Loaded>) -> Result<Loaded, LoadError> {
    let one = |message: String| LoadError(vec![message]);
    let meta = std::fs::metadata(path)
        .map_err(|error| one(format!("{}: {}", path.display(), crate::disk::io_words(&error))))?;
    if meta.is_file() {
        return load_file(path, fetching, other);
    }
    let root = root_of(path)?;
    let manifest = read_manifest(&root).map_err(one)?;
    let mut pending = Vec::new();
    let mut roots = BTreeMap::new();
    let mut faults = Vec::new();
    let shown = if root == path { path.to_path_buf() } else { relative_to_here(&root) };
    collect(&manifest.package.name, &shown, true, &mut pending, &mut faults);
    roots.insert(manifest.package.name.clone(), root.clone());
    let found = packages::resolve(&manifest, &root, &|_| false, fetching);
    for (name, folder) in found.found {
        collect(&name, &relative_to_here(&folder), false, &mut pending, &mut faults);
        roots.insert(name, folder);
    }
    faults.extend(found.faults);
    // what is missing is not forgotten: it stays pinned until all is there
    if faults.is_empty()
        && !fetching.locked
        && let Err(fault) = lock::write(&root, &manifest, &found.pins)
    {
        faults.push(fault);
    }
    if !faults.is_empty() {
        return Err(LoadError(faults));
    }
    Ok(parse_all(pending, manifest, root, DiskFiles::new(roots), false, other))
}

/// Pins packages from git anew, all of them or those of these names; answers each as it was pinned before, and as it is now.
///
/// # Errors
/// As [`load`]; also where a name is that of no package from git.
pub fn update(path: &Path, names: &[String], fetching: Fetching<'_>) -> Result<Vec<(Option<Pin>, Pin)>, LoadError> {
    let one = |message: String| LoadError(vec![message]);
    let root = root_of(path)?;
    let manifest = read_manifest(&root).map_err(one)?;
    // what cannot be read as a lock file is what is made anew
    let before =
        if names.is_empty() { lock::read(&root).unwrap_or_default() } else { lock::read(&root).map_err(one)? };
    let renew = |name: &str| names.is_empty() || names.iter().any(|asked| asked == name);
    let found = packages::resolve(&manifest, &root, &renew, fetching);
    if !found.faults.is_empty() {
        return Err(LoadError(found.faults));
    }
    let unknown: Vec<String> =
        names.iter().filter(|name| !found.pins.iter().any(|pin| pin.name == **name)).cloned().collect();
    if !unknown.is_empty() {
        let known: Vec<&str> = found.pins.iter().map(|pin| pin.name.as_str()).collect();
        let known = if known.is_empty() { "none is".to_owned() } else { format!("those are {}", known.join(", ")) };
        return Err(one(format!("`{}` is no package from git of this one; {known}", unknown.join("`, `"))));
    }
    lock::write(&root, &manifest, &found.pins).map_err(one)?;
    let was = |pin: &Pin| before.iter().find(|known| known.name == pin.name).cloned();
    Ok(found.pins.into_iter().filter(|pin| renew(&pin.name)).map(|pin| (was(&pin), pin)).collect())
}

fn root_of(path: &Path) -> Result<PathBuf, LoadError> {
    package_root(path).ok_or_else(|| {
        LoadError(vec![format!(
            "{}: there is no mlp.toml here or above; `mlp new NAME` makes a package",
            path.display()
        )])
    })
}

/// A `.mlp` file is a package too; one inside of a package's `src` is checked with its package.
fn load_file(path: &Path, fetching: Fetching<'_>, other: Option<&Loaded>) -> Result<Loaded, LoadError> {
    let one = |message: String| LoadError(vec![message]);
    if path.extension().is_none_or(|extension| extension != "mlp") {
        return Err(one(format!("{}: is no .mlp file", path.display())));
    }
    if let Some(root) = package_root(path)
        && std::path::absolute(path).is_ok_and(|full| full.starts_with(root.join("src")))
    {
        return load_beside(&root, fetching, other);
    }
    Ok(alone(path, read_text(path).map_err(one)?, other))
}

/// A file that is a package of its own, with this text.
#[must_use]
pub fn single(path: &Path, text: String) -> Loaded {
    alone(path, text, None)
}

fn alone(path: &Path, text: String, other: Option<&Loaded>) -> Loaded {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let manifest = Manifest {
        package: crate::manifest::PackageTable { name: stem.clone(), ..Default::default() },
        ..Default::default()
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let root = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let roots = BTreeMap::from([(stem.clone(), root.clone())]);
    let place = format!("{stem}.mlp");
    let pending = vec![Pending {
        package: stem.clone(),
        module: stem,
        name: path.display().to_string(),
        place,
        path: std::path::absolute(path).ok(),
        text,
    }];
    parse_all(pending, manifest, root, DiskFiles::new(roots), true, other)
}

/// A program that is only in memory, for tests and editors: one package without manifest, modules by path and text.
#[must_use]
pub fn in_memory(modules: &[(&str, &str)]) -> Loaded {
    let package = "memory".to_owned();
    let manifest = Manifest {
        package: crate::manifest::PackageTable { name: package.clone(), ..Default::default() },
        ..Default::default()
    };
    let pending = modules
        .iter()
        .map(|(module, text)| {
            let name = format!("{}.mlp", module.replace('.', "/"));
            Pending {
                package: package.clone(),
                module: (*module).to_owned(),
                place: name.clone(),
                path: None,
                name,
                text: (*text).to_owned(),
            }
        })
        .collect();
    parse_all(pending, manifest, PathBuf::from("."), DiskFiles::default(), true, None)
}

fn read_manifest(root: &Path) -> Result<Manifest, String> {
    let path = root.join("mlp.toml");
    Manifest::parse(&read_text(&path)?, &path)
}

/// A path as one would write it from where the command was started.
#[must_use]
pub fn relative_to_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
        Ok(inside) => inside.to_path_buf(),
        Err(_) => path.to_path_buf(),
    }
}

/// Adds the sources of a package. Names in diagnostics are relative to where the command was started.
fn collect(package: &str, root: &Path, own: bool, pending: &mut Vec<Pending>, faults: &mut Vec<String>) {
    let folder = root.join("src");
    let paths = match sources(&folder) {
        Ok(paths) => paths,
        Err(fault) => {
            faults.push(fault);
            return;
        }
    };
    for path in paths {
        let inside = path.strip_prefix(&folder).unwrap_or(&path).with_extension("");
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        let module = if own { parts.join(".") } else { format!("{package}.{}", parts.join(".")) };
        let place =
            if own { format!("src/{}.mlp", parts.join("/")) } else { format!("{package}:src/{}.mlp", parts.join("/")) };
        match read_text(&path) {
            Ok(text) => {
                let name = path.strip_prefix(".").unwrap_or(&path).display().to_string();
                let path = std::path::absolute(&path).ok();
                pending.push(Pending { package: package.to_owned(), module, name, place, path, text });
            }
            Err(fault) => faults.push(fault),
        }
    }
}

/// A file as a tree, with what is wrong in it.
type Tree = (Arc<tree::File>, Vec<Diagnostic>);

/// The tree of a file: that of another version, where it has the same text under the same number, so that its places are the same.
fn parsed(id: FileId, text: &str, other: Option<&Loaded>) -> Tree {
    let known = other.filter(|other| other.sources.get(id).is_some_and(|source| *source.text == *text));
    let module = known.and_then(|known| known.program.modules.get(id.0 as usize)).filter(|module| module.file == id);
    if let (Some(known), Some(tree)) = (known, module.and_then(|module| module.trees.first())) {
        let about = known.diagnostics.iter().filter(|found| found.primary.file == id);
        return (Arc::clone(tree), about.cloned().collect());
    }
    let parsed = mlp_syntax::parse(id, text);
    (Arc::new(parsed.file), parsed.diagnostics)
}

/// Parses all files, with the modules of the standard library that some `use` names.
fn parse_all(
    pending: Vec<Pending>,
    manifest: Manifest,
    root: PathBuf,
    mut files: DiskFiles,
    single: bool,
    other: Option<&Loaded>,
) -> Loaded {
    let mut sources = SourceMap::new();
    let mut diagnostics = Vec::new();
    let mut modules = Vec::new();
    let mut own = Vec::new();
    let mut places: Vec<String> = pending.iter().map(|file| file.place.clone()).collect();
    let mut paths: Vec<Option<PathBuf>> = pending.iter().map(|file| file.path.clone()).collect();
    let ids: Vec<FileId> = pending.iter().map(|file| sources.add(&file.name, file.text.as_str())).collect();
    let trees: Vec<Tree> = if pending.len() > 1 {
        pending.par_iter().zip(&ids).map(|(file, id)| parsed(*id, &file.text, other)).collect()
    } else {
        pending.iter().zip(&ids).map(|(file, id)| parsed(*id, &file.text, other)).collect()
    };
    for ((file, id), (tree, found)) in pending.into_iter().zip(ids).zip(trees) {
        if file.package == manifest.package.name {
            own.push(id);
        }
        diagnostics.extend(found);
        modules.push(Module { package: file.package, path: file.module, file: id, trees: vec![tree] });
    }
    let used: BTreeSet<String> = modules.iter().flat_map(Module::items).filter_map(std_of).collect();
    for path in used {
        if let Some(text) = mlp_stdlib::module(&path) {
            let id = sources.add(&format!("<{path}>"), text);
            places.push(format!("<{path}>"));
            paths.push(None);
            let parsed = mlp_syntax::parse(id, text);
            modules.push(Module { package: "std".to_owned(), path, file: id, trees: vec![Arc::new(parsed.file)] });
        }
    }
    for (package, path) in modules.iter().flat_map(sql_of).collect::<BTreeSet<_>>() {
        // one that is not there is told where it is named
        let Ok(text) = files.read(&package, &path) else { continue };
        let full = files.root(&package).map(|root| root.join(&path));
        let id = sources.add(&name_of_file(full.as_deref(), &path), text);
        places.push(if package == manifest.package.name { path.clone() } else { format!("{package}:{path}") });
        paths.push(full);
        files.number(&package, &path, id);
    }
    Loaded { sources, program: Program::new(modules), diagnostics, manifest, root, files, own, places, paths, single }
}

/// How findings name a file of a package.
pub(crate) fn name_of_file(full: Option<&Path>, path: &str) -> String {
    full.map_or_else(|| path.to_owned(), |full| relative_to_here(full).display().to_string())
}

/// The SQL files that the stages of a module run: their package and path.
pub(crate) fn sql_of(module: &Module) -> impl Iterator<Item = (String, String)> {
    module.items().filter_map(mlp_analysis::run::sql_file).map(|path| (module.package.clone(), path.to_owned()))
}

/// The module of the standard library that an item imports.
pub(crate) fn std_of(item: &Item) -> Option<String> {
    let ItemKind::Use(import) = &item.kind else { return None };
    let path: Vec<&str> = import.module.segments.iter().map(|name| name.text.as_str()).collect();
    (path.first() == Some(&"std")).then(|| path.join("."))
}
