class Step(DockerOperator):
    """One node of the plan, run by mlp in a container: no field is a template."""

    template_fields = ()
    template_ext = ()

    def __init__(
        self,
        *,
        node=None,
        env=None,
        image=None,
        gpus=0,
        variables=(),
        connections=None,  #? connections
        skip_on_exit_code=None,
        **kwargs,
    ):
        mounts = [
            Mount("/mlp/bin/mlp", RUNNER, "bind", read_only=True),
            Mount("/mlp/plan.json", str(HERE / PLAN_FILE), "bind", read_only=True),
        ]
        if "://" not in str(STORE):
            mounts.append(Mount(str(STORE), str(STORE), "bind"))
        super().__init__(
            image=image or IMAGES.get(env, IMAGE),
            entrypoint=["/mlp/bin/mlp"],
            mounts=mounts,
            mount_tmp_dir=False,
            device_requests=[DeviceRequest(count=gpus, capabilities=[["gpu"]])]
            if gpus
            else None,
            do_xcom_push=False,
            **kwargs,
        )
        self.node = node or self.task_id
        self.skip = skip_on_exit_code
        self.inside = image is not None
        self.variables = variables
        self.connections = connections or {}  #? connections

    def execute(self, context):
        settle(self, *self.call(context))

    def call(self, context):
        self.command = step(self.node, context)
        names = ["MLP_INSIDE_IMAGE"] if self.inside else []
        self.environment = dict.fromkeys(names, "1")
        self.environment["MLP_HELD_EXIT_CODE"] = str(HELD)  #? gates
        for name in self.variables:
            self.environment[name] = os.environ.get(name, "")
        for name, connection in self.connections.items():  #? connections
            uri = BaseHook.get_connection(connection).get_uri()  #? connections
            self.environment[name] = uri  #? connections
        try:
            super().execute(context)
        except AirflowException as error:
            if not self.container:
                raise
            state = self.cli.inspect_container(self.container["Id"])["State"]
            return state["ExitCode"] or None, str(error)
        finally:
            if self.container:
                self.cli.remove_container(self.container["Id"], force=True)
        return 0, None
