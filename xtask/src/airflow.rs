//! `cargo xtask airflow`: the generated files in real Airflows, with their schedulers.
//!
//! Each version is installed once, into `target/tmp/airflow-N`, from the list of versions beside the tests that load the files there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    count::Count,
    editors::tools::must,
    place,
    process::{cargo, command, complain, fresh, python, say, step, write},
};

/// The versions of Airflow.
const VERSIONS: [&str; 2] = ["3", "2"];
/// Installs within seconds what takes `pip` minutes.
const UV: &str = "uv==0.13.9";

/// Both versions, or the one of that name, with the result at the end.
pub fn run(only: Option<&str>) -> Result<bool, String> {
    if let Some(only) = only.filter(|only| !VERSIONS.contains(only)) {
        return Err(format!("there is no Airflow `{only}` here; there are {}", VERSIONS.join(" and ")));
    }
    // With the same features as the whole workspace, so that nothing is built twice.
    must(&mut cargo(&["build", "--release", "--locked", "--package", "mlp-cli", "--package", "mlp-features"]))?;
    let mut count = Count::default();
    live(&mut count, only)?;
    Ok(count.result())
}

/// Installs both versions, so that the tests of the crate find them. What cannot be installed is told when they are run.
pub fn install_all() {
    step("Airflow, installed");
    for version in VERSIONS {
        if let Err(why) = install(version) {
            complain(&why);
        }
    }
}

/// Runs the pipelines in each version; the workspace is built.
fn live(count: &mut Count, only: Option<&str>) -> Result<(), String> {
    let home = place::target().join("airflow");
    let by_hand = home.join("by-hand");
    fresh(&by_hand)?;
    for version in VERSIONS.into_iter().filter(|version| only.is_none_or(|only| only == *version)) {
        let name = format!("Airflow {version}, live");
        step(&name);
        match install(version) {
            Ok(python) => {
                let mut cases = command(python, &["backends/airflow/live/run.py"]);
                cases.arg("--mlp").arg(place::mlp()).arg("--home").arg(home.join(version));
                count.script(&name, cases.arg("--by-hand").arg(&by_hand))?;
            }
            Err(why) => {
                complain(&why);
                count.missing(&name, why.lines().next().unwrap_or_default());
            }
        }
    }
    Ok(())
}

/// Python with that Airflow.
pub fn install(version: &str) -> Result<PathBuf, String> {
    let requirements = place::root().join(format!("backends/airflow/tests/airflow-{version}.txt"));
    let wanted = fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let venv = place::target().join("tmp").join(format!("airflow-{version}"));
    let (made, stamp) = (venv.join("bin/python"), venv.join("requirements.txt"));
    if fs::read_to_string(&stamp).ok().as_deref() != Some(wanted.as_str()) || !made.is_file() {
        say(&format!("installing Airflow {version} into {}", venv.display()));
        fill(&venv, &made, &requirements)?;
        write(&stamp, &wanted)?;
    }
    Ok(made)
}

fn fill(venv: &Path, made: &Path, requirements: &Path) -> Result<(), String> {
    must(command(python()?, &["-m", "venv", "--clear"]).arg(venv))?;
    must(&mut command(made, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV]))?;
    let mut install = command(made, &["-m", "uv", "pip", "install", "--quiet", "--link-mode", "copy", "--python"]);
    must(install.arg(made).arg("-r").arg(requirements))
}
