"""Loads every DAG of a folder as Airflow does, serialises it, and runs a task of one; prints what it found as JSON."""

import json
import logging
import sys
import warnings
from pathlib import Path

logging.disable(logging.CRITICAL)
folder = sys.argv[1]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models import DagBag
    caught.clear()
    bag = DagBag(dag_folder=folder)
warned = [f"{Path(each.filename).name}: {each.message}" for each in caught if each.filename.startswith(folder)]

try:
    from airflow.serialization.serialized_objects import DagSerialization as Serialized
except ImportError:
    from airflow.serialization.serialized_objects import SerializedDAG as Serialized

found = {}
for dag in bag.dags.values():
    Serialized.to_dict(dag)
    dag.validate()
    found[dag.dag_id] = {
        "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
        "retries": {task.task_id: task.retries for task in dag.tasks},
        "timetable": type(dag.timetable).__name__,
        "params": {name: dag.params[name] for name in dag.params},
        "templated": sorted({field for task in dag.tasks for field in task.template_fields}),
        "docs": dag.doc_md,
    }


class Run:
    run_id = "run {{ ds }}"
    logical_date = None

    class run_after:
        @staticmethod
        def isoformat():
            return "2026-01-02T03:04:05+00:00"


# Executes a task of `late` with a stand-in for mlp on the path, which ends as the test says.
ended = {}
for code in [] if bag.import_errors else sys.argv[2:]:
    Path("code").write_text(code)
    for task_id in ["rows", "promote-LateModel"]:
        task = bag.dags["late"].get_task(task_id)
        try:
            task.execute({"dag_run": Run, "params": {"cutoff": "x; {{ y }}", "depth": 7}})
            ended[f"{task_id} {code}"] = "done"
        except Exception as error:
            ended[f"{task_id} {code}"] = type(error).__name__

print(json.dumps({"errors": bag.import_errors, "warned": warned, "dags": found, "ended": ended}))
