//! What killed runs left: their processes are ended, their records are closed.

use mlp_step::end_survivors;
use mlp_store::{NodeState, RunState, Store, StoreError, WriterLock, now};

/// Ends what is left of runs that died, and says so on their records. Gives a sentence for each.
///
/// # Errors
/// Where the database fails.
pub fn recover(store: &Store, _lock: &WriterLock) -> Result<Vec<String>, StoreError> {
    let unfinished = store.unfinished_runs()?;
    if unfinished.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = unfinished.iter().map(|run| run.id.clone()).collect();
    let ended = end_survivors(store, &ids);
    store.sweep();
    let mut said = Vec::new();
    for mut run in unfinished {
        let mut open: Vec<_> =
            store.nodes(&run.id)?.into_iter().filter(|node| node.state == NodeState::Running).collect();
        for node in &mut open {
            node.state = NodeState::Interrupted;
            node.finished = Some(now());
        }
        store.save_nodes(&open.iter().collect::<Vec<_>>(), &[])?;
        run.state = RunState::Interrupted;
        run.error = Some("its process died".to_owned());
        run.finished = Some(now());
        store.save_run(&run)?;
        said.push(format!("run {} was killed before its end; what it finished is kept", run.id));
    }
    if ended > 0 {
        said.push(format!("{ended} processes that it left at work were ended"));
    }
    Ok(said)
}
