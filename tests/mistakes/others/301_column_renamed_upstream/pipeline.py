from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output


@dsl.component(packages_to_install=["pandas"])
def load(rows: Output[Dataset]):
    import pandas as pd

    pd.DataFrame({"account_id": [1, 2], "clicks": [3, 4]}).to_csv(rows.path)


@dsl.component(packages_to_install=["pandas"])
def sessions(rows: Input[Dataset], sessions: Output[Dataset]):
    import pandas as pd

    pd.read_csv(rows.path)[["user_id", "clicks"]].to_csv(sessions.path)


@dsl.pipeline
def pipeline():
    rows = load().outputs["rows"]
    sessions(rows=rows)


compiler.Compiler().compile(pipeline, "pipeline.yaml")
