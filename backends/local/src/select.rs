//! Which nodes take part in a run, and which run whatever the cache says.

use std::collections::{HashMap, HashSet};

use mlp_plan::Pipeline;

use crate::{RunError, RunOptions};

/// What takes part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection<'a> {
    /// Nodes that take part, in the plan's order.
    pub nodes: Vec<&'a str>,
    /// Those that run whatever the cache says.
    pub forced: HashSet<&'a str>,
    /// Nodes whose newest results are taken as they are.
    pub given: Vec<&'a str>,
}

/// Selects by `--from` and `--only`.
pub(crate) fn select<'a>(pipeline: &'a Pipeline, options: &RunOptions) -> Result<Selection<'a>, RunError> {
    let all: Vec<&str> = pipeline.nodes.iter().map(|node| node.id.as_str()).collect();
    let find = |name: &str| {
        all.iter().find(|id| **id == name).copied().ok_or_else(|| {
            RunError::Usage(format!("pipeline `{}` has no node `{name}`; there is {}", pipeline.name, all.join(", ")))
        })
    };
    match (&options.only, &options.from) {
        (Some(_), Some(_)) => Err(RunError::Usage("--from and --only exclude each other".to_owned())),
        (Some(only), None) => {
            let only = find(only)?;
            let given =
                pipeline.nodes.iter().find(|node| node.id == only).map(mlp_plan::Node::upstream).unwrap_or_default();
            Ok(Selection { nodes: vec![only], forced: HashSet::from([only]), given })
        }
        (None, Some(from)) => {
            let forced = behind(pipeline, find(from)?);
            let mut part = forced.clone();
            // Upstream comes later in this order, so that one pass finds all of it.
            for node in pipeline.nodes.iter().rev() {
                if part.contains(node.id.as_str()) {
                    part.extend(node.upstream());
                }
            }
            Ok(Selection { nodes: all.into_iter().filter(|id| part.contains(id)).collect(), forced, given: Vec::new() })
        }
        (None, None) => {
            let forced = if options.no_cache { all.iter().copied().collect() } else { HashSet::new() };
            Ok(Selection { nodes: all, forced, given: Vec::new() })
        }
    }
}

/// A node and all that read from it, directly or not.
fn behind<'a>(pipeline: &'a Pipeline, start: &'a str) -> HashSet<&'a str> {
    let mut found = HashSet::from([start]);
    for node in &pipeline.nodes {
        if node.upstream().iter().any(|upstream| found.contains(upstream)) {
            found.insert(node.id.as_str());
        }
    }
    found
}

/// For each node, those that read from it, by position.
pub(crate) fn readers(pipeline: &Pipeline) -> Vec<Vec<usize>> {
    let positions: HashMap<&str, usize> =
        pipeline.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let mut readers = vec![Vec::new(); pipeline.nodes.len()];
    for (at, node) in pipeline.nodes.iter().enumerate() {
        for upstream in node.upstream() {
            if let Some(list) = positions.get(upstream).and_then(|upstream| readers.get_mut(*upstream)) {
                list.push(at);
            }
        }
    }
    readers
}
