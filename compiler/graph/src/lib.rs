//! Pictures of a pipeline: a layered layout, and SVG, HTML, Mermaid and DOT of it.
//!
//! **Lives here:** what a picture shows of a plan (`model`), where it stands (`layers`, `order`, `place`), and the four writers.
//! **Does not:** reading programs, running anything; it sees the plan only.
//!
//! Invariants:
//! 1. Deterministic: the same plan gives the same bytes.
//! 2. Time goes from left to right: every edge leaves a box on its right side and enters one further right; no two boxes overlap.
//! 3. What a user wrote is text in every format, never markup.

mod dot;
mod html;
mod layers;
mod mermaid;
mod model;
mod order;
mod place;
mod svg;
mod text;

pub use model::Kind;
pub use place::{Arrow, Boxed, Layout, Point};

use mlp_plan::Plan;

/// Where everything of a pipeline stands; `None` where the plan has no pipeline of that name.
#[must_use]
pub fn layout(plan: &Plan, pipeline: &str) -> Option<Layout> {
    let graph = model::graph(plan, pipeline)?;
    Some(place::layout(pipeline, &graph))
}

/// One SVG document, with a title, a description and a legend; light or dark as the reader has it.
#[must_use]
pub fn svg(plan: &Plan, pipeline: &str) -> Option<String> {
    layout(plan, pipeline).map(|layout| layout.svg())
}

impl Layout {
    /// The SVG document: elements of the classes `node` and `edge` stand in it in the order of the boxes and arrows.
    #[must_use]
    pub fn svg(&self) -> String {
        svg::write(self)
    }
}

/// One HTML page without anything from elsewhere: the SVG, moved by dragging and the arrow keys, zoomed by the wheel, `+`, `-` and `0`; what a box comes from
/// and leads to is lit by a click.
#[must_use]
pub fn html(plan: &Plan, pipeline: &str) -> Option<String> {
    layout(plan, pipeline).map(|layout| html::write(&layout))
}

/// The same page without a picture: it is told one by server-sent events from the address `events` beside its own, and another whenever it changes. `picture` is
/// `{"title", "svg", "arrows": [[from, to]]}`, `here` are the numbers of boxes that are marked, `fault` is what is wrong, in words.
#[must_use]
pub fn live_page() -> String {
    html::live()
}

/// The same page for a frame: it says `ready` to the page around it, which tells it `{kind, value}`, kinds and values as above.
#[must_use]
pub fn framed_page() -> String {
    html::framed()
}

/// A text as Mermaid shows it between quotes, and never reads it.
#[must_use]
pub fn mermaid_text(text: &str) -> String {
    mermaid::escaped(text)
}

/// A Mermaid flowchart.
#[must_use]
pub fn mermaid(plan: &Plan, pipeline: &str) -> Option<String> {
    model::graph(plan, pipeline).map(|graph| mermaid::write(pipeline, &graph))
}

/// A Graphviz digraph.
#[must_use]
pub fn dot(plan: &Plan, pipeline: &str) -> Option<String> {
    model::graph(plan, pipeline).map(|graph| dot::write(pipeline, &graph))
}
