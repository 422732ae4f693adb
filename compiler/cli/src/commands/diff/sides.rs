//! Where the two versions come from: what is on disk, a revision of git, a folder, or a plan file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mlp_plan::Plan;
use mlp_workspace::{
    Loaded, Manifest, Override,
    git::{Repository, is_text},
    load, package_root, read_text, relative_to_here,
};
use tempfile::TempDir;

use crate::{
    args::Where,
    output::Output,
    program::{below, local, lowered, path_of, with_packages},
};

/// A package, by its place in the repository.
#[derive(Clone, Debug)]
pub struct Repo {
    /// Its folder, or its only file.
    pub root: PathBuf,
    /// The same from the top of the tree that it is in, with `/`; empty at the top.
    pub inside: String,
}

/// One version of a package.
pub struct Side {
    /// What it does.
    pub plan: Plan,
    /// Its folder on this machine.
    pub root: PathBuf,
    /// Its own files: as plans name them, as people are shown them, and their texts.
    pub files: Vec<(String, String, String)>,
}

/// All files of a repository at a time.
pub struct Tree {
    /// The top of it.
    pub top: PathBuf,
    /// What people are shown in place of the top; none for what is on disk.
    label: Option<String>,
    /// Taken away at the end.
    _folder: Option<TempDir>,
}

enum Against {
    Tree(Tree),
    Folder(PathBuf),
    Plan(PathBuf),
}

/// The two versions.
pub struct Sides {
    packages: Vec<Repo>,
    new: Option<Tree>,
    old: Against,
    against: String,
    /// The folder from the top of the repository, where the packages are all that are below it.
    below: Option<String>,
}

impl Sides {
    /// Finds both. What exists as a package or as a plan file is that; anything else is a revision.
    ///
    /// # Errors
    /// In words, where one of them cannot be found.
    pub fn new(at: &Where, against: &str, head: Option<&str>) -> Result<Self, String> {
        let here = path_of(at);
        let folder =
            if here.is_file() { here.parent().map(Path::to_path_buf).unwrap_or_default() } else { here.clone() };
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let repository = Repository::containing(&folder);
        let path = PathBuf::from(against);
        let is_program =
            path.is_dir() && path.join("mlp.toml").is_file() || path.extension().is_some_and(|end| end == "mlp");
        let is_plan = path.extension().is_some_and(|end| end == "json");
        if is_plan && !path.exists() {
            return Err(format!("{against}: there is no such plan file; `mlp plan` prints one"));
        }
        let old = if is_plan && path.is_file() {
            Against::Plan(path)
        } else if is_program && path.exists() {
            Against::Folder(path)
        } else {
            let what = |why: String| {
                format!("`{against}` is no folder with an mlp.toml and no plan file, and as a revision: {why}")
            };
            Against::Tree(Tree::at(repository.as_ref().map_err(|why| what(why.clone()))?, against)?)
        };
        let (new, packages) = match (head, &repository) {
            (Some(head), Ok(repository)) => {
                let tree = Tree::at(repository, head)?;
                let inside = join(repository.prefix(), here.file_name().filter(|_| here.is_file()));
                let packages = found(&tree.top.join(&inside))?;
                (Some(tree), packages)
            }
            (Some(_), Err(why)) => return Err(why.clone()),
            (None, Ok(repository)) => (Tree::on_disk(&folder, repository), packages(at)?),
            (None, Err(_)) => (None, packages(at)?),
        };
        let top = new.as_ref().map(|tree| tree.top.clone());
        let is_one = head.is_none() && (here.is_file() || package_root(&here).is_some());
        let is_one = is_one || packages.iter().any(|root| !root.is_dir());
        let below = match &repository {
            Ok(repository) if !is_one => Some(repository.prefix().trim_end_matches('/').to_owned()),
            _ => None,
        };
        let packages =
            packages.into_iter().map(|root| Repo { inside: inside(top.as_deref(), &root), root }).collect::<Vec<_>>();
        if packages.len() > 1 && !matches!(old, Against::Tree(_)) {
            return Err(format!(
                "`{against}` is one package, and {} are below {}; --package names one",
                packages.len(),
                here.display()
            ));
        }
        Ok(Self { packages, new, old, against: against.to_owned(), below })
    }

    /// The packages that are compared.
    pub fn packages(&self) -> &[Repo] {
        &self.packages
    }

    /// The earlier version, as it was asked for.
    pub fn against(&self) -> &str {
        &self.against
    }

    /// The repository as it is now, where there is one.
    pub const fn new_tree(&self) -> Option<&Tree> {
        self.new.as_ref()
    }

    /// The repository as it was, where the earlier version is a revision.
    pub const fn old_tree(&self) -> Option<&Tree> {
        match &self.old {
            Against::Tree(tree) => Some(tree),
            Against::Folder(_) | Against::Plan(_) => None,
        }
    }

    /// Packages of the earlier revision that are no more; what lies elsewhere under the same name was moved.
    pub fn gone(&self) -> Vec<Repo> {
        let mut all = self.earlier();
        all.retain(|old| !self.packages.iter().any(|new| new.inside == old.inside || self.is_moved(new, old)));
        all
    }

    /// The packages of the earlier revision, where all below a folder are compared.
    fn earlier(&self) -> Vec<Repo> {
        let (Against::Tree(tree), Some(folder)) = (&self.old, &self.below) else { return Vec::new() };
        let roots = below(&tree.top.join(folder)).into_iter();
        roots.map(|root| Repo { inside: inside(Some(&tree.top), &root), root }).collect()
    }

    /// Whether a package that the earlier revision does not have at its place is one that it had elsewhere.
    fn is_moved(&self, new: &Repo, old: &Repo) -> bool {
        let Against::Tree(tree) = &self.old else { return false };
        let name = |root: &Path| manifest(root).map(|manifest| manifest.package.name);
        !tree.top.join(&new.inside).join("mlp.toml").is_file()
            && name(&new.root).is_some()
            && name(&new.root) == name(&old.root)
    }

    /// The folder of a package from the top of its repository, where it is in one.
    pub fn prefix(&self, package: &Repo) -> Option<String> {
        self.new.as_ref()?;
        let file = package.root.is_file();
        let folder =
            if file { package.inside.rsplit_once('/').map_or("", |(folder, _)| folder) } else { &package.inside };
        Some(folder.to_owned())
    }

    /// A package of the earlier revision.
    pub fn revision(&self, root: &Path, output: &Output) -> Result<Side, u8> {
        let tree = self.old_tree().map(|tree| (tree.top.as_path(), tree.label.as_deref().unwrap_or_default()));
        side(root, tree, tree.map_or("", |(_, label)| label), output)
    }

    /// The version that is compared.
    pub fn new_side(&self, package: &Repo, output: &Output) -> Result<Side, u8> {
        let label = self.new.as_ref().and_then(|tree| Some((tree.top.as_path(), tree.label.as_deref()?)));
        side(&package.root, label, "", output)
    }

    /// The earlier version; none where the package was not there.
    pub fn old_side(&self, package: &Repo, output: &Output) -> Result<Option<Side>, u8> {
        match &self.old {
            Against::Tree(tree) => {
                let root = tree.top.join(&package.inside);
                let is_there = root.is_file() || root.join("mlp.toml").is_file();
                let moved = || self.earlier().into_iter().find(|old| self.is_moved(package, old)).map(|old| old.root);
                let root = if is_there { Some(root) } else { moved() };
                root.map(|root| self.revision(&root, output)).transpose()
            }
            Against::Folder(folder) => side(folder, None, &self.against, output).map(Some),
            Against::Plan(path) => plan_file(path).map(Some).map_err(|message| output.failure(&message, None)),
        }
    }
}

impl Tree {
    /// The texts of a commit, in a folder of their own.
    fn at(repository: &Repository, rev: &str) -> Result<Self, String> {
        let commit = repository.resolve(rev)?;
        let files = repository.files_at(&commit, "", is_text)?;
        let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder cannot be made: {error}"))?;
        for (path, bytes) in files {
            let full = folder.path().join(&path);
            let made = full.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&full, bytes));
            made.map_err(|error| format!("{path} of {rev} cannot be written to a temporary folder: {error}"))?;
        }
        // the folder's own path may lead over a link, and packages are found by their real one
        let top = fs::canonicalize(folder.path()).unwrap_or_else(|_| folder.path().to_path_buf());
        Ok(Self { top, label: Some(rev.to_owned()), _folder: Some(folder) })
    }

    /// What is on disk.
    fn on_disk(folder: &Path, repository: &Repository) -> Option<Self> {
        let full = std::path::absolute(folder).ok()?;
        let depth = repository.prefix().split('/').filter(|part| !part.is_empty()).count();
        let full = fs::canonicalize(&full).unwrap_or(full);
        let top = full.ancestors().nth(depth)?.to_path_buf();
        Some(Self { top, label: None, _folder: None })
    }
}

/// The packages that a command is about: the nearest, a single file, or all below a folder that is in none.
///
/// # Errors
/// In words, where there is none.
pub fn packages(at: &Where) -> Result<Vec<PathBuf>, String> {
    found(&path_of(at))
}

fn found(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    if !path.exists() {
        return Err(format!("{}: there is no such file or folder", path.display()));
    }
    if let Some(root) = package_root(path) {
        return Ok(vec![relative_to_here(&root)]);
    }
    let roots = below(path);
    if roots.is_empty() {
        return Err(format!(
            "{}: there is no mlp.toml here, above or below; in a bare repository `--head REV` says which revision is meant",
            path.display()
        ));
    }
    Ok(roots)
}

fn join(prefix: &str, file: Option<&std::ffi::OsStr>) -> String {
    match file {
        Some(name) if prefix.is_empty() => name.to_string_lossy().into_owned(),
        Some(name) => format!("{prefix}/{}", name.to_string_lossy()),
        None => prefix.to_owned(),
    }
}

/// A path from the top of a tree, with `/`.
fn inside(top: Option<&Path>, root: &Path) -> String {
    let full = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
    let full = fs::canonicalize(&full).unwrap_or(full);
    let Some(path) = top.and_then(|top| full.strip_prefix(top).ok()) else { return String::new() };
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Loads and plans one version. `label` is the top of a temporary tree with what is shown in its place.
fn side(root: &Path, label: Option<(&Path, &str)>, shown: &str, output: &Output) -> Result<Side, u8> {
    let plain = |text: &str| match label {
        Some((top, name)) => text.replace(&format!("{}/", top.display()), &format!("{name}:")),
        None => text.to_owned(),
    };
    let loaded = with_packages(output, |fetching| load(root, fetching)).map_err(|error| {
        for message in &error.0 {
            output.failure(&plain(message), None);
        }
        2_u8
    })?;
    let plan = lowered(&loaded, local(), &Override::new()).map_err(|found| {
        let format = mlp_diagnostics::render::Format::Short;
        let text = mlp_diagnostics::render::render(&found, &loaded.sources, format, &output.options());
        output.note(plain(&text).trim_end());
        let which = if shown.is_empty() { "this version".to_owned() } else { format!("the version `{shown}`") };
        output.failure(
            &format!("{which} does not check, so that nothing can be compared"),
            Some("`mlp check` tells more"),
        )
    })?;
    let files = files(&loaded, shown, &plain);
    // as in `program::checked`
    std::mem::forget(loaded);
    Ok(Side { plan, root: root.to_path_buf(), files })
}

fn files(loaded: &Loaded, shown: &str, plain: &dyn Fn(&str) -> String) -> Vec<(String, String, String)> {
    let text = |id: &mlp_source::FileId| {
        let (source, place) = (loaded.sources.get(*id)?, loaded.places.get(id.0 as usize)?);
        let name = plain(&source.name);
        let name = if shown.is_empty() || name.starts_with(shown) { name } else { format!("{shown}:{place}") };
        Some((place.clone(), name, source.text.to_string()))
    };
    loaded.own.iter().filter_map(text).collect()
}

fn plan_file(path: &Path) -> Result<Side, String> {
    let text = read_text(path)?;
    let plan: Plan = serde_json::from_str(&text)
        .map_err(|error| format!("{}: is no plan ({error}); `mlp plan` prints one", path.display()))?;
    if plan.format != mlp_plan::FORMAT {
        return Err(format!(
            "{}: is of format `{}`, and this mlp knows `{}`",
            path.display(),
            plan.format,
            mlp_plan::FORMAT
        ));
    }
    Ok(Side { plan, root: path.to_path_buf(), files: Vec::new() })
}

/// The manifest of a package's folder.
pub fn manifest(root: &Path) -> Option<Manifest> {
    let path = root.join("mlp.toml");
    Manifest::parse(&read_text(&path).ok()?, &path).ok()
}
