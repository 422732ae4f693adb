//! A promotion that people approve, as an engine sees it that looks again until they have: one node at a time, by exit code.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use mlp_tests::{mlp, text};

const PROGRAM: &str = r#"
contract Row { id: int64 key }

contract Scored = Row with { score: float64 }

stage fit() -> Model<Row, Scored> {
  run  = command(["sh", "-c", "mkdir -p $MLP_OUT && echo weights > $MLP_OUT/model"])
  seed = 1
}

model M: Model<Row, Scored> {
  ladder = [live]
}

policy Release() {
  require nothing because "people decide"
  approve by 1 of "leads" except author within 48h
}

pipeline p() {
  let fitted = fit()

  promote fitted to M.live when Release()
}
"#;

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        fs::write(world.path().join("p.mlp"), PROGRAM).unwrap();
        assert_eq!(world.mlp(&["compile", "--package", "p.mlp", "--target", "local", "-o", "out"], None).0, Some(0));
        world
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn mlp(&self, args: &[&str], held: Option<&str>) -> (Option<i32>, String) {
        let mut command = Command::new(mlp());
        command.args(args).current_dir(self.path());
        command.envs(held.map(|code| ("MLP_HELD_EXIT_CODE", code)));
        let done = command.output().unwrap();
        (done.status.code(), text(&done))
    }

    fn step(&self, run: &str, node: &str, held: Option<&str>) -> (Option<i32>, String) {
        let words = [
            "step",
            "--plan=out/plan.json",
            "--pipeline=p",
            &format!("--node={node}"),
            &format!("--run={run}"),
            "--store=store",
            "--author=ada",
        ];
        self.mlp(&words, held)
    }
}

#[test]
fn a_held_promotion_has_a_code_of_its_own_until_it_is_approved() {
    let world = World::new();
    let (code, said) = world.step("one", "fitted", None);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = world.step("one", "promote", Some("98"));
    assert_eq!(code, Some(98), "{said}");
    assert!(said.trim_end().lines().last().unwrap().starts_with("promote: held: "), "{said}");
    assert_eq!(world.step("one", "promote", None).0, Some(99), "an engine that does not ask is told as of any refusal");
    let approve = ["registry", "approve", "M.live", "--store", "store", "--because", "looked at", "--by"];
    let (code, said) = world.mlp(&[&approve[..], &["ada"]].concat(), None);
    assert_eq!(code, Some(2), "ada started the run: {said}");
    assert_eq!(world.step("one", "promote", Some("98")).0, Some(98));
    let (code, said) = world.mlp(&[&approve[..], &["bob"]].concat(), None);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = world.step("one", "promote", Some("98"));
    assert_eq!(code, Some(0), "{said}");
    // looking again and again left one hold and one approval on record
    let (_, said) = world.mlp(&["registry", "history", "M", "--store", "store"], None);
    assert_eq!(said.matches("M.live").count(), 1, "{said}");
    let (_, said) = world.mlp(&["registry", "verify", "--store", "store"], None);
    assert!(said.contains("2 entries, the chain is whole"), "{said}");
}

#[test]
fn a_newer_candidate_ends_the_wait_of_the_older() {
    let world = World::new();
    for run in ["one", "two"] {
        assert_eq!(world.step(run, "fitted", None).0, Some(0));
        assert_eq!(world.step(run, "promote", Some("98")).0, Some(98));
    }
    assert_eq!(world.step("one", "promote", Some("98")).0, Some(99));
    assert_eq!(world.step("two", "promote", Some("98")).0, Some(98));
}
