//! What a run ends with.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use mlp_plan::{Place, Promote};
use mlp_step::Judged;
use mlp_store::{Decided, NodeRecord, NodeState, RunRecord, RunState, Verdict};
use serde::Serialize;

use crate::failure::Trouble;

/// A promotion, decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The node.
    pub node: String,
    /// `Model.rung`.
    pub rung: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Whether the rung moved in this run.
    pub moved: bool,
    /// The version that the rung holds, where the candidate is there.
    pub version: Option<i64>,
    /// Why, in one sentence.
    pub why: String,
    /// The clauses as a table; empty where nothing was judged.
    pub table: String,
    /// The call in the program.
    pub place: Place,
}

impl Decision {
    /// One that this run made.
    pub(crate) fn of(node: &str, judged: &Judged) -> Self {
        let (moved, version) = match &judged.decided {
            Decided::Moved(entry) => (true, Some(entry.version)),
            Decided::Already { version } => (false, Some(*version)),
            Decided::Recorded { .. } => (false, None),
        };
        Self {
            node: node.to_owned(),
            rung: format!("{}.{}", judged.model, judged.rung),
            verdict: judged.verdict,
            moved,
            version,
            why: judged.why.clone(),
            table: judged.table.clone(),
            place: judged.place.clone(),
        }
    }

    /// The rung holds the candidate already.
    pub(crate) fn standing(node: &str, promote: &Promote, why: &str, place: &Place) -> Self {
        Self {
            node: node.to_owned(),
            rung: format!("{}.{}", promote.model, promote.rung),
            verdict: Verdict::Promote,
            moved: false,
            version: None,
            why: why.to_owned(),
            table: String::new(),
            place: place.clone(),
        }
    }

    /// The same question was decided before, on the same inputs.
    pub(crate) fn again(node: &str, promote: &Promote, before: &NodeRecord, place: &Place) -> Self {
        let verdict = match before.state {
            NodeState::Refused => Verdict::Refuse,
            NodeState::Held => Verdict::Hold,
            _ => Verdict::Promote,
        };
        let why = format!("decided in run {} on the same inputs", before.run);
        let table = before.decision.clone().unwrap_or_default();
        Self { verdict, why, table, ..Self::standing(node, promote, "", place) }
    }

    /// `promoted`, `refused`, `held`, `unchanged`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.verdict {
            Verdict::Promote if self.moved => "promoted",
            Verdict::Promote => "unchanged",
            Verdict::Refuse => "refused",
            Verdict::Hold => "held",
        }
    }
}

/// What a run ends with.
#[derive(Clone, Debug, Serialize)]
pub struct RunSummary {
    /// The run.
    pub run: RunRecord,
    /// Every node that took part, in the plan's order.
    pub nodes: Vec<NodeRecord>,
    /// What went wrong.
    pub troubles: Vec<Trouble>,
    /// What was decided.
    pub decisions: Vec<Decision>,
    /// How long it took, ms.
    pub millis: u64,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The state's folder, relative to the package.
    pub state_folder: String,
    /// 0 done, 1 a stage or the data is wrong, 2 the machinery failed, 130, 143, 129 by signals.
    pub exit_code: i32,
}

impl RunSummary {
    /// Nodes by state.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for node in &self.nodes {
            *counts.entry(node.state.word()).or_default() += 1;
        }
        counts
    }

    /// Whether nothing had to be done: every node was taken from the cache, or skipped.
    #[must_use]
    pub fn did_nothing(&self) -> bool {
        self.nodes.iter().all(|node| node.cache.hit || node.state == NodeState::Skipped)
    }

    /// Rows made by nodes that ran.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.nodes.iter().filter(|node| !node.cache.hit).map(|node| node.rows).sum()
    }

    /// Checks made on data by nodes that ran.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.nodes.iter().map(|node| node.checks).sum()
    }
}

/// The exit code of a run that ended as `nodes` say.
pub(crate) fn exit_code(nodes: &[NodeRecord], signal: Option<i32>, late: bool, require_promotion: bool) -> i32 {
    let has = |states: &[NodeState]| nodes.iter().any(|node| states.contains(&node.state));
    if let Some(signal) = signal {
        128 + signal
    } else if late || has(&[NodeState::Failed, NodeState::Broken]) {
        1
    } else if has(&[NodeState::Infrastructure]) {
        2
    } else if require_promotion && has(&[NodeState::Refused, NodeState::Held]) {
        1
    } else {
        0
    }
}

/// How the run stands afterwards.
pub(crate) fn state(nodes: &[NodeRecord], signal: Option<i32>, late: bool) -> RunState {
    let has = |states: &[NodeState]| nodes.iter().any(|node| states.contains(&node.state));
    if signal.is_some() {
        RunState::Interrupted
    } else if late
        || has(&[
            NodeState::Failed,
            NodeState::Broken,
            NodeState::Infrastructure,
            NodeState::NotReached,
            NodeState::Interrupted,
        ])
    {
        RunState::Failed
    } else if has(&[NodeState::Held]) {
        RunState::Held
    } else {
        RunState::Done
    }
}

/// 336776 as `336,776`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds as people say them.
pub(crate) fn time(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1000),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// The summary as text: nodes, troubles, metrics, decisions, where everything is.
impl fmt::Display for RunSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.nodes.iter().map(|node| node.node.chars().count()).max().unwrap_or(4).max(4);
        if self.nodes.len() <= 60 {
            writeln!(
                f,
                "{:width$}  {:11}  {:>10}  {:>6}  {:>10}  cached or run",
                "node", "state", "rows", "checks", "time"
            )?;
            for node in &self.nodes {
                let rows = if node.outputs.values().flatten().any(|stored| stored.rows.is_some()) {
                    grouped(node.rows)
                } else {
                    String::new()
                };
                let checks = if node.checks > 0 { node.checks.to_string() } else { String::new() };
                let took = if node.cache.hit || node.started.is_none() { String::new() } else { time(node.millis) };
                let line = format!(
                    "{:width$}  {:11}  {rows:>10}  {checks:>6}  {took:>10}  {}",
                    node.node,
                    node.state.word(),
                    self.why(node)
                );
                writeln!(f, "{}", line.trim_end())?;
            }
            writeln!(f)?;
        }
        for trouble in &self.troubles {
            writeln!(f, "{trouble}\n")?;
        }
        self.warnings(f)?;
        self.reports(f)?;
        for decision in &self.decisions {
            let code = if matches!(decision.verdict, Verdict::Promote) { "" } else { "MLP903 " };
            writeln!(f, "{}: {} ({}) [{code}{}]", decision.rung, decision.word(), decision.why, decision.place)?;
            if !decision.table.is_empty() {
                writeln!(f, "{}", decision.table.trim_end())?;
            }
            writeln!(f)?;
        }
        self.last_lines(f)
    }
}

impl RunSummary {
    fn why(&self, node: &NodeRecord) -> String {
        let again = if node.attempts > 1 { format!(", attempt {}", node.attempts) } else { String::new() };
        if node.cache.hit {
            return format!("cached: {}", node.cache.why);
        }
        match node.state {
            NodeState::Skipped | NodeState::NotReached => node.cache.why.clone(),
            NodeState::Waiting => "its turn did not come".to_owned(),
            _ => format!("run: {}{again}", node.cache.why),
        }
    }

    fn warnings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for node in &self.nodes {
            for warning in &node.warnings {
                any = true;
                writeln!(f, "warning: {}: {warning}", node.node)?;
            }
            if node.rejected > 0 {
                any = true;
                writeln!(f, "warning: {}: {} rows were set aside", node.node, grouped(node.rejected))?;
            }
        }
        if any { writeln!(f) } else { Ok(()) }
    }

    fn reports(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for node in self.nodes.iter().filter(|node| !node.metrics.is_empty()) {
            any = true;
            let mut line = format!("{}:", node.node);
            for (name, value) in &node.metrics {
                match value {
                    Some(value) if name == "rows" => write!(line, " {name} {value}")?,
                    Some(value) => write!(line, " {name} {value:.4}")?,
                    None => write!(line, " {name} unknown")?,
                }
            }
            writeln!(f, "{line}")?;
        }
        if any { writeln!(f) } else { Ok(()) }
    }

    fn last_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.counts().iter().map(|(word, count)| format!("{count} {word}")).collect();
        let nothing = if self.did_nothing() && self.exit_code == 0 { "nothing to do; " } else { "" };
        writeln!(
            f,
            "run {} of {}: {}; {nothing}{} nodes ({}), {} rows, {} checks, {}",
            self.run.id,
            self.run.pipeline,
            self.run.state.word(),
            self.nodes.len(),
            counts.join(", "),
            grouped(self.rows()),
            grouped(self.checks()),
            time(self.millis)
        )?;
        let bytes: u64 = self.nodes.iter().map(|node| node.bytes).sum();
        writeln!(
            f,
            "artifacts: {} in {}/objects, manifests and logs in {}/runs/{}",
            size(bytes),
            self.state_folder,
            self.state_folder,
            self.run.id
        )?;
        if self.signal.is_some() || self.run.state == RunState::Interrupted {
            writeln!(f, "go on with: mlp run {} --resume {}", self.run.pipeline, self.run.id)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_do() {
        assert_eq!([grouped(7), grouped(1000), grouped(336_776)], ["7", "1,000", "336,776"]);
        assert_eq!([time(999), time(1500), time(61_000)], ["999 ms", "1.5 s", "1 min 1 s"]);
        assert_eq!([size(12), size(2048), size(1_572_864)], ["12 B", "2 KiB", "1.5 MiB"]);
    }
}
