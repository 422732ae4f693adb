"""An Airflow of its own: a folder, a database, a free port on the loopback; what it starts it also ends."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

# Two busy cores start Airflow in minutes. Nothing here measures time: these only end what hangs.
PATIENCE = 600
ENDED = {"success", "failed"}

# Only the loopback: the components that standalone starts would serve their logs to the whole network.
AIRFLOW = """#!/bin/sh
case "$1" in
scheduler | triggerer) exec '{python}' -m airflow "$@" --skip-serve-logs ;;
*) exec '{python}' -m airflow "$@" ;;
esac
"""


class Host:
    """One Airflow, of the Python that runs this."""

    def __init__(self, home: Path, mlp: Path):
        from airflow import __version__

        self.version = __version__
        self.three = not __version__.startswith("2.")
        self.home, self.dags, self.store = home, home / "dags", home / "store"
        self.packages, self.logs = home / "packages", home / "logs"
        for folder in (self.dags, self.packages, self.logs, home / "bin"):
            folder.mkdir(parents=True)
        wrapper = home / "bin/airflow"
        wrapper.write_text(AIRFLOW.format(python=sys.executable))
        wrapper.chmod(0o755)
        (home / "bin/mlp").symlink_to(mlp)
        # Environments of stages are made by uv where it is there, within seconds.
        uv = Path(sys.executable).parent / "uv"
        if uv.is_file():
            (home / "bin/uv").symlink_to(uv)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = self._environment()
        self.server = None
        self.token = None

    def _environment(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "MLP_"))}
        environment |= {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(self.home / "airflow"),
            "MLP_STORE": str(self.store),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "NO_COLOR": "1",
        }
        settings = {
            "CORE__LOAD_EXAMPLES": False,
            "CORE__DAGS_FOLDER": self.dags,
            "CORE__PARALLELISM": 2,
            "CORE__DAGBAG_IMPORT_TIMEOUT": PATIENCE,
            "CORE__DAG_FILE_PROCESSOR_TIMEOUT": PATIENCE,
            "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": PATIENCE,
            "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": True,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}",
            "DAG_PROCESSOR__REFRESH_INTERVAL": 5,
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 5,
            "DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL": "error",
            "SCHEDULER__DAG_DIR_LIST_INTERVAL": 5,
            "SCHEDULER__MIN_FILE_PROCESS_INTERVAL": 5,
            "API__HOST": "127.0.0.1",
            "API__PORT": self.port,
            "API__WORKERS": 1,
            "API__BASE_URL": self.url,
            "API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
            "WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
            "WEBSERVER__WEB_SERVER_PORT": self.port,
            "WEBSERVER__BASE_URL": self.url,
            "WEBSERVER__WORKERS": 1,
            "WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": PATIENCE,
            # The default of five seconds fails tasks on a busy machine before they ran.
            "WORKERS__EXECUTION_API_TIMEOUT": 120,
            "USAGE_DATA_COLLECTION__ENABLED": False,
        }
        return environment | {f"AIRFLOW__{key}": str(value) for key, value in settings.items()}

    def run(self, *arguments, **more):
        """A command to its end: its exit code and all that it said."""
        done = subprocess.run(
            [str(argument) for argument in arguments],
            env=self.environment | more,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def must(self, *arguments, **more):
        """A command that ends well."""
        code, said = self.run(*arguments, **more)
        assert code == 0, f"{arguments} ended with {code}:\n{said[-4000:]}"
        return said

    def start(self):
        """Airflow standalone, until its scheduler is at work."""
        with (self.logs / "standalone.txt").open("wb") as log:
            self.server = subprocess.Popen(
                ["airflow", "standalone"],
                executable=self.home / "bin/airflow",
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.until("Airflow is up", self._healthy)

    def _healthy(self):
        assert self.server.poll() is None, f"standalone ended: {self.said()}"
        try:
            if self.three:
                with urllib.request.urlopen(f"{self.url}/auth/token", timeout=60) as answer:
                    self.token = f"Bearer {json.load(answer)['access_token']}"
            else:
                password = (self.home / "airflow/standalone_admin_password.txt").read_text().strip()
                self.token = "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()
            health = self.call("GET", "monitor/health" if self.three else "health")
        except (OSError, AssertionError):
            return False
        return health["scheduler"]["status"] == "healthy"

    def said(self):
        """The end of what standalone said."""
        return (self.logs / "standalone.txt").read_text(errors="replace")[-4000:]

    def stop(self):
        """Ends what was started, gently at first."""
        if self.server is None:
            return
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.server.pid, kind)
                self.server.wait(timeout=30)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        # Its children are in the group too, and may outlive it.
        try:
            os.killpg(self.server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.server = None

    def until(self, what, holds):
        """Waits until something holds; what it gave."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = holds()
            if found:
                return found
            time.sleep(1)
        raise AssertionError(f"not within {PATIENCE} s: {what}\n{self.said()}")

    def call(self, method, path, body=None):
        """A request to the REST API of the version, as JSON."""
        request = urllib.request.Request(
            f"{self.url}/api/{'v2' if self.three else 'v1'}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self.token, "Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise AssertionError(f"{method} {path}: {error.code} {said[:2000]}") from None

    def unpause(self, dag):
        """Lets a DAG run, once the scheduler knows it."""

        def known():
            try:
                return self.call("PATCH", f"dags/{dag}", {"is_paused": False})
            except AssertionError:
                return None

        self.until(f"{dag} is known", known)

    def trigger(self, dag, conf=None):
        """Starts a run by REST; its id."""
        self.unpause(dag)
        body = {"conf": conf or {}}
        if self.three:
            body["logical_date"] = None
        return self.call("POST", f"dags/{dag}/dagRuns", body)["dag_run_id"]

    def runs(self, dag):
        """The runs of a DAG."""
        return self.call("GET", f"dags/{dag}/dagRuns?limit=100")["dag_runs"]

    def ended(self, dag, run):
        """Waits for a run; its state, and of each task the state and the number of the last try."""
        path = f"dags/{dag}/dagRuns/{urllib.parse.quote(run, safe='')}"
        state = self.until(
            f"{dag} {run} has ended", lambda: (found := self.call("GET", path)["state"]) in ENDED and found
        )
        tasks = self.call("GET", f"{path}/taskInstances?limit=100")["task_instances"]
        return state, {task["task_id"]: (task["state"], task["try_number"]) for task in tasks}

    def state(self, dag, run, task):
        """The state of one task."""
        path = f"dags/{dag}/dagRuns/{urllib.parse.quote(run, safe='')}/taskInstances/{task}"
        return self.call("GET", path)["state"]

    def log(self, dag, run, task, attempt=1):
        """The log of one try, as the user interface shows it."""
        path = f"dags/{dag}/dagRuns/{urllib.parse.quote(run, safe='')}/taskInstances/{task}/logs/{attempt}"
        content = self.call("GET", f"{path}?full_content=true")["content"]
        if isinstance(content, str):
            return content
        return "\n".join(str(each.get("event", "")) if isinstance(each, dict) else str(each) for each in content)
