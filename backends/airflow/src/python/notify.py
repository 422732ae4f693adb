def failed(context):
    """Tells whom the pipeline names that a run failed."""
    run_id = context["dag_run"].run_id
    text = f"pipeline {PIPELINE} failed in run {run_id}"
    logging.getLogger(__name__).error("%s (for %s)", text, ON_FAILURE)
    body = json.dumps({"text": text, "pipeline": PIPELINE, "run": run_id}).encode()  #? webhook
    headers = {"Content-Type": "application/json"}  #? webhook
    urlopen(Request(ON_FAILURE, data=body, headers=headers), timeout=30).close()  #? webhook
    send_email([ON_FAILURE], text, escape(text))  #? mail
