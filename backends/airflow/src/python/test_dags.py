@pytest.fixture(scope="module", params=list(DAGS))
def loaded(request):
    known = signature(DagBag).parameters
    alone = {"include_examples": False} if "include_examples" in known else {}
    bag = DagBag(dag_folder=str(FOLDER / request.param), **alone)
    return bag, DAGS[request.param]


def test_it_loads(loaded):
    bag, expected = loaded
    assert bag.import_errors == {}
    assert list(bag.dags) == [expected["dag_id"]]


def test_tasks_and_their_order(loaded):
    bag, expected = loaded
    dag = bag.dags[expected["dag_id"]]
    found = {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}
    assert found == expected["tasks"]


def test_what_fails_for_no_reason_is_tried_again(loaded):
    bag, expected = loaded
    dag = bag.dags[expected["dag_id"]]
    retries = {task.task_id: task.retries for task in dag.tasks}
    assert retries == expected["retries"]


def test_no_field_is_a_template(loaded):
    bag, expected = loaded
    dag = bag.dags[expected["dag_id"]]
    assert [task.task_id for task in dag.tasks if task.template_fields] == []


def test_parameters_and_tags(loaded):
    bag, expected = loaded
    dag = bag.dags[expected["dag_id"]]
    assert sorted(dag.params) == expected["params"]
    assert sorted(dag.tags) == expected["tags"]
    assert dag.catchup is expected["catchup"]


def test_the_plan_lies_beside_it(loaded):
    _, expected = loaded
    plan = json.loads((FOLDER / expected["plan"]).read_text())
    nodes = plan["pipelines"][expected["pipeline"]]["nodes"]
    assert len(nodes) == len(expected["tasks"])
