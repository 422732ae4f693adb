//! The packages of the folders that are open, and the buffers of the editor over them.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use lsp_types::Url;
use mlp_ide::{Part, View};
use mlp_ports::SqlChecker;
use mlp_workspace::{Document, Fetching, Package, load, package_root, read_text, single};

use crate::position::{Encoding, Lines};

/// A text that is open in the editor.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// Its address, as the client spells it.
    pub uri: Url,
    /// The client's number of its state.
    pub version: i32,
    /// All of it.
    pub text: String,
    /// Its lines.
    pub lines: Lines,
}

/// A document with all that a question about it needs.
pub struct Shown<'w> {
    /// The package that it is of.
    pub package: &'w Package,
    /// What the compiler knows of it.
    pub document: &'w Document,
    /// All of it.
    pub text: std::borrow::Cow<'w, str>,
    /// Its lines.
    pub lines: std::borrow::Cow<'w, Lines>,
}

/// What is open.
pub struct Workspace {
    sql: Arc<dyn SqlChecker + Send>,
    encoding: Encoding,
    /// The packages that were opened, by their folder; a file without a package by its path.
    packages: BTreeMap<PathBuf, Package>,
    /// Packages that could not be loaded, and why.
    faults: BTreeMap<PathBuf, Vec<String>>,
    /// Those of them over which the compiler itself gave up: another text may do.
    crashed: BTreeSet<PathBuf>,
    buffers: BTreeMap<PathBuf, Buffer>,
    /// How often something changed.
    revision: u64,
}

impl Workspace {
    /// A workspace without anything in it.
    #[must_use]
    pub fn new(sql: Arc<dyn SqlChecker + Send>, encoding: Encoding) -> Self {
        Self {
            sql,
            encoding,
            packages: BTreeMap::new(),
            faults: BTreeMap::new(),
            crashed: BTreeSet::new(),
            buffers: BTreeMap::new(),
            revision: 0,
        }
    }

    /// The packages that are open.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    /// The package of a document, to be asked what it does not know yet.
    pub fn package_mut(&mut self, path: &Path) -> Option<&mut Package> {
        let home = self.home(path);
        self.packages.get_mut(&home)
    }

    /// What the package of a document is known by: of a file that is no source the package whose stages run it, its own before others.
    pub fn home(&self, path: &Path) -> PathBuf {
        if is_source(path) {
            return home_of(path);
        }
        let homes =
            self.packages.iter().filter_map(|(home, package)| Some((home, package, package.document_at(path)?)));
        let own = |(_, package, document): &(&PathBuf, &Package, &Document)| {
            document.package == package.manifest.package.name
        };
        homes.max_by_key(own).map_or_else(|| path.to_path_buf(), |(home, ..)| home.clone())
    }

    /// The packages that are open, by their folder; a file without a package by its path.
    pub fn homes(&self) -> impl Iterator<Item = (&Path, &Package)> {
        self.packages.iter().map(|(home, package)| (home.as_path(), package))
    }

    /// The package of a folder, or of a file without one.
    pub fn home_mut(&mut self, home: &Path) -> Option<&mut Package> {
        self.packages.get_mut(home)
    }

    /// Packages that could not be loaded, and why.
    pub const fn faults(&self) -> &BTreeMap<PathBuf, Vec<String>> {
        &self.faults
    }

    /// The open text at a path.
    pub fn buffer(&self, path: &Path) -> Option<&Buffer> {
        self.buffers.get(path)
    }

    /// The document at a path, whether open in the editor or not.
    pub fn shown(&self, path: &Path) -> Option<Shown<'_>> {
        let package = self.packages.get(&self.home(path))?;
        let document = package.document_at(path)?;
        Some(self.show(package, document))
    }

    /// A document of a package.
    pub fn show<'w>(&'w self, package: &'w Package, document: &'w Document) -> Shown<'w> {
        use std::borrow::Cow;
        let buffer = document.path.as_deref().and_then(|path| self.buffers.get(path));
        let (text, lines) = match buffer {
            Some(buffer) => (Cow::Borrowed(buffer.text.as_str()), Cow::Borrowed(&buffer.lines)),
            None => {
                let text = document.text();
                let lines = Lines::new(&text, self.encoding);
                (Cow::Owned(text), Cow::Owned(lines))
            }
        };
        Shown { package, document, text, lines }
    }

    /// Opens a package, where it is not open: a text of it may have been opened before.
    pub fn open_package(&mut self, root: &Path) {
        if !self.packages.contains_key(root) && !self.faults.contains_key(root) {
            self.load(root);
        }
    }

    /// A number that is another after each change of a text.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Closes the packages below a folder, but for those of which a text is open.
    pub fn remove_folder(&mut self, folder: &Path) {
        let used: BTreeSet<PathBuf> = self.buffers.keys().map(|path| home_of(path)).collect();
        let stays = |home: &PathBuf| !home.starts_with(folder) || used.contains(home);
        self.packages.retain(|home, _| stays(home));
        self.faults.retain(|home, _| stays(home));
        self.crashed.retain(stays);
    }

    /// Takes in that a text was opened, or is another as a whole.
    pub fn open(&mut self, path: &Path, uri: Url, version: i32, text: String) {
        self.revision += 1;
        let lines = Lines::new(&text, self.encoding);
        self.buffers.insert(path.to_path_buf(), Buffer { uri, version, text, lines });
        self.lay(path);
    }

    /// Takes in an edit of an open text: what stands where, in the place of what; all of it, where no range is given.
    pub fn edit(&mut self, path: &Path, version: i32, changes: &[(Option<lsp_types::Range>, String)]) {
        self.revision += 1;
        let Some(buffer) = self.buffers.get_mut(path) else { return };
        buffer.version = version;
        let mut edits = Vec::with_capacity(changes.len());
        for (range, with) in changes {
            let range = match range {
                Some(range) => {
                    let range = buffer.lines.offsets(&buffer.text, *range);
                    range.start as usize..range.end as usize
                }
                None => 0..buffer.text.len(),
            };
            buffer.text.replace_range(range.clone(), with);
            buffer.lines = Lines::new(&buffer.text, self.encoding);
            edits.push((range, with.as_str()));
        }
        if !is_source(path) {
            return self.lay(path);
        }
        let home = home_of(path);
        let Some(package) = self.packages.get_mut(&home) else {
            // it was given up over another text
            if self.crashed.contains(&home) {
                self.load(&home);
            }
            return;
        };
        match package.document_at(path).map(|document| document.id) {
            Some(id) => package.edit(id, &edits),
            None => self.lay(path),
        }
    }

    /// Takes in that a text was closed: what is on disk counts again. What is of no package is known while it is open.
    pub fn close(&mut self, path: &Path) {
        self.buffers.remove(path);
        if is_source(path) && home_of(path) == path {
            self.packages.remove(path);
            self.faults.remove(path);
            self.crashed.remove(path);
            return;
        }
        self.on_disk(path);
    }

    /// Takes in that files on disk may be others, or that what is in folders may be. Many of one package, as when a branch is switched, are one change.
    pub fn all_on_disk(&mut self, paths: &[PathBuf]) {
        const MANY: usize = 8;
        let mut by_home: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        for path in paths.iter().flat_map(|path| self.concerned(path)) {
            by_home.entry(self.home_on_disk(&path)).or_default().insert(path);
        }
        for (home, paths) in by_home {
            if paths.len() > MANY && self.packages.contains_key(&home) && home.join("mlp.toml").is_file() {
                self.load(&home);
            } else {
                paths.iter().for_each(|path| self.on_disk(path));
            }
        }
    }

    /// The sources that are below a folder and not known, or known and no longer there: what came and went before somebody looked.
    pub fn strays(&self, folder: &Path, present: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
        let known = self.packages.values().flat_map(Package::documents).filter_map(|document| document.path.as_ref());
        let known: BTreeSet<&PathBuf> = known.filter(|path| path.starts_with(folder)).collect();
        let gone = known.iter().copied().filter(|path| !present.contains(*path));
        let come = present.iter().filter(|path| is_source(path) && !known.contains(path));
        let come = come.filter(|path| self.packages.contains_key(&home_of(path)));
        gone.chain(come).cloned().collect()
    }

    /// The files that are meant by a path: itself, or what is or was below a folder.
    fn concerned(&self, path: &Path) -> Vec<PathBuf> {
        if path.is_file() || self.buffers.contains_key(path) {
            return vec![path.to_path_buf()];
        }
        let mut found = Vec::new();
        walk(path, DEEP, &mut |inside, is_folder| {
            found.extend((!is_folder && (is_source(inside) || is_manifest(inside))).then(|| inside.to_path_buf()));
            true
        });
        let known = self.packages.values().flat_map(Package::documents).filter_map(|document| document.path.clone());
        found.extend(known.filter(|known| known.starts_with(path)));
        let roots = self.packages.keys().chain(self.faults.keys()).filter(|home| !is_source(home));
        found.extend(roots.filter(|home| home.starts_with(path)).map(|home| home.join("mlp.toml")));
        if found.is_empty() { vec![path.to_path_buf()] } else { found }
    }

    /// The package that a file of any kind belongs to.
    fn home_on_disk(&self, path: &Path) -> PathBuf {
        if is_source(path) {
            return home_of(path);
        }
        let around = self.packages.keys().filter(|home| path.starts_with(home));
        around.max_by_key(|home| home.as_os_str().len()).cloned().unwrap_or_else(|| path.to_path_buf())
    }

    /// Takes in that a manifest is another, has come, or has gone, and with it the package that files around it were of.
    fn manifest_on_disk(&mut self, path: &Path) {
        let root = path.parent().unwrap_or(path).to_path_buf();
        if root.join("mlp.toml").is_file() {
            self.load(&root);
            // what stood alone is of the package now
            self.packages.retain(|home, _| !is_source(home) || home_of(home) != root);
            return;
        }
        self.packages.remove(&root);
        self.faults.remove(&root);
        self.crashed.remove(&root);
        let open: Vec<PathBuf> = self.buffers.keys().filter(|path| path.starts_with(&root)).cloned().collect();
        open.iter().for_each(|path| self.lay(path));
    }

    /// Takes in that a file on disk may be another; one that is open in the editor stays what it is there.
    pub fn on_disk(&mut self, path: &Path) {
        self.revision += 1;
        if is_manifest(path) {
            return self.manifest_on_disk(path);
        }
        if self.buffers.contains_key(path) {
            return;
        }
        let home = home_of(path);
        if !is_source(path) {
            self.packages.values_mut().for_each(|package| package.lay(path, None));
        } else if !path.is_file() {
            if home == path {
                self.packages.remove(path);
            } else if let Some(package) = self.packages.get_mut(&home)
                && let Some(id) = package.document_at(path).map(|document| document.id)
            {
                package.remove(id);
            }
        } else if let Some(package) = self.packages.get_mut(&home)
            && let Ok(text) = read_text(path)
        {
            put(package, path, &text);
        }
    }

    /// Reads everything anew, but for what is open in the editor.
    pub fn begin_anew(&mut self) {
        let homes: Vec<PathBuf> = self.packages.keys().chain(self.faults.keys()).cloned().collect();
        homes.iter().for_each(|home| self.load(home));
    }

    /// Lays an open text over what is on disk.
    fn lay(&mut self, path: &Path) {
        if !is_source(path) {
            if let Some(root) = package_root(path).filter(|_| path.extension().is_some_and(|ending| ending == "sql"))
                && !self.packages.contains_key(&root)
                && !self.faults.contains_key(&root)
            {
                self.load(&root);
            }
            let text = self.buffers.get(path).map(|buffer| buffer.text.as_str());
            self.packages.values_mut().for_each(|package| package.lay(path, text));
            return;
        }
        let home = home_of(path);
        if !self.packages.contains_key(&home) && !self.faults.contains_key(&home) {
            // its buffer is laid over it on the way
            self.load(&home);
            return;
        }
        if let (Some(package), Some(buffer)) = (self.packages.get_mut(&home), self.buffers.get(path)) {
            put(package, path, &buffer.text);
        }
    }

    /// Loads a package, or a file without one, and lays the open texts over it.
    fn load(&mut self, home: &Path) {
        self.revision += 1;
        self.packages.remove(home);
        self.faults.remove(home);
        self.crashed.remove(home);
        match catch_unwind(AssertUnwindSafe(|| self.opened(home))) {
            Ok(Ok(package)) => {
                self.packages.insert(home.to_path_buf(), package);
            }
            Ok(Err(faults)) => {
                self.faults.insert(home.to_path_buf(), faults);
            }
            Err(_) => {
                let words =
                    "this is a bug of mlp: it gave up over a text of this package, and tries again after the next edit";
                self.faults.insert(home.to_path_buf(), vec![words.to_owned()]);
                self.crashed.insert(home.to_path_buf());
            }
        }
    }

    fn opened(&self, home: &Path) -> Result<Package, Vec<String>> {
        let loaded = if is_source(home) {
            let text = self.buffers.get(home).map_or_else(|| read_text(home), |buffer| Ok(buffer.text.clone()));
            text.map(|text| single(home, text)).map_err(|fault| vec![fault])
        } else {
            // an editor asks no network and pins nothing: that is for `mlp check` to do, in the open
            let fetching = Fetching { offline: true, locked: true, note: &|_| {} };
            load(home, fetching).map_err(|fault| fault.0)
        };
        let is_edited = |path: &Path| self.buffers.contains_key(path);
        let mut package = Package::open_for(loaded?, Arc::clone(&self.sql), is_edited);
        for (path, buffer) in &self.buffers {
            if !is_source(path) {
                package.lay(path, Some(&buffer.text));
            } else if home_of(path) == home {
                put(&mut package, path, &buffer.text);
            }
        }
        Ok(package)
    }
}

/// Gives a package the text of one of its sources.
fn put(package: &mut Package, path: &Path, text: &str) {
    if let Some(id) = package.add(path, text) {
        package.prepare(id);
    }
}

/// The package of a source: the folder of its manifest where it is below `src`, else the file itself.
pub fn home_of(path: &Path) -> PathBuf {
    match package_root(path) {
        Some(root) if path.starts_with(root.join("src")) => root,
        _ => path.to_path_buf(),
    }
}

/// Whether a path is that of a text in our language.
pub fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "mlp")
}

/// Whether a path is that of what says which package it is, and with which others.
pub fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "mlp.toml" || name == "mlp.lock")
}

/// The packages of a folder: that at it or above it, else those below it.
pub fn packages_of(folder: &Path) -> Vec<PathBuf> {
    package_root(folder).map_or_else(|| packages_below(folder), |root| vec![root])
}

/// Folders with a manifest, some levels below a folder.
fn packages_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(folder, LEVELS, &mut |path, is_folder| {
        let is_package = is_folder && path.join("mlp.toml").is_file();
        found.extend(is_package.then(|| path.to_path_buf()));
        !is_package
    });
    found.sort();
    found
}

/// The files of a package, some levels deep, by their paths in it.
#[must_use]
pub fn files_below(root: &Path) -> Vec<String> {
    const MANY: usize = 5_000;
    let mut found: Vec<String> = Vec::new();
    walk(root, LEVELS, &mut |path, is_folder| {
        let inside = path.strip_prefix(root).ok().filter(|_| !is_folder);
        found.extend(inside.map(|inside| inside.to_string_lossy().replace('\\', "/")));
        found.len() < MANY
    });
    found.sort();
    found
}

/// So many levels down is looked for what may be anywhere.
const LEVELS: usize = 5;
/// So many levels down is looked for what is known to be of ours.
pub const DEEP: usize = 16;

/// Goes some levels down a folder, itself among what is seen; what is hidden or made by tools is left out. `into` says whether to go into a folder.
pub fn walk(folder: &Path, levels: usize, into: &mut dyn FnMut(&Path, bool) -> bool) {
    const MADE: [&str; 4] = ["target", "node_modules", "__pycache__", "venv"];
    let mut open = vec![(folder.to_path_buf(), true, 0)];
    while let Some((path, is_folder, level)) = open.pop() {
        if !into(&path, is_folder) || !is_folder || level == levels {
            continue;
        }
        let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
        let plain = entries.filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && !MADE.contains(&name.as_ref())
        });
        let kind = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        open.extend(plain.map(|entry| (entry.path(), kind(&entry), level + 1)));
    }
}

/// A document as questions about its text see it.
#[must_use]
pub fn view<'s>(shown: &'s Shown<'_>) -> View<'s> {
    let parts = shown.document.trees_from();
    let parts = parts.flat_map(|(shift, tree)| tree.items.iter().map(move |item| Part { item, shift }));
    View { text: &shown.text, parts: parts.collect() }
}
