//! The generated files: as text, to Python's parser, and to formatters.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use mlp_airflow::{GeneratedFile, compile, refusals};
use mlp_plan::{Backend, Literal, Plan, Run, Schedule, SecretRef, Value};
use mlp_write::python::Py;
use proptest::prelude::*;

mod support;

fn file(plan: &Plan, path: &str) -> String {
    let found = compile(plan).into_iter().find(|file| file.path == path);
    found.map(|file| file.content).unwrap()
}

#[test]
fn flights_reads_like_a_dag_written_by_hand() {
    insta::assert_snapshot!(file(&support::flights(), "late.py"));
}

#[test]
fn an_asset_starts_a_pipeline_with_every_kind_of_parameter() {
    insta::assert_snapshot!(file(&support::flights(), "weekly.py"));
}

#[test]
fn one_version_and_the_targets_options() {
    let mut plan = support::wide(&[vec![], vec![0], vec![0, 1]]);
    plan.pipelines.get_mut("wide").unwrap().schedule = Some(Schedule::Every(90 * 60 * 1_000_000_000));
    let options = [("version", "3"), ("store", "s3://bucket/store"), ("package", "/opt/flights"), ("pool", "ml")];
    plan.target.options = options.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    insta::assert_snapshot!(file(&plan, "wide.py"));
}

#[test]
fn the_plan_lies_beside_it() {
    let plan = support::flights();
    let paths: Vec<String> = compile(&plan).into_iter().map(|file| file.path).collect();
    assert_eq!(paths, ["late.py", "late.plan.json", "weekly.py", "weekly.plan.json"]);
    assert_eq!(Plan::from_json(&file(&plan, "late.plan.json")).unwrap(), plan);
}

#[test]
fn compiling_again_gives_the_same_bytes() {
    assert_eq!(compile(&support::flights()), compile(&support::flights()));
}

/// A target with these options.
fn for_target(mut plan: Plan, options: &[(&str, &str)]) -> Plan {
    plan.target.backend = Backend::Airflow;
    plan.target.options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    plan
}

fn said(plan: &Plan) -> Vec<String> {
    refusals(plan).into_iter().map(|refusal| format!("{}: {}", refusal.place.line, refusal.message)).collect()
}

#[test]
fn what_airflow_cannot_do_is_said() {
    let bare = for_target(support::flights(), &[]);
    assert_eq!(
        said(&bare),
        [
            "10: airflow target: secret `dwh` is of Kubernetes, which only `executor = \"kubernetes\"` reads; set it to `connection(..)` or `env(..)` for this target",
            "10: airflow target: gpu needs `executor = \"kubernetes\"` or `\"docker\"`, or a `gpu_pool` whose workers have them",
            "81: airflow target: `must` has no default, and a scheduled run has nobody to ask",
        ]
    );
    let mut pods = for_target(support::flights(), &[("executor", "kubernetes"), ("store", "s3://bucket/store")]);
    pods.pipelines.remove("weekly");
    assert_eq!(said(&pods), [""; 0]);
}

#[test]
fn a_target_that_airflow_does_not_know_is_said() {
    let wide = || support::wide(&[vec![]]);
    let odd = for_target(wide(), &[("version", "1.10"), ("executor", "celery"), ("start_date", "2026-02-30")]);
    assert_eq!(
        said(&odd),
        [
            "80: airflow target: version `1.10` is unknown; write `2` or `3`, or nothing for files that load on both",
            "80: airflow target: executor `celery` is unknown; `bash` runs `mlp` on the worker, `kubernetes` in a pod for each stage, `docker` in a container",
            "80: airflow target: start_date `2026-02-30` is no date; write it as in `2026-01-31`",
        ]
    );
    let folder = for_target(wide(), &[("executor", "kubernetes"), ("store", "/data/store")]);
    assert_eq!(
        said(&folder),
        ["80: airflow target: pods share no folder; set `store` to the address of a bucket, as in `s3://bucket/mlp`"]
    );
    let known = for_target(wide(), &[("version", "2.11"), ("executor", "docker"), ("start_date", "2028-02-29")]);
    assert_eq!(said(&known), [""; 0]);
}

#[test]
fn secrets_reach_tasks_by_reference_or_not_at_all() {
    let with = |secret: SecretRef, options: &[(&str, &str)]| {
        let mut plan = for_target(support::flights(), options);
        plan.pipelines.remove("weekly");
        plan.secrets.insert("dwh".to_owned(), secret);
        plan
    };
    let bash = with(SecretRef::Connection("warehouse".to_owned()), &[("gpu_pool", "gpus")]);
    assert_eq!(said(&bash), [""; 0]);
    insta::assert_snapshot!(file(&bash, "late.py"));
    let pods = [("executor", "kubernetes"), ("store", "s3://bucket/store")];
    assert_eq!(said(&with(SecretRef::Connection("warehouse".to_owned()), &pods)).len(), 1);
    assert_eq!(said(&with(SecretRef::Env("DWH".to_owned()), &pods)).len(), 1);
}

#[test]
fn pods_have_what_stages_ask_for() {
    let options = [
        ("executor", "kubernetes"),
        ("store", "s3://bucket/store"),
        ("runner", "registry.example.com/mlp:1"),
        ("namespace", "ml"),
        ("service_account", "trainer"),
        ("start_date", "2026-01-31"),
    ];
    let plan = for_target(support::flights(), &options);
    let paths: Vec<String> = compile(&plan).into_iter().map(|file| file.path).collect();
    assert_eq!(paths, ["late.py", "late.plan.json", "weekly.py", "weekly.plan.json", "flights.plan.yaml"]);
    insta::assert_snapshot!(file(&plan, "late.py"));
    let map = file(&plan, "flights.plan.yaml");
    let name = map.lines().find_map(|line| line.trim().strip_prefix("name: ")).unwrap().trim_matches('"');
    assert!(file(&plan, "late.py").contains(&format!("PLAN_CONFIG_MAP = \"{name}\"")), "{name}");
}

#[test]
fn a_plan_too_large_for_a_config_map_lies_in_the_store() {
    let reads: Vec<Vec<usize>> = (0..2_000).map(|n: usize| if n == 0 { vec![] } else { vec![n - 1] }).collect();
    let plan = for_target(support::wide(&reads), &[("executor", "kubernetes"), ("store", "s3://bucket/store")]);
    let files = compile(&plan);
    let large = files.last().unwrap();
    assert_eq!(large.content, file(&plan, "wide.plan.json"));
    let text = file(&plan, "wide.py");
    assert!(text.contains(&format!("PLAN = STORE + \"/{}\"", large.path)), "{}", large.path);
    assert!(text.contains("PLAN_CONFIG_MAP = None"));
}

#[test]
fn containers_have_what_stages_ask_for() {
    let mut plan = for_target(support::flights(), &[("executor", "docker"), ("version", "3")]);
    plan.secrets.insert("dwh".to_owned(), SecretRef::Env("DWH_URL".to_owned()));
    insta::assert_snapshot!(file(&plan, "late.py"));
}

#[test]
fn a_promotion_that_people_approve_waits_for_them() {
    let plan = support::approved();
    let text = file(&plan, "late.py");
    let gate = text.split("= Gate(").nth(1).and_then(|rest| rest.split("\n    )").next()).unwrap();
    assert!(gate.contains("mode=\"reschedule\",\n        timeout=timedelta(hours=49),"), "{gate}");
    assert!(gate.contains("skip_on_exit_code=99"), "{gate}");
    assert!(!file(&support::flights(), "late.py").contains("Gate"));
}

#[test]
fn tests_for_pytest_say_what_the_program_says() {
    let files = mlp_airflow::dag_tests(&support::flights());
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["tests/test_dags.py", "tests/.airflowignore"]);
    let (head, _) = files[0].content.split_once("\n\n\n").unwrap();
    insta::assert_snapshot!(head);
}

#[test]
fn objects_of_buckets_are_assets_by_their_own_names() {
    let mut plan = support::flights();
    let at = |plan: &mut Plan, location: &str| {
        let location = Value::Literal(Literal::Text(location.to_owned()));
        for node in plan.pipelines.values_mut().flat_map(|pipeline| &mut pipeline.nodes) {
            match &mut node.run {
                Run::Write { to: external, .. } | Run::Read(external) if node.id != "weather" => {
                    external.location = location.clone();
                }
                _ => {}
            }
        }
    };
    at(&mut plan, "s3://lake/scores/all.parquet");
    assert!(file(&plan, "weekly.py").contains("schedule=[Asset(\"s3://lake/scores/all.parquet\")]"));
    assert!(file(&plan, "late.py").contains("outlets=[Asset(\"s3://lake/scores/all.parquet\")]"));
    // a pattern is no object, and what would have to be quoted is called by its name in the program
    for location in ["s3://lake/scores/*.parquet", "s3://lake", "s3://lake/{{ ds }}", "/data/scores"] {
        at(&mut plan, location);
        assert!(file(&plan, "weekly.py").contains("schedule=[Asset(\"mlp://flights/scores\")]"), "{location}");
    }
}

#[test]
fn a_file_says_whose_it_is() {
    assert_eq!(mlp_airflow::package_of(&file(&support::flights(), "late.py")), Some("flights"));
    assert_eq!(mlp_airflow::package_of("# source:  a (package flights 1.0.0)\n"), None);
}

#[test]
fn unrolled_lists_stand_in_groups() {
    let plan = support::trials();
    let text = file(&plan, "late.py");
    let (_, tasks) = text.split_once("\n):\n").unwrap();
    insta::assert_snapshot!(tasks);
}

#[test]
fn diamonds_stay_small() {
    // 30 diamonds one after the other: paths double at each, tasks do not.
    let reads: Vec<Vec<usize>> = (0..91)
        .map(|n| {
            if n == 0 {
                vec![]
            } else if n % 3 == 0 {
                vec![n - 2, n - 1]
            } else {
                vec![(n / 3) * 3]
            }
        })
        .collect();
    let text = file(&support::wide(&reads), "wide.py");
    assert_eq!(text.matches(" = Step(").count(), 91);
    assert_eq!(text.matches(" >> ").count(), 120);
}

#[test]
fn a_thousand_nodes_take_little_room() {
    let reads: Vec<Vec<usize>> =
        (0..1000).map(|n: usize| if n < 10 { vec![] } else { vec![n - 10, n - n % 10 - 10 + (n + 1) % 10] }).collect();
    let text = file(&support::wide(&reads), "wide.py");
    assert!(text.len() < 250 * 1000, "{} bytes", text.len());
}

/// What Python reads of each file: that it compiles, every string literal and name in it, and the number of f-strings.
const READER: &str = r#"
import ast, json, sys
def read(text):
    tree = ast.parse(text.encode())
    compile(tree, "dag", "exec")
    texts = sorted({node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)})
    names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
    return [texts, names, sum(isinstance(node, ast.JoinedStr) for node in ast.walk(tree))]
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
"#;

fn piped(program: &str, args: &[&str], input: &str) -> Option<(bool, String)> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    Some((output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()))
}

type Read = (Vec<String>, Vec<String>, usize);

/// One process for many files: starting Python is what takes time.
fn read(files: &[String]) -> Vec<Read> {
    let (good, output) =
        piped("python3", &["-c", READER], &serde_json::to_string(files).unwrap()).expect("tests need python3");
    assert!(good, "{output}");
    serde_json::from_str(&output).unwrap()
}

fn dags(plan: &Plan) -> Vec<GeneratedFile> {
    compile(plan).into_iter().filter(|file| file.path.ends_with(".py")).collect()
}

fn arrive(texts: &[String]) {
    ["kubernetes", "docker"].into_iter().for_each(|executor| arrive_on(executor, texts));
    let hostile: Vec<String> = texts.iter().map(|text| hostile_file(text, "bash")).collect();
    let own = [
        "before",
        "before_score",
        "escape",
        "model",
        "parts",
        "promote_LateModel",
        "publish",
        "report",
        "report_score",
        "rows",
        "send_email",
        "weather",
    ];
    let (_, known, templates) = read(&[file(&support::flights(), "weekly.py")]).remove(0);
    for ((text, content), (found, names, f_strings)) in texts.iter().zip(&hostile).zip(read(&hostile)) {
        for expected in [text.clone(), format!("{text}!"), format!("{}\n", text.trim_end_matches('\n'))] {
            assert!(found.contains(&expected), "{expected:?} is not in {content}");
        }
        // Only ours: no text of a user's became a name or an f-string.
        assert_eq!(f_strings, templates, "{content}");
        let ours =
            |name: &String| known.contains(name) || own.contains(&name.as_str()) || name == "CronTriggerTimetable";
        let strange: Vec<&String> = names.iter().filter(|name| !ours(name)).collect();
        assert!(strange.len() <= 1, "besides the renamed node: {strange:?}");
    }
}

/// On other executors, whose tasks have images and secrets as well.
fn arrive_on(executor: &str, texts: &[String]) {
    let hostile: Vec<String> = texts.iter().map(|text| hostile_file(text, executor)).collect();
    for ((text, content), (found, _, _)) in texts.iter().zip(&hostile).zip(read(&hostile)) {
        let times = content.matches(&Py::text(text).flat()).count();
        assert!(found.contains(text) && times > 4, "{text:?} is {times} times in {content}");
    }
}

/// The file of the pipeline whose every text is `text`; no other file hides it.
fn hostile_file(text: &str, executor: &str) -> String {
    let files = dags(&for_executor(support::hostile(text), executor));
    assert_eq!(files.len(), 3 - usize::from(["late", "weekly"].contains(&text)));
    let own = |file: &&GeneratedFile| file.content.contains("ON_FAILURE") && !file.content.contains("example.com/hook");
    files.iter().find(own).map(|file| file.content.clone()).unwrap()
}

#[test]
fn nasty_strings_arrive_as_they_were_written() {
    let nasty = [
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "\\",
        "\\\"",
        "a\nb",
        "a\r\nb",
        "\r",
        "\t",
        "\0",
        "{{ ds }}",
        "{% raw %}",
        "{% endraw %}",
        "{# x",
        "${HOME}",
        "$(id)",
        "`id`",
        "%(x)s",
        "{}",
        "run.sh",
        "docs.md",
        "🙂",
        "\u{202e}abc",
        "\u{2028}",
        "\u{85}",
        "\u{feff}",
        "é",
        "e\u{301}",
        "名前",
        "#",
        "\n# x\nimport os",
        "class",
        "1st",
        " ",
        "",
        "-x",
        "me@example.com",
        "me@example.com\nBcc: you@example.com",
        "--help",
        "../..",
        "a/b",
    ];
    let long = "x".repeat(300);
    arrive(&nasty.into_iter().chain([long.as_str()]).map(str::to_owned).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, max_shrink_iters: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_string_arrives(texts in prop::collection::vec("(?s).{0,40}|[\"'\\\\{}%#\n\r\0]{0,12}", 32)) {
        arrive(&texts);
    }
}

fn for_executor(mut plan: Plan, executor: &str) -> Plan {
    plan.target.options.insert("executor".to_owned(), executor.to_owned());
    if executor != "kubernetes" {
        plan.secrets.insert("dwh".to_owned(), SecretRef::Connection("warehouse".to_owned()));
    }
    plan
}

#[test]
fn formatters_find_nothing_to_change() {
    let ruff = std::env::var("MLP_TEST_RUFF").unwrap_or_else(|_| "ruff".to_owned());
    if piped(&ruff, &["--version"], "").is_none() {
        eprintln!("skipped: no ruff on the path (MLP_TEST_RUFF names one)");
        return;
    }
    let nasty = [
        "\"",
        "it's \"so\"",
        "a\nb",
        "🙂\n名前\n",
        "{{ ds }}",
        "\0\u{202e}",
        "long words that go on and on until the line is too wide for the eighty-eight columns\nand more",
    ];
    let plans = nasty
        .iter()
        .map(|text| support::hostile(text))
        .chain([support::flights(), support::wide(&[vec![], vec![0]])])
        .chain(["2.11", "3"].map(|version| {
            let mut plan = support::flights();
            plan.target.options.insert("version".to_owned(), version.to_owned());
            plan
        }));
    let plans: Vec<Plan> = plans.chain([support::approved(), support::trials()]).collect();
    let executors = ["bash", "docker", "kubernetes"];
    let all = plans.iter().flat_map(|plan| executors.map(|executor| for_executor(plan.clone(), executor)));
    let tests = plans.iter().flat_map(mlp_airflow::dag_tests).filter(|file| file.path.ends_with(".py"));
    for file in all.flat_map(|plan| dags(&plan)).chain(tests) {
        for args in [
            &["format", "--isolated", "--diff", "-"][..],
            &["check", "--isolated", "-"],
            &["check", "--isolated", "--select=E4,E7,E9,F,I,UP,B", "--ignore=I001,B018", "-"],
        ] {
            let (good, output) = piped(&ruff, args, &file.content).unwrap();
            assert!(good, "ruff {args:?} on {}:\n{output}", file.path);
        }
    }
}
