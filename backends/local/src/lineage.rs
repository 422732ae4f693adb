//! Lineage of a run: what its nodes read and made, written when it ends.

use mlp_step::{
    PlanIndex, RunInfo,
    lineage::{Ending, Worked, events, tell},
};
use mlp_store::{NodeState, Store};

use crate::{event::Event, summary::RunSummary};

/// Writes `lineage.jsonl` beside the run's manifests; nodes that did nothing have none.
pub(crate) fn write(
    store: &Store,
    index: &PlanIndex<'_>,
    run: &RunInfo,
    summary: &RunSummary,
    told: &mut dyn FnMut(Event<'_>),
) {
    let mut all = Vec::new();
    for record in &summary.nodes {
        let ending = match record.state {
            NodeState::Done | NodeState::Refused | NodeState::Held => Ending::Complete,
            NodeState::Failed | NodeState::Broken | NodeState::Infrastructure => {
                Ending::Fail(record.error.as_deref().unwrap_or_default())
            }
            NodeState::Interrupted => Ending::Abort,
            _ => continue,
        };
        let Some(node) = index.plan.node(&index.pipeline.name, &record.node) else { continue };
        let Some(started) = record.started.as_deref() else { continue };
        let finished = record.finished.as_deref().unwrap_or(started);
        all.extend(events(
            index,
            store.root(),
            node,
            run,
            Worked { started, finished, ending, outputs: &record.outputs },
        ));
    }
    let file = store.run_folder(&summary.run.id).join("lineage.jsonl");
    let said = std::sync::Mutex::new(Vec::new());
    let note = |text: &str| said.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(text.to_owned());
    if let Err(error) = tell(&file, &all, &note) {
        note(&format!("lineage cannot be written to `{}`: {error}", file.display()));
    }
    for text in said.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        told(Event::Note(&text));
    }
}
