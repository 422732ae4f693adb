"""Writes real data with predictions as Parquet, and what scikit-learn measures on it as JSON. Usage: reference.py FOLDER"""

import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn import datasets, linear_model, metrics, model_selection, naive_bayes, pipeline, preprocessing, tree


def ece(y, s):
    """Ten bins of equal width. scikit-learn has none, so this is the definition, row by row."""
    bins = np.minimum(np.floor(s * 10), 9)
    return sum(abs(s[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))


def binary(y, s, threshold):
    called = s >= threshold
    tn, fp, _, _ = metrics.confusion_matrix(y, called, labels=[False, True]).ravel()
    return {
        "auc": metrics.roc_auc_score(y, s),
        "ap": metrics.average_precision_score(y, s),
        "log_loss": metrics.log_loss(y, s, labels=[False, True]),
        "brier": metrics.brier_score_loss(y, s),
        "ece": ece(y, s),
        "accuracy": metrics.accuracy_score(y, called),
        "precision": metrics.precision_score(y, called),
        "recall": metrics.recall_score(y, called),
        "f1": metrics.f1_score(y, called),
        "fpr": fp / (fp + tn),
    }


def regression(y, p):
    return {
        "rmse": metrics.mean_squared_error(y, p) ** 0.5,
        "mae": metrics.mean_absolute_error(y, p),
        "medae": metrics.median_absolute_error(y, p),
        "r2": metrics.r2_score(y, p),
        "mape": metrics.mean_absolute_percentage_error(y, p),
        "max_error": metrics.max_error(y, p),
        "bias": float(np.mean(p - y)),
    }


def multiclass(y, p):
    return {
        "accuracy": metrics.accuracy_score(y, p),
        "macro_f1": metrics.f1_score(y, p, average="macro", zero_division=0),
        "macro_precision": metrics.precision_score(y, p, average="macro", zero_division=0),
        "macro_recall": metrics.recall_score(y, p, average="macro", zero_division=0),
        "weighted_f1": metrics.f1_score(y, p, average="weighted", zero_division=0),
        "kappa": metrics.cohen_kappa_score(y, p),
    }


def case(folder, name, evaluation, columns, params, slices, measure):
    pq.write_table(pa.table({**columns, **slices}), folder / f"{name}.parquet", row_group_size=100)
    groups = {by: {str(key): {"rows": int((values == key).sum()), "values": measure(values == key)} for key in np.unique(values)} for by, values in slices.items()}
    everything = np.ones(len(next(iter(columns.values()))), dtype=bool)
    return {"name": name, "evaluation": evaluation, "params": params, "slices": list(slices), "values": measure(everything), "groups": groups}


def main(folder):
    cases = []

    x, y = datasets.load_breast_cancer(return_X_y=True)
    y = y == 1
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression(C=0.01))
    smooth = model_selection.cross_val_predict(model, x[:, :2], y, method="predict_proba")[:, 1]
    area = np.array(["small", "middle", "large"])[np.digitize(x[:, 3], [450, 700])]
    # A shallow tree gives few different scores: many ties, among them 0 and 1.
    steps = model_selection.cross_val_predict(tree.DecisionTreeClassifier(max_depth=3, random_state=7), x, y, method="predict_proba")[:, 1]
    for name, score, threshold in [("cancer", smooth, 0.5), ("cancer-ties", steps, 0.3), ("cancer-float32", smooth.astype("float32"), 0.7)]:
        exact = score.astype("float64")
        cases.append(case(folder, name, "binary", {"benign": y, "score": score}, {"truth": "benign", "score": "score", "threshold": threshold}, {"area": area}, lambda rows, s=exact, t=threshold: binary(y[rows], s[rows], t)))

    x, y = datasets.load_diabetes(return_X_y=True)
    prediction = model_selection.cross_val_predict(linear_model.LinearRegression(), x, y)
    sex = np.where(x[:, 1] > 0, "a", "b")
    for name, truth in [("diabetes", y), ("diabetes-with-zeros", np.where(y < 60, 0.0, y))]:
        cases.append(case(folder, name, "regression", {"progression": truth, "prediction": prediction}, {"truth": "progression", "prediction": "prediction"}, {"sex": sex}, lambda rows, t=truth: regression(t[rows], prediction[rows])))

    x, y = datasets.load_digits(return_X_y=True)
    predicted = model_selection.cross_val_predict(naive_bayes.GaussianNB(), x, y)
    ink = np.where(x.sum(axis=1) > 313, "bold", "thin")
    for name, guess in [("digits", predicted), ("digits-never-eight", np.where(predicted == 8, 1, predicted))]:
        cases.append(case(folder, name, "multiclass", {"digit": y, "predicted": guess}, {"truth": "digit", "predicted": "predicted"}, {"ink": ink}, lambda rows, g=guess: multiclass(y[rows], g[rows])))

    (folder / "expected.json").write_text(json.dumps(cases))


main(pathlib.Path(sys.argv[1]))
