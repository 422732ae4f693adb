class Step(BaseOperator):
    """One node of the plan, run by mlp: no shell, and no field is a template."""

    def __init__(self, *, node=None, skip_on_exit_code=None, **kwargs):  #? !connections
    def __init__(  #? connections
        self, *, node=None, skip_on_exit_code=None, connections=None, **kwargs  #? connections
    ):  #? connections
        super().__init__(**kwargs)
        self.node = node or self.task_id
        self.skip = skip_on_exit_code
        self.connections = connections or {}  #? connections
        self.hook = None

    def execute(self, context):
        settle(self, *self.call(context))

    def call(self, context):
        env = dict(os.environ)
        env["MLP_HELD_EXIT_CODE"] = str(HELD)  #? gates
        for name, connection in self.connections.items():  #? connections
            env[name] = BaseHook.get_connection(connection).get_uri()  #? connections
        self.hook = SubprocessHook()
        command = ["mlp", *step(self.node, context)]
        ended = self.hook.run_command(command, env=env, cwd=str(PACKAGE))
        return ended.exit_code, ended.output

    def on_kill(self):
        if self.hook:
            self.hook.send_sigterm()
