//! One version of a package, loaded and planned.

use std::{
    collections::BTreeMap,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};

use mlp_diagnostics::{
    Diagnostic,
    render::{Format, render},
};
use mlp_plan::{Backend, Plan, PodPatch, Target, Uncalled};
use mlp_workspace::{Loaded, Override, load_beside, target_of};

use super::sides::Tree;
use crate::{
    output::Output,
    program::{local, lowered_with, set_by_target, with_packages},
};

/// One version of a package.
pub struct Side {
    /// What it does.
    pub plan: Plan,
    /// Its stages that nothing calls.
    pub uncalled: Vec<Uncalled>,
    /// Its folder on this machine.
    pub root: PathBuf,
    /// Its own files.
    pub files: Vec<Text>,
    /// Patches on pods.
    pub pods: Pods,
    /// What could not be looked at, in words.
    pub notes: Vec<String>,
    /// The revision that it was taken from, in place of the one that was asked for.
    pub tree: Option<Tree>,
}

impl Side {
    /// Nothing at all, in place of a package that is no more.
    pub fn empty(of: &Self) -> Self {
        Self::bare(Plan::empty(of.plan.package.clone(), of.plan.target.clone()), of.root.clone())
    }

    /// A plan of which nothing else is known.
    pub fn bare(plan: Plan, root: PathBuf) -> Self {
        let pods = patched(&plan);
        Self { plan, uncalled: Vec::new(), root, files: Vec::new(), pods, notes: Vec::new(), tree: None }
    }
}

/// A text that places point into.
pub struct Text {
    /// As places name it.
    pub place: String,
    /// As people are shown it.
    pub name: String,
    /// As machines know it, where that is otherwise: from the top of its repository.
    pub path: Option<String>,
    /// The text.
    pub text: String,
}

/// Patches on pods, by the target and the stage.
pub type Pods = BTreeMap<(String, String), PodPatch>;

/// Why a version cannot be compared.
#[derive(Debug)]
pub struct Trouble {
    messages: Vec<String>,
    /// What was found in it, a line each, where it does not check.
    found: Option<String>,
}

impl Trouble {
    /// In words.
    pub fn new(message: &str) -> Self {
        Self { messages: vec![message.to_owned()], found: None }
    }

    /// Whether it was read, and does not check.
    pub const fn is_unchecked(&self) -> bool {
        self.found.is_some()
    }

    /// What is wrong first.
    pub fn first(&self) -> &str {
        let found = self.found.as_ref().and_then(|found| found.lines().next());
        found.or(self.messages.first().map(String::as_str)).unwrap_or_default()
    }

    /// Says it, and answers the exit code.
    pub fn tell(&self, output: &Output) -> u8 {
        if let Some(found) = &self.found {
            output.note(found.trim_end());
        }
        let help = self.is_unchecked().then_some("`mlp check` tells more");
        self.messages.iter().for_each(|message| _ = output.failure(message, help));
        2
    }
}

/// The plan of a package, with its stages that nothing calls.
///
/// # Errors
/// What was found, where there are errors in it.
pub fn read(loaded: &Loaded, target: Target, set: &Override) -> Result<(Plan, Vec<Uncalled>), Vec<Diagnostic>> {
    lowered_with(loaded, target, set, mlp_lower::uncalled)
}

/// Loads and plans one version, for a target where one is named, beside another version where there is one. `label` is the top of a temporary tree with
/// what is shown in its place.
pub fn side(
    root: &Path,
    label: Option<(&Path, &str)>,
    shown: &str,
    (target, beside): (Option<&str>, Option<&Loaded>),
    output: &Output,
) -> Result<(Side, ManuallyDrop<Loaded>), Trouble> {
    let plain = |text: &str| match label {
        Some((top, name)) => text.replace(&format!("{}/", top.display()), &format!("{name}:")),
        None => text.to_owned(),
    };
    let loaded = with_packages(output, |fetching| load_beside(root, fetching, beside))
        .map_err(|error| Trouble { messages: error.0.iter().map(|message| plain(message)).collect(), found: None })?;
    let (planned_for, set) = target
        .map_or_else(|| Ok((local(), Override::new())), |name| target_of(&loaded.manifest, name))
        .map_err(|message| Trouble::new(&message))?;
    let (mut plan, uncalled) = read(&loaded, planned_for, &set).map_err(|found| {
        let errors: Vec<Diagnostic> = found.into_iter().filter(Diagnostic::is_error).collect();
        let text = render(&errors, &loaded.sources, Format::Short, &output.options());
        let which = if shown.is_empty() { "this version".to_owned() } else { format!("the version `{shown}`") };
        let message = format!("{which} does not check, so that nothing can be compared");
        Trouble { messages: vec![message], found: Some(plain(&text)) }
    })?;
    set_by_target(&mut plan, &loaded, &set).map_err(|faults| Trouble::new(&faults.join("; ")))?;
    let files = files(&loaded, shown, &plain);
    let (mut pods, mut notes) = (patched(&plan), Vec::new());
    if target.is_none() {
        for name in loaded.manifest.targets.keys() {
            match pods_under(name, &loaded, &plan) {
                Ok(more) => pods.extend(more),
                Err(why) => notes.push(format!("patches on pods under the target `{name}` are not compared: {why}")),
            }
        }
    }
    // never given back, as in `program::checked`
    let side = Side { plan, uncalled, root: root.to_path_buf(), files, pods, notes, tree: None };
    Ok((side, ManuallyDrop::new(loaded)))
}

/// The patches that a target puts on pods.
fn pods_under(target: &str, loaded: &Loaded, plan: &Plan) -> Result<Pods, String> {
    let (target, mut set) = target_of(&loaded.manifest, target)?;
    set.retain(|key, _| key.ends_with(".pod"));
    if target.backend != Backend::Kubernetes || set.is_empty() {
        return Ok(Pods::new());
    }
    let mut plan = Plan { target, ..plan.clone() };
    set_by_target(&mut plan, loaded, &set).map_err(|faults| faults.join("; "))?;
    Ok(patched(&plan))
}

/// The patches in a plan.
pub fn patched(plan: &Plan) -> Pods {
    let nodes = plan.pipelines.values().flat_map(|pipeline| &pipeline.nodes);
    let patch = |node: &mlp_plan::Node| Some(((plan.target.name.clone(), node.stage.clone()), node.pod.clone()?));
    nodes.filter_map(patch).collect()
}

fn files(loaded: &Loaded, shown: &str, plain: &dyn Fn(&str) -> String) -> Vec<Text> {
    let text = |id: &mlp_source::FileId| {
        let (source, place) = (loaded.sources.get(*id)?, loaded.places.get(id.0 as usize)?);
        let name = plain(&source.name);
        let name = if shown.is_empty() || name.starts_with(shown) { name } else { format!("{shown}:{place}") };
        Some(Text { place: place.clone(), name, path: None, text: source.text.to_string() })
    };
    loaded.own.iter().filter_map(text).collect()
}
