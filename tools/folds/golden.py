"""Writes what scikit-learn and numpy say about folds into test/fixtures/folds.json (scikit-learn 1.x, numpy)."""
import json
import os

import numpy
from sklearn import metrics
from sklearn.model_selection import StratifiedKFold

balance = []
for counts in ([24, 24, 24, 24], [40, 7, 13, 5], [31, 32, 33, 34], [5, 6, 7, 8]):
    for folds in (2, 3, 5):
        labels = numpy.repeat(numpy.arange(len(counts)), counts)
        parts = StratifiedKFold(folds, shuffle=True, random_state=0).split(labels, labels)
        held_out = [numpy.bincount(labels[test], minlength=len(counts)) for _, test in parts]
        balance.append({"counts": counts, "folds": folds, "sizes": numpy.stack(held_out, axis=1).tolist()})

random = numpy.random.default_rng(1)
deviations = []
for folds in (2, 3, 5, 10):
    values = random.random(folds)
    deviations.append({"values": values.tolist(), "mean": values.mean(), "sd": values.std(ddof=1)})

# Images of several classes: the metrics of each fold at one threshold per class, their means and deviations.
truth = (random.random((30, 3)) < [0.6, 0.4, 0.2]).astype(int)
scores = (0.8 * random.random((30, 3)) + 0.15 * truth).astype("float32").astype("float64")
thresholds = [0.5, 0.45, 0.4]
decided = (scores >= thresholds).astype(int)
fold = numpy.arange(30) % 4


def averages(average, rows):
    values = metrics.precision_recall_fscore_support(truth[rows], decided[rows], average=average, zero_division=0)
    return {f"{average}_{name}": value for name, value in zip(("precision", "recall", "f1"), values)}


measured = [
    {
        "mAP": metrics.average_precision_score(truth[rows], scores[rows], average="macro"),
        **averages("macro", rows),
        **averages("micro", rows),
        "subset_accuracy": metrics.accuracy_score(truth[rows], decided[rows]),
        "hamming_loss": metrics.hamming_loss(truth[rows], decided[rows]),
    }
    for rows in (fold == number for number in range(4))
]
multilabel = {
    "truth": truth.tolist(),
    "scores": scores.tolist(),
    "fold": fold.tolist(),
    "thresholds": thresholds,
    "confusion": metrics.multilabel_confusion_matrix(truth, decided).tolist(),
    "average_precision": metrics.average_precision_score(truth, scores, average=None).tolist(),
    "means": {name: numpy.mean([one[name] for one in measured]) for name in measured[0]},
    "deviations": {name: numpy.std([one[name] for one in measured], ddof=1) for name in measured[0]},
}

path = os.path.join(os.path.dirname(__file__), "..", "..", "test", "fixtures", "folds.json")
with open(path, "w") as file:
    json.dump({"balance": balance, "deviations": deviations, "multilabel": multilabel}, file)
    file.write("\n")
