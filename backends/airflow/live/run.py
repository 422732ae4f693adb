"""Runs the generated files in a real Airflow, that of the Python which runs this.

    python run.py --mlp PATH --home FOLDER --by-hand FOLDER

Says `ok ..` or `not ok ..` of each case. FOLDER of `--by-hand` has what `mlp run` makes of the same programs; it is made where it is not there.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import cases
from host import Host

FLIGHTS = cases.EXAMPLES / "flights"
LIVE = cases.HERE / "package"
DAYS = ["2026-01-01", "2026-01-02", "2026-01-03"]


def by_hand(host, folder):
    """What `mlp run` makes: artifacts and verdicts."""
    record = folder / "record.json"
    if record.is_file():
        return json.loads(record.read_text())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def run(package, *arguments):
        said = host.must("mlp", "run", *arguments, "--package", folder / package)
        run_id = said.split(" ", 2)[1]
        made = cases.artifacts(folder / package / ".mlp", run_id)
        return {"artifacts": made, "verdicts": cases.verdicts(said)}

    for package in (FLIGHTS, LIVE):
        shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns(".mlp", "out", "__pycache__"))
    found = {
        "good": run("flights", "late"),
        "refused": run("flights", "late", "--set", "depth=2"),
        "days": {day: run("package", "daily", "--date", day)["artifacts"] for day in DAYS},
    }
    record.write_text(json.dumps(found))
    return found


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mlp", type=Path, required=True)
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--by-hand", type=Path, required=True)
    arguments.add_argument("--only", default="")
    given = arguments.parse_args()
    shutil.rmtree(given.home, ignore_errors=True)
    host = Host(given.home, given.mlp)
    # An interrupted test leaves nothing behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = []

    def case(function, *more):
        name = f"Airflow {host.version}: {function.__name__.replace('_', ' ')}"
        if given.only not in function.__name__:
            return
        try:
            function(host, *more)
            print(f"ok {name}", flush=True)
        except (AssertionError, ValueError, KeyError, OSError, subprocess.TimeoutExpired):
            failed.append(name)
            print(f"not ok {name}\n{traceback.format_exc()}", flush=True)

    try:
        host.must("airflow", "db", "migrate")
        wanted = by_hand(host, given.by_hand)
        cases.deployed(host, FLIGHTS, "flights")
        live = cases.deployed(host, LIVE, "live")
        case(cases.nothing_written_is_lost)
        case(cases.flights_run_as_they_do_locally, wanted)
        host.start()
        case(cases.an_asset_starts_what_waits_for_it, live)
        case(cases.broken_data_is_not_tried_again, live)
        case(cases.a_killed_runner_is_tried_again, live)
        case(cases.what_is_behind_a_refusal_is_skipped, live)
        case(cases.a_held_promotion_goes_on_when_it_is_approved, live)
        case(cases.a_backfill_has_the_date_of_each_day, live, wanted)
        case(cases.a_shallow_model_is_refused, wanted)
    finally:
        host.stop()
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
