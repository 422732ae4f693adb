"""Learning and scoring: two plain functions that know nothing of pipelines."""

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

TRUTH = "late"
WHEN = "time_hour"  # rows are split by it; a date that never comes back teaches nothing
WORDS = ["carrier", "origin", "dest"]


def _inputs(rows: pd.DataFrame, words: dict[str, list[str]]) -> pd.DataFrame:
    # A word that training never met is a missing value, not an error.
    known = {name: pd.Categorical(rows[name], categories=seen) for name, seen in words.items()}
    return rows.assign(**known)


def fit(train: pd.DataFrame, depth: int, seed: int):
    """Learns from every column that is there, so the contract alone decides what the model sees."""
    columns = [name for name in train.columns if name not in (TRUTH, WHEN)]
    words = {name: sorted(train[name].astype(str).unique()) for name in columns if name in WORDS}
    trees = HistGradientBoostingClassifier(
        max_depth=depth, categorical_features="from_dtype", random_state=seed
    )
    trees.fit(_inputs(train[columns], words), train[TRUTH].astype(bool))

    # Whatever is returned is the model: the runner keeps it, and hands it to `score` as it is.
    return {"trees": trees, "columns": columns, "words": words}


def score(model, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as they came, and how likely each of them is to arrive late."""
    inputs = _inputs(rows[model["columns"]], model["words"])
    return rows.assign(score=model["trees"].predict_proba(inputs)[:, 1])
