//! Progress on stderr: a live line on a terminal, plain lines otherwise.

use std::{
    collections::BTreeSet,
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use mlp_store::NodeState;

use crate::{Event, summary::time};

/// Shows events to a person.
#[derive(Debug)]
pub struct Progress {
    live: Option<ProgressBar>,
    terminal: bool,
    explain: bool,
    running: BTreeSet<String>,
}

impl Progress {
    /// For this process's stderr: live where that is a terminal. `explain` tells of every node why it ran or was taken from the cache.
    #[must_use]
    pub fn stderr(explain: bool) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        Self { live: None, terminal, explain, running: BTreeSet::new() }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { run, pipeline, nodes } => {
                self.line(&format!("run {run} of {pipeline}: {nodes} nodes"));
                if self.terminal {
                    let bar = ProgressBar::new(*nodes as u64);
                    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed} {wide_msg}") {
                        bar.set_style(style);
                    }
                    bar.enable_steady_tick(Duration::from_millis(120));
                    self.live = Some(bar);
                }
            }
            Event::Note(text) => self.line(text),
            Event::NodeStarted { node, attempt, why } => {
                self.running.insert((*node).to_owned());
                if self.explain {
                    self.line(&format!("{node}: runs (attempt {attempt}): {why}"));
                } else if self.live.is_none() {
                    self.line(&format!("{node}: runs"));
                }
            }
            Event::NodeEnded { record, ended, .. } => {
                self.running.remove(&record.node);
                if let Some(bar) = &self.live {
                    bar.set_position(*ended as u64);
                }
                self.node_ended(record);
            }
            Event::Retry { node, attempt, of, pause, why } => {
                self.running.remove(*node);
                self.line(&format!(
                    "{node}: attempt {attempt} of {of} failed ({why}); again in {:.1} s",
                    pause.as_secs_f64()
                ));
            }
            Event::Stopping { signal } => {
                self.line(&format!("signal {signal}: ending what is at work (once more: at once)"));
            }
            Event::RunEnded(_) => {
                if let Some(bar) = self.live.take() {
                    bar.finish_and_clear();
                }
            }
        }
        if let Some(bar) = &self.live {
            bar.set_message(self.running.iter().cloned().collect::<Vec<_>>().join(", "));
        }
    }

    fn node_ended(&self, record: &mlp_store::NodeRecord) {
        let name = &record.node;
        match record.state {
            // A thousand lines that say "cached" help nobody; who asks gets them.
            NodeState::Cached if !self.explain => {}
            NodeState::Cached => self.line(&format!("{name}: cached: {}", record.cache.why)),
            NodeState::Skipped | NodeState::NotReached => {
                self.line(&format!("{name}: {}: {}", record.state.word(), record.cache.why))
            }
            NodeState::Done if record.rows > 0 => {
                self.line(&format!("{name}: done in {}, {} rows", time(record.millis), record.rows))
            }
            NodeState::Done => self.line(&format!("{name}: done in {}", time(record.millis))),
            other => self.line(&format!("{name}: {}", other.word())),
        }
    }

    fn line(&self, text: &str) {
        match &self.live {
            Some(bar) => bar.println(text),
            // A closed stderr is no reason to end a run.
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}
