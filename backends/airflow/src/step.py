class Step(BaseOperator):
    """One node of the plan, run by mlp: no shell, and no field is a template."""

    def __init__(self, *, node=None, skip_on_exit_code=None, **kwargs):
        super().__init__(**kwargs)
        self.node = node or self.task_id
        self.skip_on_exit_code = skip_on_exit_code
        self.hook = None

    def execute(self, context):
        run = context["dag_run"]
        at = run.logical_date or run.run_after
        command = ["mlp", "step", f"--plan={PLAN}", f"--pipeline={PIPELINE}"]
        command += [f"--node={self.node}", f"--run={run.run_id}", f"--store={STORE}"]
        command += [f"--package={PACKAGE}", f"--time={at.isoformat()}"]
        for name, value in context["params"].items():
            text = value if isinstance(value, str) else json.dumps(value)
            command += ["--set", f"{name}={'none' if value is None else text}"]
        self.hook = SubprocessHook()
        code = self.hook.run_command(command, cwd=str(PACKAGE)).exit_code
        if code == self.skip_on_exit_code:
            raise AirflowSkipException(f"{self.node} was refused or is held")
        if code == 1:
            raise AirflowFailException(f"{self.node} broke its contract or failed")
        if code != 0:
            raise AirflowException(f"mlp step ended with exit code {code}")

    def on_kill(self):
        if self.hook:
            self.hook.send_sigterm()
