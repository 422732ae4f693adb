//! The ways that data takes through a pipeline, for messages.

use std::collections::{BTreeMap, HashMap, VecDeque};

use mlp_plan::Origin;

use crate::flow::{Flow, FlowNode};

/// A node by its id.
pub(super) fn node_of<'f>(flow: &'f Flow, id: &str) -> Option<&'f FlowNode> {
    flow.nodes.iter().find(|node| node.id == id)
}

/// The shortest way from one node to another, as `load -> build -> fit`.
pub(super) fn way(flow: &Flow, from: &str, to: &str) -> String {
    let nodes: HashMap<&str, &FlowNode> = flow.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([to]);
    while let Some(id) = open.pop_front() {
        let Some(node) = nodes.get(id).filter(|_| id != from) else { break };
        for origin in node.inputs.iter().flat_map(|input| nodes_of(&input.from)) {
            if origin != to && !before.contains_key(origin) {
                before.insert(origin, &node.id);
                open.push_back(origin);
            }
        }
    }
    let mut way = vec![from];
    while let Some(next) = way.last().and_then(|last| before.get(last)) {
        way.push(next);
    }
    way.join(" -> ")
}

/// The nodes that an input reads from.
pub(super) fn nodes_of(from: &Origin) -> Vec<&str> {
    match from {
        Origin::Output { node, .. } => vec![node],
        Origin::List(origins) => origins.iter().flat_map(nodes_of).collect(),
        Origin::Rung { .. } | Origin::Request | Origin::Served | Origin::None => Vec::new(),
    }
}
