//! What takes long is done in pieces, between the messages of the client: it can go on typing, sees how far the work is, and can take it back.

use std::{collections::VecDeque, path::PathBuf, vec};

use lsp_server::{ErrorCode, Request, RequestId, Response};
use lsp_types::{
    MessageType, NumberOrString, ProgressParams, ProgressParamsValue, ProgressToken, ShowMessageParams,
    WorkDoneProgress, WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReport, WorkspaceDiagnosticReportPartialResult,
    WorkspaceDocumentDiagnosticReport, notification as told, request as asks,
};
use serde_json::Value;

use crate::{
    outgoing::{Outgoing, Purpose},
    pull, requests,
    session::Session,
};

/// Requests whose answers may be in any package: they wait until all are open. Others are about a document, whose package is open since the document is.
const ACROSS: [&str; 9] = [
    "workspace/diagnostic",
    "workspace/executeCommand",
    "workspace/symbol",
    "textDocument/implementation",
    "textDocument/prepareCallHierarchy",
    "textDocument/references",
    "textDocument/rename",
    "callHierarchy/incomingCalls",
    "callHierarchy/outgoingCalls",
];

/// So many documents are told of in one piece.
const DOCUMENTS: usize = 64;

/// What is to be done, in this order.
#[derive(Default)]
pub struct Work {
    queue: VecDeque<Task>,
    /// Numbers our own tokens.
    next: u32,
    /// The request that is worked on.
    at: Option<RequestId>,
}

enum Task {
    /// Open packages.
    Load(Load),
    /// Answer what has to wait for that.
    Answer(Request),
    /// Tell the findings of all documents.
    Diagnose(Box<Diagnose>),
}

struct Load {
    /// In which packages are looked for.
    folders: VecDeque<PathBuf>,
    /// Packages that were found.
    roots: VecDeque<PathBuf>,
    /// Packages that were opened.
    done: Vec<PathBuf>,
    /// Ours; nothing is told of it before the client has taken it.
    token: Option<ProgressToken>,
    is_told: bool,
}

struct Diagnose {
    id: RequestId,
    reports: vec::IntoIter<WorkspaceDocumentDiagnosticReport>,
    of: usize,
    /// Where pieces of the answer go.
    partial: Option<ProgressToken>,
    /// Where it is told how far it is.
    progress: Option<ProgressToken>,
}

impl Work {
    /// Has the packages of folders opened; the client is asked to show how far that is, where it can.
    pub fn load(&mut self, folders: Vec<PathBuf>, shows_progress: bool, out: &mut Outgoing) {
        let token = shows_progress.then(|| {
            self.next += 1;
            let token = ProgressToken::String(format!("mlp-load-{}", self.next));
            let params = WorkDoneProgressCreateParams { token: token.clone() };
            out.ask::<asks::WorkDoneProgressCreate>(params, Purpose::Progress(token.clone()));
            token
        });
        let load = Load { folders: folders.into(), roots: VecDeque::new(), done: Vec::new(), token, is_told: false };
        // requests that wait were asked about what was open before
        self.queue.push_back(Task::Load(load));
    }

    /// Whether packages are still to be opened.
    pub fn is_loading(&self) -> bool {
        self.queue.iter().any(|task| matches!(task, Task::Load(_)))
    }

    /// Whether somebody waits for an answer that is about the texts as they are.
    pub fn is_awaited(&self) -> bool {
        self.queue.iter().any(|task| matches!(task, Task::Answer(_)))
    }

    /// Takes in that the client shows our progress under a token.
    pub fn shown(&mut self, token: &ProgressToken, out: &mut Outgoing) {
        let load = self.queue.iter_mut().find_map(|task| match task {
            Task::Load(load) if load.token.as_ref() == Some(token) => Some(load),
            _ => None,
        });
        // without one the work is done already, and nobody needs to see it
        if let Some(load) = load {
            load.is_told = true;
            begin(token, "mlp: opening packages", out);
        }
    }

    /// Takes back a request that waits or is worked on.
    pub fn take_back(&mut self, id: &RequestId, out: &mut Outgoing) {
        self.queue.retain(|task| match task {
            Task::Answer(request) if request.id == *id => {
                out.answer(taken_back(id.clone()));
                false
            }
            Task::Diagnose(diagnose) if diagnose.id == *id => {
                diagnose.give_up(out);
                false
            }
            _ => true,
        });
    }
}

impl Session {
    /// Takes a request: its answer, where it is given at once; else it comes with what is told.
    pub fn take(&mut self, request: Request) -> Option<requests::Answer> {
        if self.work.is_loading() && ACROSS.contains(&request.method.as_str()) {
            self.work.queue.push_back(Task::Answer(request));
            return None;
        }
        if request.method == "workspace/diagnostic" {
            let params = serde_json::from_value::<WorkspaceDiagnosticParams>(request.params.clone());
            if let Ok(params) = params
                && (params.partial_result_params.partial_result_token.is_some()
                    || params.work_done_progress_params.work_done_token.is_some())
            {
                self.diagnose(request.id, &params);
                return None;
            }
        }
        Some(self.answer(request))
    }

    /// Does a piece of what takes long; whether there was one.
    pub fn step(&mut self) -> bool {
        let Some(task) = self.work.queue.pop_front() else { return false };
        self.work.at = match &task {
            Task::Load(_) => None,
            Task::Answer(request) => Some(request.id.clone()),
            Task::Diagnose(diagnose) => Some(diagnose.id.clone()),
        };
        match task {
            Task::Load(mut load) => {
                if self.load_one(&mut load) {
                    self.work.queue.push_front(Task::Load(load));
                }
            }
            Task::Answer(request) => {
                let id = request.id.clone();
                if let Some(response_result) = self.take(request) {
                    self.out.answer(Response { id, response_result });
                }
            }
            Task::Diagnose(mut diagnose) => {
                if diagnose.tell_some(&mut self.out) {
                    self.work.queue.push_front(Task::Diagnose(diagnose));
                }
            }
        }
        self.work.at = None;
        true
    }

    /// Answers that there is no answer, where work on one has panicked.
    pub(crate) fn gave_up(&mut self) {
        if let Some(id) = self.work.at.take() {
            self.out.answer(bug(id));
        }
    }

    /// Looks for packages in a folder, or opens one; whether there is more to do.
    fn load_one(&mut self, load: &mut Load) -> bool {
        if let Some(folder) = load.folders.pop_front() {
            load.roots.extend(crate::workspace::packages_of(&folder));
            return true;
        }
        let Some(root) = load.roots.pop_front() else {
            self.loaded(load);
            return false;
        };
        if let Some(token) = load.token.as_ref().filter(|_| load.is_told) {
            let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            report(token, &name, load.done.len(), load.done.len() + 1 + load.roots.len(), &mut self.out);
        }
        self.workspace.open_package(&root);
        load.done.push(root);
        true
    }

    /// All packages are open: what is wrong with them is told.
    fn loaded(&mut self, load: &Load) {
        if let Some(token) = load.token.as_ref().filter(|_| load.is_told) {
            end(token, "all packages are open", &mut self.out);
        }
        self.changed = true;
        let faults = load.done.iter().filter_map(|root| self.workspace.faults().get(root));
        for message in faults.flatten().cloned().collect::<Vec<_>>() {
            self.out.tell::<told::ShowMessage>(ShowMessageParams { typ: MessageType::ERROR, message });
        }
        self.refresh();
    }

    /// Takes back what a token stands for.
    pub(crate) fn cancel(&mut self, token: &ProgressToken) {
        let Self { work, out, changed, .. } = self;
        work.queue.retain(|task| match task {
            Task::Load(load) if load.token.as_ref() == Some(token) => {
                if load.is_told {
                    end(token, "given up", out);
                }
                // what is open is told of all the same
                *changed = true;
                false
            }
            Task::Diagnose(diagnose) if diagnose.progress.as_ref() == Some(token) => {
                diagnose.give_up(out);
                false
            }
            _ => true,
        });
    }

    fn diagnose(&mut self, id: RequestId, params: &WorkspaceDiagnosticParams) {
        let reports = pull::reports(self, params);
        let diagnose = Diagnose {
            id,
            of: reports.len(),
            reports: reports.into_iter(),
            partial: params.partial_result_params.partial_result_token.clone(),
            progress: params.work_done_progress_params.work_done_token.clone(),
        };
        if let Some(token) = &diagnose.progress {
            begin(token, "mlp: findings of all documents", &mut self.out);
        }
        self.work.queue.push_back(Task::Diagnose(Box::new(diagnose)));
    }
}

impl Diagnose {
    /// Tells of some documents, and at last answers; whether there is more to do.
    fn tell_some(&mut self, out: &mut Outgoing) -> bool {
        if let Some(token) = &self.partial {
            let items: Vec<_> = self.reports.by_ref().take(DOCUMENTS).collect();
            if !items.is_empty() {
                let params = serde_json::json!({
                    "token": token,
                    "value": WorkspaceDiagnosticReportPartialResult { items },
                });
                out.tell_raw::<told::Progress>(params);
            }
        }
        if self.partial.is_some() && self.reports.len() > 0 {
            if let Some(token) = &self.progress {
                report(token, "", self.of - self.reports.len(), self.of, out);
            }
            return true;
        }
        if let Some(token) = &self.progress {
            end(token, "", out);
        }
        // what went out in pieces is not said again
        let rest = WorkspaceDiagnosticReport { items: self.reports.by_ref().collect() };
        out.answer(Response::new_ok(self.id.clone(), rest));
        false
    }

    fn give_up(&self, out: &mut Outgoing) {
        if let Some(token) = &self.progress {
            end(token, "given up", out);
        }
        out.answer(taken_back(self.id.clone()));
    }
}

/// The answer where there is a bug of ours.
pub fn bug(id: RequestId) -> Response {
    let words = "this is a bug of mlp; the server goes on";
    Response::new_err(id, ErrorCode::InternalError as i32, words.to_owned())
}

/// What who takes a request back gets for it.
pub fn taken_back(id: RequestId) -> Response {
    Response::new_err(id, ErrorCode::RequestCanceled as i32, "taken back by the client".to_owned())
}

fn begin(token: &ProgressToken, title: &str, out: &mut Outgoing) {
    let begin =
        WorkDoneProgressBegin { title: title.to_owned(), cancellable: Some(true), message: None, percentage: Some(0) };
    say(token, WorkDoneProgress::Begin(begin), out);
}

fn report(token: &ProgressToken, message: &str, done: usize, of: usize, out: &mut Outgoing) {
    let message = format!("{message} ({done}/{of})").trim().to_owned();
    let percentage = u32::try_from(done * 100 / of.max(1)).ok();
    let report = WorkDoneProgressReport { cancellable: Some(true), message: Some(message), percentage };
    say(token, WorkDoneProgress::Report(report), out);
}

fn end(token: &ProgressToken, message: &str, out: &mut Outgoing) {
    let message = (!message.is_empty()).then(|| message.to_owned());
    say(token, WorkDoneProgress::End(WorkDoneProgressEnd { message }), out);
}

fn say(token: &ProgressToken, progress: WorkDoneProgress, out: &mut Outgoing) {
    let value = ProgressParamsValue::WorkDone(progress);
    out.tell::<told::Progress>(ProgressParams { token: token.clone(), value });
}

/// The token of a notification that takes work back.
pub fn token_of(params: &Value) -> Option<ProgressToken> {
    serde_json::from_value::<NumberOrString>(params.get("token")?.clone()).ok()
}
