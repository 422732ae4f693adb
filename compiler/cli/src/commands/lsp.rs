//! `mlp lsp`.

use std::sync::Arc;

use mlp_sql::DataFusionChecker;

use super::Exit;
use crate::{history::Records, output::Output};

/// A server stays for hours beside an editor: its allocator is to give back at once what is free, and to take no huge pages, which nearly halves its memory.
#[cfg(unix)]
const FRUGAL: [(&str, &str); 2] = [("MIMALLOC_ALLOW_THP", "0"), ("MIMALLOC_PURGE_DELAY", "0")];

/// Begins the process anew under [`FRUGAL`]: the allocator reads that before any code of ours. Where somebody has set it, or it cannot be done, all stays as it is.
#[cfg(unix)]
fn begin_frugally() {
    use std::{env, os::unix::process::CommandExt as _, process::Command};

    if FRUGAL.iter().any(|(name, _)| env::var_os(name).is_some()) {
        return;
    }
    if let Ok(me) = env::current_exe() {
        // it comes back only where nothing was begun
        drop(Command::new(me).args(env::args_os().skip(1)).envs(FRUGAL).exec());
    }
}

/// Serves the editor at the other end of stdin and stdout; ends with 1 where that did not end the session, as the protocol has it.
pub fn lsp(output: &Output) -> Exit {
    #[cfg(unix)]
    begin_frugally();
    mlp_server::run(Arc::new(DataFusionChecker), Box::new(Records::default())).map(|()| 0).map_err(|why| {
        output.failure(&why, Some("`mlp lsp` is started by an editor"));
        1
    })
}
