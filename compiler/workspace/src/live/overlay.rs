//! Files of packages as an editor shows them: what is not saved yet lies over what is on disk.

use std::{
    collections::HashMap,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use mlp_ports::Files;
use mlp_source::FileId;

use crate::disk::DiskFiles;

/// Files of packages, with unsaved texts over them.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub disk: DiskFiles,
    texts: HashMap<PathBuf, Arc<str>>,
}

impl Overlay {
    /// Files on disk.
    pub(super) fn over(disk: DiskFiles) -> Self {
        Self { disk, texts: HashMap::new() }
    }

    /// Lays a text over a file, or takes it away.
    pub(super) fn lay(&mut self, path: &Path, text: Option<Arc<str>>) {
        match text {
            Some(text) => self.texts.insert(plain(path), text),
            None => self.texts.remove(&plain(path)),
        };
    }

    /// Whether a file of a package is the one at this path.
    pub(super) fn is_at(&self, package: &str, file: &str, path: &Path) -> bool {
        self.disk.root(package).is_some_and(|root| plain(&root.join(file)) == plain(path))
    }
}

impl Files for Overlay {
    fn read(&self, package: &str, path: &str) -> Result<Arc<str>, String> {
        let laid = self.disk.root(package).and_then(|root| self.texts.get(&plain(&root.join(path))));
        match laid {
            Some(text) => Ok(Arc::clone(text)),
            None => self.disk.read(package, path),
        }
    }

    fn id(&self, package: &str, path: &str) -> Option<FileId> {
        self.disk.id(package, path)
    }
}

/// A path without `.` and without steps back that can be seen.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
