//! The order within layers: barycentre sweeps and exchanges of neighbours, of which the state with the fewest crossings is kept.

use petgraph::{
    Direction::{self, Incoming, Outgoing},
    graph::NodeIndex,
};

use crate::layers::{Layered, Sketch};

const SWEEPS: usize = 24;
/// Beyond so many cells the exchanges would cost more than they show.
const EXCHANGED: usize = 4_000;

/// Orders the cells of each layer.
pub fn order(layered: &mut Layered) {
    let mut best = (crossings(layered), layered.layers.clone());
    for sweep in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        let forward = sweep % 2 == 0;
        let count = layered.layers.len();
        for step in 1..count {
            let at = if forward { step } else { count - 1 - step };
            barycentre(layered, at, if forward { Incoming } else { Outgoing });
        }
        if layered.sketch.node_count() <= EXCHANGED {
            exchange(layered);
        }
        let found = crossings(layered);
        if found < best.0 {
            best = (found, layered.layers.clone());
        }
    }
    layered.layers = best.1;
    layered.layers.iter().for_each(|layer| rank(&mut layered.sketch, layer));
}

fn rank(sketch: &mut Sketch, layer: &[NodeIndex]) {
    for (rank, node) in layer.iter().enumerate() {
        sketch[*node].rank = rank;
    }
}

#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
fn barycentre(layered: &mut Layered, at: usize, towards: Direction) {
    let Some(layer) = layered.layers.get_mut(at) else { return };
    let sketch = &mut layered.sketch;
    let centre = |node: NodeIndex| {
        let ranks: Vec<usize> = sketch.neighbors_directed(node, towards).map(|other| sketch[other].rank).collect();
        if ranks.is_empty() {
            sketch[node].rank as f64
        } else {
            ranks.iter().sum::<usize>() as f64 / ranks.len() as f64
        }
    };
    let mut keyed: Vec<(f64, NodeIndex)> = layer.iter().map(|node| (centre(*node), *node)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    *layer = keyed.into_iter().map(|(_, node)| node).collect();
    rank(sketch, layer);
}

/// Exchanges neighbours for as long as that takes crossings away, a few rounds at most.
fn exchange(layered: &mut Layered) {
    for _ in 0..4 {
        let mut better = false;
        for layer in &mut layered.layers {
            for at in 1..layer.len() {
                let Some([upper, lower]) =
                    layer.get(at - 1..=at).and_then(|pair| <[NodeIndex; 2]>::try_from(pair).ok())
                else {
                    continue;
                };
                let sketch = &mut layered.sketch;
                if between(sketch, lower, upper) < between(sketch, upper, lower) {
                    layer.swap(at - 1, at);
                    sketch[upper].rank = at;
                    sketch[lower].rank = at - 1;
                    better = true;
                }
            }
        }
        if !better {
            break;
        }
    }
}

/// Crossings among the edges of two cells when `upper` stands above `lower`.
fn between(sketch: &Sketch, upper: NodeIndex, lower: NodeIndex) -> usize {
    let ranks = |node, direction| {
        sketch.neighbors_directed(node, direction).map(|other| sketch[other].rank).collect::<Vec<_>>()
    };
    let side = |direction| {
        let (above, below) = (ranks(upper, direction), ranks(lower, direction));
        above.iter().map(|a| below.iter().filter(|b| *b < a).count()).sum::<usize>()
    };
    side(Incoming) + side(Outgoing)
}

/// How often edges cross.
fn crossings(layered: &Layered) -> usize {
    let sketch = &layered.sketch;
    let between_layers = |layer: &Vec<NodeIndex>| {
        let mut ends = Vec::new();
        for node in layer {
            let mut ranks: Vec<usize> = sketch.neighbors(*node).map(|to| sketch[to].rank).collect();
            ranks.sort_unstable();
            ends.extend(ranks);
        }
        inversions(&mut ends)
    };
    layered.layers.iter().map(between_layers).sum()
}

/// How many pairs stand the wrong way round; sorts.
fn inversions(values: &mut [usize]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut a, mut b) = (left.iter().peekable(), right.iter().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x <= y => merged.extend(a.next()),
            (_, Some(_)) => {
                count += a.len();
                merged.extend(b.next());
            }
            (Some(_), None) => merged.extend(a.next()),
            (None, None) => break,
        }
    }
    values.copy_from_slice(&merged);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_inversions() {
        assert_eq!(inversions(&mut []), 0);
        assert_eq!(inversions(&mut [1, 1, 2]), 0);
        assert_eq!(inversions(&mut [3, 1, 2]), 2);
        assert_eq!(inversions(&mut [4, 3, 2, 1]), 6);
    }
}
