//! Moments: the order in which things become known.

use std::collections::HashMap;

use mlp_diagnostics::{Diagnostic, catalog};
use mlp_plan::Literal;
use mlp_source::Span;
use mlp_syntax::tree::ItemKind;
use petgraph::{
    algo::{has_path_connecting, is_cyclic_directed},
    graph::{DiGraph, NodeIndex},
};

use crate::{
    literals,
    program::{Module, Program},
};

/// The declared moments and their order.
#[derive(Debug, Default)]
pub struct Moments {
    graph: DiGraph<String, ()>,
    nodes: HashMap<String, NodeIndex>,
    /// What each line says, in order: that is all that the rest is made from.
    lines: Vec<(Vec<String>, Option<i64>)>,
    /// Moments with the longest time, ns, that passes until they come: `moments authorized < settled within 45d`.
    delays: HashMap<String, i64>,
}

impl PartialEq for Moments {
    fn eq(&self, other: &Self) -> bool {
        self.lines == other.lines
    }
}

impl Moments {
    /// Collects every `moments` line; a circle among them is an error at the line that closes it.
    #[must_use]
    pub fn new(program: &Program, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut moments = Self::default();
        for item in program.modules.iter().flat_map(Module::items) {
            let ItemKind::Moments(line) = &item.kind else { continue };
            let indices: Vec<NodeIndex> = line.names.iter().map(|name| moments.node(&name.text)).collect();
            let within = match line.within.as_ref().and_then(literals::literal) {
                Some(Literal::Duration(within)) => Some(within),
                _ => None,
            };
            moments.lines.push((line.names.iter().map(|name| name.text.clone()).collect(), within));
            if let Some(delay) = within {
                let later = line.names.iter().skip(1).map(|name| (name.text.clone(), delay));
                moments.delays.extend(later);
            }
            for pair in indices.windows(2) {
                if let [earlier, later] = pair {
                    moments.graph.update_edge(*earlier, *later, ());
                }
            }
            if is_cyclic_directed(&moments.graph) {
                let names: Vec<String> = line.names.iter().map(|name| name.text.clone()).collect();
                diagnostics.push(catalog::stages::cycle(item.span, "moments", &names, &[]));
                return moments;
            }
        }
        moments
    }

    fn node(&mut self, name: &str) -> NodeIndex {
        if let Some(node) = self.nodes.get(name) {
            return *node;
        }
        let node = self.graph.add_node(name.to_owned());
        self.nodes.insert(name.to_owned(), node);
        node
    }

    /// What is to be said where no moment of that name is declared.
    #[must_use]
    pub fn unknown(&self, name: &str, span: Span) -> Option<Diagnostic> {
        if self.nodes.contains_key(name) {
            return None;
        }
        let mut names: Vec<&str> = self.nodes.keys().map(String::as_str).collect();
        names.sort_unstable();
        Some(catalog::names::unknown(span, "moment", name, crate::scope::nearest(name, names).as_deref()))
    }

    /// Whether what is known at `known` is known when it is `at`: they are the same, or a line says that it comes before. Moments that were never declared
    /// were reported, and count as known.
    #[must_use]
    pub fn is_known_at(&self, known: &str, at: &str) -> bool {
        match (self.nodes.get(known), self.nodes.get(at)) {
            (Some(known), Some(at)) => has_path_connecting(&self.graph, *known, *at, None),
            _ => true,
        }
    }

    /// The longest time, ns, between a prediction and a moment after it, where a line bounds it; none where the moment is known by then.
    #[must_use]
    pub fn delay(&self, predicts_at: Option<&str>, moment: &str) -> Option<i64> {
        let known = predicts_at.is_some_and(|at| self.is_known_at(moment, at));
        self.delays.get(moment).copied().filter(|_| !known)
    }

    /// The later of two moments; of two without order the second, so that nothing is called known too early.
    #[must_use]
    pub fn latest(&self, a: Option<String>, b: Option<String>) -> Option<String> {
        match (a, b) {
            (Some(a), Some(b)) if self.is_known_at(&b, &a) => Some(a),
            (a, b) => b.or(a),
        }
    }
}
