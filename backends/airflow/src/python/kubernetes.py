class Step(KubernetesPodOperator):
    """One node of the plan, run by mlp in a pod: no field is a template."""

    template_fields = ()
    template_ext = ()

    def __init__(
        self,
        *,
        node=None,
        env=None,
        image=None,
        needs=None,
        accelerator=None,
        secret_keys=None,
        skip_on_exit_code=None,
        **kwargs,
    ):
        super().__init__(
            namespace=NAMESPACE,
            startup_timeout_seconds=900,
            termination_message_policy="FallbackToLogsOnError",
            log_pod_spec_on_failure=False,
            **kwargs,
        )
        self.node = node or self.task_id
        self.skip = skip_on_exit_code
        self.inside = image is not None
        self.stage_image = image or IMAGES.get(env, RUNNER)
        self.needs = needs or {}
        self.accelerator = accelerator
        self.secret_keys = secret_keys or {}
        self.code = None

    def execute(self, context):
        settle(self, *self.call(context))

    def call(self, context):
        self.pod_template_dict = {"spec": self.spec(step(self.node, context))}
        try:
            super().execute(context)
        except AirflowException as error:
            if self.code is None:
                raise
            return self.code, str(error)
        return 0, None

    def cleanup(self, pod, remote_pod, *args, **kwargs):
        status = remote_pod.status if remote_pod else None
        for each in (status and status.container_statuses) or []:
            if each.name == self.base_container_name and each.state.terminated:
                self.code = each.state.terminated.exit_code
        super().cleanup(pod, remote_pod, *args, **kwargs)

    def spec(self, words):
        """A pod that meets the standard `restricted`; mlp comes from the runner."""
        restricted = {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        mounts = [
            {"name": "mlp-bin", "mountPath": "/mlp/bin"},
            {"name": "mlp-scratch", "mountPath": "/tmp"},
        ]
        env = [{"name": "HOME", "value": "/tmp"}]
        env += [{"name": "MLP_HELD_EXIT_CODE", "value": str(HELD)}]  #? gates
        env += [{"name": "MLP_INSIDE_IMAGE", "value": "1"}] if self.inside else []
        for name, (secret, key) in self.secret_keys.items():
            source = {"secretKeyRef": {"name": secret, "key": key}}
            env.append({"name": name, "valueFrom": source})
        limited = ("memory", "nvidia.com/gpu")
        scratch = {"sizeLimit": self.needs.get("ephemeral-storage")}
        found = {
            "automountServiceAccountToken": False,
            "securityContext": {"fsGroup": 65532},
            "initContainers": [
                {
                    "name": "mlp-runner",
                    "image": RUNNER,
                    "command": ["cp", "/usr/local/bin/mlp", "/mlp/bin/mlp"],
                    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
                    "securityContext": restricted,
                    "volumeMounts": mounts[:1],
                }
            ],
            "containers": [
                {
                    "name": "base",
                    "image": self.stage_image,
                    "command": ["/mlp/bin/mlp"],
                    # Kubernetes reads `$(NAME)` in arguments, and `$$` as `$`.
                    "args": [word.replace("$", "$$") for word in words],
                    "env": env,
                    "resources": {
                        "requests": {"cpu": "100m", "memory": "256Mi", **self.needs},
                        "limits": {k: v for k, v in self.needs.items() if k in limited},
                    },
                    "securityContext": restricted,
                    "volumeMounts": mounts,
                }
            ],
            "volumes": [
                {"name": "mlp-bin", "emptyDir": {}},
                {"name": "mlp-scratch", "emptyDir": scratch},
            ],
        }
        if SERVICE_ACCOUNT:
            found["serviceAccountName"] = SERVICE_ACCOUNT
        if PLAN_CONFIG_MAP:
            plan = {"name": "mlp-plan", "configMap": {"name": PLAN_CONFIG_MAP}}
            found["volumes"].append(plan)
            mount = {"name": "mlp-plan", "mountPath": "/mlp/plan", "readOnly": True}
            mounts.append(mount)
        if "nvidia.com/gpu" in self.needs:
            found["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
        if self.accelerator:
            found["nodeSelector"] = {"nvidia.com/gpu.product": self.accelerator}
        return found
