//! Mermaid flowcharts.

use std::fmt::Write as _;

use petgraph::visit::EdgeRef as _;

use crate::{
    model::{Kind, Picture},
    text::line,
};

pub fn write(pipeline: &str, picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    let _ = writeln!(out, "  accTitle: pipeline {}", escaped(pipeline));
    for node in picture.node_indices() {
        let item = &picture[node];
        let (open, close) = shape(item.kind);
        let _ = writeln!(
            out,
            "  n{}{open}\"{}<br/>{}\"{close}:::{}",
            node.index(),
            escaped(&item.id),
            escaped(&item.stage),
            item.kind.word()
        );
    }
    for edge in picture.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let _ = match edge.weight().as_str() {
            "" => writeln!(out, "  n{from} --> n{to}"),
            label => writeln!(out, "  n{from} -->|\"{}\"| n{to}", escaped(label)),
        };
    }
    for kind in Kind::ALL.into_iter().filter(|kind| picture.node_weights().any(|item| item.kind == *kind)) {
        let _ = writeln!(out, "  classDef {} fill:{},stroke:{},color:#1a1a1a", kind.word(), kind.fill(), kind.stroke());
    }
    out
}

const fn shape(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Source => ("[(", ")]"),
        Kind::Sql => ("[", "]"),
        Kind::Python => ("(", ")"),
        Kind::Command | Kind::Container => ("[[", "]]"),
        Kind::Builtin => ("{{", "}}"),
        Kind::Promote => ("{", "}"),
        Kind::Sink => (">", "]"),
        Kind::Rung => ("([", "])"),
    }
}

/// Everything that is not a letter, a digit or one of a few signs as a character code, which Mermaid shows and never reads.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        if c.is_alphanumeric() || " ._-,/:".contains(c) {
            out.push(c)
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}
