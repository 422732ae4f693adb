//! What a picture shows: nodes, the rungs that they read and move, and what flows between them.

use std::collections::{BTreeSet, HashMap};

use mlp_plan::{Artifact, Node, Origin, Plan, Run};
use petgraph::graph::{DiGraph, NodeIndex};

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Reads what others write.
    Source,
    /// One SELECT.
    Sql,
    /// A Python function.
    Python,
    /// A program.
    Command,
    /// A program in an image.
    Container,
    /// A stage of the standard library.
    Builtin,
    /// A promotion under its policies.
    Promote,
    /// Writes for others.
    Sink,
    /// A rung of the registry.
    Rung,
}

impl Kind {
    /// All of them, in the order of the legend.
    pub const ALL: [Self; 9] = [
        Self::Source,
        Self::Sql,
        Self::Python,
        Self::Command,
        Self::Container,
        Self::Builtin,
        Self::Promote,
        Self::Sink,
        Self::Rung,
    ];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Sql => "sql",
            Self::Python => "python",
            Self::Command => "command",
            Self::Container => "container",
            Self::Builtin => "builtin",
            Self::Promote => "promote",
            Self::Sink => "sink",
            Self::Rung => "rung",
        }
    }

    fn of(run: &Run) -> Self {
        match run {
            Run::Read(_) => Self::Source,
            Run::Sql { .. } => Self::Sql,
            Run::Python { .. } | Run::Ask { .. } => Self::Python,
            Run::Command { .. } => Self::Command,
            Run::Container { .. } => Self::Container,
            Run::Builtin { .. } => Self::Builtin,
            Run::Promote(_) => Self::Promote,
            Run::Write { .. } => Self::Sink,
        }
    }
}

/// A box.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub stage: String,
    pub kind: Kind,
    pub doc: Option<String>,
}

/// Boxes, and on each edge the names of what flows there.
pub type Picture = DiGraph<Item, String>;

/// The picture of a pipeline.
pub fn graph(plan: &Plan, pipeline: &str) -> Option<Picture> {
    let nodes = &plan.pipelines.get(pipeline)?.nodes;
    let mut build = Build { picture: Picture::new(), by_id: HashMap::new(), rungs: HashMap::new() };
    for node in nodes {
        let item =
            Item { id: node.id.clone(), stage: node.stage.clone(), kind: Kind::of(&node.run), doc: node.doc.clone() };
        let index = build.picture.add_node(item);
        build.by_id.entry(node.id.as_str()).or_insert((index, node));
    }
    for node in nodes {
        build.edges(node);
    }
    Some(build.picture)
}

struct Build<'a> {
    picture: Picture,
    by_id: HashMap<&'a str, (NodeIndex, &'a Node)>,
    rungs: HashMap<(&'a str, &'a str), NodeIndex>,
}

impl<'a> Build<'a> {
    fn edges(&mut self, node: &'a Node) {
        let Some((to, _)) = self.by_id.get(node.id.as_str()).copied() else { return };
        let mut labels: Vec<(NodeIndex, BTreeSet<String>)> = Vec::new();
        let mut seen: HashMap<NodeIndex, usize> = HashMap::new();
        let mut flows = Vec::new();
        node.inputs.iter().for_each(|input| self.flows(&input.from, &mut flows));
        for (from, label) in flows {
            let at = *seen.entry(from).or_insert_with(|| {
                labels.push((from, BTreeSet::new()));
                labels.len() - 1
            });
            if let Some((_, known)) = labels.get_mut(at) {
                known.extend(label);
            }
        }
        for (from, labels) in labels {
            self.picture.add_edge(from, to, labels.into_iter().collect::<Vec<_>>().join(", "));
        }
        if let Run::Promote(promote) = &node.run {
            let item = rung(&promote.model, &promote.rung, "moved by this run");
            let moved = self.picture.add_node(item);
            self.picture.add_edge(to, moved, "promotes".to_owned());
        }
    }

    fn flows(&mut self, origin: &'a Origin, found: &mut Vec<(NodeIndex, Option<String>)>) {
        match origin {
            Origin::Output { node, output } => {
                if let Some((index, node)) = self.by_id.get(node.as_str()) {
                    found.push((*index, label(node, output)));
                }
            }
            Origin::Rung { model, rung: name } => {
                let picture = &mut self.picture;
                let at = self
                    .rungs
                    .entry((model, name))
                    .or_insert_with(|| picture.add_node(rung(model, name, "as the run began")));
                found.push((*at, None));
            }
            Origin::List(origins) => origins.iter().for_each(|origin| self.flows(origin, found)),
            Origin::Request | Origin::Served | Origin::None => {}
        }
    }
}

fn rung(model: &str, rung: &str, what: &str) -> Item {
    Item { id: format!("{model}.{rung}"), stage: what.to_owned(), kind: Kind::Rung, doc: None }
}

/// An output's own name says most; where it has none, the contract of its table.
fn label(node: &Node, output: &str) -> Option<String> {
    if output != "result" {
        return Some(output.to_owned());
    }
    let artifact = &node.outputs.iter().find(|made| made.name == output)?.artifact;
    match artifact {
        Artifact::Table { contract } => Some(contract.clone()),
        _ => None,
    }
}
