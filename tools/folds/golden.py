"""Writes what scikit-learn and numpy say about folds into test/fixtures/folds.json (scikit-learn 1.x, numpy)."""
import json
import os

import numpy
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

path = os.path.join(os.path.dirname(__file__), "..", "..", "test", "fixtures", "folds.json")
with open(path, "w") as file:
    json.dump({"balance": balance, "deviations": deviations}, file)
    file.write("\n")
