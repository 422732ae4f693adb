from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output


@dsl.component(packages_to_install=["pandas"])
def load(rows: Output[Dataset]):
    import pandas as pd

    pd.DataFrame({"tenure": [1, 2], "churned": [0, 1]}).to_csv(rows.path)


@dsl.component
def train(rows: Input[Dataset], model: Output[Model], depth: int = 6):
    open(model.path, "w").write(str(depth))


@dsl.component
def evaluate(model: Input[Model], rows: Input[Dataset]) -> float:
    return 0.71


@dsl.component
def deploy(model: Input[Model]):
    pass


@dsl.pipeline
def pipeline():
    rows = load().outputs["rows"]
    model = train(rows=rows).outputs["model"]
    auc = evaluate(model=model, rows=rows)
    with dsl.If(auc.output >= 70.0):
        deploy(model=model)


compiler.Compiler().compile(pipeline, "pipeline.yaml")
