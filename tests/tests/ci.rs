//! The workflow and the hooks that `mlp new` writes, run as GitHub and pre-commit run them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use mlp_tests::{mlp, root, text};
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// YAML as JSON, of what workflows use.
fn yaml(text: &str) -> Value {
    let mut parser = Parser::new_from_str(text);
    while !matches!(next(&mut parser), Event::DocumentStart(_)) {}
    let first = next(&mut parser);
    value(&mut parser, first)
}

fn next<'t>(parser: &mut Parser<'t, StrInput<'t>>) -> Event<'t> {
    parser.next_event().unwrap().unwrap().0
}

fn value<'t>(parser: &mut Parser<'t, StrInput<'t>>, event: Event<'t>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => {
            serde_json::from_str(&text).unwrap_or(Value::String(text.into()))
        }
        Event::Scalar(text, ..) => Value::String(text.into()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(parser) {
                    Event::SequenceEnd => return Value::Array(items),
                    event => items.push(value(parser, event)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut members = Map::new();
            loop {
                match next(parser) {
                    Event::MappingEnd => return Value::Object(members),
                    Event::Scalar(key, ..) => {
                        let event = next(parser);
                        members.insert(key.into(), value(parser, event));
                    }
                    other => panic!("no key: {other:?}"),
                }
            }
        }
        other => panic!("no value: {other:?}"),
    }
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").arg("-C").arg(folder).args(identity).args(args).output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", text(&done));
}

/// The `PATH` with the `mlp` that is tested before all others.
fn path() -> std::ffi::OsString {
    let beside = mlp().parent().unwrap().to_path_buf();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths([beside].into_iter().chain(env::split_paths(&others))).unwrap()
}

fn new(folder: &Path, name: &str) -> String {
    let done = Command::new(mlp()).args(["new", name]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    text(&done)
}

/// A clone with a package of `mlp new`, and `main` pushed to a bare origin. `inside` is the package's folder; the workflow lies at the top.
fn repository(folder: &Path, inside: &str) -> PathBuf {
    let work = folder.join("work");
    git(folder, &["init", "-q", "--bare", "origin.git"]);
    if inside.is_empty() {
        new(folder, "work");
        git(&work, &["init", "-q"]);
    } else {
        git(folder, &["init", "-q", "work"]);
        let said = new(&work, inside);
        assert!(said.contains("at the top of a repository only: move .github,"), "{said}");
        for file in [".github", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml"] {
            fs::rename(work.join(inside).join(file), work.join(file)).unwrap();
        }
    }
    git(&work, &["remote", "add", "origin", folder.join("origin.git").to_str().unwrap()]);
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-qm", "one"]);
    git(&work, &["push", "-q", "origin", "main"]);
    git(&work, &["checkout", "-qb", "feature"]);
    work
}

/// Whether a step runs for this event; what is not understood here fails the test.
fn applies(step: &Value, event: &str) -> bool {
    match step.get("if").and_then(Value::as_str) {
        None | Some("${{ !cancelled() }}") => true,
        Some("${{ !cancelled() && github.event_name == 'pull_request' }}") => event == "pull_request",
        Some(other) => panic!("the condition `{other}` is new to this test"),
    }
}

/// Runs the steps of the workflow in a fresh clone of what is committed, as GitHub does: bash with `-e`, the next one only after a success but where its
/// condition says otherwise. Answers whether all went well, what was said, and the summary.
fn workflow(work: &Path, event: &str) -> (bool, String, String) {
    let temp = tempfile::tempdir().unwrap();
    let checkout = temp.path().join("checkout");
    git(work, &["push", "-q", "-f", "origin", "HEAD:feature"]);
    let origin = work.parent().unwrap().join("origin.git");
    git(temp.path(), &["clone", "-q", "-b", "feature", origin.to_str().unwrap(), "checkout"]);
    let file = fs::read_to_string(checkout.join(".github/workflows/mlp.yml")).unwrap();
    let document = yaml(&file);
    let steps = document.pointer("/jobs/check/steps").and_then(Value::as_array).unwrap();
    let all = steps.iter().find(|step| {
        step.get("uses").and_then(Value::as_str).is_some_and(|uses| uses.starts_with("actions/checkout@"))
    });
    assert_eq!(
        all.unwrap().pointer("/with/fetch-depth"),
        Some(&Value::from(0)),
        "the branch that is compared with must be there"
    );
    let (mut fine, mut said) = (true, String::new());
    let summary = temp.path().join("summary.md");
    for (at, step) in steps.iter().enumerate() {
        let Some(run) = step.get("run").and_then(Value::as_str) else { continue };
        if !applies(step, event) || (!fine && step.get("if").is_none()) {
            continue;
        }
        let script = temp.path().join(format!("{at}.sh"));
        fs::write(&script, run).unwrap();
        let mut bash = Command::new("bash");
        bash.arg("-e").arg(&script).current_dir(&checkout).env("PATH", path());
        bash.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_BASE_REF", if event == "push" { "" } else { "main" });
        let done = bash.env("XDG_CACHE_HOME", temp.path()).output().unwrap();
        fine &= done.status.success();
        said.push_str(&format!("$ {run}\n{}", text(&done)));
    }
    (fine, said, fs::read_to_string(summary).unwrap_or_default())
}

fn change(work: &Path, inside: &str, edits: &[(&str, &str)]) {
    let path = work.join(inside).join("src/zones.mlp");
    let mut program = fs::read_to_string(&path).unwrap();
    for (from, to) in edits {
        assert!(program.contains(from), "{from} is not in {program}");
        program = program.replace(from, to);
    }
    fs::write(path, program).unwrap();
    git(work, &["commit", "-qam", "a change"]);
}

/// The line of the program on the branch `main` or `feature` that this stands in, from 1.
fn line(work: &Path, inside: &str, words: &str) -> usize {
    let program = fs::read_to_string(work.join(inside).join("src/zones.mlp")).unwrap();
    program.lines().position(|line| line.contains(words)).unwrap() + 1
}

/// What changes nothing for anybody.
const WORDS: [(&str, &str); 1] = [("feet become metres", "feet are made metres")];
/// A column that is read by who gets the file, gone from the contract and from the stage that makes it.
const UNPUBLISHED: [(&str, &str); 2] = [
    ("  highest:  float64  unit m  where self >= average\n", ""),
    (
        "           avg(elevation) as average,\n           max(elevation) as highest\n",
        "           avg(elevation) as average\n",
    ),
];
/// A column that a stage reads, gone from the contract.
const UNREAD: [(&str, &str); 2] = [
    ("  lat:   float64  unit deg  in 0 .. 90\n", ""),
    (
        "test \"an airport south of the equator is refused\" {\n  expect Airport { lat: -40.6, .. } fails at lat\n}\n",
        "",
    ),
];

#[test]
fn the_workflow_passes_where_nothing_breaks_and_fails_at_the_line_of_a_break() {
    for inside in ["", "zones"] {
        let folder = tempfile::tempdir().unwrap();
        let work = repository(folder.path(), inside);
        let file = if inside.is_empty() { "src/zones.mlp".to_owned() } else { format!("{inside}/src/zones.mlp") };
        change(&work, inside, &WORDS);
        for event in ["push", "pull_request"] {
            let (fine, said, _) = workflow(&work, event);
            assert!(fine, "{said}");
            assert!(!said.contains("::error"), "{said}");
        }

        change(&work, inside, &UNPUBLISHED);
        let (fine, said, _) = workflow(&work, "push");
        assert!(fine, "the program itself is right: {said}");
        let (fine, said, summary) = workflow(&work, "pull_request");
        assert!(!fine, "{said}");
        let at = format!("::error file={file},line={},", line(&work, inside, "contract Zone {"));
        assert!(said.contains(&at) && said.contains("MLP310"), "{at} is not in {said}");
        assert!(summary.contains("highest"), "{summary}");
    }
}

#[test]
fn the_workflow_fails_where_a_stage_reads_a_column_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let work = repository(folder.path(), "zones");
    change(&work, "zones", &UNREAD);
    for event in ["push", "pull_request"] {
        let (fine, said, _) = workflow(&work, event);
        assert!(!fine, "{said}");
        let at = format!(
            "::error file=zones/src/zones.mlp,line={},",
            line(&work, "zones", "contract Located = Airport pick")
        );
        assert!(said.contains(&at), "{at} is not in {said}");
    }
}

#[test]
fn the_hooks_are_the_ones_that_the_package_runs_itself() {
    let folder = tempfile::tempdir().unwrap();
    new(folder.path(), "churn");
    let read = |path: &str| fs::read_to_string(folder.path().join("churn").join(path)).unwrap();
    assert_eq!(read(".pre-commit-hooks.yaml"), fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap());
    let offered = yaml(&read(".pre-commit-hooks.yaml"));
    let own = yaml(&read(".pre-commit-config.yaml"));
    let own = own["repos"][0]["hooks"].as_array().unwrap();
    for (mine, theirs) in own.iter().zip(offered.as_array().unwrap()) {
        for (member, said) in mine.as_object().unwrap() {
            assert_eq!(*said, theirs[member], "{member}");
        }
    }
    assert_eq!(own.len(), offered.as_array().unwrap().len());
}

/// The real pre-commit, from a Python environment of this test.
fn pre_commit(temp: &Path) -> PathBuf {
    let run = |command: &mut Command| {
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    };
    let venv = temp.join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    run(Command::new(venv.join("bin/python")).args(["-m", "pip", "install", "--quiet", "pre-commit==4.7.0"]));
    venv.join("bin/pre-commit")
}

#[test]
fn the_hooks_run_under_pre_commit() {
    let folder = tempfile::tempdir().unwrap();
    let temp = tempfile::tempdir().unwrap();
    let program = pre_commit(temp.path());
    let work = repository(folder.path(), "zones");
    let run = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.args(args).current_dir(&work).env("PATH", path()).env("PRE_COMMIT_HOME", temp.path().join("home"));
        let done = command.env("XDG_CACHE_HOME", temp.path().join("cache")).output().unwrap();
        (done.status.success(), text(&done))
    };
    let (fine, said) = run(&["run", "--all-files"]);
    assert!(fine && said.matches("Passed").count() == 2, "{said}");
    // as another repository that names this one gets them
    let offers = root();
    let hooks = temp.path().join("offers");
    fs::create_dir(&hooks).unwrap();
    fs::copy(offers.join(".pre-commit-hooks.yaml"), hooks.join(".pre-commit-hooks.yaml")).unwrap();
    git(&hooks, &["init", "-q"]);
    git(&hooks, &["add", "-A"]);
    git(&hooks, &["commit", "-qm", "hooks"]);
    for hook in ["mlp-fmt", "mlp-check"] {
        let (fine, said) = run(&["try-repo", hooks.to_str().unwrap(), hook, "--all-files"]);
        assert!(fine && said.contains("Passed"), "{said}");
    }
    // a break, and a line that is not formatted
    change(&work, "zones", &UNREAD);
    let (fine, said) = run(&["run", "--all-files", "mlp-check"]);
    assert!(!fine && said.contains("zones/src/zones.mlp:"), "{said}");
    change(&work, "zones", &[("source airports()", "source   airports()")]);
    let (fine, said) = run(&["run", "--all-files", "mlp-fmt"]);
    assert!(!fine && said.contains("files were modified by this hook"), "{said}");
}
