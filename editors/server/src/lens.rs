//! `textDocument/codeLens`: what can be started where it is declared, and what became of it the last time. The commands that run something are the editor's: it
//! starts `mlp` in a terminal of its own.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use lsp_types::{CodeLens, CodeLensParams, Command, Range, Url};
use mlp_ide::graph::promotions;
use mlp_plan::Essence;
use mlp_source::Span;
use mlp_syntax::tree::ItemKind;
use serde_json::{Value, json};

use crate::{
    graph,
    history::{Instant, Past},
    places,
    requests::Refusal,
    session::{Session, path_of},
    titles::{self, Text},
    workspace::{Workspace, home_of, view},
};

/// What is known of runs, and what of the texts it is compared with.
#[derive(Default)]
pub struct Ran {
    past: BTreeMap<PathBuf, Past>,
    /// By package: the texts as they were last whole, and at which revision of the workspace that was looked for.
    texts: BTreeMap<PathBuf, (u64, BTreeMap<String, Known>)>,
    now: Instant,
    /// When one of the titles that were told is no longer true.
    due: Option<Instant>,
}

/// A pipeline of a text that was whole.
struct Known {
    nodes: usize,
    essence: Essence,
}

impl Ran {
    /// Takes in what time it is and what ran; whether titles that were told are others now.
    pub fn learn(&mut self, now: Instant, past: Vec<(PathBuf, Past)>) -> bool {
        self.now = now;
        let is_new = !past.is_empty();
        if is_new {
            // what is looked at is what there are records of
            self.texts.values_mut().for_each(|(seen, _)| *seen = u64::MAX);
        }
        self.past.extend(past);
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_new || is_due {
            self.due = None;
        }
        is_new || is_due
    }

    fn told(&mut self, at: Instant) {
        let until = titles::true_until(at, self.now);
        self.due = Some(self.due.map_or(until, |due| due.min(until)));
    }

    /// Looks at what the text of a package comes to now; as long as something is wrong in it, what it came to before stays.
    fn compare(&mut self, workspace: &mut Workspace, home: &Path) {
        let revision = workspace.revision();
        let (seen, known) = self.texts.entry(home.to_path_buf()).or_default();
        if *seen == revision {
            return;
        }
        *seen = revision;
        let Some(plan) = workspace.home_mut(home).and_then(mlp_workspace::Package::plan) else { return };
        let Some(past) = self.past.get(records_of(home)) else { return };
        let told = plan.pipelines.iter().filter(|(name, _)| past.is_about(&plan.package.name, name));
        let each = told.filter_map(|(name, pipeline)| {
            let essence = plan.essence(name)?;
            Some((name.clone(), Known { nodes: pipeline.nodes.len(), essence }))
        });
        *known = each.collect();
    }
}

/// How a record stands to the text that it would be compared with.
fn text(recorded: &str, now: Option<&String>) -> Text {
    match now {
        Some(now) if !recorded.is_empty() => {
            if now == recorded {
                Text::Same
            } else {
                Text::Other
            }
        }
        _ => Text::Unknown,
    }
}

/// The folder in which a package, or a file without one, has its runs.
#[must_use]
pub fn records_of(home: &Path) -> &Path {
    if crate::workspace::is_source(home) { home.parent().unwrap_or(home) } else { home }
}

/// The lenses of a document that are switched on.
pub fn lenses(session: &mut Session, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>, Refusal> {
    let uri = params.text_document.uri;
    let mut found = starts(session, &uri)?;
    if session.config.last_lens {
        found.extend(lasts(session, &uri)?);
    }
    Ok(Some(found))
}

/// What can be started.
fn starts(session: &Session, uri: &Url) -> Result<Vec<CodeLens>, Refusal> {
    let shown = session.shown(uri)?;
    let mut found = Vec::new();
    for part in &view(&shown).parts {
        let range = |span: Span| shown.lines.range(&shown.text, &part.place(span));
        match &part.item.kind {
            ItemKind::Pipeline(tree) => {
                let range = range(tree.name.span);
                if session.config.run_lens {
                    found.push(lens(range, "Run", "mlp.run", json!({"uri": uri, "pipeline": tree.name.text})));
                }
                if session.config.graph_lens {
                    let at = json!({"textDocument": {"uri": uri}, "position": range.start});
                    found.push(lens(range, "Graph", graph::SHOW, at));
                }
            }
            ItemKind::Test(tree) if session.config.test_lens => {
                found.push(lens(range(tree.name_span), "Test", "mlp.test", json!({"uri": uri, "name": tree.name})));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// What became of pipelines and promotions the last time.
fn lasts(session: &mut Session, uri: &Url) -> Result<Vec<CodeLens>, Refusal> {
    let home = home_of(&path_of(uri));
    let records = records_of(&home);
    if !session.ran.past.get(records).is_some_and(|past| !past.runs.is_empty() || !past.decisions.is_empty()) {
        return Ok(Vec::new());
    }
    session.ran.compare(&mut session.workspace, &home);
    let (now, mut ages, mut found) = (session.ran.now, Vec::new(), Vec::new());
    let shown = session.shown(uri)?;
    let (Some(past), Some((_, known))) = (session.ran.past.get(records), session.ran.texts.get(&home)) else {
        return Ok(Vec::new());
    };
    let package = &shown.package.manifest.package.name;
    let mut add = |range: Range, title: &str, at: Instant, run: &str| {
        found.push(lens(range, title, "mlp.showRun", json!({"uri": uri, "run": run})));
        ages.push(at);
    };
    for part in &view(&shown).parts {
        let ItemKind::Pipeline(tree) = &part.item.kind else { continue };
        let name = &tree.name.text;
        if let Some(last) = past.runs.get(&(package.clone(), name.clone())) {
            let known = known.get(name);
            let text = text(&last.essence, known.map(|known| &known.essence.pipeline));
            let title = titles::run(last, text, known.map_or(0, |known| known.nodes), now);
            add(shown.lines.range(&shown.text, &part.place(tree.name.span)), &title, last.at, &last.id);
        }
    }
    for promotion in promotions(shown.package, shown.document.id) {
        let key = (package.clone(), promotion.pipeline.clone(), promotion.node.clone());
        if let Some(last) = past.decisions.get(&key) {
            let known = known.get(&promotion.pipeline).and_then(|known| known.essence.nodes.get(&promotion.node));
            let title = titles::decision(last, text(&last.essence, known), now);
            add(places::range(&shown, promotion.site), &title, last.at, &last.run);
        }
    }
    ages.into_iter().for_each(|at| session.ran.told(at));
    Ok(found)
}

fn lens(range: Range, title: &str, command: &str, argument: Value) -> CodeLens {
    let command = Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(vec![argument]) };
    CodeLens { range, command: Some(command), data: None }
}
