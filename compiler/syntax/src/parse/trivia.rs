//! Comments and blank lines: which entry they belong to.

use super::{Lower, Pair, grammar::Rule};
use crate::tree::{Block, Broken, Comment, Entry, Lead};
use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;

/// What a block holds; recovery asks it what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Declarations of a file.
    File,
    /// A contract.
    Contract,
    /// A `struct` or `with`.
    Fields,
    /// A stage, source, sink or model.
    Stage,
    /// An `env`.
    Env,
    /// Metrics.
    Metrics,
    /// A policy.
    Policy,
    /// A pipeline, monitor or test.
    Statements,
    /// A deployment.
    Deployment,
}

impl Lower<'_> {
    fn comment(&self, range: (usize, usize)) -> Comment {
        let span = self.make(range.0, range.1);
        Comment { text: self.slice(span).trim_end().to_owned(), span }
    }

    /// Comments that begin between two places.
    pub(super) fn comments(&self, from: usize, to: usize) -> Vec<Comment> {
        let all = &self.layout.comments;
        let first = all.partition_point(|(start, _)| *start < from);
        let rest = all.get(first..).unwrap_or_default();
        rest.iter().take_while(|(start, _)| *start < to).map(|range| self.comment(*range)).collect()
    }

    /// What stands before and behind a node, and where the next node's comments begin.
    pub(super) fn lead(&self, start: usize, end: usize) -> (Lead, usize) {
        let comments = self.comments(self.floor, start);
        let first = comments.first().map_or(start, |comment| comment.span.start as usize);
        let before = self.text.get(self.floor..first).unwrap_or_default();
        let white = before.bytes().rev().take_while(u8::is_ascii_whitespace);
        let blank = white.filter(|byte| *byte == b'\n').count() > 1;
        let all = &self.layout.comments;
        let next = all.get(all.partition_point(|(comment, _)| *comment < end));
        let trailing = next.filter(|(comment, _)| {
            self.text
                .get(end..*comment)
                .is_some_and(|between| between.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b',')))
        });
        let floor = trailing.map_or(end, |range| range.1);
        (Lead { blank, comments, trailing: trailing.map(|range| self.comment(*range)) }, floor)
    }

    /// Lowers one node that has lines of its own.
    pub(super) fn with_lead<T>(&mut self, pair: Pair<'_>, lower: impl FnOnce(&mut Self, Pair<'_>, Lead) -> T) -> T {
        let span = self.span(&pair);
        let (lead, floor) = self.lead(span.start as usize, span.end as usize);
        let node = lower(self, pair, lead);
        self.floor = floor;
        node
    }

    /// Lowers `{ .. }`.
    pub(super) fn block<T>(
        &mut self,
        pair: Pair<'_>,
        place: Place,
        mut lower: impl FnMut(&mut Self, Pair<'_>, Lead) -> Result<T, Lead>,
    ) -> Block<Entry<T>> {
        let span = self.span(&pair);
        self.floor = span.start as usize + 1;
        let inside = pair.into_inner();
        let mut entries = Vec::with_capacity(inside.len());
        let mut before: Option<(usize, usize)> = None;
        for inner in inside {
            if inner.as_rule() == Rule::comment {
                continue;
            }
            let range = self.range(&inner);
            let follows = before.filter(|before| !self.separated(before.1, range.0));
            let at = self.span(&inner);
            let entry = self.with_lead(inner, |this, inner, lead| {
                if inner.as_rule() == Rule::broken {
                    return Entry::Broken(this.broken(&inner, lead, place, follows));
                }
                if follows.is_some() {
                    let first = this.first_word(at);
                    let text = this.slice(first).to_owned();
                    this.report(say::missing_line_end(first, &text));
                }
                match lower(this, inner, lead) {
                    Ok(entry) => Entry::Ok(entry),
                    Err(lead) => Entry::Broken(this.verbatim(at, lead)),
                }
            });
            entries.push(entry);
            before = Some(range);
        }
        entries.shrink_to_fit();
        let close = (span.end as usize).max(self.floor);
        let dangling = self.comments(self.floor, close);
        self.floor = close;
        Block { span, entries, dangling, inline: !self.slice(span).contains('\n') }
    }

    /// The text of a node that could not be understood.
    pub(super) fn verbatim(&self, span: Span, lead: Lead) -> Broken {
        Broken { lead, span, text: self.slice(span).to_owned() }
    }

    /// Whether a comma, line end or comment stands between two places of the copy.
    pub(super) fn separated(&self, end: usize, start: usize) -> bool {
        self.copy()
            .text
            .get(end..start)
            .is_some_and(|between| between.bytes().any(|byte| matches!(byte, b',' | b'\n' | b'/')))
    }
}
