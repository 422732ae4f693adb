"""Learning and scoring: two plain functions that know nothing of pipelines."""

import tempfile
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

TRUTH = "late"
WHEN = "time_hour"  # rows are split by it; a date that never comes back teaches nothing
WORDS = ["carrier", "origin", "dest"]


def _inputs(rows: pd.DataFrame, words: dict[str, list[str]]) -> pd.DataFrame:
    # A word that training never met is a missing value, not an error.
    known = {name: pd.Categorical(rows[name], categories=seen) for name, seen in words.items()}
    return rows.assign(**known)


def fit(train: pd.DataFrame, depth: int, seed: int) -> Path:
    """Learns from every column that is there, so the contract alone decides what the model sees."""
    columns = [name for name in train.columns if name not in (TRUTH, WHEN)]
    words = {name: sorted(train[name].astype(str).unique()) for name in columns if name in WORDS}
    trees = HistGradientBoostingClassifier(
        max_depth=depth, categorical_features="from_dtype", random_state=seed
    )
    trees.fit(_inputs(train[columns], words), train[TRUTH].astype(bool))

    folder = Path(tempfile.mkdtemp())
    joblib.dump({"trees": trees, "columns": columns, "words": words}, folder / "model.joblib")
    return folder


def score(model: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as they came, and how likely each of them is to arrive late."""
    saved = joblib.load(model / "model.joblib")
    inputs = _inputs(rows[saved["columns"]], saved["words"])
    return rows.assign(score=saved["trees"].predict_proba(inputs)[:, 1])
