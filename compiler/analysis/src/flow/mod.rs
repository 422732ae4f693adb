//! Pipelines as dataflow: calls become nodes, lists are unrolled, stages made of stages are inlined.

mod arguments;
mod calls;
mod clock;
mod edges;
mod expressions;
mod library;
mod pick;
mod places;
mod promote;
mod settings;
mod statements;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{Constraint, Origin, Rule, Value};
use mlp_ports::SqlColumn;
use mlp_source::Span;
use mlp_syntax::tree::Name;

pub(crate) use edges::nullable_at;
pub use library::asked;
pub use settings::PipelineSettings;

use crate::{
    checker::Checker,
    models::ModelInfo,
    policies::PolicyInfo,
    program::DeclId,
    run::RunKind,
    settings::Settings,
    stages::ParamInfo,
    types::Ty,
    values::{Scalar, Scalars},
};

/// A pipeline, worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Its declaration.
    pub id: DeclId,
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Vec<ParamInfo>,
    /// Its settings.
    pub settings: PipelineSettings,
    /// The nodes, each behind what it reads from.
    pub nodes: Vec<FlowNode>,
    /// Where it is declared.
    pub span: Span,
    /// Its docs.
    pub doc: Option<String>,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowNode {
    /// Stable under reordering and formatting.
    pub id: String,
    /// The stage that is called, with its module.
    pub stage: String,
    /// Its declaration; none for `pick` and `promote`.
    pub decl: Option<DeclId>,
    /// What it does.
    pub work: Work,
    /// What it reads.
    pub inputs: Vec<FlowInput>,
    /// What it makes.
    pub outputs: Vec<FlowOutput>,
    /// Its scalar parameters.
    pub params: BTreeMap<String, Value>,
    /// What the stage says about itself.
    pub settings: Settings,
    /// Whether its outputs are parts of its input.
    pub disjoint: bool,
    /// Where it is called.
    pub span: Span,
    /// Where the pipeline calls it: there, or where it calls the stage made of stages around it.
    pub site: Span,
    /// Where the stage is declared.
    pub declared: Span,
    /// Its docs.
    pub doc: Option<String>,
    /// Of an SQL stage, what it selects.
    pub sql: Vec<SqlColumn>,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// What its stage, source or sink runs, and the values that the names in it stand for.
    Run(RunKind, HashMap<String, Value>),
    /// `pick(models, reports, highest: auc)`.
    Pick,
    /// `promote x to M.rung when ..`.
    Promote {
        /// The model of the registry.
        model: Arc<ModelInfo>,
        /// The rung.
        rung: String,
        /// The policies, with what each of their parameters is given: the input's name, or a value.
        policies: Vec<PolicyCall>,
    },
}

/// A policy with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyCall {
    /// Its declaration.
    pub id: DeclId,
    /// The policy.
    pub policy: Arc<PolicyInfo>,
    /// For each report parameter the node's input that carries it.
    pub reports: BTreeMap<String, String>,
    /// For each scalar parameter its value.
    pub params: BTreeMap<String, Value>,
}

/// What a node reads.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowInput {
    /// The parameter's name.
    pub name: String,
    /// Where it comes from.
    pub from: Origin,
    /// What is expected.
    pub ty: Ty,
    /// What comes, where it is more than is expected.
    pub given: Ty,
    /// Whether it may be none.
    pub optional: bool,
    /// What was not proven of the edge.
    pub checks: Vec<Rule>,
    /// How many rules were proven.
    pub proven: usize,
    /// Where the argument stands.
    pub span: Span,
}

/// What a node makes.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowOutput {
    /// Its name.
    pub name: String,
    /// What it is.
    pub ty: Ty,
    /// What is checked before anyone sees it.
    pub checks: Vec<Rule>,
}

/// What an expression in a pipeline stands for.
#[derive(Clone, Debug)]
pub enum Val {
    /// Something that a node makes, or a rung of the registry.
    Artifact(Handle),
    /// Named outputs.
    Record(Vec<(String, Self)>),
    /// `[..]`.
    List(Vec<Self>),
    /// A value of a parameter.
    Scalar(Scalar),
    /// A column's name.
    Column(Name),
    /// `none`.
    None,
    /// Nothing: a sink was called.
    Unit,
    /// What could not be made out; it was reported.
    Error,
}

/// Something that a node makes.
#[derive(Clone, Debug)]
pub struct Handle {
    /// What it is.
    pub ty: Ty,
    /// Where it comes from.
    pub from: Origin,
    /// Whether it may be none.
    pub optional: bool,
    /// Where it is made.
    pub span: Span,
}

impl Val {
    /// In words, for messages.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Artifact(handle) => handle.ty.text(),
            Self::Record(fields) => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                format!("the outputs {}", names.join(", "))
            }
            Self::List(_) => "a list".to_owned(),
            Self::Scalar(scalar) => scalar.ty.to_string(),
            Self::Column(name) => format!("the column `{}`", name.text),
            Self::None => "none".to_owned(),
            Self::Unit => "nothing".to_owned(),
            Self::Error => "an unknown value".to_owned(),
        }
    }
}

/// How the node that an expression makes is called.
#[derive(Clone, Debug)]
pub struct Id {
    base: String,
    exact: bool,
}

impl Id {
    /// The node itself has this id.
    #[must_use]
    pub fn exact(base: impl Into<String>) -> Self {
        Self { base: base.into(), exact: true }
    }

    /// A call inside: `report-score`.
    fn inside(&self) -> Self {
        Self { base: self.base.clone(), exact: false }
    }

    fn of(&self, stage: &str) -> String {
        if self.exact { self.base.clone() } else { format!("{}-{stage}", self.base) }
    }
}

/// What is bound while a pipeline, a monitor, a test or a stage made of stages is worked out.
pub struct Elaborator<'c, 'a> {
    /// The checker.
    pub checker: &'c mut Checker<'a>,
    /// The module whose names are seen.
    pub module: usize,
    /// The module of the pipeline itself, while stages of other modules are inlined.
    home: usize,
    /// The nodes so far.
    pub nodes: Vec<FlowNode>,
    /// What names stand for.
    pub names: HashMap<String, Bound>,
    /// Scalar parameters by name.
    pub scalars: Scalars,
    /// Where parameters and `let`s that hold scalars are bound.
    pub scalar_spans: HashMap<String, Span>,
    /// Node ids that are taken, with the number to try next behind each.
    taken: HashMap<String, usize>,
    /// What stages ask of parameters of the pipeline beyond what those say of themselves.
    narrowed: Vec<(String, Constraint)>,
    /// How deep stages made of stages are inlined.
    depth: usize,
    /// Where the outermost of them is called.
    site: Option<Span>,
    /// Whether it was said that the pipeline is too large.
    full: bool,
}

/// A `let` or parameter.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it stands for.
    pub val: Val,
    /// Where it is bound.
    pub span: Span,
    /// Whether something uses it.
    pub used: bool,
    /// Whether it is a `let` (unused ones are told).
    pub is_let: bool,
}

/// Pipelines beyond this many nodes are refused: a list that was unrolled by mistake.
const NODE_LIMIT: usize = 20_000;

impl<'c, 'a> Elaborator<'c, 'a> {
    /// Nothing bound yet.
    #[must_use]
    pub fn new(checker: &'c mut Checker<'a>, module: usize) -> Self {
        Self {
            checker,
            module,
            home: module,
            nodes: Vec::new(),
            names: HashMap::new(),
            scalars: Scalars::new(),
            scalar_spans: HashMap::new(),
            taken: HashMap::new(),
            narrowed: Vec::new(),
            depth: 0,
            site: None,
            full: false,
        }
    }

    /// Whether there are more nodes, or values of a list, than a pipeline may have. That is said once, where the pipeline itself asks for them.
    fn is_full(&mut self, span: Span, values: usize) -> bool {
        if self.nodes.len().max(values) > NODE_LIMIT && !self.full {
            self.full = true;
            if self.depth == 0 {
                self.tell_full(span);
            }
        }
        self.full
    }

    fn tell_full(&mut self, span: Span) {
        self.checker.report(words::misplaced(
            span,
            format!("this unrolls into more than {NODE_LIMIT} nodes"),
            "shorten the list, or call fewer stages in each other",
        ));
    }

    /// An id that no node has yet: the one that is wanted, or with `-2`, `-3`, .. behind it.
    fn fresh(&mut self, wanted: &str) -> String {
        let Some(next) = self.taken.get(wanted).copied() else {
            self.taken.insert(wanted.to_owned(), 2);
            return wanted.to_owned();
        };
        let mut number = next;
        let id = loop {
            let id = format!("{wanted}-{number}");
            number += 1;
            if !self.taken.contains_key(&id) {
                break id;
            }
        };
        self.taken.insert(wanted.to_owned(), number);
        self.taken.insert(id.clone(), 2);
        id
    }
}
