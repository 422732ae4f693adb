//! `mlp compile`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mlp_diagnostics::{Diagnostic, catalog, render::render};
use mlp_plan::{Backend, Place, Plan};
use mlp_workspace::{Loaded, Override};

use super::Exit;
use crate::{
    args::Where,
    output::Output,
    program::{loaded, path_of, planned, span_of, within},
};

/// A file of a target.
struct Generated {
    path: String,
    content: String,
}

/// What is asked for.
pub struct How {
    /// The target.
    pub target: String,
    /// Where to; a folder of the package that is called after the target's kind where absent.
    pub out: Option<PathBuf>,
    /// Whether nothing is written, and what is on disk compared.
    pub check: bool,
    /// Whether tests of the DAGs are written, too.
    pub dag_tests: bool,
}

/// Writes a target's files, or compares them with what is on disk.
pub fn compile(at: &Where, how: &How, output: &Output) -> Exit {
    let loaded = loaded(&path_of(at), output)?;
    let plan = planned(&loaded, &how.target, &Override::new(), output)?;
    let (refusals, mut files, folder) = generated(&plan)?;
    if !refusals.is_empty() {
        refuse(&loaded, &plan, &refusals, output);
        return Ok(1);
    }
    if how.dag_tests {
        if plan.target.backend != Backend::Airflow {
            let help = "leave --dag-tests out, or name a target with `backend = \"airflow\"`";
            return Err(output.failure(&format!("target `{}` makes no DAGs to test", how.target), Some(help)));
        }
        let tests = mlp_airflow::dag_tests(&plan).into_iter();
        files.extend(tests.map(|file| Generated { path: file.path, content: file.content }));
    }
    let out = how.out.clone().unwrap_or_else(|| loaded.root.join(folder));
    let left = left_over(&out, &files, &plan);
    if how.check { compare(&out, &files, &left, &how.target, output) } else { write(&out, &files, &left, output) }
}

/// DAGs that an earlier program of the package had: Airflow would go on to run them.
fn left_over(out: &Path, files: &[Generated], plan: &Plan) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(out) else { return Vec::new() };
    let of_package = |path: &Path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        mlp_airflow::package_of(&text).is_some_and(|package| package == plan.package.name)
    };
    let known = |path: &Path| files.iter().any(|file| out.join(&file.path) == path);
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "py") && !known(path) && of_package(path))
        .collect();
    found.sort();
    if plan.target.backend == Backend::Airflow { found } else { Vec::new() }
}

/// What a backend refuses: where, the word to look for there, and what it says; and what it writes.
type Outcome = (Vec<(Place, String, String)>, Vec<Generated>, &'static str);

fn generated(plan: &Plan) -> Result<Outcome, u8> {
    Ok(match plan.target.backend {
        Backend::Local => {
            let content = plan.to_json().map_err(|_| 2_u8)?;
            (Vec::new(), vec![Generated { path: "plan.json".to_owned(), content }], "plan")
        }
        Backend::Airflow => {
            let refusals =
                mlp_airflow::refusals(plan).into_iter().map(|refusal| (refusal.place, refusal.word, refusal.message));
            let files =
                mlp_airflow::compile(plan).into_iter().map(|file| Generated { path: file.path, content: file.content });
            (refusals.collect(), files.collect(), "dags")
        }
        Backend::Kubernetes => {
            let refusals = mlp_kubernetes::refusals(plan)
                .into_iter()
                .map(|refusal| (refusal.place, String::new(), refusal.message));
            let files = mlp_kubernetes::compile(plan)
                .into_iter()
                .map(|file| Generated { path: file.path, content: file.content });
            (refusals.collect(), files.collect(), "k8s")
        }
    })
}

/// Says at which line the target cannot do what is asked (MLP801).
fn refuse(loaded: &Loaded, plan: &Plan, refusals: &[(Place, String, String)], output: &Output) {
    let found: Vec<Diagnostic> = refusals
        .iter()
        .map(|(place, word, message)| {
            catalog::stages::target(
                span_of(loaded, &within(loaded, place, word)),
                &plan.target.name,
                message,
                "change the line, or compile for another target",
            )
        })
        .collect();
    let format = output.format(None).unwrap_or(mlp_diagnostics::render::Format::Short);
    output.note(render(&found, &loaded.sources, format, &output.options()).trim_end());
}

fn compare(out: &Path, files: &[Generated], left: &[PathBuf], target: &str, output: &Output) -> Exit {
    let differing: Vec<&str> = files
        .iter()
        .filter(|file| fs::read_to_string(out.join(&file.path)).ok().as_deref() != Some(&file.content))
        .map(|file| file.path.as_str())
        .collect();
    for path in &differing {
        output.result(&format!("{} differs", out.join(path).display()));
    }
    tell_left_over(left, output);
    if differing.is_empty() {
        return Ok(u8::from(!left.is_empty()));
    }
    output.note(&format!("run `mlp compile --target {target} -o {}` and commit what it writes", out.display()));
    Ok(1)
}

/// Every file is written whole or not at all.
fn write(out: &Path, files: &[Generated], left: &[PathBuf], output: &Output) -> Exit {
    for file in files {
        let path = out.join(&file.path);
        let folder = path.parent().unwrap_or(out);
        let written =
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display())).and_then(|()| {
                mlp_store::write_atomically(&path, file.content.as_bytes()).map_err(|error| error.to_string())
            });
        if let Err(message) = written {
            return Err(output.failure(&message, None));
        }
        output.result(&path.display().to_string());
    }
    tell_left_over(left, output);
    Ok(0)
}

fn tell_left_over(left: &[PathBuf], output: &Output) {
    for path in left {
        output.note(&format!(
            "{}: the program has no such pipeline any more, and Airflow goes on to run it: remove it with its plan",
            path.display()
        ));
    }
}
