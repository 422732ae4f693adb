//! Graphviz digraphs.

use std::fmt::Write as _;

use petgraph::visit::EdgeRef as _;

use crate::{
    model::{Kind, Picture},
    text::line,
};

pub fn write(pipeline: &str, picture: &Picture) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "digraph \"{}\" {{", escaped(pipeline));
    out.push_str("  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=11, style=filled];\n  edge [fontname=\"sans-serif\", fontsize=9];\n");
    for node in picture.node_indices() {
        let item = &picture[node];
        let (label, kind) = (format!("{}\\n{}", escaped(&item.id), escaped(&item.stage)), item.kind);
        let _ = writeln!(
            out,
            "  n{} [label=\"{label}\", {}, fillcolor=\"{}\", color=\"{}\"];",
            node.index(),
            shape(kind),
            kind.fill(),
            kind.stroke()
        );
    }
    for edge in picture.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let _ = match edge.weight().as_str() {
            "" => writeln!(out, "  n{from} -> n{to};"),
            label => writeln!(out, "  n{from} -> n{to} [label=\"{}\"];", escaped(label)),
        };
    }
    out.push_str("}\n");
    out
}

const fn shape(kind: Kind) -> &'static str {
    match kind {
        Kind::Source => "shape=cylinder",
        Kind::Sql => "shape=box",
        Kind::Python => "shape=box, style=\"rounded,filled\"",
        Kind::Command => "shape=component",
        Kind::Container => "shape=box3d",
        Kind::Builtin => "shape=hexagon",
        Kind::Promote => "shape=diamond",
        Kind::Sink => "shape=cds",
        Kind::Rung => "shape=oval",
    }
}

/// A quoted string: Graphviz reads backslash escapes and HTML entities in labels, so that both are escaped.
fn escaped(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}
