//! The state of one client's session, and what each message does to it. It knows no pipe and no thread, so that tests talk to it directly.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use lsp_server::{Message, Notification, Request, Response};
use lsp_types::{
    ClientCapabilities, ConfigurationItem, ConfigurationParams, DidChangeConfigurationParams,
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWatchedFilesRegistrationOptions,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    FileSystemWatcher, GlobPattern, InitializeParams, MessageType, Registration, RegistrationParams, ShowMessageParams,
    Url, notification as told, request as asks,
};
use mlp_ports::SqlChecker;
use serde::de::DeserializeOwned;

use crate::{
    config::Config,
    diagnostics::Published,
    graph::{self, Graph},
    outgoing::{Outgoing, Purpose},
    position::Encoding,
    requests::{self, Answer, Asked, Refusal},
    workspace::{Shown, Workspace},
};

/// What a client can do, as far as it matters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client {
    /// It asks for diagnostics, so that they are not pushed.
    pub pulls: bool,
    /// It asks again for diagnostics when told so.
    pub refreshes_diagnostics: bool,
    /// It can be asked for settings.
    pub has_settings: bool,
    /// It watches files when told so.
    pub watches: bool,
    /// It can go from place to place in what was put in.
    pub snippets: bool,
    /// It brings the snippets of declarations along itself, and says so with its settings.
    pub has_snippets: bool,
}

impl Client {
    fn of(params: &InitializeParams) -> Self {
        let capabilities: &ClientCapabilities = &params.capabilities;
        let options = params.initialization_options.as_ref();
        let text = capabilities.text_document.as_ref();
        let workspace = capabilities.workspace.as_ref();
        Self {
            pulls: text.is_some_and(|text| text.diagnostic.is_some()),
            refreshes_diagnostics: workspace
                .and_then(|workspace| workspace.diagnostic.as_ref()?.refresh_support)
                .unwrap_or_default(),
            has_settings: workspace.and_then(|workspace| workspace.configuration).unwrap_or_default(),
            watches: workspace
                .and_then(|workspace| workspace.did_change_watched_files.as_ref()?.dynamic_registration)
                .unwrap_or_default(),
            snippets: text
                .and_then(|text| text.completion.as_ref()?.completion_item.as_ref()?.snippet_support)
                .unwrap_or_default(),
            has_snippets: options.and_then(|options| options.get("hasSnippets")?.as_bool()).unwrap_or_default(),
        }
    }
}

/// A session.
pub struct Session {
    /// What is open.
    pub workspace: Workspace,
    /// How places are counted.
    pub encoding: Encoding,
    /// What the user has switched off.
    pub config: Config,
    /// What the client can do.
    pub client: Client,
    /// The diagnostics that were told.
    pub(crate) published: Published,
    /// The tokens that were told last, for differences to them.
    pub(crate) tokens: HashMap<Url, (String, Vec<lsp_types::SemanticToken>)>,
    /// The live picture.
    pub(crate) graph: Graph,
    out: Outgoing,
    folders: Vec<PathBuf>,
    /// Whether something happened that diagnostics may follow from.
    changed: bool,
    /// Whether something happened that the live picture does not show.
    undrawn: bool,
}

impl Session {
    /// A session for a client that has said what it can do.
    #[must_use]
    pub fn new(params: &InitializeParams, sql: Arc<dyn SqlChecker + Send>) -> Self {
        let general = params.capabilities.general.as_ref();
        let encoding = Encoding::agreed(general.and_then(|general| general.position_encodings.as_deref()));
        Self {
            workspace: Workspace::new(sql, encoding),
            encoding,
            config: params.initialization_options.as_ref().map(Config::read).unwrap_or_default(),
            client: Client::of(params),
            published: Published::default(),
            tokens: HashMap::new(),
            graph: Graph::default(),
            out: Outgoing::default(),
            folders: folders(params),
            changed: false,
            undrawn: false,
        }
    }

    /// Takes in what the client tells.
    pub fn heard(&mut self, notification: &Notification) {
        match notification.method.as_str() {
            "initialized" => self.begin(),
            "textDocument/didOpen" => with(notification, |params: DidOpenTextDocumentParams| {
                let text = params.text_document;
                self.workspace.open(&path_of(&text.uri), text.uri, text.version, text.text);
                self.changed = true;
            }),
            "textDocument/didChange" => with(notification, |params: DidChangeTextDocumentParams| {
                let changes: Vec<_> =
                    params.content_changes.into_iter().map(|change| (change.range, change.text)).collect();
                let document = params.text_document;
                self.workspace.edit(&path_of(&document.uri), document.version, &changes);
                self.changed = true;
            }),
            "textDocument/didClose" => with(notification, |params: DidCloseTextDocumentParams| {
                self.tokens.remove(&params.text_document.uri);
                self.workspace.close(&path_of(&params.text_document.uri));
                self.changed = true;
            }),
            "textDocument/didSave" => with(notification, |params: DidSaveTextDocumentParams| {
                self.workspace.on_disk(&path_of(&params.text_document.uri));
                self.changed = true;
            }),
            "workspace/didChangeWatchedFiles" => with(notification, |params: DidChangeWatchedFilesParams| {
                params.changes.iter().for_each(|change| self.workspace.on_disk(&path_of(&change.uri)));
                self.changed = true;
                self.refresh();
            }),
            "workspace/didChangeConfiguration" => with(notification, |params: DidChangeConfigurationParams| {
                if self.client.has_settings {
                    self.ask_settings();
                } else {
                    self.config = Config::read(&params.settings);
                }
            }),
            "workspace/didChangeWorkspaceFolders" => with(notification, |params: DidChangeWorkspaceFoldersParams| {
                params.event.removed.iter().for_each(|folder| self.workspace.remove_folder(&path_of(&folder.uri)));
                params.event.added.iter().for_each(|folder| self.workspace.add_folder(&path_of(&folder.uri)));
                self.changed = true;
                self.refresh();
            }),
            // `$/cancelRequest` is looked for where requests wait; what else there is does not concern us
            _ => {}
        }
    }

    /// Answers what the client asks.
    ///
    /// # Errors
    /// As the protocol has them.
    pub fn asked(&mut self, request: Request) -> Answer {
        requests::table(Asked::new(self, request)).answer()
    }

    /// Takes in what the client answers.
    pub fn answered(&mut self, response: Response) {
        if self.out.purpose(&response) == Some(Purpose::Configuration) {
            let settings = response.response_result.unwrap_or_default();
            self.config = Config::read(settings.get(0).unwrap_or(&serde_json::Value::Null));
        }
    }

    /// What is to be told once all that came was taken in: diagnostics that are others now, where the client does not ask for them.
    pub fn told(&mut self) -> Vec<Message> {
        if std::mem::take(&mut self.changed) {
            self.undrawn = true;
            if !self.client.pulls {
                for params in self.published.changes(&self.workspace) {
                    self.out.tell::<told::PublishDiagnostics>(params);
                }
            }
        }
        self.out.take()
    }

    /// Draws the live picture anew where something changed, once that was told: nobody who types waits for a picture.
    pub fn draw(&mut self) {
        if std::mem::take(&mut self.undrawn) {
            graph::refresh(self);
        }
    }

    /// Messages that are to be sent.
    pub fn outgoing(&mut self) -> Vec<Message> {
        self.out.take()
    }

    /// Throws away what was worked out, and works it out again from the texts.
    pub fn begin_anew(&mut self) {
        self.workspace.begin_anew();
        self.changed = true;
    }

    /// The document at an address.
    ///
    /// # Errors
    /// Where nothing of ours is there.
    pub fn shown(&self, uri: &Url) -> Result<Shown<'_>, Refusal> {
        self.workspace.shown(&path_of(uri)).ok_or_else(|| Refusal(format!("{uri} is no source of an open package")))
    }

    /// Opens what the client has open, and asks for what it was not asked for yet.
    fn begin(&mut self) {
        for folder in std::mem::take(&mut self.folders) {
            self.workspace.add_folder(&folder);
        }
        self.changed = true;
        if self.client.has_settings {
            self.ask_settings();
        }
        if self.client.watches {
            let watchers = ["**/*.mlp", "**/mlp.toml", "**/mlp.lock", "**/*.sql", "**/*.py", "**/requirements*.txt"]
                .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None });
            let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.to_vec() };
            let registration = Registration {
                id: "mlp-files".to_owned(),
                method: "workspace/didChangeWatchedFiles".to_owned(),
                register_options: serde_json::to_value(options).ok(),
            };
            let params = RegistrationParams { registrations: vec![registration] };
            self.out.ask::<asks::RegisterCapability>(params, Purpose::Nothing);
        }
        let faults: Vec<String> = self.workspace.faults().values().flatten().cloned().collect();
        for message in faults {
            self.out.tell::<told::ShowMessage>(ShowMessageParams { typ: MessageType::ERROR, message });
        }
    }

    fn ask_settings(&mut self) {
        let item = ConfigurationItem { scope_uri: None, section: Some("mlp".to_owned()) };
        let params = ConfigurationParams { items: vec![item] };
        self.out.ask::<asks::WorkspaceConfiguration>(params, Purpose::Configuration);
    }

    /// Has the client ask for diagnostics again, where something other than its own edits changed them.
    fn refresh(&mut self) {
        if self.client.refreshes_diagnostics {
            self.out.ask::<asks::WorkspaceDiagnosticRefresh>((), Purpose::Nothing);
        }
    }
}

/// The folders that a client has open.
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    if let Some(folders) = &params.workspace_folders {
        return folders.iter().map(|folder| path_of(&folder.uri)).collect();
    }
    #[expect(deprecated, reason = "older clients say it so")]
    params.root_uri.iter().map(path_of).collect()
}

/// The path of an address; what is on no disk gets one that is on none either, of a source, since nothing else is opened so.
#[must_use]
pub fn path_of(uri: &Url) -> PathBuf {
    uri.to_file_path().unwrap_or_else(|()| PathBuf::from(format!("/{uri}.mlp")))
}

/// Reads the parameters of a notification; one that cannot be read is passed over, since nobody waits for an answer.
fn with<P: DeserializeOwned>(notification: &Notification, work: impl FnOnce(P)) {
    if let Ok(params) = serde_json::from_value(notification.params.clone()) {
        work(params);
    }
}
