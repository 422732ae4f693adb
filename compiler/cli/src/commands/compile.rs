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
    program::{loaded, path_of, planned, span_of},
};

/// A file of a target.
struct Generated {
    path: String,
    content: String,
}

/// Writes a target's files, or compares them with what is on disk.
pub fn compile(at: &Where, target: &str, out: Option<PathBuf>, check: bool, output: &Output) -> Exit {
    let loaded = loaded(&path_of(at), output)?;
    let plan = planned(&loaded, target, &Override::new(), output)?;
    let (refusals, files, folder) = generated(&plan)?;
    if !refusals.is_empty() {
        refuse(&loaded, &plan, &refusals, output);
        return Ok(1);
    }
    let out = out.unwrap_or_else(|| loaded.root.join(folder));
    if check { compare(&out, &files, target, output) } else { write(&out, &files, output) }
}

/// What a backend refuses, and what it writes.
type Outcome = (Vec<(Place, String)>, Vec<Generated>, &'static str);

fn generated(plan: &Plan) -> Result<Outcome, u8> {
    Ok(match plan.target.backend {
        Backend::Local => {
            let content = plan.to_json().map_err(|_| 2_u8)?;
            (Vec::new(), vec![Generated { path: "plan.json".to_owned(), content }], "plan")
        }
        Backend::Airflow => {
            let refusals = mlp_airflow::refusals(plan).into_iter().map(|refusal| (refusal.place, refusal.message));
            let files =
                mlp_airflow::compile(plan).into_iter().map(|file| Generated { path: file.path, content: file.content });
            (refusals.collect(), files.collect(), "dags")
        }
        Backend::Kubernetes => {
            let refusals = mlp_kubernetes::refusals(plan).into_iter().map(|refusal| (refusal.place, refusal.message));
            let files = mlp_kubernetes::compile(plan)
                .into_iter()
                .map(|file| Generated { path: file.path, content: file.content });
            (refusals.collect(), files.collect(), "k8s")
        }
    })
}

/// Says at which line the target cannot do what is asked (MLP801).
fn refuse(loaded: &Loaded, plan: &Plan, refusals: &[(Place, String)], output: &Output) {
    let found: Vec<Diagnostic> = refusals
        .iter()
        .map(|(place, message)| {
            catalog::stages::target(
                span_of(loaded, place),
                &plan.target.name,
                message,
                "change the line, or compile for another target",
            )
        })
        .collect();
    let format = output.format(None).unwrap_or(mlp_diagnostics::render::Format::Short);
    output.note(render(&found, &loaded.sources, format, &output.options()).trim_end());
}

fn compare(out: &Path, files: &[Generated], target: &str, output: &Output) -> Exit {
    let differing: Vec<&str> = files
        .iter()
        .filter(|file| fs::read_to_string(out.join(&file.path)).ok().as_deref() != Some(&file.content))
        .map(|file| file.path.as_str())
        .collect();
    for path in &differing {
        output.result(&format!("{} differs", out.join(path).display()));
    }
    if differing.is_empty() {
        return Ok(0);
    }
    output.note(&format!("run `mlp compile --target {target} -o {}` and commit what it writes", out.display()));
    Ok(1)
}

/// Every file is written whole or not at all.
fn write(out: &Path, files: &[Generated], output: &Output) -> Exit {
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
    Ok(0)
}
