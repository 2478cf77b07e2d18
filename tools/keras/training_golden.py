"""Writes test/fixtures/keras/training.json: what Keras's own training computes, to compare ours with.

    pip install keras jax
    KERAS_BACKEND=jax python tools/keras/training_golden.py

Steps of a small network under each optimizer with each limit on gradients and with an L2 penalty; learning rates of the
schedules over steps; and of ReduceLROnPlateau over epochs with given losses.
"""

import json
from pathlib import Path

import keras
import numpy

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "training.json"
FEATURES, HIDDEN, ROWS, STEPS = 3, 4, 5, 4
OPTIMIZERS = {
    "sgd": lambda **limits: keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True, **limits),
    "rmsprop": lambda **limits: keras.optimizers.RMSprop(0.05, momentum=0.5, **limits),
    "adam": lambda **limits: keras.optimizers.Adam(0.05, **limits),
}
LIMITS = [None, ("clipnorm", 0.1), ("global_clipnorm", 0.2), ("clipvalue", 0.05)]
PENALTIES = [0.0, 0.02]


def numbers(values):
    return [float(numpy.float32(value)) for value in numpy.asarray(values).ravel()]


def network(start, penalty):
    regularizer = keras.regularizers.L2(penalty) if penalty > 0 else None
    options = {"kernel_regularizer": regularizer}
    layers = [
        keras.layers.Dense(HIDDEN, activation="tanh", name="hidden", **options),
        keras.layers.Dense(1, activation="sigmoid", name="unit", **options),
    ]
    model = keras.Sequential([keras.Input((FEATURES,)), *layers])
    model.set_weights(start)
    return model


def train(kind, limit, penalty, start, batches):
    model = network(start, penalty)
    optimizer = OPTIMIZERS[kind](**({} if limit is None else dict([limit])))
    model.compile(optimizer=optimizer, loss="binary_crossentropy")
    # The loss of each step alone: what is returned is else the mean since the last reset.
    losses = []
    for x, y in batches:
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x, y)))
    weights = {name: numbers(values) for name, values in zip(WEIGHTS, model.get_weights())}
    return {"optimizer": kind, "limit": limit, "l2": penalty, "losses": losses, "weights": weights}


WEIGHTS = ["hidden/kernel", "hidden/bias", "unit/kernel", "unit/bias"]


def schedules():
    steps = list(range(0, 41, 3))
    cosine = keras.optimizers.schedules.CosineDecay
    step = keras.optimizers.schedules.ExponentialDecay
    cases = [
        ({"schedule": {"cosine": {"alpha": 0.0}}, "warmup_epochs": 0}, cosine(0.1, 40)),
        ({"schedule": {"cosine": {"alpha": 0.25}}, "warmup_epochs": 0}, cosine(0.1, 40, alpha=0.25)),
        # Ten steps an epoch: one and a half of four epochs to warm up.
        ({"schedule": {"cosine": {"alpha": 0.1}}, "warmup_epochs": 1.5}, cosine(0.0, 25, alpha=0.1, warmup_target=0.1, warmup_steps=15)),
        ({"schedule": {"step": {"every": 2, "factor": 0.5}}, "warmup_epochs": 0}, step(0.1, 20, 0.5, staircase=True)),
    ]
    return [{**config, "steps": steps, "rates": [float(schedule(s)) for s in steps]} for config, schedule in cases]


def plateau(values, **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    callback = keras.callbacks.ReduceLROnPlateau(**options)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        rates.append(float(model.optimizer.learning_rate))
        callback.on_epoch_end(epoch, {options["monitor"]: value})
    return {"options": options, "values": values, "rates": rates}


def main():
    random = numpy.random.default_rng(11)
    start = [random.normal(size=shape).astype("float32") for shape in [(FEATURES, HIDDEN), (HIDDEN,), (HIDDEN, 1), (1,)]]
    draw = lambda: (random.normal(size=(ROWS, FEATURES)).astype("float32"), random.integers(0, 2, (ROWS, 1)).astype("float32"))
    batches = [draw() for _ in range(STEPS)]
    losses = [1.0, 0.5, 0.49995, 0.6, 0.4, 0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.47]
    shared = {"factor": 0.5, "min_delta": 0.0001}
    plateaus = [
        plateau(losses, monitor="val_loss", patience=2, cooldown=0, min_lr=0.0, **shared),
        plateau(losses, monitor="val_loss", patience=1, cooldown=2, min_lr=0.0, **shared),
        plateau(losses, monitor="loss", patience=1, cooldown=0, min_lr=0.03, **shared),
    ]
    trainings = [train(kind, limit, penalty, start, batches) for kind in OPTIMIZERS for limit in LIMITS for penalty in PENALTIES]
    golden = {
        "start": {name: {"shape": list(values.shape), "data": numbers(values)} for name, values in zip(WEIGHTS, start)},
        "batches": [{"features": numbers(x), "targets": numbers(y)} for x, y in batches],
        "trainings": trainings,
        "schedules": schedules(),
        "plateaus": plateaus,
    }
    TARGET.write_text(f"{json.dumps(golden, separators=(',', ':'))}\n")
    print(f"{len(trainings)} trainings, {TARGET.stat().st_size} bytes")


main()
