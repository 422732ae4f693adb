def step(node, context):
    """The words with which mlp runs a node of the plan for this run."""
    run = context["dag_run"]
    at = run.logical_date or run.run_after
    words = ["step", f"--plan={PLAN}", f"--pipeline={PIPELINE}", f"--node={node}"]
    # Run ids of scheduled runs are dates: those of two DAGs may be the same.
    words += [f"--run={run.dag_id}.{run.run_id}", f"--store={STORE}"]
    words += [f"--package={PACKAGE}"] if PACKAGE else []
    words += [f"--time={at.isoformat()}"]
    for name, value in context["params"].items():
        text = "none" if value is None else json.dumps(value)
        words += ["--set", f"{name}={text}"]
    who = getattr(run, "triggering_user_name", None)  #? gates
    words += [f"--author={who}"] if who else []  #? gates
    return words


def settle(task, code, said):
    """What an exit code means: 1 is never tried again, and a refusal skips."""
    if code is not None and code == task.skip:
        raise AirflowSkipException(said or f"{task.node} was refused or is held")
    if code == 1:
        raise AirflowFailException(f"{task.node} broke its contract or failed")
    if code != 0:
        raise AirflowException(f"mlp step ended with exit code {code}: {said}")
