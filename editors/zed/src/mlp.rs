//! The extension of Zed: where the language server is. Colours and the rest are data beside it.

use zed_extension_api::{self as zed, settings::LspSettings, Command, LanguageServerId, Result, Worktree};

struct Mlp;

impl zed::Extension for Mlp {
    fn new() -> Self {
        Self
    }

    /// The program of the settings (`lsp.mlp.binary`), else `mlp` on the `PATH`.
    fn language_server_command(&mut self, _: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree("mlp", worktree).ok().and_then(|settings| settings.binary);
        let (path, arguments) = binary.map_or((None, None), |binary| (binary.path, binary.arguments));
        Ok(Command {
            command: path
                .or_else(|| worktree.which("mlp"))
                .ok_or("`mlp` is not on the PATH: install it, or set `lsp.mlp.binary.path`")?,
            args: arguments.unwrap_or_else(|| vec!["lsp".to_owned()]),
            env: worktree.shell_env(),
        })
    }

    /// `lsp.mlp.settings` is what the server is told.
    fn language_server_workspace_configuration(
        &mut self,
        _: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<zed::serde_json::Value>> {
        Ok(LspSettings::for_worktree("mlp", worktree).ok().and_then(|settings| settings.settings))
    }
}

zed::register_extension!(Mlp);
