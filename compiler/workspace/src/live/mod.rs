//! A package that is open in an editor: after each edit what is wrong now, at once.
//!
//! Texts are kept in parts ([`Document`]), and the checker looks again at what an edit reaches (`mlp_analysis::Live`).
//! To the outside a document is one file, whose number stands in the places of diagnostics.

mod document;
mod overlay;
mod plan;
mod suppose;

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use mlp_analysis::{Changes, Live, Module, Occurrence, Program, Symbol, checker::Checker, edges::Compared};
use mlp_diagnostics::Diagnostic;
use mlp_ports::{Files as _, SqlChecker};
use mlp_source::{FileId, Span};
use mlp_syntax::parse;

pub use self::{document::Document, suppose::Supposing};
use self::{
    document::{Head, Ids, moved},
    overlay::Overlay,
};
use crate::{
    load::{Loaded, name_of_file, sql_of, without_cascades},
    manifest::Manifest,
};

/// A package that is being edited.
pub struct Package {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its folder.
    pub root: PathBuf,
    documents: Vec<Document>,
    /// Files that are no sources, in whose texts something is found: the SQL of stages.
    others: Vec<Document>,
    /// By the file of a part: the document that it is of.
    homes: HashMap<FileId, usize>,
    ids: Ids,
    live: Live,
    files: Overlay,
    sql: Arc<dyn SqlChecker + Send>,
}

impl Package {
    /// Opens a package as it was loaded.
    #[must_use]
    pub fn open(loaded: Loaded, sql: Arc<dyn SqlChecker + Send>) -> Self {
        Self::open_for(loaded, sql, |_| false)
    }

    /// Opens a package as it was loaded, some of whose files will be edited: those are prepared at once, and not checked twice.
    #[must_use]
    pub fn open_for(loaded: Loaded, sql: Arc<dyn SqlChecker + Send>, is_edited: impl Fn(&Path) -> bool) -> Self {
        let Loaded { sources, program, diagnostics, manifest, root, files, places, paths, .. } = loaded;
        let mut syntax: HashMap<FileId, Vec<Diagnostic>> = HashMap::new();
        for found in diagnostics {
            syntax.entry(found.primary.file).or_default().push(found);
        }
        let modules = program.modules.into_iter().zip(places).zip(paths);
        let mut documents: Vec<Document> = modules
            .filter_map(|((module, place), path)| {
                let source = sources.get(module.file)?;
                let name = Arc::clone(&source.name);
                let head = Head { path, name, place, package: module.package, module: module.path };
                let syntax = syntax.remove(&module.file).unwrap_or_default();
                Some(Document::whole(head, &source.text, module.trees.into_iter().next()?, syntax))
            })
            .collect();
        let mut ids = Ids::from(u32::try_from(sources.iter().count()).unwrap_or(u32::MAX));
        let edited = documents.iter_mut().filter(|document| document.path.as_deref().is_some_and(&is_edited));
        edited.for_each(|document| document.open(&mut ids));
        let files = Overlay::over(files);
        let live = Live::new(program_of(&documents), &*sql, &files);
        let (homes, others) = (HashMap::new(), Vec::new());
        let mut package = Self { manifest, root, documents, others, homes, ids, live, files, sql };
        package.find_homes();
        package.read_others(|_, _| true);
        package
    }

    /// All source files, those of dependencies and of the standard library too.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter()
    }

    /// Files that are no sources, in whose texts something is found: the SQL of stages.
    pub fn others(&self) -> impl Iterator<Item = &Document> {
        self.others.iter()
    }

    fn all(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter().chain(&self.others)
    }

    /// The document of a number.
    #[must_use]
    pub fn document(&self, id: FileId) -> Option<&Document> {
        self.all().find(|document| document.id == id)
    }

    /// The document at a path.
    #[must_use]
    pub fn document_at(&self, path: &Path) -> Option<&Document> {
        self.all().find(|document| document.path.as_deref() == Some(path))
    }

    /// The meaning of SQL.
    #[must_use]
    pub fn sql(&self) -> &dyn SqlChecker {
        &*self.sql
    }

    /// The program as it is now. Its places are those of parts: [`Self::outside`] says where they stand.
    #[must_use]
    pub const fn program(&self) -> &Program {
        self.live.program()
    }

    /// What the checker knows of the program. Its places are those of parts: [`Self::outside`] says where they stand.
    #[must_use]
    pub const fn live(&self) -> &Live {
        &self.live
    }

    /// Asks the checker, which knows what was worked out. Its places are those of parts.
    pub fn ask<T>(&mut self, work: impl FnOnce(&mut Checker<'_>) -> T) -> T {
        self.live.checked(&*self.sql, &self.files, work)
    }

    /// Prepares a document for edits, so that the first is as fast as all others.
    pub fn prepare(&mut self, id: FileId) {
        self.edit(id, &[]);
    }

    /// Makes edits, one after the other, each at a range of bytes of the text that the ones before it have left.
    pub fn edit(&mut self, id: FileId, edits: &[(Range<usize>, &str)]) {
        let Some(index) = self.documents.iter().position(|document| document.id == id) else { return };
        let Some(document) = self.documents.get_mut(index) else { return };
        let imported = document.std.clone();
        document.open(&mut self.ids);
        for (range, with) in edits {
            document.edit(range.clone(), with, &mut self.ids);
        }
        let (trees, is_same) = (document.trees(), document.std == imported);
        self.number_others(Some(index));
        if is_same || self.used_std() == self.loaded_std() {
            self.homes.retain(|_, home| *home != index);
            self.homes
                .extend(self.documents.get(index).into_iter().flat_map(Document::files).map(|file| (file, index)));
            let changes = Changes { modules: vec![(index, trees)], files: Vec::new() };
            self.live.update(changes, &*self.sql, &self.files);
        } else {
            self.rebuild();
        }
    }

    /// Gives a document another text; only what differs is looked at.
    pub fn replace(&mut self, id: FileId, text: &str) {
        let Some(before) = self.document(id).map(Document::text) else { return };
        let first = before.bytes().zip(text.bytes()).take_while(|(one, two)| one == two).count();
        let first = before.floor_char_boundary(first).min(text.floor_char_boundary(first));
        let (old, new) = (before.get(first..).unwrap_or_default(), text.get(first..).unwrap_or_default());
        let same: usize = old
            .chars()
            .rev()
            .zip(new.chars().rev())
            .take_while(|(one, two)| one == two)
            .map(|(one, _)| one.len_utf8())
            .sum();
        let with = new.get(..new.len() - same).unwrap_or_default();
        self.edit(id, &[(first..before.len() - same, with)]);
    }

    /// Adds a source file of the package itself, or gives one that is there another text; answers its number, where the path is one of a source file.
    pub fn add(&mut self, path: &Path, text: &str) -> Option<FileId> {
        if let Some(known) = self.document_at(path).map(|document| document.id) {
            self.replace(known, text);
            return Some(known);
        }
        let inside = path.strip_prefix(self.root.join("src")).ok()?;
        let parts: Vec<_> = inside.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let id = self.ids.next();
        let parsed = parse(id, text);
        let head = Head {
            path: Some(path.to_path_buf()),
            name: crate::load::relative_to_here(path).display().to_string().into(),
            place: format!("src/{}.mlp", parts.join("/")),
            package: self.manifest.package.name.clone(),
            module: parts.join("."),
        };
        self.documents.push(Document::whole(head, &text.into(), Arc::new(parsed.file), parsed.diagnostics));
        self.rebuild();
        Some(id)
    }

    /// Takes a source file out of the package.
    pub fn remove(&mut self, id: FileId) {
        self.documents.retain(|document| document.id != id);
        self.rebuild();
    }

    /// Lays an unsaved text over a file that is no source, as the SQL of a stage; without one, the file is what it is on disk, and read again.
    pub fn lay(&mut self, path: &Path, text: Option<&str>) {
        self.files.lay(path, text.map(Arc::from));
        self.read_others(|files, (package, file)| files.is_at(package, file, path));
        let read = self.live.files_read();
        let files: Vec<(String, String)> = read
            .filter(|(package, file)| self.files.is_at(package, file, path))
            .map(|(package, file)| (package.to_owned(), file.to_owned()))
            .collect();
        if !files.is_empty() {
            self.live.update(Changes { modules: Vec::new(), files }, &*self.sql, &self.files);
        }
    }

    /// What is wrong now, by document and place, as `mlp check` tells it.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let outside = |span| self.outside(span);
        let found: Vec<Diagnostic> = self.live.diagnostics().into_iter().map(|found| moved(found, &outside)).collect();
        let syntax: Vec<Diagnostic> = self
            .documents
            .iter()
            .filter(|document| document.package != "std")
            .flat_map(Document::syntax)
            .cloned()
            .collect();
        let line = |span: Span| self.document(span.file).map_or(0, |document| document.position(span.start).line);
        without_cascades(&syntax, found, line)
    }

    /// The edges that were compared, at places of whole documents.
    #[must_use]
    pub fn edges(&self) -> Vec<Compared> {
        self.live.edges().map(|edge| Compared { span: self.outside(edge.span), ..edge.clone() }).collect()
    }

    /// The name at a place of a document, and what it stands for first; of names within each other the innermost.
    #[must_use]
    pub fn symbol_at(&self, document: FileId, offset: u32) -> Option<Occurrence> {
        self.symbols_at(document, offset).into_iter().next()
    }

    /// The same with all that it stands for: in the SQL of a stage a column may be one that is read, and one that is given.
    #[must_use]
    pub fn symbols_at(&self, document: FileId, offset: u32) -> Vec<Occurrence> {
        let holds = |span: Span| span.file == document && (span.start..=span.end).contains(&offset);
        let Some(known) = self.document(document) else { return Vec::new() };
        // one of two parts that meet there: nothing of all others is looked up
        let parts = [offset, offset.saturating_add(1)].map(|offset| known.inside(offset).file);
        let near = self.names(|file| parts.contains(&file));
        let mut found: Vec<Occurrence> = near.filter(|occurrence| holds(occurrence.span)).collect();
        let least = found.iter().map(|occurrence| occurrence.span.len()).min();
        found.retain(|occurrence| Some(occurrence.span.len()) == least);
        if found.iter().any(|occurrence| Some(occurrence) != found.first()) {
            // names are kept in no order, but for those of one SQL
            let order: Vec<Occurrence> = self
                .live
                .sql()
                .filter(|sql| self.outside(sql.place.whole()).file == document)
                .flat_map(|sql| sql.names(&*self.sql))
                .map(|(span, symbol)| self.whole(&Occurrence { span, symbol }))
                .collect();
            found.sort_by_key(|occurrence| order.iter().position(|known| known == occurrence));
        }
        found.dedup();
        found
    }

    /// A name at its place in the whole document.
    fn whole(&self, occurrence: &Occurrence) -> Occurrence {
        let symbol = occurrence.symbol.moved(|place| self.outside(place));
        Occurrence { span: self.outside(occurrence.span), symbol }
    }

    /// All places at which a name stands for this, by document and place, that of its declaration among them.
    #[must_use]
    pub fn occurrences(&self, symbol: &Symbol) -> Vec<Span> {
        let same = self.names(|_| true).filter(|occurrence| occurrence.symbol == *symbol);
        let mut places: Vec<Span> = same.map(|occurrence| occurrence.span).collect();
        let order: HashMap<FileId, usize> =
            self.all().enumerate().map(|(index, document)| (document.id, index)).collect();
        places.sort_unstable_by_key(|place| (order.get(&place.file), *place));
        places.dedup();
        places
    }

    /// The names in some parts, at places of whole documents; some several times.
    fn names(&self, of: impl Fn(FileId) -> bool + Copy) -> impl Iterator<Item = Occurrence> {
        let program = self.program();
        let declared = program.ids().filter_map(move |id| {
            let span = program.decl(id)?.span;
            of(span.file).then(|| Occurrence { span: self.outside(span), symbol: Symbol::Decl(id) })
        });
        let near = self.live.occurrences().filter(move |occurrence| of(occurrence.span.file));
        declared.chain(near.map(|occurrence| self.whole(occurrence)))
    }

    /// Where a place of a part stands in its document.
    #[must_use]
    pub fn outside(&self, span: Span) -> Span {
        let home = self.homes.get(&span.file).and_then(|home| self.documents.get(*home));
        home.map_or(span, |document| document.outside(span))
    }

    /// The modules of the standard library that the package and its dependencies import.
    fn used_std(&self) -> BTreeSet<String> {
        let importers = self.documents.iter().filter(|document| document.package != "std");
        importers
            .flat_map(|document| &document.std)
            .filter(|path| mlp_stdlib::module(path).is_some())
            .cloned()
            .collect()
    }

    fn loaded_std(&self) -> BTreeSet<String> {
        self.documents
            .iter()
            .filter(|document| document.package == "std")
            .map(|document| document.module.clone())
            .collect()
    }

    /// Puts the modules together anew, where there are others: in the order in which they are loaded.
    fn rebuild(&mut self) {
        let used = self.used_std();
        self.documents.retain(|document| document.package != "std" || used.contains(&document.module));
        for path in used.difference(&self.loaded_std()) {
            if let Some(text) = mlp_stdlib::module(path) {
                let tree = Arc::new(parse(self.ids.next(), text).file);
                let name = format!("<{path}>");
                let head = Head {
                    path: None,
                    name: name.as_str().into(),
                    place: name,
                    package: "std".to_owned(),
                    module: path.clone(),
                };
                self.documents.push(Document::whole(head, &text.into(), tree, Vec::new()));
            }
        }
        let own = &self.manifest.package.name;
        self.documents.sort_by(|one, two| {
            let rank = |document: &Document| match document.package.as_str() {
                "std" => 2,
                package => u8::from(package != own),
            };
            let in_package = |document: &Document| match rank(document) {
                0 => PathBuf::from(&document.place),
                1 => PathBuf::new(), // as they were found
                _ => PathBuf::from(&document.module),
            };
            rank(one).cmp(&rank(two)).then_with(|| in_package(one).cmp(&in_package(two)))
        });
        self.find_homes();
        self.number_others(None);
        self.live = Live::new(program_of(&self.documents), &*self.sql, &self.files);
    }

    /// Finds SQL files that stages of a document name now, or of all documents.
    fn number_others(&mut self, index: Option<usize>) {
        let documents = self.documents.iter().enumerate().filter(|(at, _)| index.is_none_or(|index| index == *at));
        let named = documents.flat_map(|(_, document)| sql_of(&module_of(document)).collect::<Vec<_>>());
        let new: BTreeSet<(String, String)> =
            named.filter(|(package, path)| self.files.id(package, path).is_none()).collect();
        for (package, path) in &new {
            self.files.disk.number(package, path, self.ids.next());
        }
        if !new.is_empty() {
            self.read_others(|_, file| new.contains(file));
        }
    }

    /// Reads those of the SQL files anew; what cannot be read is empty, and told where it is named.
    fn read_others(&mut self, which: impl Fn(&Overlay, &(String, String)) -> bool) {
        for (file, id) in self.files.disk.numbered().filter(|(file, _)| which(&self.files, file)) {
            let (package, path) = file;
            let text = self.files.read(package, path).unwrap_or_default();
            let full = self.files.disk.root(package).map(|root| root.join(path));
            let head = Head {
                name: name_of_file(full.as_deref(), path).into(),
                path: full,
                place: path.clone(),
                package: package.clone(),
                module: String::new(),
            };
            self.others.retain(|known| known.id != id);
            self.others.push(Document::other(head, id, &text));
        }
        self.others.sort_by_key(|known| known.id);
    }

    fn find_homes(&mut self) {
        let documents = self.documents.iter().enumerate();
        self.homes = documents.flat_map(|(index, document)| document.files().map(move |file| (file, index))).collect();
    }
}

fn module_of(document: &Document) -> Module {
    Module {
        package: document.package.clone(),
        path: document.module.clone(),
        file: document.id,
        trees: document.trees(),
    }
}

fn program_of(documents: &[Document]) -> Program {
    Program::new(documents.iter().map(module_of).collect())
}
