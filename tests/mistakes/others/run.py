"""What other tools say of the same mistakes: runs each of them for real, and compares with what was written down.

    python run.py --kfp PYTHON --dbt PYTHON --airflow PYTHON [--update]

Each PYTHON is an interpreter in which the tool of `requirements-TOOL.txt` is installed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SHOWN = {"kfp": "python {}", "dbt": "dbt {}", "airflow": "DagBag({!r})"}
# What Airflow itself does with a file before it schedules anything.
BAG = """import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
for error in bag.import_errors.values():
    print(error)
print("import errors:", len(bag.import_errors), "dags:", sorted(bag.dags))
"""
# What differs from run to run, or from machine to machine, and says nothing.
NOISE = [
    (r"\x1b\[[0-9;]*m", ""),
    (r"^\d\d:\d\d:\d\d(\.\d+)?  ?", ""),
    (r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(Z|\+\d\d:?\d\d)?\]?", "<time>"),
    (r"\d+ hours \d+ minutes and [\d.]+ seconds \([\d.]+s\)", "<time>"),
    (r"in \d+(\.\d+)? seconds \(\d+\.\d+s\)", "in <time>"),
    (r"\[in \d+\.\d+s\]|in \d+\.\d+s", "in <time>"),
    (r"0x[0-9a-f]+", "<address>"),
    (r"\[('?[^'\]]*'?)\]: \d+", r"[\1]"),
]
DROPPED = re.compile(r"^[ \^~]+$|^  @dsl|factory_function.pipeline_outputs|Filling up the DagBag|FutureWarning|warnings\.warn|^\s*return component_factory|Registered adapter|Unable to do partial|^\s*$|anonymous usage|Running with dbt|new version")


def plain(text: str, folder: str) -> str:
    """Output without the paths and times of one run."""
    text = re.sub(r'File "[^"]*?/([^/"]+)", line \d+, in', r'File "\1", in', text.replace(folder + "/", ""))
    for pattern, to in NOISE:
        text = re.sub(pattern, to, text, flags=re.M)
    return "\n".join(line.rstrip() for line in text.splitlines() if not DROPPED.search(line))


def said(entry: dict, python: str) -> str:
    """Runs the commands of an entry in a copy of its folder."""
    tool = entry["tool"]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(HERE / entry["mistake"], folder, dirs_exist_ok=True)
        told = []
        env = {**os.environ, "AIRFLOW_HOME": f"{folder}/home", "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "COLUMNS": "100", "PYTHONWARNINGS": "ignore"}
        for command in entry["commands"]:
            first = {"dbt": ["-m", "dbt.cli.main", "--no-use-colors", "--no-version-check"], "airflow": ["-c", BAG]}.get(tool, [])
            last = ["--profiles-dir", "."] if tool == "dbt" else []
            done = subprocess.run([python, *first, *command, *last], cwd=folder, env=env, capture_output=True, text=True)
            shown = SHOWN[tool].format(" ".join(command))
            output = plain(done.stdout if tool == "airflow" else done.stdout + done.stderr, folder)
            told.append("\n".join(part for part in (f"$ {shown}", output, f"exit {done.returncode}") if part))
        return "\n".join(told) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for tool in SHOWN:
        parser.add_argument(f"--{tool}")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    different = 0
    for entry in json.loads((HERE / "others.json").read_text()):
        python = getattr(args, entry["tool"])
        if python is None:
            continue
        path = HERE / entry["mistake"] / "said.txt"
        now = said(entry, python)
        if args.update:
            path.write_text(now)
        elif path.read_text() != now:
            different += 1
            print(f"{entry['mistake']}: {entry['tool']} now says:\n{now}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
