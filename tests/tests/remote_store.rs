//! `mlp step --store s3://..`: every node of `examples/quickstart` on a machine of its own, against a real S3 server.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../backends/store/tests/bucket/mod.rs"]
mod bucket;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use bucket::Server;
use mlp_tests::{copy, mlp, root, text};

const STORE: &str = "s3://models/team/quickstart";

/// The example with its plan, the names of its nodes, a server, and machines that share nothing but the package's sources.
struct World {
    server: Server,
    folder: tempfile::TempDir,
    package: PathBuf,
    nodes: Vec<String>,
}

fn world() -> World {
    let server = Server::start(&root().join("tests"), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("quickstart");
    copy(&root().join("examples/quickstart"), &package);
    let planned = Command::new(mlp()).args(["plan", "--package"]).arg(&package).output().unwrap();
    assert_eq!(planned.status.code(), Some(0), "{}", text(&planned));
    fs::write(package.join("plan.json"), &planned.stdout).unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&planned.stdout).unwrap();
    let nodes = plan["pipelines"]["zones"]["nodes"].as_array().unwrap();
    let nodes = nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect();
    World { server, folder, package, nodes }
}

impl World {
    /// `mlp` on a machine: its cache is all that it has.
    fn mlp(&self, machine: &str, args: &[&str]) -> Output {
        let cache = self.folder.path().join(machine);
        Command::new(mlp()).args(args).envs(self.server.variables()).env("XDG_CACHE_HOME", cache).output().unwrap()
    }

    fn step(&self, machine: &str, store: &str, run: &str, node: &str) -> Output {
        let plan = format!("--plan={}", self.package.join("plan.json").display());
        let (store, run, node) = (format!("--store={store}"), format!("--run={run}"), format!("--node={node}"));
        self.mlp(machine, &["step", &plan, "--pipeline=zones", &node, &run, &store])
    }
}

#[test]
fn each_node_may_run_on_another_machine() {
    let world = world();
    world.server.make("models");
    assert!(world.nodes.len() >= 5, "{:?}", world.nodes);
    for (number, node) in world.nodes.iter().enumerate() {
        // Neighbours never share a machine: what one made, the next has from the bucket.
        let machine = if number % 2 == 0 { "one" } else { "two" };
        let done = world.step(machine, STORE, "first", node);
        assert_eq!(done.status.code(), Some(0), "{node}: {}", text(&done));
        assert!(!text(&done).contains("cached"), "{node}: {}", text(&done));
    }
    assert!(world.package.join("out/zones.csv").is_file() && world.package.join("out/airports.parquet").is_file());
    assert!(!world.package.join(".mlp").exists(), "the package keeps no state: the bucket does");

    for node in &world.nodes {
        let again = world.step("three", STORE, "second", node);
        assert_eq!(again.status.code(), Some(0), "{node}: {}", text(&again));
        assert!(text(&again).contains("cached"), "{node}: {}", text(&again));
    }

    let store = format!("--store={STORE}");
    let verified = world.mlp("four", &["registry", "verify", &store]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified));
    assert!(text(&verified).contains("the chain is whole"), "{}", text(&verified));
}

#[test]
fn a_plan_may_lie_in_the_bucket() {
    let world = world();
    world.server.make("models");
    let plan = fs::read(world.package.join("plan.json")).unwrap();
    world.server.put("models/team/quickstart/plans/large.json", &plan);
    let step = |plan: &str| {
        let (plan, store) = (format!("--plan={STORE}/plans/{plan}.json"), format!("--store={STORE}"));
        let (package, node) = (format!("--package={}", world.package.display()), format!("--node={}", world.nodes[0]));
        world.mlp("one", &["step", &plan, "--pipeline=zones", "--run=first", &store, &package, &node])
    };
    let done = step("large");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    let lost = step("lost");
    assert_eq!(lost.status.code(), Some(2), "{}", text(&lost));
    assert!(
        text(&lost).contains("plans/lost.json") && text(&lost).contains("there is no such object"),
        "{}",
        text(&lost)
    );
}

#[test]
fn a_bucket_that_is_not_there_is_no_fault_of_the_program() {
    let world = world();
    let done = world.step("one", "s3://nowhere/team", "first", &world.nodes[0]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(
        text(&done).contains("there is no such bucket") && text(&done).contains("s3://nowhere/team"),
        "{}",
        text(&done)
    );
}

#[test]
fn a_scheme_that_nobody_knows_is_told_with_those_that_are() {
    let world = world();
    let done = world.step("one", "ftp://host/path", "first", &world.nodes[0]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    // the words may be wrapped
    assert!(["s3://", "gs://", "az://"].iter().all(|known| text(&done).contains(known)), "{}", text(&done));
}
