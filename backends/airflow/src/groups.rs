//! Task groups: the nodes of an unrolled list stand together.

use std::collections::{BTreeMap, HashMap};

use mlp_plan::Node;

/// Which nodes stand in which group.
pub struct Groups<'a> {
    members: BTreeMap<&'a str, Vec<&'a Node>>,
}

impl<'a> Groups<'a> {
    /// Lists of two and more, unless a way through the graph would leave a group and come back: Airflow cannot draw that.
    pub fn of(nodes: &'a [Node]) -> Self {
        let mut members: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for node in nodes {
            if let Some(list) = list_of(&node.id) {
                members.entry(list).or_default().push(node);
            }
        }
        members.retain(|_, members| members.len() > 1);
        let found = Self { members };
        if found.is_acyclic(nodes) { found } else { Self { members: BTreeMap::new() } }
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        !self.members.is_empty()
    }

    /// The group of a node, and all nodes in it, in their order.
    pub fn of_node(&self, node: &Node) -> Option<(&'a str, &[&'a Node])> {
        let (name, members) = self.members.get_key_value(list_of(&node.id)?)?;
        Some((name, members))
    }

    /// Whether there is an order of the groups and the nodes outside of them (Kahn).
    fn is_acyclic(&self, nodes: &'a [Node]) -> bool {
        if !self.any() {
            return true;
        }
        let home =
            |id: &'a str| list_of(id).filter(|list| self.members.contains_key(list)).map_or((1, id), |list| (0, list));
        let mut waits: HashMap<(u8, &str), usize> = HashMap::new();
        let mut feeds: HashMap<(u8, &str), Vec<(u8, &str)>> = HashMap::new();
        for node in nodes {
            let at = home(&node.id);
            waits.entry(at).or_default();
            for from in node.upstream().into_iter().map(home).filter(|from| *from != at) {
                *waits.entry(at).or_default() += 1;
                feeds.entry(from).or_default().push(at);
            }
        }
        let mut ready: Vec<_> = waits.iter().filter(|(_, count)| **count == 0).map(|(at, _)| *at).collect();
        let mut left = waits.len();
        while let Some(at) = ready.pop() {
            left -= 1;
            for next in feeds.remove(&at).unwrap_or_default() {
                if let Some(count) = waits.get_mut(&next) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(next);
                    }
                }
            }
        }
        left == 0
    }
}

/// `trials` of `trials-0` and `trials-0-score`.
fn list_of(id: &str) -> Option<&str> {
    let (list, rest) = id.split_once('-')?;
    let index = rest.split('-').next()?;
    (!index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())).then_some(list)
}
