//! Where everything stands, in pixels.

use std::collections::HashMap;

use petgraph::{
    Direction::{self, Incoming, Outgoing},
    graph::{EdgeIndex, NodeIndex},
    visit::EdgeRef as _,
};

use crate::{
    layers::{Layered, Sketch, layered},
    model::{Item, Kind, Picture},
    order::order,
    text::{shortened, width},
};

/// A point; x to the right, y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// A box.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxed {
    /// The node's id, or `Model.rung`.
    pub id: String,
    /// The stage that it calls.
    pub stage: String,
    /// What it stands for.
    pub kind: Kind,
    /// Its docs.
    pub doc: Option<String>,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// An edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// Where it comes from, an index into [`Layout::boxes`].
    pub from: usize,
    /// Where it goes to.
    pub to: usize,
    /// What flows; empty where there is nothing to say.
    pub label: String,
    /// Its way: from the first to the second it curves, from the second to the third it is straight, and so on in turn.
    pub points: Vec<Point>,
    /// Where the label begins, on its base line; of edges that share one, only the first has it.
    pub label_at: Option<Point>,
}

/// A pipeline in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The pipeline.
    pub pipeline: String,
    /// The boxes.
    pub boxes: Vec<Boxed>,
    /// The edges.
    pub arrows: Vec<Arrow>,
    /// Width of the whole.
    pub width: f64,
    /// Height of the whole.
    pub height: f64,
}

/// Height of a box.
const HEIGHT: f64 = 44.0;
/// Around everything.
const MARGIN: f64 = 24.0;
/// Longest text in a box and on an edge, in characters; the rest is in the tooltip.
pub const LONGEST: usize = 30;
pub const LONGEST_LABEL: usize = 18;

pub fn layout(pipeline: &str, picture: &Picture) -> Layout {
    let mut layered = layered(picture, HEIGHT);
    order(&mut layered);
    settle(&mut layered);
    let columns = columns(picture, &layered);
    let boxes: Vec<Boxed> =
        picture.node_indices().map(|node| boxed(&picture[node], &layered.sketch, node, &columns)).collect();
    let arrows = arrows(picture, &layered, &columns, &boxes);
    let width = columns.last().map_or(0.0, |column| column.right) + MARGIN;
    let lowest = layered.sketch.node_weights().map(|cell| cell.y + cell.height / 2.0).fold(0.0, f64::max);
    Layout { pipeline: pipeline.to_owned(), boxes, arrows, width, height: lowest + MARGIN }
}

/// Space between two cells of a layer, from middle to middle.
fn apart(sketch: &Sketch, upper: NodeIndex, lower: NodeIndex) -> f64 {
    let (upper, lower) = (&sketch[upper], &sketch[lower]);
    (upper.height + lower.height) / 2.0 + if upper.real && lower.real { 22.0 } else { 14.0 }
}

/// Gives every cell its y: each layer in turn is moved as near to its neighbours' as the order and the space allow.
fn settle(layered: &mut Layered) {
    let Layered { sketch, layers, .. } = layered;
    for layer in layers.iter() {
        pull(sketch, layer, &[]);
    }
    for _ in 0..12 {
        layers.iter().for_each(|layer| pull(sketch, layer, &[Incoming]));
        layers.iter().rev().for_each(|layer| pull(sketch, layer, &[Outgoing]));
    }
    for _ in 0..8 {
        layers.iter().for_each(|layer| pull(sketch, layer, &[Incoming, Outgoing]));
        layers.iter().rev().for_each(|layer| pull(sketch, layer, &[Incoming, Outgoing]));
    }
    let top = sketch.node_weights().map(|cell| cell.y - cell.height / 2.0).fold(f64::INFINITY, f64::min);
    for cell in sketch.node_weights_mut() {
        cell.y = (cell.y - top + MARGIN).round();
    }
}

/// Least squares under an order: pool adjacent violators, on positions from which the space between cells is taken off.
fn pull(sketch: &mut Sketch, layer: &[NodeIndex], towards: &[Direction]) {
    let mut offset = 0.0;
    let mut before = None;
    let mut offsets = Vec::with_capacity(layer.len());
    // Pools of cells that touch: weighted sum of wishes, weight, number of cells.
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(layer.len());
    for node in layer {
        offset += before.map_or(0.0, |before| apart(sketch, before, *node));
        before = Some(*node);
        offsets.push(offset);
        let (wish, weight) = wish(sketch, *node, towards);
        let mut pool = ((wish - offset) * weight, weight, 1);
        while let Some(last) = pools.last()
            && last.0 / last.1 >= pool.0 / pool.1
        {
            pool = (pool.0 + last.0, pool.1 + last.1, pool.2 + last.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let settled = pools.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    for ((node, offset), base) in layer.iter().zip(offsets).zip(settled) {
        sketch[*node].y = base + offset;
    }
}

/// Where a cell would like to be, and how much; long edges want to be straight.
fn wish(sketch: &Sketch, node: NodeIndex, towards: &[Direction]) -> (f64, f64) {
    let own = &sketch[node];
    let (mut sum, mut weight) = (own.y * 0.01, 0.01);
    for other in towards.iter().flat_map(|direction| sketch.neighbors_directed(node, *direction)) {
        let other = &sketch[other];
        let pull = match (own.real, other.real) {
            (false, false) => 8.0,
            (true, true) => 1.0,
            _ => 2.0,
        };
        sum += other.y * pull;
        weight += pull;
    }
    (sum / weight, weight)
}

/// Where a layer begins and ends.
#[derive(Clone, Copy, Default)]
struct Column {
    left: f64,
    right: f64,
}

fn columns(picture: &Picture, layered: &Layered) -> Vec<Column> {
    let mut columns = Vec::with_capacity(layered.layers.len());
    let mut left = MARGIN;
    for layer in &layered.layers {
        let real = || layer.iter().filter(|node| layered.sketch[**node].real);
        let widest = real().map(|node| box_width(&picture[*node])).fold(40.0, f64::max);
        let labels =
            real().flat_map(|node| picture.edges(*node)).map(|edge| label_width(edge.weight())).fold(0.0, f64::max);
        let crowd = real().map(|node| picture.edges(*node).count()).max().unwrap_or(0).min(8);
        columns.push(Column { left, right: left + widest });
        left += widest + 46.0 + labels + 4.0 * f64::from(u8::try_from(crowd).unwrap_or(8));
    }
    columns
}

fn label_width(label: &str) -> f64 {
    if label.is_empty() { 0.0 } else { width(&shortened(label, LONGEST_LABEL), 10.0) + 8.0 }
}

fn box_width(item: &Item) -> f64 {
    let id = width(&shortened(&item.id, LONGEST), 13.0);
    let stage = width(&shortened(&item.stage, LONGEST), 11.0);
    (id.max(stage) + 40.0).ceil().max(96.0)
}

fn boxed(item: &Item, sketch: &Sketch, node: NodeIndex, columns: &[Column]) -> Boxed {
    let cell = &sketch[node];
    let column = columns.get(cell.layer).copied().unwrap_or_default();
    let own = box_width(item);
    let x = (f64::midpoint(column.left, column.right) - own / 2.0).round();
    Boxed {
        id: item.id.clone(),
        stage: item.stage.clone(),
        kind: item.kind,
        doc: item.doc.clone(),
        x,
        y: cell.y - HEIGHT / 2.0,
        width: own,
        height: HEIGHT,
    }
}

fn arrows(picture: &Picture, layered: &Layered, columns: &[Column], boxes: &[Boxed]) -> Vec<Arrow> {
    let leaves = ports(picture, layered, Outgoing);
    let enters = ports(picture, layered, Incoming);
    let mut labelled = std::collections::HashSet::new();
    let mut arrows = Vec::with_capacity(picture.edge_count());
    for (edge, chain) in picture.edge_references().zip(&layered.chains) {
        let (from, to) = (edge.source().index(), edge.target().index());
        let (Some(start), Some(end), false) = (boxes.get(from), boxes.get(to), chain.is_empty()) else { continue };
        let port = |ports: &HashMap<EdgeIndex, f64>| ports.get(&edge.id()).copied().unwrap_or_default();
        let first = Point { x: start.x + start.width, y: start.y + HEIGHT / 2.0 + port(&leaves) };
        let mut points = vec![first];
        let column = |node: &NodeIndex| columns.get(layered.sketch[*node].layer).copied().unwrap_or_default();
        // Out of its own column it goes straight, so that curves stay between columns.
        points.extend(chain.first().map(|node| Point { x: column(node).right.max(first.x), y: first.y }));
        for node in chain.iter().skip(1).take(chain.len().saturating_sub(2)) {
            let y = layered.sketch[*node].y;
            points.extend([Point { x: column(node).left, y }, Point { x: column(node).right, y }]);
        }
        let last = Point { x: end.x, y: end.y + HEIGHT / 2.0 + port(&enters) };
        points.extend(chain.last().map(|node| Point { x: column(node).left.min(last.x), y: last.y }));
        points.push(last);
        let label = edge.weight().clone();
        let first_of_its_kind = !label.is_empty() && labelled.insert((from, label.clone()));
        let label_at = first_of_its_kind.then_some(Point { x: first.x + 5.0, y: first.y - 4.0 });
        arrows.push(Arrow { from, to, label, points, label_at });
    }
    arrows
}

/// Where on the side of its box each edge starts or ends, from the middle: those that leave with the same thing start together.
fn ports(picture: &Picture, layered: &Layered, direction: Direction) -> HashMap<EdgeIndex, f64> {
    let mut found = HashMap::new();
    for node in picture.node_indices() {
        let mut groups: Vec<(String, f64, Vec<EdgeIndex>)> = Vec::new();
        for edge in picture.edges_directed(node, direction) {
            let chain = layered.chains.get(edge.id().index()).map(Vec::as_slice).unwrap_or_default();
            let next = if direction == Outgoing {
                chain.get(1)
            } else {
                chain.len().checked_sub(2).and_then(|at| chain.get(at))
            };
            let y = next.map_or(0.0, |next| layered.sketch[*next].y);
            let key = if direction == Outgoing { edge.weight().clone() } else { format!("{:08}", edge.id().index()) };
            match groups.iter_mut().find(|(known, ..)| *known == key) {
                Some((_, sum, edges)) => {
                    *sum += y;
                    edges.push(edge.id());
                }
                None => groups.push((key, y, vec![edge.id()])),
            }
        }
        spread(groups, &mut found);
    }
    found
}

#[expect(clippy::cast_precision_loss, reason = "edges of one box are few")]
fn spread(mut groups: Vec<(String, f64, Vec<EdgeIndex>)>, found: &mut HashMap<EdgeIndex, f64>) {
    let mean = |(_, sum, edges): &(String, f64, Vec<EdgeIndex>)| sum / edges.len() as f64;
    groups.sort_by(|a, b| mean(a).total_cmp(&mean(b)).then_with(|| a.0.cmp(&b.0)));
    let last = groups.len().saturating_sub(1) as f64;
    let step = if last > 0.0 { ((HEIGHT - 14.0) / last).min(14.0) } else { 0.0 };
    for (at, (_, _, edges)) in groups.into_iter().enumerate() {
        let port = (at as f64 - last / 2.0) * step;
        found.extend(edges.into_iter().map(|edge| (edge, port.round())));
    }
}
