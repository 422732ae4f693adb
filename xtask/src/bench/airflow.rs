//! DAG files beside those that a person would write: what they cost Airflow's DAG processor, and how long they are.

use std::path::{Path, PathBuf};

use super::{
    Case, Goal, Work,
    cases::{mlp, work},
    inputs,
};
use crate::{
    place,
    process::{command, succeeds},
};

/// What measures a file from inside of Airflow: starting Python and importing Airflow takes a hundred times longer than any file.
const LOAD: &str = include_str!("airflow.py");

/// Cases for 10, 100 and 1,000 tasks in rows of ten.
pub fn all(home: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    let airflow = python();
    for count in [10, 100, 1_000] {
        let folder = home.join(format!("airflow/{count}"));
        inputs::graph_package(&folder, count)?;
        inputs::hand_written_dag(&folder.join("by_hand.py"), count)?;
        compiled(&folder)?;
        let load = |file: &str| {
            let python = airflow.clone()?;
            let file = folder.join("out").join(file);
            let words = [python.to_string_lossy(), "-c".into(), LOAD.into(), file.to_string_lossy()];
            let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
            Ok(Work { tells: true, ..work(&folder, &words) })
        };
        let name = format!("airflow: {count} tasks, DAG processor");
        match load("all.py") {
            Ok(ours) => cases.push(Case {
                name,
                ours,
                theirs: Some(("by hand".to_owned(), load("../by_hand.py"))),
                goal: Goal::Ratio(1.1),
            }),
            Err(why) => crate::process::say(&format!("{name}: {why}")),
        }
        cases.push(Case {
            name: format!("airflow: {count} tasks, bytes"),
            ours: work(&folder, &["cat", "out/all.py"]),
            theirs: Some(("by hand".to_owned(), Ok(work(&folder, &["cat", "by_hand.py"])))),
            goal: Goal::Bytes(1.2),
        });
    }
    let folder = home.join("airflow/diamonds");
    inputs::diamond_package(&folder, 30)?;
    cases.push(Case {
        name: "airflow: 30 diamonds compiled".to_owned(),
        ours: mlp(&folder, &["compile", "--target", "airflow", "-o", "out"]),
        theirs: None,
        goal: Goal::Seconds(0.02),
    });
    Ok(cases)
}

fn compiled(folder: &Path) -> Result<(), String> {
    let mut compile = command(place::mlp(), &["compile", "--target", "airflow", "-o", "out"]);
    if succeeds(compile.current_dir(folder))? { Ok(()) } else { Err("mlp compile failed".to_owned()) }
}

/// The Airflow that the tests have installed.
fn python() -> Result<PathBuf, String> {
    let python = place::target().join("tmp/airflow-3/bin/python");
    if python.is_file() {
        Ok(python)
    } else {
        Err("Airflow is not there; cargo xtask airflow 3 installs it".to_owned())
    }
}
