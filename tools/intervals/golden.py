"""Writes test/fixtures/intervals.json: percentile bootstrap intervals by numpy and scikit-learn.

    pip install -r tools/intervals/requirements.txt
    python tools/intervals/golden.py

Each draw is a sample weight, and the ends of an interval are numpy's quantiles. Figures of a thousand draws are computed
by numpy, by definition (areas and average precisions by comparing all pairs), and those of the first draws are held
against scikit-learn's metrics with that weight. The generator that draws (sfc32, seeded by a SHA-256) is written here a
second time, so that the same images are drawn.
"""

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
MASK = 2**32 - 1


class Sfc32:
    def __init__(self, *key):
        text = json.dumps(key, separators=(",", ":")).encode()
        self.a, self.b, self.c = (int(n) for n in np.frombuffer(hashlib.sha256(text).digest()[:12], "<u4"))
        self.counter = 1

    def bits(self):
        total = (self.a + self.b + self.counter) & MASK
        self.counter = (self.counter + 1) & MASK
        self.a = self.b ^ (self.b >> 9)
        self.b = (self.c + (self.c << 3)) & MASK
        self.c = ((((self.c << 21) & MASK) | (self.c >> 11)) + total) & MASK
        return total

    def below(self, bound):
        while (draw := self.bits()) >= 2**32 - 2**32 % bound:
            pass
        return draw % bound


def draws(sizes, times=1000):
    global checks
    random = Sfc32("bootstrap", *sizes)
    for checks in range(times):
        yield np.concatenate([np.bincount([random.below(n) for _ in range(n)], minlength=n) for n in sizes])


def ends(values):
    values = np.array(values, float)
    values = values[~np.isnan(values)]
    if len(values) == 0 or values.min() == values.max():
        return None
    return [float(end) for end in np.quantile(values, [0.025, 0.975])]


def over_folds(sizes, weights, figure):
    """The mean over folds of a figure of the rows of each; folds without a value are left out."""
    splits = np.cumsum(sizes)[:-1]
    parts = [figure(rows, weights[rows]) for rows in np.split(np.arange(sum(sizes)), splits)]
    return float(np.nanmean(parts))


CHECKED = 3
checks = 0


def check(value, reference):
    """Compares with scikit-learn in the first draws of each case."""
    if checks < CHECKED:
        np.testing.assert_allclose(value, reference(), rtol=0, atol=1e-12)
    return value


def area(truth, scores, weights):
    truth, scores, weights = (all[weights > 0] for all in (truth, scores, weights))
    if len(set(truth)) < 2:
        return np.nan
    has, other = truth == 1, truth == 0
    pairs = np.sign(scores[has][:, None] - scores[other][None, :]) / 2 + 0.5
    value = weights[has] @ pairs @ weights[other] / weights[has].sum() / weights[other].sum()
    return check(value, lambda: sk.roc_auc_score(truth, scores, sample_weight=weights))


def average_precision(truth, scores, weights):
    truth, scores, weights = (all[weights > 0] for all in (truth, scores, weights))
    if not truth.any():
        return 0.0
    above = (scores[None, :] >= scores[:, None]) * weights
    precisions = above @ truth / above.sum(1)
    value = (weights * truth) @ precisions / (weights * truth).sum()
    return check(value, lambda: sk.average_precision_score(truth, scores, sample_weight=weights))


SCORES = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}


def rate(name, hits, called, support):
    part, whole = {"precision": (hits, called), "recall": (hits, support), "f1": (2 * hits, called + support)}[name]
    return part / whole if whole else 0.0


def of_class(name, has, called, weights):
    """A score of one class, by its two columns of 0 and 1; of all classes together by two matrices."""
    times = weights if has.ndim == 1 else weights[:, None]
    value = rate(name, (times * has * called).sum(), (times * called).sum(), (times * has).sum())
    options = {} if has.ndim == 1 else {"average": "micro"}
    return check(value, lambda: SCORES[name](has, called, sample_weight=weights, zero_division=0, **options))


def macro(name, truth, predicted, weights, classes):
    drawn = set(truth[weights > 0])
    kept = [c for c in range(classes) if c in drawn or c not in truth]
    return np.mean([of_class(name, (truth == c).astype(int), (predicted == c).astype(int), weights) for c in kept])


def single(truth, scores, sizes):
    """`scores` has a column for each class."""
    count, classes = scores.shape
    predicted = scores.argmax(1)
    if classes == 2:
        predicted = (scores[:, 1] >= 0.5).astype(int)
    losses = -np.log(np.clip(scores[np.arange(count), truth], 1e-7, 1 - 1e-7))
    whole, per_class = {}, {}

    def add(to, name, value):
        to.setdefault(name, []).append(value)

    for weights in draws(sizes):
        mean = lambda figure: over_folds(sizes, weights, figure)
        add(whole, "loss", mean(lambda rows, w: np.average(losses[rows], weights=w)))
        for name in SCORES:
            add(whole, f"macro_{name}", mean(lambda rows, w: macro(name, truth[rows], predicted[rows], w, classes)))
        if classes == 2:
            add(whole, "roc_auc", mean(lambda rows, w: area(truth[rows], scores[rows, 1], w)))
        for index in range(classes):
            has = (truth == index).astype(int)
            f1 = of_class("f1", has, (predicted == index).astype(int), weights)
            add(per_class, f"f1 {index}", f1 if (weights * has).any() else np.nan)
            column = -scores[:, 1] if classes == 2 and index == 0 else scores[:, index]
            add(per_class, f"roc_auc {index}", area(has, column, weights))
    return named(whole, per_class, classes, ["f1", "roc_auc"])


def hamming(truth, predicted, weights):
    value = np.average(np.mean(truth != predicted, axis=1), weights=weights)
    return check(value, lambda: sk.hamming_loss(truth, predicted, sample_weight=weights))


def multilabel(truth, scores, thresholds, sizes):
    count, classes = truth.shape
    predicted = (scores >= thresholds).astype(int)
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    losses = -np.mean(np.where(truth == 1, np.log(clipped), np.log(1 - clipped)), axis=1)
    right = np.mean((scores > 0.5) == (truth == 1), axis=1)
    whole, per_class = {}, {}

    def add(to, name, value):
        to.setdefault(name, []).append(value)

    def precision(rows, w, index):
        return average_precision(truth[rows, index], scores[rows, index], w)

    def mean_of_drawn(rows, w, each):
        kept = [c for c in range(classes) if truth[rows, c][w > 0].any() or not truth[rows, c].any()]
        return np.mean([each(rows, w, c) for c in kept])

    for weights in draws(sizes):
        mean = lambda figure: over_folds(sizes, weights, figure)
        add(whole, "loss", mean(lambda rows, w: np.average(losses[rows], weights=w)))
        add(whole, "mAP", mean(lambda rows, w: mean_of_drawn(rows, w, precision)))
        add(whole, "binary_accuracy", mean(lambda rows, w: np.average(right[rows], weights=w)))
        add(whole, "hamming_loss", mean(lambda rows, w: hamming(truth[rows], predicted[rows], w)))
        for name in SCORES:
            each = lambda rows, w, c: of_class(name, truth[rows, c], predicted[rows, c], w)
            add(whole, f"macro_{name}", mean(lambda rows, w: mean_of_drawn(rows, w, each)))
            add(whole, f"micro_{name}", mean(lambda rows, w: of_class(name, truth[rows], predicted[rows], w)))
        everything = np.arange(count)
        for index in range(classes):
            drawn = weights[truth[:, index] == 1].sum() > 0
            f1 = of_class("f1", truth[:, index], predicted[:, index], weights)
            add(per_class, f"f1 {index}", f1 if drawn else np.nan)
            add(per_class, f"average_precision {index}", precision(everything, weights, index) if drawn else np.nan)
            add(per_class, f"roc_auc {index}", area(truth[:, index], scores[:, index], weights))
    return named(whole, per_class, classes, ["f1", "average_precision", "roc_auc"])


def named(whole, per_class, classes, names):
    return {
        "whole": {name: ends(values) for name, values in whole.items()},
        "classes": [{name: ends(per_class[f"{name} {index}"]) for name in names} for index in range(classes)],
    }


def case(kind, truth, scores, sizes, result, **more):
    return {"kind": kind, "truth": truth.tolist(), "scores": scores.tolist(), "folds": sizes, **more, **result}


def main():
    random = np.random.default_rng(7)
    cases = {}
    for name, classes, sizes in [
        ("two classes", 2, [24]),
        ("three classes", 3, [20]),
        ("two classes, folds", 2, [10, 9, 9]),
        ("three classes, folds", 3, [11, 10]),
    ]:
        count = sum(sizes)
        truth = np.arange(count) * 7 % classes
        # Eighths and quarters are the same as float32, and some scores are equal.
        second = np.clip(np.round((0.5 + 0.2 * (truth - 0.5) + random.normal(0, 0.25, count)) * 8), 1, 7) / 8
        scores = np.stack([1 - second, second], axis=1)
        if classes > 2:
            scores = random.integers(1, 5, (count, classes)) / 16
            scores[np.arange(count), truth] += random.integers(0, 4, count) / 16
        cases[name] = case("single", truth, scores, sizes, single(truth, scores, sizes))
    for name, sizes in [("several classes", [20]), ("several classes, folds", [9, 8, 8])]:
        count = sum(sizes)
        truth = (random.random((count, 3)) < [0.6, 0.4, 0.2]).astype(int)
        scores = np.clip(np.round((0.25 + 0.35 * truth + random.normal(0, 0.2, truth.shape)) * 16), 1, 15) / 16
        thresholds = [0.5, 0.375, 0.25]
        result = multilabel(truth, scores, thresholds, sizes)
        cases[name] = case("multilabel", truth, scores, sizes, result, thresholds=thresholds)
    Path("test/fixtures/intervals.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")


main()
