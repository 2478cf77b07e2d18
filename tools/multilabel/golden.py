"""Writes test/fixtures/multilabel.json: what scikit-learn and Keras compute for images of several classes.

    python3 -m venv venv && venv/bin/pip install -r tools/multilabel/requirements.txt
    KERAS_BACKEND=jax venv/bin/python tools/multilabel/golden.py

Scores are float32, as a network gives them: with ties, with a class that no image has, with images of no class.
"""

import json
import os
import pathlib
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import keras
import numpy
import sklearn
from sklearn import metrics

warnings.filterwarnings("ignore")


def case(seed, rows, classes, thresholds, ties):
    random = numpy.random.default_rng(seed)
    truth = (random.random((rows, classes)) < random.uniform(0.1, 0.7, classes)).astype("int64")
    logits = (random.normal(0, 1.5, (rows, classes)) + 1.2 * (2 * truth - 1)).astype("float32")
    if ties:
        logits = numpy.round(logits)
    if classes > 3:
        truth[:, -1] = 0
    scores = keras.ops.convert_to_numpy(keras.ops.sigmoid(logits))
    if thresholds is None:
        thresholds = best_thresholds(truth, scores)
    decided = (scores.astype("float64") >= numpy.array(thresholds)).astype("int64")
    names = ["precision", "recall", "f1", "support"]
    per_class = metrics.precision_recall_fscore_support(truth, decided, average=None, zero_division=0)
    return {
        "truth": truth.tolist(),
        "scores": scores.astype("float64").tolist(),
        "thresholds": list(thresholds),
        "per_class": {name: values.tolist() for name, values in zip(names, per_class)},
        "confusion": metrics.multilabel_confusion_matrix(truth, decided).tolist(),
        "average_precision": metrics.average_precision_score(truth, scores, average=None).tolist(),
        "best_f1": [best_f1(truth[:, i], scores[:, i]) for i in range(classes)],
        "metrics": {
            "mAP": metrics.average_precision_score(truth, scores, average="macro"),
            **{
                f"{average}_{name}": float(value)
                for average in ("macro", "micro")
                for name, value in zip(
                    names, metrics.precision_recall_fscore_support(truth, decided, average=average, zero_division=0)[:3]
                )
            },
            "subset_accuracy": metrics.accuracy_score(truth, decided),
            "hamming_loss": metrics.hamming_loss(truth, decided),
        },
        "keras": keras_values(truth, logits),
    }


def best_f1(truth, scores):
    """The highest F1 of any threshold."""
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    total = precision + recall
    return float(numpy.max(numpy.where(total > 0, 2 * precision * recall / numpy.where(total > 0, total, 1), 0)))


def best_thresholds(truth, scores):
    """Thresholds that are each one of the scores, as `precision_recall_curve` gives them."""
    found = []
    for column in range(truth.shape[1]):
        precision, recall, thresholds = metrics.precision_recall_curve(truth[:, column], scores[:, column])
        f1 = 2 * precision * recall / numpy.maximum(precision + recall, 1e-12)
        found.append(float(thresholds[int(numpy.argmax(f1[:-1]))]))
    return found


def keras_values(truth, logits):
    """What `compile(loss="binary_crossentropy", metrics=["binary_accuracy"])` reports, with weights of the samples too."""
    target = truth.astype("float32")
    weights = numpy.linspace(0.5, 2, len(truth)).astype("float32")
    scores = keras.ops.sigmoid(logits)
    loss = keras.losses.BinaryCrossentropy()
    accuracy = keras.metrics.BinaryAccuracy()
    accuracy.update_state(target, scores)

    def weighted(x):
        return keras.losses.BinaryCrossentropy(from_logits=True)(target, x, sample_weight=weights)

    return {
        "logits": logits.astype("float64").tolist(),
        "weights": weights.astype("float64").tolist(),
        "loss": float(loss(target, scores)),
        "weighted_loss": float(weighted(logits)),
        "weighted_gradient": numpy.asarray(jax.grad(weighted)(logits)).astype("float64").tolist(),
        "binary_accuracy": float(accuracy.result()),
    }


def main():
    fixture = {
        "made_by": f"scikit-learn {sklearn.__version__}, Keras {keras.__version__}",
        "cases": {
            "three classes": case(1, 40, 3, [0.5, 0.5, 0.5], ties=False),
            "two classes": case(2, 24, 2, [0.5, 0.5], ties=False),
            "ties, and a class without images": case(3, 40, 5, [0.5] * 5, ties=True),
            "a threshold per class": case(4, 40, 4, [0.2, 0.7, 0.55, 0.4], ties=False),
            "thresholds of the highest F1": case(5, 40, 3, None, ties=True),
        },
    }
    path = pathlib.Path(__file__).parents[2] / "test/fixtures/multilabel.json"
    path.write_text(json.dumps(fixture) + "\n")


main()
