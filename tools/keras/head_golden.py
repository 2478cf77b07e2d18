"""Writes test/fixtures/keras/heads.json.gz: losses and weights of small heads after 1 and 20 steps of Keras's optimizers.

Start weights, features, targets, sample weights and dropout masks come from `noise.py`; the masks stand for dropout,
whose own draws no two programs share. Epsilons and rates are Keras's defaults unless said.
"""

import gzip
import json
from pathlib import Path

import keras
import numpy
import tensorflow

from noise import noise, weight

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "heads.json.gz"
FEATURES, HIDDEN, COUNT, STEPS = 20, 8, 16, 20
OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "rmsprop with momentum": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5),
    "adam": lambda: keras.optimizers.Adam(0.01),
}


def head(units):
    layers = keras.layers
    features, mask = keras.Input((FEATURES,), name="features"), keras.Input((HIDDEN,), name="mask")
    x = layers.Dense(HIDDEN, activation="relu", name="hidden")(features)
    x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.Multiply(name="drop")([x, mask])
    x = layers.Dense(units, activation="sigmoid" if units == 1 else "softmax", name="classes")(x)
    model = keras.Model([features, mask], x)
    for layer in model.layers:
        layer.set_weights([weight(f"{layer.name}/{variable.name}", variable.shape) for variable in layer.weights])
    return model


def batch(step, units):
    features = noise(f"features {step}", COUNT * FEATURES).reshape((COUNT, FEATURES))
    classes = (noise(f"classes {step}", COUNT, 0, 1) * max(units, 2)).astype(int)
    targets = classes[:, None].astype("float32") if units == 1 else numpy.eye(units, dtype="float32")[classes]
    sample_weights = noise(f"sample weights {step}", COUNT, 0.5, 1.5)
    mask = numpy.where(noise(f"mask {step}", COUNT * HIDDEN) < 0, 0, 2).astype("float32").reshape((COUNT, HIDDEN))
    return features, mask, targets, sample_weights


def trained(units, optimizer):
    model = head(units)
    loss_of = keras.losses.BinaryCrossentropy() if units == 1 else keras.losses.CategoricalCrossentropy()
    losses, kept = [], {}
    for step in range(STEPS):
        features, mask, targets, sample_weights = batch(step, units)
        with tensorflow.GradientTape() as tape:
            loss = loss_of(targets, model([features, mask], training=True), sample_weight=sample_weights)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
        losses.append(float(f"{float(loss):.8g}"))
        if step + 1 in (1, STEPS):
            named = {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}
            kept[step + 1] = {name: [float(f"{value:.8g}") for value in variable.numpy().ravel()] for name, variable in named.items()}
    return {"units": units, "losses": losses, "weights": kept}


def main():
    cases = [
        {"optimizer": name, "learningRate": float(make().learning_rate.numpy()), **trained(units, make())}
        for units in (1, 3)
        for name, make in OPTIMIZERS.items()
    ]
    sizes = {"features": FEATURES, "hidden": HIDDEN, "count": COUNT}
    TARGET.write_bytes(gzip.compress(json.dumps({**sizes, "cases": cases}, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(cases)} cases, {TARGET.stat().st_size} bytes")


main()
