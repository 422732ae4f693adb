//! The packages that a package is made with: by path, and from git, each with theirs.

mod cache;
pub(crate) mod lock;

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::{Path, PathBuf},
};

use self::lock::Pin;
use crate::{
    disk::read_text,
    git::{Address, Remote},
    load::relative_to_here,
    manifest::{Dependency, Manifest},
};

/// How packages from git are come by. One that `mlp.lock` pins and that was fetched before needs nothing of this.
#[derive(Clone, Copy)]
pub struct Fetching<'a> {
    /// Whether the network is left alone.
    pub offline: bool,
    /// Whether `mlp.lock` is neither written nor departed from.
    pub locked: bool,
    /// Told what is fetched and pinned, a line each.
    pub note: &'a dyn Fn(&str),
}

/// Where a package from git is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    address: Address,
    rev: Option<String>,
    /// From the top of the repository, with `/`; empty at the top.
    folder: String,
}

/// What a manifest asks for, by which two that ask for the same package are held to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Folder(PathBuf),
    Git(Source),
}

/// Where a manifest is, and with it what its paths are relative to.
#[derive(Clone, Debug)]
enum Home {
    Folder(PathBuf),
    /// In a repository: paths stay inside of it, at the same commit.
    Git {
        source: Source,
        commit: String,
        folder: PathBuf,
    },
}

/// The packages of a program beside its own.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    /// Folders, in the order in which they were asked for.
    pub(crate) found: Vec<(String, PathBuf)>,
    /// Those from git, as `mlp.lock` has them.
    pub(crate) pins: Vec<Pin>,
    /// What could not be had, a line each.
    pub(crate) faults: Vec<String>,
}

/// Finds all packages, breadth first: what the program's own manifest says of a name holds for all others.
pub(crate) fn resolve(
    manifest: &Manifest,
    root: &Path,
    renew: &dyn Fn(&str) -> bool,
    fetching: Fetching<'_>,
) -> Packages {
    let mut resolver = Resolver {
        root,
        fetching,
        renew,
        known: None,
        remotes: BTreeMap::new(),
        wanted: BTreeMap::from([(manifest.package.name.clone(), (Wanted::Folder(real(root)), true))]),
        open: VecDeque::from([(manifest.clone(), Home::Folder(root.to_path_buf()))]),
        packages: Packages::default(),
    };
    let mut own = true;
    while let Some((manifest, home)) = resolver.open.pop_front() {
        for (name, dependency) in &manifest.dependencies {
            if let Err(fault) = resolver.add(name, dependency, &home, own) {
                let at = relative_to_here(&home.folder().join("mlp.toml"));
                resolver.packages.faults.push(format!(
                    "{}:{}: dependency `{name}`: {fault}",
                    at.display(),
                    dependency.line
                ));
            }
        }
        own = false;
    }
    resolver.packages
}

struct Resolver<'a> {
    root: &'a Path,
    fetching: Fetching<'a>,
    /// Whether what `mlp.lock` says of a package is passed over.
    renew: &'a dyn Fn(&str) -> bool,
    /// What `mlp.lock` says, read when the first package from git is met.
    known: Option<Vec<Pin>>,
    remotes: BTreeMap<String, Remote>,
    /// By name, and whether the program's own manifest says so.
    wanted: BTreeMap<String, (Wanted, bool)>,
    open: VecDeque<(Manifest, Home)>,
    packages: Packages,
}

impl Home {
    fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) | Self::Git { folder, .. } => folder,
        }
    }

    /// What a manifest that is here means by a dependency.
    fn wanted(&self, dependency: &Dependency) -> Result<Wanted, String> {
        let rev = dependency.rev.clone();
        match (&dependency.git, &dependency.path, self) {
            (None, None, _) => Err("needs `path`, or `git`".to_owned()),
            (None, Some(_), _) if rev.is_some() => Err("has a `rev` without `git`".to_owned()),
            (None, Some(path), Self::Folder(folder)) => Ok(Wanted::Folder(folder.join(path))),
            (None, Some(path), Self::Git { source, .. }) => {
                Ok(Wanted::Git(Source { folder: cache::inside(&source.folder, path)?, ..source.clone() }))
            }
            (Some(git), path, home) => {
                let address = Address::parse(git, home.folder())?;
                let apart =
                    |from: &Source| address.is_local() && (!from.address.is_local() || !git.starts_with("file://"));
                if let Self::Git { source, .. } = home
                    && apart(source)
                {
                    return Err(format!(
                        "`{address}` is a folder of one machine, and the package that asks for it is from git"
                    ));
                }
                Ok(Wanted::Git(Source {
                    address,
                    rev,
                    folder: cache::inside("", path.as_deref().unwrap_or_default())?,
                }))
            }
        }
    }
}

impl Resolver<'_> {
    fn add(&mut self, name: &str, dependency: &Dependency, home: &Home, own: bool) -> Result<(), String> {
        let wanted = home.wanted(dependency)?;
        let same = match &wanted {
            Wanted::Folder(folder) => Wanted::Folder(real(folder)),
            Wanted::Git(_) => wanted.clone(),
        };
        match self.wanted.get(name) {
            Some((known, _)) if *known == same => return Ok(()),
            // what a program's own manifest says holds, also against what its dependencies say
            Some((_, true)) if !own => return Ok(()),
            Some((known, _)) => {
                return Err(format!(
                    "is meant to be {}, and elsewhere {}; the package's own [dependencies] can say which it is for all",
                    shown(&same),
                    shown(known)
                ));
            }
            None => {}
        }
        self.wanted.insert(name.to_owned(), (same, own));
        let home = match wanted {
            Wanted::Folder(folder) => Home::Folder(folder),
            Wanted::Git(source) => self.fetched(name, source, home)?,
        };
        let path = home.folder().join("mlp.toml");
        let manifest = Manifest::parse(&read_text(&path)?, &path)?;
        self.packages.found.push((name.to_owned(), home.folder().to_path_buf()));
        self.open.push_back((manifest, home));
        Ok(())
    }

    /// A package from git: as it is pinned, or else as its revision is now.
    fn fetched(&mut self, name: &str, source: Source, asked_by: &Home) -> Result<Home, String> {
        // a path inside of a repository is one at the commit of the package that names it
        let beside = match asked_by {
            Home::Git { source: theirs, commit, .. }
                if theirs.address == source.address && theirs.rev == source.rev =>
            {
                Some(commit)
            }
            _ => None,
        };
        let pin = self.pin_of(name, &source)?.filter(|pin| beside.is_none_or(|commit| *commit == pin.commit));
        let cache = cache::folder()?;
        let (commit, folder, digest) = match pin {
            Some(pin) => {
                let place = cache::place(&cache, &source, &pin.commit);
                if !place.is_dir() {
                    self.write(name, &source, &pin.commit, &place, &cache)?;
                }
                held_to(&pin, &place)?;
                (pin.commit, place, pin.digest)
            }
            None => self.pinned_anew(name, &source, beside, &cache)?,
        };
        let (git, path) = (source.address.to_string(), Some(source.folder.clone()).filter(|folder| !folder.is_empty()));
        let pin = Pin { name: name.to_owned(), git, rev: source.rev.clone(), path, commit: commit.clone(), digest };
        self.packages.pins.push(pin);
        Ok(Home::Git { source, commit, folder })
    }

    /// The commit, folder and digest of a package that no pin vouches for: it is taken from git, never from what happens to lie in the cache.
    fn pinned_anew(
        &mut self,
        name: &str,
        source: &Source,
        beside: Option<&String>,
        cache: &Path,
    ) -> Result<(String, PathBuf, String), String> {
        self.may_pin(name, source)?;
        let commit = match beside {
            Some(commit) => commit.clone(),
            None => {
                (self.fetching.note)(&format!("fetching `{name}` from {}", source.address));
                self.remote(&source.address, cache)?.fetch(source.rev.as_deref())?
            }
        };
        let place = cache::place(cache, source, &commit);
        self.write(name, source, &commit, &place, cache)?;
        if beside.is_none() {
            let what = source.rev.as_deref().unwrap_or("the default branch");
            (self.fetching.note)(&format!(
                "`{name}` is pinned in mlp.lock at {commit:.12} ({what}); `mlp update {name}` takes a newer one"
            ));
        }
        let digest = cache::digest(&place)?;
        Ok((commit, place, digest))
    }

    /// What `mlp.lock` says of a package, where it speaks of the same address, revision and folder.
    fn pin_of(&mut self, name: &str, source: &Source) -> Result<Option<Pin>, String> {
        if self.known.is_none() {
            self.known = Some(lock::read(self.root)?);
        }
        if (self.renew)(name) {
            return Ok(None);
        }
        let address = source.address.to_string();
        let fits = |pin: &&Pin| {
            pin.name == name
                && pin.git == address
                && pin.rev == source.rev
                && pin.path.as_deref().unwrap_or_default() == source.folder
        };
        Ok(self.known.iter().flatten().find(fits).cloned())
    }

    /// Whether a package may be pinned that is not.
    fn may_pin(&self, name: &str, source: &Source) -> Result<(), String> {
        if self.fetching.locked {
            return Err(NOT_LOCKED.to_owned());
        }
        if self.fetching.offline {
            return Err(format!(
                "mlp.lock does not pin it, and {} is not asked under --offline: run `mlp check` without it once, and `{name}` is kept",
                source.address
            ));
        }
        Ok(())
    }

    /// Fetches a commit and keeps its package.
    fn write(&mut self, name: &str, source: &Source, commit: &str, place: &Path, cache: &Path) -> Result<(), String> {
        let here = self.remotes.get(&source.address.identity()).map(Remote::repository);
        if here.is_none_or(|repository| repository.resolve(commit).is_err()) {
            if self.fetching.offline {
                return Err(format!(
                    "{commit:.12} of {} is not on this machine, and nothing is fetched under --offline: run `mlp check` without it once",
                    source.address
                ));
            }
            (self.fetching.note)(&format!("fetching `{name}` at {commit:.12} from {}", source.address));
            self.remote(&source.address, cache)?.fetch(Some(commit)).map_err(|why| {
                format!("{why}. mlp.lock pins that commit; where it is gone for good, `mlp update {name}` pins another")
            })?;
        }
        let repository = self.remote(&source.address, cache)?.repository();
        cache::write(&repository, source, commit, place)
    }

    fn remote(&mut self, address: &Address, cache: &Path) -> Result<&Remote, String> {
        let key = address.identity();
        if !self.remotes.contains_key(&key) {
            self.remotes.insert(key.clone(), Remote::open(address, cache)?);
        }
        self.remotes.get(&key).ok_or_else(|| format!("{address}: was not asked"))
    }
}

/// Whether what lies in the cache is what is pinned.
fn held_to(pin: &Pin, place: &Path) -> Result<(), String> {
    let digest = cache::digest(place)?;
    if digest == pin.digest {
        return Ok(());
    }
    Err(format!(
        "what lies in {} is not what mlp.lock pins (digest {digest:.12}.., pinned {:.12}..): one of both was changed. Remove that folder, and it is fetched \
         again; where that does not help, see who changed mlp.lock, or pin it anew with `mlp update {}`",
        place.display(),
        pin.digest,
        pin.name
    ))
}

const NOT_LOCKED: &str = "mlp.lock does not pin it as mlp.toml has it now, and --locked leaves mlp.lock as it is: run `mlp check` without it, and commit mlp.lock";

fn shown(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Folder(folder) => folder.display().to_string(),
        Wanted::Git(Source { address, rev, folder }) => {
            let rev = rev.as_ref().map(|rev| format!(" at {rev}")).unwrap_or_default();
            let folder = if folder.is_empty() { String::new() } else { format!(", folder {folder}") };
            format!("{address}{rev}{folder}")
        }
    }
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}
