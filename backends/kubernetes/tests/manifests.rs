//! The manifests: as text, to the schemas of Kubernetes and Argo, and at their limits.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use mlp_kubernetes::{GeneratedFile, compile, refusals};
use mlp_plan::{Plan, Schedule};
use proptest::prelude::*;

#[path = "../../airflow/tests/support/mod.rs"]
#[expect(dead_code, reason = "not all of its plans are for Kubernetes")]
mod support;

fn flights() -> Plan {
    let mut plan = support::flights();
    plan.target.options.extend(
        [("store", "s3://bucket/store"), ("namespace", "ml")].map(|(key, value)| (key.to_owned(), value.to_owned())),
    );
    plan
}

fn file(files: &[GeneratedFile], path: &str) -> String {
    files.iter().find(|file| file.path == path).map(|file| file.content.clone()).unwrap()
}

#[test]
fn flights_as_workflow_and_schedule() {
    insta::assert_snapshot!(file(&compile(&flights()), "late.yaml"));
}

#[test]
fn what_the_package_shares() {
    let text = file(&compile(&flights()), "package.yaml");
    let (objects, plan) = text.split_once("plan.json: |\n").unwrap();
    insta::assert_snapshot!(objects);
    let json: String =
        plan.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect();
    assert_eq!(Plan::from_json(&json).unwrap(), flights());
}

#[test]
fn kustomize_finds_every_manifest() {
    insta::assert_snapshot!(file(&compile(&flights()), "kustomization.yaml"));
}

#[test]
fn compiling_again_gives_the_same_bytes() {
    assert_eq!(compile(&flights()), compile(&flights()));
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut plan = flights();
    let said: Vec<String> = refusals(&plan).into_iter().map(|refusal| refusal.message).collect();
    insta::assert_debug_snapshot!(said);
    plan.pipelines.remove("weekly");
    assert!(refusals(&plan).is_empty());
    plan.pipelines.get_mut("late").unwrap().schedule =
        Some(Schedule::Cron { expression: "0 6 * * * *".to_owned(), timezone: "UTC".to_owned() });
    assert_eq!(refusals(&plan).len(), 1);
    assert!(!file(&compile(&plan), "late.yaml").contains("CronWorkflow"));
}

/// Layers of ten, each node reading from two of the layer before.
fn layered(count: usize) -> Vec<Vec<usize>> {
    (0..count).map(|n| if n < 10 { vec![] } else { vec![n - 10, n - n % 10 - 10 + (n + 1) % 10] }).collect()
}

#[test]
fn a_thousand_nodes_stay_under_the_caps() {
    let plan = support::wide(&layered(1000));
    let text = file(&compile(&plan), "wide.yaml");
    assert!(text.len() < 260 * 1024, "{} bytes", text.len());
    assert_eq!(text.matches("kind: WorkflowTemplate").count(), 1);
    assert_eq!(text.matches("- name: part-1-").count(), 10, "five parts, and a task for each");
    assert_eq!(text.matches("initContainers:").count(), 1, "one shape of pod");
}

#[test]
fn a_plan_that_is_too_large_goes_to_the_store() {
    let mut plan = support::wide(&layered(1000));
    plan.pipelines.get_mut("wide").unwrap().doc = Some("x".repeat(1_000_000));
    let files = compile(&plan);
    let digest = plan.digest().unwrap();
    assert_eq!(Plan::from_json(&file(&files, &format!("plans/{digest}.json"))).unwrap(), plan);
    assert!(file(&files, "wide.yaml").contains(&format!("--plan=$(MLP_STORE)/plans/{digest}.json")));
    assert!(!file(&files, "package.yaml").contains("plan.json"));
}

#[test]
fn a_pipeline_without_nodes_still_is_one() {
    assert!(file(&compile(&support::wide(&[])), "wide.yaml").contains("suspend:"));
}

/// As many shapes of pods as nodes: more templates than one object may have.
fn shapes(count: usize) -> Plan {
    let mut plan = support::wide(&layered(count));
    for (n, node) in plan.pipelines.get_mut("wide").unwrap().nodes.iter_mut().enumerate() {
        node.timeout = Some((n as i64 + 1) * 1_000_000_000);
    }
    plan
}

/// Compiles into a folder and runs the validator on it: the CRDs' schemas, Argo's cross-references, strict schemas of the core kinds, sizes.
fn validate(plans: &[Plan]) {
    let Some((python, validator)) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command.arg(validator);
    for (n, plan) in plans.iter().enumerate() {
        let mut whole = String::new();
        for file in
            compile(plan).into_iter().filter(|file| file.path.ends_with(".yaml") && file.path != "kustomization.yaml")
        {
            whole.push_str(&file.content);
        }
        let path = folder.path().join(format!("{n}.yaml"));
        std::fs::write(&path, whole).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("{} valid, 0 invalid", plans.len())), "{said}");
}

/// Python with the validator's libraries, made once under the target folder, and the validator of the conformance folder beside the workspace.
fn tools() -> Option<&'static (PathBuf, PathBuf)> {
    static TOOLS: OnceLock<Option<(PathBuf, PathBuf)>> = OnceLock::new();
    TOOLS
        .get_or_init(|| {
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            let validator = here.join("../../../shared/tools/k8s_validate.py");
            if !validator.exists() {
                eprintln!("skipped: no shared/tools/k8s_validate.py beside the workspace");
                return None;
            }
            let requirements = here.join("tests/requirements.txt");
            let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let venv = tmp.join("k8s-validate");
            let python = venv.join("bin/python");
            let stamp = venv.join("requirements.txt");
            let wanted = std::fs::read_to_string(&requirements).unwrap();
            if std::fs::read_to_string(&stamp).ok().as_deref() != Some(wanted.as_str()) {
                run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
                run(Command::new(&python)
                    .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
                    .arg(&requirements));
                std::fs::write(&stamp, wanted).unwrap();
            }
            Some((python, validator))
        })
        .as_ref()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const NASTY: [&str; 26] = [
    "\"",
    "'",
    "\\",
    "a\nb",
    "a\nb\n",
    "\t",
    "\r",
    "\0",
    "{{workflow.uid}}",
    "{{=1}}",
    "}}",
    "{{{",
    "$(MLP_STORE)",
    "yes",
    "null",
    "~",
    "0x1F",
    "2024-01-01",
    ": ",
    " #",
    "- a",
    "&a *a !a",
    "🙂",
    "\u{202e}x",
    "\u{2028}\u{85}\u{feff}",
    "",
];

#[test]
fn every_manifest_is_valid() {
    let mut plans =
        vec![flights(), support::wide(&layered(1000)), support::wide(&layered(5000)), shapes(1000), support::wide(&[])];
    plans.extend(NASTY.iter().map(|text| support::hostile(text)));
    plans.push(support::hostile(&"x".repeat(300)));
    validate(&plans);
}

#[test]
fn no_template_is_a_users() {
    for text in NASTY {
        only_our_templates(&support::hostile(text));
    }
}

fn only_our_templates(plan: &Plan) {
    const OURS: [&str; 6] = [
        "inputs.parameters.node",
        "inputs.parameters.time",
        "workflow.uid",
        "workflow.scheduledTime",
        "workflow.creationTimestamp.RFC3339",
        "workflow.parameters.",
    ];
    for file in compile(plan) {
        for found in file.content.split("{{").skip(1) {
            let (inside, _) = found.split_once("}}").unwrap_or((found, ""));
            assert!(
                OURS.iter().any(|ours| inside == *ours
                    || (ours.ends_with('.') && inside.starts_with(ours) && !inside.contains(['{', '\n', ' ']))),
                "{inside} in {}",
                file.path
            );
        }
    }
}

/// What a reader of YAML 1.1 makes of the manifests, so that texts can be looked for.
const READER: &str = "
import json, sys, yaml
def texts(value):
    if isinstance(value, str): yield value
    elif isinstance(value, dict):
        for key, inner in value.items(): yield from texts(key); yield from texts(inner)
    elif isinstance(value, list):
        for inner in value: yield from texts(inner)
print(json.dumps([text for document in yaml.safe_load_all(open(sys.argv[1], 'rb').read().decode()) for text in texts(document)]))
";

#[test]
fn texts_arrive_as_they_were_written() {
    let Some((python, _)) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    for text in NASTY {
        let plan = support::hostile(text);
        let files = compile(&plan);
        let path = folder.path().join("package.yaml");
        std::fs::write(&path, file(&files, "package.yaml")).unwrap();
        let output = Command::new(python).args(["-c", READER]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{text:?}: {}", String::from_utf8_lossy(&output.stderr));
        let texts: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
        assert!(texts.iter().any(|found| found == text), "{text:?} as the store");
        let json = texts.iter().find(|found| found.starts_with("{\n")).unwrap();
        assert_eq!(Plan::from_json(json).unwrap(), plan, "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_is_text(text in "(?s).{0,20}|[{}\"'\\\\\n =w]{0,12}") {
        let plan = support::hostile(&text);
        only_our_templates(&plan);
        for file in compile(&plan).iter().filter(|file| file.path.ends_with(".yaml")) {
            let known = ["apiVersion:", "kind:", "metadata:", "spec:", "data:", "immutable:", "automountServiceAccountToken:", "type:", "rules:", "roleRef:", "subjects:", "resources:", "namespace:"];
            for line in file.content.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic())) {
                prop_assert!(known.iter().any(|key| line.starts_with(key)), "{} in {}", line, file.path);
            }
        }
    }
}

#[test]
fn every_container_is_restricted() {
    for (path, text) in compile(&flights())
        .into_iter()
        .map(|file| (file.path, file.content))
        .filter(|(path, _)| ["late.yaml", "weekly.yaml"].contains(&path.as_str()))
    {
        let count = |line: &str| text.lines().filter(|found| found.trim() == line).count();
        let containers = text.lines().filter(|line| line.trim().starts_with("image: ")).count();
        assert!(containers >= 2, "{path}");
        for line in ["allowPrivilegeEscalation: false", "readOnlyRootFilesystem: true", "- ALL"] {
            assert_eq!(count(line), containers, "{line} in {path}");
        }
        // One more of each: of the pod.
        assert_eq!(count("runAsNonRoot: true"), containers + 1, "{path}");
        assert_eq!(count("type: RuntimeDefault"), containers + 1, "{path}");
    }
}

#[test]
fn ten_times_the_nodes_are_about_ten_times_the_bytes() {
    let bytes = |count: usize| file(&compile(&support::wide(&layered(count))), "wide.yaml").len();
    let (small, large) = (bytes(1_000), bytes(10_000));
    assert!(large < small * 13, "{small} and {large}");
}
