//! What is checked: the modules of a package, of its dependencies and of the standard library, with everything that they declare.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    ops::Range,
    sync::Arc,
};

use mlp_source::{FileId, Span};
use mlp_syntax::tree::{self, Item, ItemKind, Name};

/// One file, parsed.
#[derive(Clone, Debug)]
pub struct Module {
    /// The package: its name in the manifest, `std` for the standard library.
    pub package: String,
    /// `risk.contracts`; with the package in front for `std` and dependencies.
    pub path: String,
    /// The file; of a file in parts, its first.
    pub file: FileId,
    /// Its parts, in order. A command reads a file as one; for an editor each part is a file of the source map, so that an edit moves no places but its own.
    pub trees: Vec<Arc<tree::File>>,
}

impl Module {
    /// What stands in it, in order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.trees.iter().flat_map(|tree| &tree.items)
    }
}

/// A declaration: it keeps its number while it keeps its kind, name and module, whatever is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeclId(usize);

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `contract`.
    Contract,
    /// `type`.
    Type,
    /// `enum`.
    Enum,
    /// `metrics`.
    Metrics,
    /// `env`.
    Env,
    /// `stage`.
    Stage,
    /// `source`.
    Source,
    /// `sink`.
    Sink,
    /// `secret`.
    Secret,
    /// `const`.
    Const,
    /// `model`.
    Model,
    /// `policy`.
    Policy,
    /// `pipeline`.
    Pipeline,
    /// `deployment`.
    Deployment,
    /// `monitor`.
    Monitor,
}

impl Kind {
    /// As written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Type => "type",
            Self::Enum => "enum",
            Self::Metrics => "metrics",
            Self::Env => "environment",
            Self::Stage => "stage",
            Self::Source => "source",
            Self::Sink => "sink",
            Self::Secret => "secret",
            Self::Const => "const",
            Self::Model => "model",
            Self::Policy => "policy",
            Self::Pipeline => "pipeline",
            Self::Deployment => "deployment",
            Self::Monitor => "monitor",
        }
    }

    /// Whether its names are `UpperCamelCase`.
    #[must_use]
    pub const fn is_camel(self) -> bool {
        matches!(
            self,
            Self::Contract
                | Self::Type
                | Self::Enum
                | Self::Metrics
                | Self::Policy
                | Self::Model
                | Self::Deployment
                | Self::Monitor
        )
    }
}

/// A declaration with its name.
#[derive(Clone, Debug)]
pub struct Decl {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Its module.
    pub module: usize,
    /// The part of the module, and its place among the items there.
    pub item: (usize, usize),
}

/// All modules and what they declare.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The modules.
    pub modules: Vec<Module>,
    /// By module path: its place in `modules`.
    pub by_path: HashMap<String, usize>,
    /// By number; none where an edit took it away.
    decls: Vec<Option<Decl>>,
    /// For each module what it declares, in order.
    order: Vec<Vec<DeclId>>,
}

impl Program {
    /// Collects the declarations of modules.
    #[must_use]
    pub fn new(modules: Vec<Module>) -> Self {
        let by_path = modules.iter().enumerate().map(|(index, module)| (module.path.clone(), index)).collect();
        let order = vec![Vec::new(); modules.len()];
        let mut program = Self { modules, by_path, decls: Vec::new(), order };
        for index in 0..program.modules.len() {
            let trees = program.modules.get(index).map(|module| module.trees.clone()).unwrap_or_default();
            let ids = program.declare(index, 0, &trees, &mut HashMap::new(), &mut HashMap::new());
            if let Some(order) = program.order.get_mut(index) {
                *order = ids;
            }
        }
        program
    }

    /// Gives a module other parts; those that are the same are known by their pointer. Answers the declarations that are no more, and those that are new.
    pub fn renew(&mut self, module: usize, trees: Vec<Arc<tree::File>>) -> (Vec<DeclId>, Vec<DeclId>) {
        let Some(node) = self.modules.get_mut(module) else { return (Vec::new(), Vec::new()) };
        let before = std::mem::replace(&mut node.trees, trees.clone());
        let changed = Changed::between(&before, &trees);
        let part_of = |decls: &[Option<Decl>], id: &DeclId| decls.get(id.0)?.as_ref().map(|decl| decl.item.0);
        let mut ids = self.order.get_mut(module).map(std::mem::take).unwrap_or_default();
        let first = ids.partition_point(|id| part_of(&self.decls, id) < Some(changed.before.start));
        let behind = ids.partition_point(|id| part_of(&self.decls, id) < Some(changed.before.end));
        for id in ids.get(behind..).unwrap_or_default() {
            if let Some(Some(decl)) = self.decls.get_mut(id.0) {
                decl.item.0 = decl.item.0 + changed.after.end - changed.before.end;
            }
        }
        // what was only moved keeps its numbers, and so does what has the kind and name of something that was there before
        let new = trees.get(changed.after.clone()).unwrap_or_default();
        let stays: HashSet<*const tree::File> = new.iter().map(Arc::as_ptr).collect();
        let mut kept: HashMap<*const tree::File, Vec<DeclId>> = HashMap::new();
        let mut lost: HashMap<(Kind, String), VecDeque<DeclId>> = HashMap::new();
        for id in ids.get(first..behind).unwrap_or_default() {
            let Some(decl) = self.decl(*id) else { continue };
            match before.get(decl.item.0).map(Arc::as_ptr).filter(|tree| stays.contains(tree)) {
                Some(tree) => kept.entry(tree).or_default().push(*id),
                None => lost.entry((decl.kind, decl.name.clone())).or_default().push_back(*id),
            }
        }
        let bound = self.decls.len();
        let declared = self.declare(module, changed.after.start, new, &mut kept, &mut lost);
        let added = declared.iter().copied().filter(|id| id.0 >= bound).collect();
        ids.splice(first..behind, declared);
        if let Some(order) = self.order.get_mut(module) {
            *order = ids;
        }
        let gone: Vec<DeclId> = lost.into_values().flatten().collect();
        for id in &gone {
            if let Some(slot) = self.decls.get_mut(id.0) {
                *slot = None;
            }
        }
        (gone, added)
    }

    /// Numbers what parts of a module declare, the first of which is at `start`.
    fn declare(
        &mut self,
        module: usize,
        start: usize,
        trees: &[Arc<tree::File>],
        kept: &mut HashMap<*const tree::File, Vec<DeclId>>,
        lost: &mut HashMap<(Kind, String), VecDeque<DeclId>>,
    ) -> Vec<DeclId> {
        let mut order = Vec::new();
        for (part, tree) in (start..).zip(trees) {
            if let Some(ids) = kept.remove(&Arc::as_ptr(tree)) {
                for id in &ids {
                    if let Some(Some(decl)) = self.decls.get_mut(id.0) {
                        decl.item.0 = part;
                    }
                }
                order.extend(ids);
                continue;
            }
            for (item, node) in tree.items.iter().enumerate() {
                let Some((kind, name)) = declared(&node.kind) else { continue };
                let decl = Decl { kind, name: name.text.clone(), span: name.span, module, item: (part, item) };
                let known = lost.get_mut(&(kind, name.text.clone())).and_then(VecDeque::pop_front);
                let id = known.unwrap_or(DeclId(self.decls.len()));
                match self.decls.get_mut(id.0) {
                    Some(slot) => *slot = Some(decl),
                    None => self.decls.push(Some(decl)),
                }
                order.push(id);
            }
        }
        order
    }

    /// The declaration of an id.
    #[must_use]
    pub fn decl(&self, id: DeclId) -> Option<&Decl> {
        self.decls.get(id.0)?.as_ref()
    }

    /// The tree of a declaration.
    #[must_use]
    pub fn item(&self, id: DeclId) -> Option<&Item> {
        let decl = self.decl(id)?;
        self.modules.get(decl.module)?.trees.get(decl.item.0)?.items.get(decl.item.1)
    }

    /// Ids of all declarations, module by module, in the order written.
    pub fn ids(&self) -> impl Iterator<Item = DeclId> + '_ {
        self.order.iter().flatten().copied()
    }

    /// Ids of what a module declares, in the order written.
    pub fn ids_in(&self, module: usize) -> impl Iterator<Item = DeclId> + '_ {
        self.order.get(module).into_iter().flatten().copied()
    }

    /// All declarations, in the order of [`Self::ids`].
    pub fn decls(&self) -> impl Iterator<Item = &Decl> {
        self.ids().filter_map(|id| self.decl(id))
    }

    /// Where a declaration stands, for what goes by the order written: module, part, item.
    #[must_use]
    pub fn place(&self, id: DeclId) -> (usize, usize, usize) {
        self.decl(id).map_or((usize::MAX, 0, 0), |decl| (decl.module, decl.item.0, decl.item.1))
    }

    /// The declarations of one kind, in order.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = DeclId> + '_ {
        self.ids().filter(move |id| self.decl(*id).is_some_and(|decl| decl.kind == kind))
    }

    /// `module.name`, as it stands in plans; the bare name for modules of the package itself.
    #[must_use]
    pub fn qualified(&self, id: DeclId) -> String {
        match self.decl(id).and_then(|decl| Some((decl, self.modules.get(decl.module)?))) {
            Some((decl, module)) => format!("{}.{}", module.path, decl.name),
            None => String::new(),
        }
    }
}

/// Which parts of a module are others than before: what stands before and behind them is the same.
#[derive(Debug)]
pub(crate) struct Changed {
    /// Where they were.
    pub before: Range<usize>,
    /// Where they are.
    pub after: Range<usize>,
}

impl Changed {
    pub(crate) fn between(before: &[Arc<tree::File>], after: &[Arc<tree::File>]) -> Self {
        let same = |(one, two): &(&Arc<tree::File>, &Arc<tree::File>)| Arc::ptr_eq(one, two);
        let start = before.iter().zip(after).take_while(same).count();
        let rest = before.len().min(after.len()) - start;
        let end = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(same).count();
        Self { before: start..before.len() - end, after: start..after.len() - end }
    }
}

/// The kind and name that an item declares.
#[must_use]
pub const fn declared(kind: &ItemKind) -> Option<(Kind, &Name)> {
    Some(match kind {
        ItemKind::Contract(decl) => (Kind::Contract, &decl.name),
        ItemKind::Type(decl) => (Kind::Type, &decl.name),
        ItemKind::Enum(decl) => (Kind::Enum, &decl.name),
        ItemKind::Metrics(decl) => (Kind::Metrics, &decl.name),
        ItemKind::Env(decl) => (Kind::Env, &decl.name),
        ItemKind::Stage(decl) => (Kind::Stage, &decl.name),
        ItemKind::Source(decl) => (Kind::Source, &decl.name),
        ItemKind::Sink(decl) => (Kind::Sink, &decl.name),
        ItemKind::Secret(decl) => (Kind::Secret, &decl.name),
        ItemKind::Const(decl) => (Kind::Const, &decl.name),
        ItemKind::Model(decl) => (Kind::Model, &decl.name),
        ItemKind::Policy(decl) => (Kind::Policy, &decl.name),
        ItemKind::Pipeline(decl) => (Kind::Pipeline, &decl.name),
        ItemKind::Deployment(decl) => (Kind::Deployment, &decl.name),
        ItemKind::Monitor(decl) => (Kind::Monitor, &decl.name),
        ItemKind::Use(_) | ItemKind::Moments(_) | ItemKind::Test(_) | ItemKind::Broken(_) => return None,
    })
}
