"""What the live scheduler does with the pipelines of `package`, and with the flights of the examples."""

import json
import re
import shutil
from pathlib import Path

import nasty

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[2] / "examples"


def deployed(host, package, name):
    """A copy of a package for one host, compiled into its folder of DAGs."""
    target = host.packages / name
    shutil.copytree(package, target, ignore=shutil.ignore_patterns(".mlp", "out", "__pycache__"))
    with (target / "mlp.toml").open("a") as manifest:
        manifest.write(f'\n[targets.here]\nbackend = "airflow"\npackage = {json.dumps(str(target))}\n')
    host.must("mlp", "compile", "--target", "here", "--package", target, "-o", host.dags / name)
    return target


def artifacts(store, run):
    """What a run made: for each node the digests of its outputs."""
    found = {}
    for file in (store / "runs" / run).glob("*.json"):
        manifest = json.loads(file.read_text())
        if "node" in manifest:
            outputs = manifest["outputs"].items()
            found[manifest["node"]] = {name: each and each["digest"] for name, each in outputs}
    assert found, f"run {run} made nothing"
    return found


def same(host, run, wanted):
    """Whether a run made what `mlp run` made, which writes nothing down for nodes that had nothing to do."""
    made = artifacts(host.store, run)
    other = {node: (made.get(node), outputs) for node, outputs in wanted.items() if made.get(node) != outputs}
    assert not other, f"{run}: {other}"


def verdicts(said):
    """The rows of a verdict's table: each clause with its value, interval, threshold and verdict."""
    return re.findall(r"^\S.* (?:pass|fail|unknown|skipped|held) +src/\S+$", said, re.M)


def judged(log, rows):
    """Whether a log has the verdict that `mlp run` came to."""
    missing = [row for row in rows if row not in log]
    assert rows and not missing, f"{missing} not in the log:\n{log[-6000:]}"


def states(tasks):
    """The state of each task."""
    return {task: state for task, (state, _) in tasks.items()}


def nothing_written_is_lost(host):
    """Texts that break generators of DAGs arrive at the stages as they were written."""
    package = deployed(host, nasty.package(host.home / "nasty"), "nasty")
    said = host.must("airflow", "dags", "test", "nasty")
    wrong = nasty.arrived(package)
    assert not wrong, f"{wrong}\n{said[-4000:]}"


def flights_run_as_they_do_locally(host, by_hand):
    """`dags test` makes the same artifacts and judges alike as `mlp run`."""
    said = host.must("airflow", "dags", "test", "late")
    (run,) = (host.store / "runs").glob("late.*")
    same(host, run.name, by_hand["good"]["artifacts"])
    judged(said, by_hand["good"]["verdicts"])


def a_shallow_model_is_refused(host, by_hand):
    """A refused promotion by the scheduler, started by REST: told in the log, and not a failure."""
    run = host.trigger("late", {"depth": 2})
    state, tasks = host.ended("late", run)
    assert state == "success" and tasks["promote"] == ("skipped", 1), (state, tasks)
    same(host, f"late.{run}", by_hand["refused"]["artifacts"])
    log = host.log("late", run, "promote")
    judged(log, by_hand["refused"]["verdicts"])
    assert "blind at one airport" in log, log


def an_asset_starts_what_waits_for_it(host, package):
    """The sink of `producer` starts `consumer`."""
    host.unpause("consumer")
    run = host.trigger("producer")
    assert host.ended("producer", run)[0] == "success", host.ended("producer", run)
    (started,) = host.until("consumer has started", lambda: host.runs("consumer"))
    state, tasks = host.ended("consumer", started["dag_run_id"])
    assert state == "success" and started["run_type"] in ("asset_triggered", "dataset_triggered"), (started, tasks)
    assert (package / "out/kept.csv").read_text() == "id,value\n1,2\n2,5\n3,7\n"


def broken_data_is_not_tried_again(host, package):
    """A broken contract fails at the first try, says where and what, and stops what is behind."""
    run = host.trigger("broken")
    state, tasks = host.ended("broken", run)
    assert state == "failed" and tasks["never-spoilt"] == ("failed", 1), tasks
    assert tasks["never"][0] == "upstream_failed", tasks
    log = host.log("broken", run, "never-spoilt")
    for wanted in ("MLP901", "src/live.mlp:", "1 of 3 rows", "id=2, value=2000"):
        assert wanted in log, f"{wanted} is not in the log:\n{log}"
    assert not (package / "out/never.csv").exists()


def a_killed_runner_is_tried_again(host, package):
    """The runner is killed in its first try; the second does the work."""
    run = host.trigger("shaky")
    state, tasks = host.ended("shaky", run)
    assert (state, tasks["mended-frail"]) == ("success", ("success", 2)), tasks
    assert (package / "out/mended.csv").is_file()


def what_is_behind_a_refusal_is_skipped(host, package):
    """Refused: skipped, with the reason in the log. Good enough: what is behind runs."""
    run = host.trigger("gated")
    state, tasks = host.ended("gated", run)
    assert state == "success", tasks
    skipped = {task for task, state in states(tasks).items() if state == "skipped"}
    assert skipped == {"released", "serving-serve", "serving"}, tasks
    log = host.log("gated", run, "released")
    assert "too weak to serve" in log and "candidate.auc >= 0.65" in log, log
    assert not (package / "out/gated.txt").exists()

    run = host.trigger("gated", {"quality": 0.7})
    state, tasks = host.ended("gated", run)
    assert set(states(tasks).values()) == {"success"}, tasks
    assert (package / "out/gated.txt").read_text() == "0.7"


def a_held_promotion_goes_on_when_it_is_approved(host, package):
    """Held: nothing behind it runs, and the run waits. Approved in the registry: it goes on."""
    run = host.trigger("approved")
    host.until("the promotion is held", lambda: host.state("approved", run, "released") == "up_for_reschedule")
    assert host.state("approved", run, "serving") is None and not (package / "out/approved.txt").exists()
    assert "mlp registry approve" in host.log("approved", run, "released")
    host.must("mlp", "registry", "--store", host.store, "approve", "Approved.production", "--by", "grace")
    state, tasks = host.ended("approved", run)
    assert state == "success" and set(states(tasks).values()) == {"success"}, tasks
    assert (package / "out/approved.txt").read_text() == "0.8"


def a_backfill_has_the_date_of_each_day(host, package, by_hand):
    """Three days made after the fact, each with its own date, as `mlp run --date` makes them."""
    first, last = "2026-01-01", "2026-01-03"
    host.unpause("daily")
    if host.three:
        times = {"from_date": f"{first}T00:00:00Z", "to_date": f"{last}T23:00:00Z"}
        asked = {"dag_id": "daily", "dag_run_conf": {}, **times}

        def begun():
            try:
                return host.call("POST", "backfills", asked)
            except AssertionError as error:
                # SQLite lets one write at a time, and Airflow asks to try again.
                if "Database is locked" in str(error):
                    return None
                raise

        host.until("a backfill has begun", begun)
    else:
        host.must("airflow", "dags", "backfill", "daily", "--start-date", first, "--end-date", f"{last}T23:00:00Z")

    def days():
        runs = [each for each in host.runs("daily") if each["run_type"] == "backfill"]
        return len(runs) == 3 and runs

    for each in host.until("three days are made", days):
        run = each["dag_run_id"]
        assert host.ended("daily", run)[0] == "success", run
        day = each["logical_date"][:10]
        assert (package / f"out/days/{day}.txt").read_text() == day
        same(host, f"daily.{run}", by_hand["days"][day])
