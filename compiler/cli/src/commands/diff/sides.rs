//! Where the two versions come from: what is on disk, a revision of git, a folder, or a plan file.

use std::{
    fs,
    mem::ManuallyDrop,
    path::{Component, Path, PathBuf},
};

use mlp_plan::Plan;
use mlp_workspace::{
    Loaded, Manifest,
    git::{Repository, is_text},
    package_root, read_text, relative_to_here,
};
use tempfile::TempDir;

use super::side::{Side, Trouble, side};
use crate::{
    args::Where,
    output::Output,
    program::{below, path_of},
};

/// So many earlier versions are tried where the one that was asked for does not check.
const EARLIER: usize = 50;

/// A package, by its place in the repository.
#[derive(Clone, Debug)]
pub struct Repo {
    /// Its folder, or its only file.
    pub root: PathBuf,
    /// The same from the top of the tree that it is in, with `/`; empty at the top.
    pub inside: String,
}

/// All files of a repository at a time.
pub struct Tree {
    /// The top of it.
    pub top: PathBuf,
    /// What people are shown in place of the top; none for what is on disk.
    label: Option<String>,
    /// The commit; empty of what is on disk.
    commit: String,
    /// Taken away at the end.
    _folder: Option<TempDir>,
}

enum Against {
    Tree(Tree),
    Folder(PathBuf),
    Plan(Box<Plan>, PathBuf),
}

/// The two versions.
pub struct Sides {
    repository: Option<Repository>,
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
        // what is not on disk may be in the revision that is meant
        let only_in_git = head.is_some() && !here.exists() && here.is_relative();
        if !here.exists() && !only_in_git {
            return Err(nothing_at(&here));
        }
        let folder =
            if here.is_file() { here.parent().map(Path::to_path_buf).unwrap_or_default() } else { here.clone() };
        let folder = if folder.as_os_str().is_empty() || only_in_git { PathBuf::from(".") } else { folder };
        let repository = Repository::containing(&folder);
        let path = PathBuf::from(against);
        let is_program =
            path.is_dir() && path.join("mlp.toml").is_file() || path.extension().is_some_and(|end| end == "mlp");
        let is_plan = path.extension().is_some_and(|end| end == "json");
        if is_plan && !path.exists() {
            return Err(format!("{against}: there is no such plan file; `mlp plan` prints one"));
        }
        let old = if is_plan && path.is_file() {
            Against::Plan(Box::new(plan_file(&path)?), path)
        } else if is_program && path.exists() {
            Against::Folder(path)
        } else {
            let what = |why: String| {
                format!("`{against}` is no folder with an mlp.toml and no plan file, and as a revision: {why}")
            };
            let repository = repository.as_ref().map_err(|why| what(why.clone()))?;
            // of what lies there, the revision is only a third guess
            let exists = path.exists();
            Against::Tree(Tree::at(repository, against).map_err(|why| if exists { what(why) } else { why })?)
        };
        let (new, packages) = match (head, &repository) {
            (Some(head), Ok(repository)) => {
                let tree = Tree::at(repository, head)?;
                let inside = if only_in_git {
                    join(repository.prefix(), &plain(&here).ok_or_else(|| nothing_at(&here))?)
                } else {
                    let file = here.file_name().filter(|_| here.is_file());
                    join(repository.prefix(), &file.map(|name| name.to_string_lossy()).unwrap_or_default())
                };
                let path = tree.top.join(&inside);
                if !path.exists() {
                    return Err(format!("there is no `{inside}` in `{head}`"));
                }
                let packages = found(&path)?;
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
            Ok(repository) if !is_one => {
                let folder = plain(&here).filter(|_| only_in_git).unwrap_or_default();
                Some(join(repository.prefix(), &folder))
            }
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
        Ok(Self { repository: repository.ok(), packages, new, old, against: against.to_owned(), below })
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
            Against::Folder(_) | Against::Plan(..) => None,
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

    /// A package of the earlier revision, beside its later version where it has one; where it does not check, as it was when it last did, with a note.
    pub fn revision(&self, inside: &str, beside: Option<&Loaded>, output: &Output) -> Result<Side, Trouble> {
        let Against::Tree(tree) = &self.old else { return Err(Trouble::new("the earlier version is no revision")) };
        let trouble = match tree.side(inside, beside, output) {
            Err(trouble) if trouble.is_unchecked() => trouble,
            known => return known,
        };
        let commits = self.repository.as_ref().map(|repository| repository.before(&tree.commit, EARLIER));
        for commit in commits.unwrap_or_default() {
            let Some(repository) = &self.repository else { break };
            let earlier = Tree::at(repository, &commit).map_err(|why| Trouble::new(&why))?;
            match earlier.side(inside, beside, output) {
                Ok(mut side) => {
                    side.notes.push(format!(
                        "`{}` does not check ({}); it is compared with {commit}, the last version before it that does",
                        self.against,
                        trouble.first()
                    ));
                    side.tree = Some(earlier);
                    return Ok(side);
                }
                Err(other) if other.is_unchecked() => {}
                Err(_) => break,
            }
        }
        Err(trouble)
    }

    /// The version that is compared, and its trees.
    pub fn new_side(&self, package: &Repo, output: &Output) -> Result<(Side, ManuallyDrop<Loaded>), Trouble> {
        let label = self.new.as_ref().and_then(|tree| Some((tree.top.as_path(), tree.label.as_deref()?)));
        // a plan is that of one target, and is compared with the plan for the same
        let target = match &self.old {
            Against::Plan(plan, _) => Some(plan.target.name.as_str()),
            Against::Tree(_) | Against::Folder(_) => None,
        };
        side(&package.root, label, "", (target, None), output)
    }

    /// The earlier version, beside the later one; none where the package was not there.
    pub fn old_side(&self, package: &Repo, beside: &Loaded, output: &Output) -> Result<Option<Side>, Trouble> {
        match &self.old {
            Against::Tree(tree) => {
                let moved = || self.earlier().into_iter().find(|old| self.is_moved(package, old)).map(|old| old.inside);
                let inside = if tree.has(&package.inside) { Some(package.inside.clone()) } else { moved() };
                inside.map(|inside| self.revision(&inside, Some(beside), output)).transpose()
            }
            Against::Folder(folder) => {
                side(folder, None, &self.against, (None, Some(beside)), output).map(|(side, _)| Some(side))
            }
            Against::Plan(plan, path) => Ok(Some(Side::bare(Plan::clone(plan), path.clone()))),
        }
    }
}

impl Tree {
    /// The texts of a commit, in a folder of their own.
    fn at(repository: &Repository, rev: &str) -> Result<Self, String> {
        let end = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        let commit = match rev.split_once("...") {
            Some((one, other)) => repository.merge_base(&end(one), &end(other))?,
            None => repository.resolve(rev)?,
        };
        let files = repository.files_at(&commit, "", is_text)?;
        let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder cannot be made: {error}"))?;
        for (path, bytes) in files {
            let full = folder.path().join(&path);
            let made = full.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&full, bytes));
            made.map_err(|error| format!("{path} of {rev} cannot be written to a temporary folder: {error}"))?;
        }
        // the folder's own path may lead over a link, and packages are found by their real one
        let top = fs::canonicalize(folder.path()).unwrap_or_else(|_| folder.path().to_path_buf());
        Ok(Self { top, label: Some(rev.to_owned()), commit, _folder: Some(folder) })
    }

    /// Whether there is a package, or the file of one, at a path of it.
    fn has(&self, inside: &str) -> bool {
        let root = self.top.join(inside);
        root.is_file() || root.join("mlp.toml").is_file()
    }

    /// A package of it, beside another version where there is one.
    fn side(&self, inside: &str, beside: Option<&Loaded>, output: &Output) -> Result<Side, Trouble> {
        let label = self.label.as_deref().unwrap_or_default();
        if !self.has(inside) {
            return Err(Trouble::new(&format!("there is no package `{inside}` in `{label}`")));
        }
        side(&self.top.join(inside), Some((&self.top, label)), label, (None, beside), output).map(|(side, _)| side)
    }

    /// How people are shown a file of it.
    pub fn shown(&self, path: &Path) -> String {
        match (&self.label, path.strip_prefix(&self.top)) {
            (Some(label), Ok(inside)) => format!("{label}:{}", inside.display()),
            _ => relative_to_here(path).display().to_string(),
        }
    }

    /// Whether it is what lies on disk, and not a copy of a revision.
    pub const fn is_on_disk(&self) -> bool {
        self.label.is_none()
    }

    /// What is on disk.
    fn on_disk(folder: &Path, repository: &Repository) -> Option<Self> {
        let full = std::path::absolute(folder).ok()?;
        let depth = repository.prefix().split('/').filter(|part| !part.is_empty()).count();
        let full = fs::canonicalize(&full).unwrap_or(full);
        let top = full.ancestors().nth(depth)?.to_path_buf();
        Some(Self { top, label: None, commit: String::new(), _folder: None })
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
        return Err(nothing_at(path));
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

fn nothing_at(path: &Path) -> String {
    format!("{}: there is no such file or folder", path.display())
}

/// Two paths with `/`, one below the other.
pub fn join(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}/{path}"),
    }
}

/// A relative path with `/`; none where it leads upward.
fn plain(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// A path from the top of a tree, with `/`.
pub fn inside(top: Option<&Path>, root: &Path) -> String {
    let full = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
    let full = fs::canonicalize(&full).unwrap_or(full);
    let Some(path) = top.and_then(|top| full.strip_prefix(top).ok()) else { return String::new() };
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn plan_file(path: &Path) -> Result<Plan, String> {
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
    Ok(plan)
}

/// The manifest of a package's folder.
pub fn manifest(root: &Path) -> Option<Manifest> {
    let path = root.join("mlp.toml");
    Manifest::parse(&read_text(&path).ok()?, &path).ok()
}
