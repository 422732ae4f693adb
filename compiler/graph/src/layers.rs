//! Into layers: each box behind all that it reads from, and an edge that passes over layers gets a waypoint in each.

use petgraph::{
    Direction::{Incoming, Outgoing},
    graph::{DiGraph, NodeIndex},
    visit::EdgeRef as _,
};

use crate::model::Picture;

/// A box, or a waypoint of an edge.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Whether it is a box.
    pub real: bool,
    /// Its layer, from the left.
    pub layer: usize,
    /// Its rank within the layer, from above.
    pub rank: usize,
    /// Its height.
    pub height: f64,
    /// Its middle.
    pub y: f64,
}

/// Boxes have the same index as in the picture; waypoints come behind.
pub type Sketch = DiGraph<Cell, ()>;

/// A picture in layers.
pub struct Layered {
    pub sketch: Sketch,
    /// The layers, from the left, each from above.
    pub layers: Vec<Vec<NodeIndex>>,
    /// For each edge of the picture its cells, from the left; empty for one that runs backwards.
    pub chains: Vec<Vec<NodeIndex>>,
}

/// Boxes by longest path, pulled right where that shortens more edges than it stretches.
pub fn layered(picture: &Picture, height: f64) -> Layered {
    let forward = order(picture);
    let mut layer: Vec<usize> = vec![0; picture.node_count()];
    let at = |layer: &[usize], node: NodeIndex| layer.get(node.index()).copied().unwrap_or(0);
    let runs = |a: NodeIndex, b: NodeIndex| forward.get(a.index()) < forward.get(b.index());
    let mut sorted: Vec<NodeIndex> = picture.node_indices().collect();
    sorted.sort_by_key(|node| forward.get(node.index()).copied());
    for node in &sorted {
        let before = picture.neighbors_directed(*node, Incoming).filter(|from| runs(*from, *node));
        let own = before.map(|from| at(&layer, from) + 1).max().unwrap_or(0);
        layer.iter_mut().skip(node.index()).take(1).for_each(|slot| *slot = own);
    }
    for node in sorted.iter().rev() {
        let count = |direction| picture.neighbors_directed(*node, direction).count();
        let behind = picture.neighbors_directed(*node, Outgoing).filter(|to| runs(*node, *to));
        if count(Outgoing) > count(Incoming)
            && let Some(nearest) = behind.map(|to| at(&layer, to)).min()
        {
            layer.iter_mut().skip(node.index()).take(1).for_each(|slot| *slot = nearest.saturating_sub(1));
        }
    }
    let mut sketch = Sketch::new();
    for node in picture.node_indices() {
        sketch.add_node(Cell { real: true, layer: at(&layer, node), rank: 0, height, y: 0.0 });
    }
    let mut chains = Vec::with_capacity(picture.edge_count());
    for edge in picture.edge_references() {
        let (from, to) = (edge.source(), edge.target());
        chains.push(if runs(from, to) { chain(&mut sketch, from, to) } else { Vec::new() });
    }
    let depth = sketch.node_weights().map(|cell| cell.layer + 1).max().unwrap_or(0);
    let mut layers = vec![Vec::new(); depth];
    for node in sketch.node_indices() {
        if let Some(layer) = layers.get_mut(sketch[node].layer) {
            sketch[node].rank = layer.len();
            layer.push(node);
        }
    }
    Layered { sketch, layers, chains }
}

/// Each node's place in an order in which edges run forward; a plan has no cycles, and if one had, its backward edges are not drawn.
fn order(picture: &Picture) -> Vec<usize> {
    let sorted = petgraph::algo::toposort(picture, None).unwrap_or_else(|_| picture.node_indices().collect());
    let mut places = vec![0; picture.node_count()];
    for (place, node) in sorted.into_iter().enumerate() {
        places.iter_mut().skip(node.index()).take(1).for_each(|slot| *slot = place);
    }
    places
}

fn chain(sketch: &mut Sketch, from: NodeIndex, to: NodeIndex) -> Vec<NodeIndex> {
    let mut cells = vec![from];
    let mut last = from;
    for layer in sketch[from].layer + 1..sketch[to].layer {
        let waypoint = sketch.add_node(Cell { real: false, layer, rank: 0, height: 0.0, y: 0.0 });
        sketch.add_edge(last, waypoint, ());
        cells.push(waypoint);
        last = waypoint;
    }
    sketch.add_edge(last, to, ());
    cells.push(to);
    cells
}
