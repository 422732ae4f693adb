//! What can go wrong with stages, processes, disks and the engine itself; most cases are numbered in the design's list of faults.
#![cfg(test)]

mod common;

use std::{
    fs,
    num::NonZeroUsize,
    path::Path,
    process::{Child, Command, Stdio},
};

use common::{
    Lab, Wire as _, is_alive, lab, pipe, plan, record, row_rules, shell, state, states, table, troubles, txt,
    wait_until,
};
use mlp_local::{Event, RunOptions, run};
use mlp_plan::{Artifact, Format, Plan, Retries, SecretRef};
use mlp_store::{NodeState, RunState};

const SECOND: i64 = 1_000_000_000;

/// The engine in a process of its own, so that it can be killed: this very program, running the helper below.
fn engine(lab: &Lab, plan: &Plan, resume: Option<&str>) -> Child {
    let file = lab.write("plan.json", &plan.to_json().unwrap());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "runs_what_the_environment_names", "--nocapture"]).stdout(Stdio::null());
    command.stderr(Stdio::from(fs::File::create(lab.path().join("stderr")).unwrap()));
    command
        .env("MLP_TEST_PLAN", file)
        .env("MLP_TEST_PACKAGE", lab.path())
        .env("MLP_TEST_RESUME", resume.unwrap_or_default());
    command.spawn().unwrap()
}

#[test]
fn runs_what_the_environment_names() {
    let Some(file) = std::env::var_os("MLP_TEST_PLAN") else {
        // Run by itself it is a test of nothing but an empty plan.
        let lab = lab();
        assert_eq!(lab.run(&plan(Vec::new())).exit_code, 0);
        return;
    };
    let plan = Plan::from_json(&fs::read_to_string(file).unwrap()).unwrap();
    let resume = std::env::var("MLP_TEST_RESUME").ok().filter(|run| !run.is_empty());
    let options = RunOptions { resume, ..RunOptions::new(std::env::var_os("MLP_TEST_PACKAGE").unwrap()) };
    match run(&plan, "p", &options, &mut |_: Event<'_>| {}) {
        Ok(summary) => {
            eprintln!("{summary}");
            std::process::exit(summary.exit_code)
        }
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(error.exit_code())
        }
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap().success());
}

/// A stage that starts children in its group and outside of it, says who they are, and waits.
const FAMILY: &str = "sleep 1000 & echo $! > child; setsid sleep 1000 & echo $! > stranger; echo $$ > own; echo half > $MLP_OUT; touch ready; sleep 1000";

fn family(lab: &Lab) -> Vec<String> {
    ["child", "stranger", "own"].into_iter().map(|name| lab.read(name)).collect()
}

fn nobody_is_left(lab: &Lab) {
    for pid in family(lab) {
        wait_until(|| !is_alive(&pid));
    }
}

#[test]
fn a_stage_that_fails_stops_what_is_behind_it_and_nothing_else() {
    let lab = lab();
    let plan = plan(vec![
        shell("bad", "echo half > $MLP_OUT; echo 'no luck: é \u{1b}[31mred' >&2; exit 3").makes(txt()),
        shell("behind", "cp $MLP_IN_X $MLP_OUT").reads("x", "bad", txt()).makes(txt()),
        shell("last", "cp $MLP_IN_X $MLP_OUT").reads("x", "behind", txt()).makes(txt()),
        shell("other", "echo fine > $MLP_OUT").makes(txt()),
    ]);
    let summary = lab.run(&plan);
    assert_eq!(states(&summary), "bad failed, behind not reached, last not reached, other done");
    assert_eq!((summary.exit_code, summary.run.state), (1, RunState::Failed));
    assert_eq!(
        troubles(&summary),
        "error[MLP902]: stage `p.bad` ended with exit code 3\n  --> src/p.mlp:10:3\n  | no luck: é [31mred\n  help: mend what it runs; `mlp runs log RUN bad` shows all that it said"
    );
    assert!(record(&summary, "bad").outputs.is_empty());
    assert_eq!(states(&lab.run(&plan)), "bad failed, behind not reached, last not reached, other cached");
    assert_eq!(fs::read_dir(lab.path().join(".mlp/tmp")).unwrap().count(), 0, "nothing half-made is left");
}

#[test]
fn an_output_that_is_not_there_or_not_what_it_should_be_is_a_failure() {
    let cases = [
        ("true", txt(), "it ended well, but did not make its output `result`"),
        ("mkdir $MLP_OUT", txt(), "output `result`: it must be a file, the stage made a folder"),
        ("touch $MLP_OUT", Artifact::Dir, "output `result`: it must be a folder, the stage made a file"),
        (
            "mkdir $MLP_OUT",
            Artifact::Model { input: "Row".to_owned(), output: "Row".to_owned() },
            "output `result`: the model's folder is empty",
        ),
        ("echo text > $MLP_OUT", table("Row"), "output `result` cannot be read: "),
        ("echo [] > $MLP_OUT", Artifact::Report { metrics: "M".to_owned() }, "output `result` is not a report: "),
    ];
    for (script, artifact, message) in cases {
        let lab = lab();
        let summary = lab.run(&plan(vec![shell("a", script).makes(artifact).checked(Vec::new())]));
        assert_eq!((states(&summary).as_str(), summary.exit_code), ("a failed", 1), "{script}");
        assert!(
            troubles(&summary).starts_with(&format!("error[MLP902]: stage `p.a`: {message}")),
            "{}",
            troubles(&summary)
        );
    }
}

#[test]
fn a_program_that_is_not_there_is_no_failure_of_the_stage() {
    let lab = lab();
    let argv = |program: &str| mlp_plan::Run::Command { argv: vec![common::text(program)] };
    let mut needs = shell("needs", "true");
    needs.needs = vec!["no-such-tool".to_owned()];
    let summary = lab.run(&plan(vec![
        common::node("gone", argv("no-such-program")),
        common::node("data", argv("./data.txt")),
        needs,
    ]));
    assert_eq!((states(&summary).as_str(), summary.exit_code), ("gone error, data error, needs error", 2));
    let said = troubles(&summary);
    assert!(
        said.contains(
            "error: stage `p.gone`: program `no-such-program` is not on the path\n  --> src/p.mlp:10:3\n  help: install"
        ),
        "{said}"
    );
    assert!(said.contains("error: stage `p.needs` needs `no-such-tool`, which is not on the path"), "{said}");
}

#[test]
fn a_stage_that_is_killed_is_told_from_one_that_fails() {
    let lab = lab();
    let summary = lab.run(&plan(vec![shell("a", "kill -SEGV $$"), shell("b", "kill -KILL $$")]));
    let said = troubles(&summary);
    assert!(said.contains("stage `p.a` was killed by SIGSEGV (11)"), "{said}");
    assert!(said.contains("stage `p.b` was killed by SIGKILL (9): out of memory, or by hand"), "{said}");
}

#[test]
fn a_timeout_ends_the_whole_family() {
    let lab = lab();
    let mut slow = shell("a", FAMILY).makes(txt());
    slow.timeout = Some(SECOND);
    let summary = lab.run(&plan(vec![slow]));
    assert!(
        troubles(&summary).contains("stage `p.a` took longer than its timeout of 1s and was ended"),
        "{}",
        troubles(&summary)
    );
    nobody_is_left(&lab);
}

#[test]
fn a_stage_that_will_not_go_is_made_to() {
    let lab = lab();
    let mut deaf = shell("a", "trap '' TERM; echo $$ > own; while true; do sleep 1; done");
    deaf.timeout = Some(SECOND / 2);
    let summary = lab.run(&plan(vec![deaf]));
    assert_eq!(states(&summary), "a failed");
    wait_until(|| !is_alive(&lab.read("own")));
}

#[test]
fn children_that_a_stage_leaves_behind_go_with_it() {
    let lab = lab();
    let script = "sleep 1000 & echo $! > child; setsid sh -c 'echo $$ > stranger; exec sleep 1000' & while ! test -s stranger; do sleep 0.05; done; echo $$ > own; echo x > $MLP_OUT";
    // They hold its output open: the stage is over all the same.
    let summary = lab.run(&plan(vec![shell("a", script).makes(txt())]));
    assert_eq!(states(&summary), "a done");
    nobody_is_left(&lab);
}

#[test]
fn retries_begin_afresh_and_are_counted() {
    let lab = lab();
    let mut flaky = shell("a", "echo try >> tries; test -e $MLP_OUT && echo leftover >> tries; echo half > $MLP_OUT; test $(wc -l < tries) -ge 3").makes(txt());
    flaky.retries = Some(Retries { limit: 2, backoff_min: SECOND / 100, backoff_max: SECOND / 50 });
    let mut retried = Vec::new();
    let summary = run(&plan(vec![flaky]), "p", &lab.options(), &mut |event: Event<'_>| {
        if let Event::Retry { attempt, of, .. } = event {
            retried.push(format!("{attempt} of {of}"));
        }
    })
    .unwrap();
    assert_eq!((states(&summary).as_str(), record(&summary, "a").attempts), ("a done", 3));
    assert_eq!(retried, ["1 of 3", "2 of 3"]);
    assert_eq!(lab.read("tries"), "try\ntry\ntry\n");
}

#[test]
fn a_broken_contract_stops_at_the_edge_and_is_not_tried_again() {
    let lab = lab();
    lab.write("in.csv", "id,amount,name\n1,10,x\n1,200,y\n");
    let mut source = common::read("rows", Format::Csv, "in.csv").makes(table("Row")).checked(row_rules());
    source.retries = Some(Retries { limit: 5, backoff_min: 0, backoff_max: 0 });
    let out =
        common::write("out", Format::Csv, "out.csv", mlp_plan::WriteMode::Replace).reads("rows", "rows", table("Row"));
    let summary = lab.run(&plan(vec![source, out]));
    assert_eq!(
        (states(&summary).as_str(), summary.exit_code, record(&summary, "rows").attempts),
        ("rows broken, out not reached", 1, 1)
    );
    let said = troubles(&summary);
    assert!(
        said.starts_with(
            "error[MLP901]: output `result` of `rows` breaks Row: 2 expectations do not hold\n  --> src/p.mlp:"
        ),
        "{said}"
    );
    assert!(said.contains("amount in 0 .. 100: 1 of 2 rows breaks it\n    --> src/p.mlp:3:3\n    row: "), "{said}");
    assert!(said.contains("200"), "a row that breaks it is shown: {said}");
    assert!(said.contains("help: nothing was published; the data is kept in "), "{said}");
    let kept = said.rsplit("kept in ").next().unwrap().trim();
    assert!(Path::new(kept).is_file(), "{kept}");
    assert!(!lab.path().join("out.csv").exists());
    assert_eq!(fs::read_dir(lab.path().join(".mlp/objects")).unwrap().count(), 0, "nothing was published");
}

#[test]
fn an_input_that_a_stage_writes_into_is_its_failure() {
    let lab = lab();
    let plan = plan(vec![
        shell("a", "echo one > $MLP_OUT").makes(txt()),
        shell("b", "chmod u+w $MLP_IN_X; echo two >> $MLP_IN_X; cp $MLP_IN_X $MLP_OUT")
            .reads("x", "a", txt())
            .makes(txt()),
    ]);
    let summary = lab.run(&plan);
    assert_eq!(states(&summary), "a done, b failed");
    assert!(troubles(&summary).contains("stage `p.b`: it changed its input `x`; inputs are for reading"));
    assert_eq!(states(&lab.run(&plan)), "a done, b failed", "what it spoilt is made anew, not taken from the cache");
}

#[test]
fn a_flood_is_cut_and_said() {
    let lab = lab();
    // 200 MB, not UTF-8; more than the log keeps.
    let summary =
        lab.run(&plan(vec![shell("a", "head -c 200000000 /dev/zero | tr '\\0' '\\377'; echo; echo the end")]));
    assert_eq!(states(&summary), "a done");
    let log = fs::read(lab.path().join(".mlp").join(&record(&summary, "a").logs[0])).unwrap();
    assert!(log.len() < (65 << 20), "{}", log.len());
    assert!(log.ends_with(b"the end\n"));
    let text = String::from_utf8_lossy(&log[(64 << 20)..]);
    assert!(text.contains("[mlp: the log is full at 67108864 bytes; "), "no notice");
}

#[test]
fn the_world_of_a_stage_is_clean() {
    let lab = lab();
    let mut stage = shell("a", "cat; env | sort > $MLP_OUT; echo pass=$MLP_SECRET_PG").makes(txt());
    stage.secrets = vec!["pg".to_owned()];
    stage.seed = Some(7);
    let mut plan = plan(vec![stage]);
    // A variable that every test program has; its value must not show.
    plan.secrets.insert("pg".to_owned(), SecretRef::Env("PATH".to_owned()));
    let summary = lab.run(&plan);
    assert_eq!(states(&summary), "a done", "{}", troubles(&summary));
    let env = String::from_utf8(lab.output(&summary, "a")).unwrap();
    let names: Vec<&str> = env.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let allowed = ["PATH", "HOME", "LANG", "TZ", "LC_ALL", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"];
    assert!(names.iter().all(|name| name.starts_with("MLP_") || allowed.contains(name)), "{names:?}");
    assert!(env.contains("MLP_SEED=7\n") && env.contains("MLP_NODE=a\n"), "{env}");
    let log = lab.read(&format!(".mlp/{}", record(&summary, "a").logs[0]));
    assert_eq!(log, "pass=***\n");
    let entry = fs::read(lab.path().join(".mlp/state.db-wal")).unwrap_or_default();
    let secret = std::env::var("PATH").unwrap();
    assert!(!entry.windows(secret.len()).any(|window| window == secret.as_bytes()), "the secret is in the state");
    plan.secrets.insert("pg".to_owned(), SecretRef::Env("NO_SUCH_VARIABLE".to_owned()));
    pipe(&mut plan).nodes[0].code = "new".to_owned();
    let summary = lab.run(&plan);
    assert!(
        troubles(&summary).contains("secret `pg`: the environment variable NO_SUCH_VARIABLE is not set"),
        "{}",
        troubles(&summary)
    );
    assert_eq!(summary.exit_code, 2);
}

#[test]
fn nodes_that_do_not_need_each_other_run_at_once() {
    let lab = lab();
    // Each waits for the other: one after the other they would wait for ever.
    let meet = |own: &str, other: &str| format!("touch {own}; while ! test -e {other}; do sleep 0.05; done");
    let plan = plan(vec![shell("a", &meet("a", "b")), shell("b", &meet("b", "a"))]);
    let two = RunOptions { jobs: NonZeroUsize::new(2), ..lab.options() };
    assert_eq!(states(&lab.run_with(&plan, &two).unwrap()), "a done, b done");
}

#[test]
fn nodes_that_ask_for_the_whole_machine_never_meet() {
    let lab = lab();
    let greedy = |id: &str| {
        let mut node = shell(id, "mkdir alone && sleep 0.2 && rmdir alone");
        node.resources.memory = Some(u64::MAX);
        node
    };
    let plan = plan(vec![greedy("a"), greedy("b"), greedy("c")]);
    let many = RunOptions { jobs: NonZeroUsize::new(3), ..lab.options() };
    assert_eq!(states(&lab.run_with(&plan, &many).unwrap()), "a done, b done, c done");
}

#[test]
fn the_pipelines_deadline_ends_it() {
    let lab = lab();
    let mut plan = plan(vec![shell("a", FAMILY).makes(txt()), shell("b", "true").reads("x", "a", txt())]);
    pipe(&mut plan).deadline = Some(SECOND);
    let summary = lab.run(&plan);
    assert_eq!((states(&summary).as_str(), summary.exit_code), ("a interrupted, b not reached", 1));
    assert_eq!(summary.run.error.as_deref(), Some("the pipeline's deadline has passed"));
    nobody_is_left(&lab);
}

#[test]
fn the_second_run_at_once_is_refused() {
    let lab = lab();
    let slow = plan(vec![shell("a", "touch ready; while ! test -e go; do sleep 0.05; done")]);
    let mut first = engine(&lab, &slow, None);
    wait_until(|| lab.path().join("ready").exists());
    let error = lab.run_with(&slow, &lab.options()).unwrap_err();
    let wanted = format!("another run is at work in this package: `mlp run p`, process {} on ", first.id());
    assert!(error.to_string().starts_with(&wanted), "{error}");
    assert_eq!(error.exit_code(), 2);
    lab.write("go", "");
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn signals_end_a_run_cleanly_and_it_can_be_resumed() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let lab = lab();
        let plan = plan(vec![
            shell("first", "echo first >> ran; echo one > $MLP_OUT").makes(txt()),
            shell("a", &format!("test -e go && cp $MLP_IN_X $MLP_OUT && exit 0; {FAMILY}"))
                .reads("x", "first", txt())
                .makes(txt()),
            shell("b", "cp $MLP_IN_X $MLP_OUT").reads("x", "a", txt()).makes(txt()),
        ]);
        let mut child = engine(&lab, &plan, None);
        wait_until(|| lab.path().join("ready").exists());
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{}", lab.read("stderr"));
        nobody_is_left(&lab);
        let store = lab.store();
        let interrupted = store.runs(1).unwrap().remove(0);
        assert_eq!(interrupted.state, RunState::Interrupted);
        assert!(
            lab.read("stderr").contains(&format!("go on with: mlp run p --resume {}", interrupted.id)),
            "{}",
            lab.read("stderr")
        );
        lab.write("go", "");
        let resumed =
            lab.run_with(&plan, &RunOptions { resume: Some(interrupted.id.clone()), ..lab.options() }).unwrap();
        assert_eq!(
            (states(&resumed).as_str(), resumed.run.id.as_str()),
            ("first cached, a done, b done", interrupted.id.as_str())
        );
        assert_eq!(lab.count("ran"), 1, "what was finished ran once");
        assert_eq!(store.runs(10).unwrap().len(), 1);
    }
}

#[test]
fn a_second_interrupt_kills_at_once() {
    let lab = lab();
    let deaf = plan(vec![shell("a", "trap '' TERM; echo $$ > own; touch ready; while true; do sleep 1; done")]);
    let mut child = engine(&lab, &deaf, None);
    wait_until(|| lab.path().join("ready").exists());
    signal(&child, "INT");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    wait_until(|| !is_alive(&lab.read("own")));
}

#[test]
fn a_killed_engine_leaves_nothing_that_the_next_run_does_not_mend() {
    let lab = lab();
    let plan = plan(vec![
        shell("first", "echo first >> ran; echo one > $MLP_OUT").makes(txt()),
        shell("a", &format!("test -e go && cp $MLP_IN_X $MLP_OUT && exit 0; {FAMILY}"))
            .reads("x", "first", txt())
            .makes(txt()),
    ]);
    let mut child = engine(&lab, &plan, None);
    wait_until(|| lab.path().join("ready").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(family(&lab).iter().all(|pid| is_alive(pid)), "nobody ended them yet");
    lab.write("go", "");
    let mut said = Vec::new();
    let summary = run(&plan, "p", &lab.options(), &mut |event: Event<'_>| {
        if let Event::Note(text) = event {
            said.push(text.to_owned());
        }
    })
    .unwrap();
    assert_eq!(states(&summary), "first cached, a done");
    assert_eq!(lab.output(&summary, "a"), b"one\n", "not the half that the killed run had written");
    assert!(said.iter().any(|text| text.contains("was killed before its end; what it finished is kept")), "{said:?}");
    nobody_is_left(&lab);
    let runs = lab.store().runs(10).unwrap();
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Done, RunState::Interrupted]);
    assert_eq!(lab.count("ran"), 1);
}

#[test]
fn killed_again_and_again_it_ends_as_if_nothing_had_been() {
    let lab = lab();
    let mut nodes = vec![shell("n0", "echo n0 >> ran; echo 0 > $MLP_OUT").makes(txt())];
    for number in 1..12 {
        let script = format!(
            "sleep 0.05; echo n{number} >> ran; cat $MLP_IN_X > $MLP_OUT; sleep 0.05; echo {number} >> $MLP_OUT"
        );
        nodes.push(shell(&format!("n{number}"), &script).reads("x", &format!("n{}", number - 1), txt()).makes(txt()));
    }
    let plan = plan(nodes);
    let mut kills = 0;
    loop {
        let mut child = engine(&lab, &plan, None);
        std::thread::sleep(std::time::Duration::from_millis(250 + 37 * kills));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    let summary = lab.run(&plan);
    assert!(summary.did_nothing());
    let wanted: String = (0..12).map(|number| format!("{number}\n")).collect();
    assert_eq!(String::from_utf8(lab.output(&summary, "n11")).unwrap(), wanted);
    assert!(lab.store().verify_audit().unwrap().is_sound());
}

#[test]
fn a_full_disk_is_an_error_of_the_machinery_and_the_next_run_is_clean() {
    let lab = lab();
    let tiny = lab.path().join("tiny");
    fs::create_dir(&tiny).unwrap();
    let root = rustix::process::geteuid().is_root();
    if !root
        || !Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(&tiny)
            .output()
            .is_ok_and(|out| out.status.success())
    {
        println!("no small file system can be mounted here: a full disk is not looked at");
        return;
    }
    let full = plan(vec![shell("a", "head -c ${SIZE:-8000000} /dev/zero > $MLP_OUT").makes(txt())]);
    let options = RunOptions { package: tiny.clone(), ..lab.options() };
    let summary = run(&full, "p", &options, &mut |_: Event<'_>| {});
    let small = plan(vec![shell("a", "head -c 1000 /dev/zero > $MLP_OUT").makes(txt())]);
    let after = run(&small, "p", &options, &mut |_: Event<'_>| {});
    let left = fs::read_dir(tiny.join(".mlp/tmp")).unwrap().count();
    assert!(Command::new("umount").arg("--lazy").arg(&tiny).status().unwrap().success());
    let summary = summary.unwrap();
    assert_eq!((state(&summary, "a"), summary.exit_code), (NodeState::Failed, 1));
    assert!(troubles(&summary).contains("No space left on device"), "{}", troubles(&summary));
    assert_eq!((states(&after.unwrap()).as_str(), left), ("a done", 0));
}

#[test]
fn names_with_anything_in_them_arrive_as_they_are() {
    let lab = lab();
    let odd = "a b\"c'd\\e\n$(touch pwned)é";
    let argv = vec![
        common::text("sh"),
        common::text("-c"),
        common::text("printf %s \"$1\" > \"$MLP_OUT\""),
        common::text("x"),
        common::text(odd),
    ];
    let stage = common::node("a", mlp_plan::Run::Command { argv }).makes(txt());
    let summary = lab.run(&plan(vec![stage]));
    assert_eq!(lab.output(&summary, "a"), odd.as_bytes());
    assert!(!lab.path().join("pwned").exists());
}

#[test]
fn a_package_that_may_not_be_written_is_said() {
    let lab = lab();
    fs::write(lab.path().join(".mlp"), "in the way").unwrap();
    let error = lab.run_with(&plan(Vec::new()), &lab.options()).unwrap_err();
    assert!(error.to_string().starts_with("cannot make the folder `"), "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_container_without_docker_is_said() {
    let lab = lab();
    let image = "example@sha256:00".to_owned();
    let stage = common::node("a", mlp_plan::Run::Container { image, argv: Vec::new() });
    let summary = lab.run(&plan(vec![stage]));
    if state(&summary, "a") == NodeState::Infrastructure {
        assert!(troubles(&summary).contains("runs in an image, "), "{}", troubles(&summary));
        assert_eq!(summary.exit_code, 2);
    } else {
        // A machine with docker: the image does not exist.
        assert_eq!(summary.exit_code, 1);
    }
}
