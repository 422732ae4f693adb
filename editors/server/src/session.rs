//! The state of one client's session, and what each message does to it. It knows no pipe and no thread, so that tests talk to it directly.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use lsp_server::{Message, Notification, Request, RequestId, Response};
use lsp_types::{
    CancelParams, ClientCapabilities, ConfigurationItem, ConfigurationParams, CreateFilesParams, DeleteFilesParams,
    DidChangeConfigurationParams, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, FileSystemWatcher, GlobPattern, InitializeParams,
    NumberOrString, Registration, RegistrationParams, RenameFilesParams, Url, notification as told, request as asks,
};
use mlp_ports::SqlChecker;
use serde::de::DeserializeOwned;

use crate::{
    config::Config,
    diagnostics::Published,
    graph::{self, Graph},
    lens::{self, Ran},
    lookout::{News, Watched},
    outgoing::{Outgoing, Purpose},
    position::Encoding,
    requests::{self, Answer, Asked, Refusal},
    work::{self, Work},
    workspace::{Shown, Workspace, is_source},
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
    /// It asks again for lenses when told so.
    pub refreshes_lenses: bool,
    /// It shows how far work is.
    pub shows_progress: bool,
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
            refreshes_lenses: workspace
                .and_then(|workspace| workspace.code_lens.as_ref()?.refresh_support)
                .unwrap_or_default(),
            shows_progress: capabilities
                .window
                .as_ref()
                .and_then(|window| window.work_done_progress)
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
    /// What ran last.
    pub(crate) ran: Ran,
    /// What takes long.
    pub(crate) work: Work,
    pub(crate) out: Outgoing,
    /// What the client has open.
    folders: Vec<PathBuf>,
    /// Whether something happened that diagnostics may follow from.
    pub(crate) changed: bool,
    /// What is looked at on the disk.
    watched: Watched,
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
            ran: Ran::default(),
            work: Work::default(),
            out: Outgoing::default(),
            folders: folders(params),
            changed: false,
            watched: Watched::default(),
            undrawn: false,
        }
    }

    /// Takes in what the client tells.
    pub fn heard(&mut self, notification: &Notification) {
        // who waits for an answer has asked about the texts as they are
        while self.work.is_awaited() && is_change(&notification.method) && self.step() {}
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
                self.on_disk(&params.changes.iter().map(|change| path_of(&change.uri)).collect::<Vec<_>>());
            }),
            "workspace/didRenameFiles" => with(notification, |params: RenameFilesParams| {
                let both = params.files.iter().flat_map(|file| [&file.old_uri, &file.new_uri]);
                self.on_disk(&paths(both));
            }),
            "workspace/didCreateFiles" => with(notification, |params: CreateFilesParams| {
                self.on_disk(&paths(params.files.iter().map(|file| &file.uri)));
            }),
            "workspace/didDeleteFiles" => with(notification, |params: DeleteFilesParams| {
                self.on_disk(&paths(params.files.iter().map(|file| &file.uri)));
            }),
            "workspace/didChangeConfiguration" => with(notification, |params: DidChangeConfigurationParams| {
                if self.client.has_settings {
                    self.ask_settings();
                } else {
                    self.set(Config::read(&params.settings));
                }
            }),
            "workspace/didChangeWorkspaceFolders" => with(notification, |params: DidChangeWorkspaceFoldersParams| {
                let removed: Vec<PathBuf> = params.event.removed.iter().map(|folder| path_of(&folder.uri)).collect();
                let added: Vec<PathBuf> = params.event.added.iter().map(|folder| path_of(&folder.uri)).collect();
                removed.iter().for_each(|folder| self.workspace.remove_folder(folder));
                self.folders.retain(|folder| !removed.contains(folder));
                self.folders.extend(added.iter().cloned());
                self.work.load(added, self.client.shows_progress, &mut self.out);
                self.changed = true;
            }),
            "window/workDoneProgress/cancel" => {
                if let Some(token) = work::token_of(&notification.params) {
                    self.cancel(&token);
                }
            }
            // of requests that are worked on in pieces; others are looked for where they wait
            "$/cancelRequest" => with(notification, |params: CancelParams| {
                let id = match params.id {
                    NumberOrString::Number(number) => RequestId::from(number),
                    NumberOrString::String(text) => RequestId::from(text),
                };
                self.work.take_back(&id, &mut self.out);
            }),
            // what else there is does not concern us
            _ => {}
        }
    }

    /// Answers what the client asks.
    ///
    /// # Errors
    /// As the protocol has them.
    pub fn asked(&mut self, request: Request) -> Answer {
        while self.step() {}
        self.answer(request)
    }

    /// The answer to a request that waits for nothing.
    pub(crate) fn answer(&mut self, request: Request) -> Answer {
        if requests::is_of_others(self, &request) {
            return Ok(serde_json::Value::Null);
        }
        requests::table(Asked::new(self, request)).answer()
    }

    /// Takes in what the client answers.
    pub fn answered(&mut self, response: Response) {
        match self.out.purpose(&response) {
            Some(Purpose::Configuration) => {
                // a client that has nothing to say changes nothing
                if let Ok(settings) = response.response_result {
                    self.set(Config::read(settings.get(0).unwrap_or(&serde_json::Value::Null)));
                }
            }
            Some(Purpose::Progress(token)) if response.response_result.is_ok() => {
                self.work.shown(&token, &mut self.out);
            }
            _ => {}
        }
    }

    /// What is to be told once all that came was taken in: diagnostics that are others now, where the client does not ask for them.
    pub fn told(&mut self) -> Vec<Message> {
        while self.step() {}
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
        self.gave_up();
        self.workspace.begin_anew();
        self.changed = true;
    }

    /// The document at an address.
    ///
    /// # Errors
    /// Where nothing of ours is there.
    pub fn shown(&self, uri: &Url) -> Result<Shown<'_>, Refusal> {
        self.workspace.shown(&path_of(uri)).ok_or_else(|| Refusal(format!("{uri} is no document of an open package")))
    }

    /// Opens what the client has open, and asks for what it was not asked for yet.
    fn begin(&mut self) {
        self.work.load(self.folders.clone(), self.client.shows_progress, &mut self.out);
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
    }

    fn ask_settings(&mut self) {
        let item = ConfigurationItem { scope_uri: None, section: Some("mlp".to_owned()) };
        let params = ConfigurationParams { items: vec![item] };
        self.out.ask::<asks::WorkspaceConfiguration>(params, Purpose::Configuration);
    }

    /// Has the client ask for diagnostics again, where something other than its own edits changed them.
    pub(crate) fn refresh(&mut self) {
        if self.client.refreshes_diagnostics {
            self.out.ask::<asks::WorkspaceDiagnosticRefresh>((), Purpose::Nothing);
        }
    }

    fn refresh_lenses(&mut self) {
        if self.client.refreshes_lenses {
            self.out.ask::<asks::CodeLensRefresh>((), Purpose::Nothing);
        }
    }

    /// Takes in what the user has switched off.
    fn set(&mut self, config: Config) {
        let before = std::mem::replace(&mut self.config, config);
        if before.lenses() != config.lenses() {
            self.refresh_lenses();
        }
    }

    /// Takes in that files, or what is in folders, may be others on disk.
    fn on_disk(&mut self, paths: &[PathBuf]) {
        self.workspace.all_on_disk(paths);
        self.changed = true;
        self.refresh();
    }

    /// Takes in what the lookout saw.
    pub fn noticed(&mut self, news: News) {
        let strays = news.first.iter().flat_map(|(folder, files)| self.workspace.strays(folder, files));
        let files: Vec<PathBuf> = strays.chain(news.files.iter().cloned()).collect();
        if !files.is_empty() {
            self.on_disk(&files);
        }
        if self.ran.learn(news.now, news.past) {
            self.refresh_lenses();
        }
    }

    /// At what the lookout is to look, where that is something else than before.
    pub fn to_watch(&mut self) -> Option<Watched> {
        let mut watched = Watched::default();
        if self.config.last_lens {
            watched.records.extend(self.workspace.homes().map(|(home, _)| lens::records_of(home).to_path_buf()));
        }
        if !self.client.watches {
            let roots = self.workspace.homes().map(|(home, _)| home).filter(|home| !is_source(home));
            let outside = roots.filter(|root| !self.folders.iter().any(|folder| root.starts_with(folder)));
            watched.files = self.folders.iter().cloned().chain(outside.map(Path::to_path_buf)).collect();
        }
        (watched != self.watched).then(|| {
            self.watched.clone_from(&watched);
            watched
        })
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

/// Whether a notification can change a text.
fn is_change(method: &str) -> bool {
    method.starts_with("textDocument/") || method.starts_with("workspace/did")
}

/// The paths of addresses; what is no address is none.
fn paths<'u>(uris: impl Iterator<Item = &'u String>) -> Vec<PathBuf> {
    uris.filter_map(|uri| Url::parse(uri).ok()).map(|uri| path_of(&uri)).collect()
}

/// The path of an address; what is on no disk gets one that is on none either, of a source, since nothing else is opened so. An older state of a file
/// (`git:/a.mlp`) is not the file; a new one that has its place already is.
#[must_use]
pub fn path_of(uri: &Url) -> PathBuf {
    let path = matches!(uri.scheme(), "file" | "untitled").then(|| uri.to_file_path());
    path.and_then(Result::ok).unwrap_or_else(|| PathBuf::from(format!("/{uri}.mlp")))
}

/// Reads the parameters of a notification; one that cannot be read is passed over, since nobody waits for an answer.
fn with<P: DeserializeOwned>(notification: &Notification, work: impl FnOnce(P)) {
    if let Ok(params) = serde_json::from_value(notification.params.clone()) {
        work(params);
    }
}
