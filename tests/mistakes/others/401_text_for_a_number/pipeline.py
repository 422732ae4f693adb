from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output


@dsl.component(packages_to_install=["pandas"])
def load(rows: Output[Dataset]):
    import pandas as pd

    pd.DataFrame({"tenure": [1, 2], "churned": [0, 1]}).to_csv(rows.path)


@dsl.component
def train(rows: Input[Dataset], model: Output[Model], depth: int = 6):
    open(model.path, "w").write(str(depth))


@dsl.pipeline
def pipeline():
    rows = load().outputs["rows"]
    train(rows=rows, depth="8")


compiler.Compiler().compile(pipeline, "pipeline.yaml")
