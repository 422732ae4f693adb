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

loaded = {}
for dag in bag.dags.values():
    Serialized.to_dict(dag)
    dag.validate()
    loaded[dag.dag_id] = {
        "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
        "retries": {task.task_id: task.retries for task in dag.tasks},
        "timetable": type(dag.timetable).__name__,
        "params": {name: dag.params[name] for name in dag.params},
        "templated": sorted({field for task in dag.tasks for field in task.template_fields}),
        "docs": dag.doc_md,
    }


class Run:
    dag_id = "late"
    run_id = "run {{ ds }}"
    logical_date = None

    class run_after:
        @staticmethod
        def isoformat():
            return "2026-01-02T03:04:05+00:00"


def pods(dag):
    """The pod of a task, and how its tasks end when a pod ends with each of some codes."""
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from kubernetes.client import ApiClient, models

    task = dag.get_task("model")
    task.pod_template_dict = {"spec": task.spec(["step", "$(HOME)"])}
    pod = task.build_pod_request_obj(None, dry_run=True)

    def execute(self, context):
        terminated = models.V1ContainerStateTerminated(exit_code=CODE[0])
        state = models.V1ContainerState(terminated=terminated)
        base = models.V1ContainerStatus(
            name="base", state=state, image="i", image_id="i", ready=False, restart_count=0
        )
        phase = "Failed" if CODE[0] else "Succeeded"
        status = models.V1PodStatus(phase=phase, container_statuses=[base])
        meta = models.V1ObjectMeta(name="p", annotations={})
        spec = models.V1PodSpec(containers=[])
        self.cleanup(None, models.V1Pod(metadata=meta, spec=spec, status=status))

    KubernetesPodOperator.execute = execute
    KubernetesPodOperator.process_pod_deletion = lambda *args, **named: None
    KubernetesPodOperator.is_istio_enabled = lambda *args, **named: False
    KubernetesPodOperator.patch_already_checked = lambda *args, **named: None
    return ApiClient().sanitize_for_serialization(pod)["spec"]


def containers(dag):
    """The container of a task; the engine is a stand-in that writes down what it is asked for."""
    from airflow.providers.docker.operators.docker import DockerOperator

    asked = {}

    class Engine:
        def create_host_config(self, **named):
            return named

        def create_container(self, **named):
            asked.update(named)
            return {"Id": "c"}

        def attach(self, **named):
            return []

        def start(self, container):
            pass

        def wait(self, container):
            return {"StatusCode": CODE[0]}

        def inspect_container(self, container):
            return {"State": {"ExitCode": CODE[0]}}

        def remove_container(self, container, force):
            asked["removed"] = container

        def images(self, name):
            return [name]

    CODE[0] = 0
    DockerOperator.cli = Engine()
    DockerOperator.execute = lambda self, context: self._run_image()
    dag.get_task("model").execute(CONTEXT)
    host = asked["host_config"]
    asked["mounts"] = [[each["Target"], each["ReadOnly"]] for each in host.pop("mounts")]
    asked["gpus"] = [each["Count"] for each in host["device_requests"]]
    asked["shares"], asked["memory"] = host["cpu_shares"], host["mem_limit"]
    del asked["host_config"]
    return dict(asked)


def endings(dag, tasks):
    found = {}
    for code in sys.argv[2:]:
        CODE[0] = int(code)
        Path("code").write_text(code)
        for task_id in tasks:
            task = dag.get_task(task_id)
            for attempt in ["code", "container"]:
                if hasattr(task, attempt):
                    setattr(task, attempt, None)
            try:
                task.execute(CONTEXT)
                found[f"{task_id} {code}"] = "done"
            except Exception as error:
                found[f"{task_id} {code}"] = type(error).__name__
    return found


CODE = [0]
CONTEXT = {"dag_run": Run, "params": {"cutoff": "x; {{ y }}", "depth": 7}}

# Executes tasks with a stand-in for mlp on the path, for pods and for containers, which end as the test says.
ended, extra = {}, {}
if not bag.import_errors:
    gated = ["rows", "promote-LateModel"]
    ended = endings(bag.dags["late"], gated)
    extra["pod"] = pods(bag.dags["kubernetes-1"])
    extra["pods"] = endings(bag.dags["kubernetes-1"], gated)
    extra["container"] = containers(bag.dags["docker-1"])
    extra["containers"] = endings(bag.dags["docker-1"], gated)
    gates = [bag.dags[f"{name}-0"].get_task("promote-LateModel") for name in ["bash", "kubernetes", "docker"]]
    for gate in gates:
        found = extra.setdefault("looked", [])
        for code in [0, 98, 1, 99]:
            CODE[0] = code
            Path("code").write_text(str(code))
            if hasattr(gate, "code"):
                gate.code = None
            try:
                found.append(gate.poke(CONTEXT))
            except Exception as error:
                found.append(type(error).__name__)
        found.append([gate.mode, gate.timeout])

groups = {name: sorted(dag.task_group.get_task_group_dict(), key=str)[-1] for name, dag in bag.dags.items()}
print(json.dumps({"errors": bag.import_errors, "warned": warned, "dags": loaded, "ended": ended, "groups": groups, **extra}))
