//! The table of what is measured, and what we hold ourselves to.

use std::path::{Path, PathBuf};

use super::{Case, Goal, Work, airflow, contracts, inputs, tools};
use crate::{place, process::works};

/// Makes the inputs of some cases, and the cases.
type Maker = fn(&Path) -> Result<Vec<Case>, String>;

/// The cases whose name holds `filter`, their inputs made and their yardsticks installed.
pub fn all(home: &Path, filter: &str) -> Result<Vec<Case>, String> {
    let makers: [(&str, Maker); 9] = [
        ("check 100,000 lines in 50 files, cold", check),
        ("start-up", start_up),
        ("1,000 diagnostics drawn", drawn),
        ("compile 1,000 stages", compile),
        ("run 1,000 stages", run),
        ("diff of 1,000 and 10,000 contracts", diff),
        ("graph of 200 and 1,000 nodes", graph),
        ("airflow: DAG files", airflow::all),
        ("contract: 13 expectations on flights", contracts::contract),
    ];
    let mut cases = Vec::new();
    for (name, make) in makers {
        if name.contains(filter) {
            cases.extend(make(home)?);
        }
    }
    Ok(cases)
}

/// A command in a folder.
pub fn work(folder: &Path, words: &[&str]) -> Work {
    Work {
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        folder: folder.to_owned(),
        ..Work::default()
    }
}

/// `mlp` in a folder.
pub fn mlp(folder: &Path, words: &[&str]) -> Work {
    let mut work = work(folder, words);
    work.command.insert(0, text(&place::mlp()));
    work
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn check(home: &Path) -> Result<Vec<Case>, String> {
    let (ours, python, typescript) = (home.join("check/mlp"), home.join("check/python"), home.join("check/typescript"));
    inputs::large_package(&ours)?;
    inputs::large_python(&python)?;
    inputs::large_typescript(&typescript)?;
    let ty = tools::from_python(home, "ty", "ty")
        .map(|ty| Work { codes: vec![0, 1], ..work(&python, &[&text(&ty), "check", "."]) });
    let biome = tools::from_npm(home, "@biomejs/biome", "biome").map(|biome| Work {
        codes: vec![0, 1],
        ..work(&typescript, &[&text(&biome), "lint", "--max-diagnostics=1", "."])
    });
    let name = "check 100,000 lines in 50 files, cold";
    let ours = mlp(&ours, &["check"]);
    Ok(vec![
        Case {
            name: name.to_owned(),
            ours: ours.clone(),
            theirs: Some(("ty check".to_owned(), ty)),
            goal: Goal::Seconds(0.7),
        },
        Case { name: name.to_owned(), ours, theirs: Some(("biome lint".to_owned(), biome)), goal: Goal::Ratio(1.0) },
    ])
}

fn start_up(home: &Path) -> Result<Vec<Case>, String> {
    let folder = home.join("empty");
    inputs::empty_package(&folder)?;
    let ty = tools::from_python(home, "ty", "ty").map(|ty| work(&folder, &[&text(&ty), "--version"]));
    let theirs = Some(("ty --version".to_owned(), ty));
    Ok(vec![Case {
        name: "start-up: check of an empty package".to_owned(),
        ours: mlp(&folder, &["check"]),
        theirs,
        goal: Goal::Seconds(0.005),
    }])
}

fn drawn(home: &Path) -> Result<Vec<Case>, String> {
    let folder = home.join("wrong");
    inputs::wrong_package(&folder)?;
    let named =
        |format: &str| Work { codes: vec![1], ..mlp(&folder, &["check", "--color", "always", "--format", format]) };
    let theirs = Some(("mlp, --format short".to_owned(), Ok(named("short"))));
    let drawing = work(&folder, &[&text(&example("draw"))]);
    Ok(vec![
        Case {
            name: "1,000 diagnostics drawn: the drawing alone".to_owned(),
            ours: drawing,
            theirs: None,
            goal: Goal::Seconds(0.02),
        },
        Case {
            name: "1,000 diagnostics drawn: the whole check".to_owned(),
            ours: named("pretty"),
            theirs,
            goal: Goal::Ratio(2.0),
        },
    ])
}

fn compile(home: &Path) -> Result<Vec<Case>, String> {
    let folder = home.join("stages");
    inputs::pipeline_package(&folder)?;
    let case = |target: &str| Case {
        name: format!("compile 1,000 stages: {target}"),
        ours: mlp(&folder, &["compile", "--target", target, "-o", "out"]),
        theirs: None,
        goal: Goal::Seconds(0.1),
    };
    Ok(["local", "airflow", "kubernetes"].into_iter().map(case).collect())
}

fn run(home: &Path) -> Result<Vec<Case>, String> {
    let (folder, graph) = (home.join("run/mlp"), home.join("run/ninja"));
    inputs::pipeline_package(&folder)?;
    inputs::ninja_folder(&graph)?;
    let ninja = if works(&mut crate::process::command("ninja", &["--version"])) {
        Ok(PathBuf::from("ninja"))
    } else {
        tools::from_python(home, "ninja", "ninja")
    };
    let theirs = ninja.map(|ninja| work(&graph, &[&text(&ninja), "--quiet"]));
    let first = Work { remove: Some(folder.join(".mlp")), ..mlp(&folder, &["run"]) };
    let again = mlp(&folder, &["run"]);
    Ok(vec![
        Case {
            name: "run 1,000 stages: first".to_owned(),
            ours: first,
            theirs: Some(("ninja".to_owned(), theirs)),
            goal: Goal::Ratio(3.0),
        },
        Case {
            name: "run 1,000 stages: again, nothing to do".to_owned(),
            ours: again,
            theirs: None,
            goal: Goal::Seconds(0.1),
        },
    ])
}

/// A pipeline drawn, the program read and checked as well, beside Graphviz with the same nodes and edges.
fn graph(home: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for (count, name, goal) in [(200, "200", 0.01), (1_000, "1,000", 0.1)] {
        let folder = home.join(format!("graph/{count}"));
        inputs::graph_package(&folder, count)?;
        let there = works(&mut crate::process::command("dot", &["-V"]));
        let dot = there.then(|| Work {
            before: vec![
                "sh".to_owned(),
                "-c".to_owned(),
                format!("{} graph --format dot > graph.dot", text(&place::mlp())),
            ],
            ..work(&folder, &["dot", "-Tsvg", "graph.dot"])
        });
        let dot = dot.ok_or_else(|| "graphviz is not there".to_owned());
        for (what, goal) in [("", Goal::Seconds(goal)), (", bytes", Goal::Bytes(1.0))] {
            cases.push(Case {
                name: format!("graph of {name} nodes to SVG{what}"),
                ours: mlp(&folder, &["graph"]),
                theirs: Some(("dot -Tsvg".to_owned(), dot.clone())),
                goal,
            });
        }
    }
    Ok(cases)
}

/// Two versions of many contracts, one in a hundred of them changed, beside the same in messages of Protobuf.
fn diff(home: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for (count, name, goal) in [(1_000, "1,000", 0.15), (10_000, "10,000", 1.5)] {
        let (folder, protos) = (home.join(format!("diff/mlp-{count}")), home.join(format!("diff/buf-{count}")));
        for (version, changed) in [("old", false), ("new", true)] {
            inputs::contracts(&folder.join(version), count, changed)?;
            inputs::messages(&protos.join(version), count, changed)?;
        }
        let theirs = tools::from_npm(home, "@bufbuild/buf", "buf").map(|buf| Work {
            before: vec![text(&buf), "build".to_owned(), "old".to_owned(), "-o".to_owned(), "old.binpb".to_owned()],
            codes: vec![100],
            ..work(&protos, &[&text(&buf), "breaking", "new", "--against", "old.binpb"])
        });
        let ours = mlp(&folder, &["diff", "--package", "new", "--against", "old", "--format", "json"]);
        cases.push(Case {
            name: format!("diff of {name} contracts of 20 fields"),
            ours: Work { codes: vec![1], ..ours },
            theirs: Some(("buf breaking".to_owned(), theirs)),
            goal: Goal::Seconds(goal),
        });
    }
    Ok(cases)
}

/// An example program of one of our crates, built with the rest.
pub fn example(name: &str) -> PathBuf {
    place::target().join("release/examples").join(name)
}
