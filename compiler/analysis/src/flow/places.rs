//! What a pipeline writes, and where.

use mlp_diagnostics::catalog::stages as words;
use mlp_plan::{Value, WriteMode};
use mlp_source::Span;

use super::{Elaborator, Work};
use crate::{
    program::{DeclId, Kind},
    run::RunKind,
};

/// What a source or sink does with a place.
struct Use {
    kind: Kind,
    replaces: bool,
    name: String,
    decl: DeclId,
    /// Whether the call says anything that could tell one place from another.
    is_told: bool,
    /// The secret that opens the database, where it is one, and the location.
    place: (Option<DeclId>, Value),
    span: Span,
}

impl Elaborator<'_, '_> {
    /// A sink that replaces what another sink writes, or what a source reads: what lies there in the end would depend on which came last. A sink without
    /// parameters may be called several times: each call replaces what the one before wrote.
    pub fn check_places(&mut self) {
        let uses = self.uses();
        for (at, sink) in uses.iter().enumerate().filter(|(_, one)| one.kind == Kind::Sink && one.replaces) {
            let clash = uses.iter().enumerate().find(|(other, one)| {
                // of two sinks that replace each other, the later is told
                let counts = one.kind == Kind::Source || *other < at || !one.replaces;
                let again = one.decl == sink.decl && !sink.is_told;
                *other != at && counts && !again && one.place == sink.place
            });
            let Some((_, other)) = clash else { continue };
            let does = if other.kind == Kind::Sink { "writes" } else { "reads" };
            self.checker.report(words::overwrites(sink.span, &sink.name, &other.name, does, other.span));
        }
    }

    fn uses(&mut self) -> Vec<Use> {
        let mut uses = Vec::new();
        for node in &self.nodes {
            let (Work::Run(RunKind::External { location, secret, .. }, given), Some(decl)) = (&node.work, node.decl)
            else {
                continue;
            };
            let Some(kind) = self.checker.program.decl(decl).map(|decl| decl.kind) else { continue };
            if let Some(location) = self.checker.at_call(decl, given, location) {
                let replaces = node.settings.write == WriteMode::Replace;
                uses.push(Use {
                    kind,
                    replaces,
                    name: node.id.clone(),
                    decl,
                    is_told: !node.params.is_empty(),
                    place: (*secret, location),
                    span: node.span,
                });
            }
        }
        uses
    }
}
