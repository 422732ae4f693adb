//! `mlp lsp`.

use std::sync::Arc;

use mlp_sql::DataFusionChecker;

use super::Exit;
use crate::{history::Records, output::Output};

/// Serves the editor at the other end of stdin and stdout; ends with 1 where that did not end the session, as the protocol has it.
pub fn lsp(output: &Output) -> Exit {
    mlp_server::run(Arc::new(DataFusionChecker), Box::new(Records::default())).map(|()| 0).map_err(|why| {
        output.failure(&why, Some("`mlp lsp` is started by an editor"));
        1
    })
}
