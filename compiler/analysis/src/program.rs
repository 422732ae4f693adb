//! What is checked: the modules of a package, of its dependencies and of the standard library, with everything that they declare.

use std::{collections::HashMap, sync::Arc};

use mlp_source::{FileId, Span};
use mlp_syntax::tree::{self, Item, ItemKind, Name};

/// One parsed file.
#[derive(Clone, Debug)]
pub struct Module {
    /// The package: its name in the manifest, `std` for the standard library.
    pub package: String,
    /// `risk.contracts`; with the package in front for `std` and dependencies.
    pub path: String,
    /// The file.
    pub file: FileId,
    /// Its tree.
    pub tree: Arc<tree::File>,
}

/// A declaration, by its place in [`Program::decls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeclId(pub usize);

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
    /// Its place among the items of the module.
    pub item: usize,
}

/// All modules and what they declare.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The modules.
    pub modules: Vec<Module>,
    /// The declarations, module by module, in order.
    pub decls: Vec<Decl>,
    /// By module path: its place in `modules`.
    pub by_path: HashMap<String, usize>,
}

impl Program {
    /// Collects the declarations of modules.
    #[must_use]
    pub fn new(modules: Vec<Module>) -> Self {
        let mut decls = Vec::new();
        let mut by_path = HashMap::new();
        for (index, module) in modules.iter().enumerate() {
            by_path.insert(module.path.clone(), index);
            for (item, node) in module.tree.items.iter().enumerate() {
                if let Some((kind, name)) = declared(&node.kind) {
                    decls.push(Decl { kind, name: name.text.clone(), span: name.span, module: index, item });
                }
            }
        }
        Self { modules, decls, by_path }
    }

    /// The declaration of an id.
    #[must_use]
    pub fn decl(&self, id: DeclId) -> Option<&Decl> {
        self.decls.get(id.0)
    }

    /// The tree of a declaration.
    #[must_use]
    pub fn item(&self, id: DeclId) -> Option<&Item> {
        let decl = self.decl(id)?;
        self.modules.get(decl.module)?.tree.items.get(decl.item)
    }

    /// Ids of all declarations, in order.
    pub fn ids(&self) -> impl Iterator<Item = DeclId> + use<> {
        (0..self.decls.len()).map(DeclId)
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

/// The kind and name that an item declares.
const fn declared(kind: &ItemKind) -> Option<(Kind, &Name)> {
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
