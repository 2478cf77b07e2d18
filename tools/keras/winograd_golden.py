"""Writes test/fixtures/keras/winograd.json.gz: what Keras computes where this tool computes convolutions in tiles.

A network whose convolutions of 3 x 3 pixels are large enough for Winograd's algorithm (src/engine/onnx/winograd-rule.ts):
the output of each layer with ReLU and max pooling; and with smooth layers in their place, the gradient of each weight, and
what steps of training add to it. Images and weights come from `noise.py`. Only values at places drawn from a tensor's name
are kept.
"""

import gzip
import json
from pathlib import Path

import keras
import numpy
import tensorflow

from noise import noise, weight

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "winograd.json.gz"
SHAPE, COUNT, SAMPLES, STEPS = (34, 32, 3), 2, 200, 3
RATE, MOMENTUM = 0.02, 0.9


def network(activation, pool):
    layers = keras.layers
    x = image = keras.Input(SHAPE, name="image")
    x = layers.Conv2D(128, 3, padding="same", activation=activation, name="stem")(x)
    x = layers.Conv2D(128, 3, padding="same", activation=activation, name="same")(x)
    x = layers.ZeroPadding2D(((2, 2), (0, 2)), name="zeros")(x)
    x = layers.Conv2D(128, 3, activation=activation, name="uneven")(x)
    x = pool(2, name="pool")(x)
    x = layers.Conv2D(512, 1, activation=activation, name="widen")(x)
    x = layers.Conv2D(512, 3, padding="same", use_bias=False, name="wide")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dense(1, activation="sigmoid", name="unit")(x)
    model = keras.Model(image, x)
    for layer in model.layers:
        layer.set_weights([weight(f"{layer.name}/{variable.name}", variable.shape) for variable in layer.weights])
    return model


def batch(step):
    images = noise(f"images {step}", COUNT * int(numpy.prod(SHAPE))).reshape((COUNT, *SHAPE))
    return images, numpy.arange(COUNT, dtype=numpy.float32)[:, None], noise(f"sample weights {step}", COUNT, 0.5, 1.5)


def named(model):
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}


def sampled(name, values):
    """The largest magnitude, and values at places drawn from the name."""
    flat = numpy.asarray(values).ravel().astype(numpy.float64)
    places = (noise(f"places of {name}", SAMPLES, 0, 1).astype(numpy.float64) * flat.size).astype(int)
    rounded = [float(f"{value:.8g}") for value in (abs(flat).max(), *flat[places])]
    return {"size": flat.size, "largest": rounded[0], "samples": rounded[1:]}


def gradients(model, step):
    images, targets, sample_weights = batch(step)
    with tensorflow.GradientTape() as tape:
        loss = keras.losses.BinaryCrossentropy()(targets, model(images, training=True), sample_weight=sample_weights)
    return float(f"{float(loss):.8g}"), tape.gradient(loss, model.trainable_weights)


def main():
    model = network("relu", keras.layers.MaxPooling2D)
    layers = model.layers[1:]
    outputs = keras.Model(model.input, [layer.output for layer in layers])(batch(0)[0])
    golden = {"count": COUNT, "rate": RATE, "momentum": MOMENTUM}
    golden["outputs"] = {layer.name: sampled(layer.name, output) for layer, output in zip(layers, outputs)}
    # A maximum has a kink, where rounding decides which side of it a pixel is on, and its gradient with it.
    model = network("elu", keras.layers.AveragePooling2D)
    _, first = gradients(model, 0)
    golden["gradients"] = {name: sampled(name, gradient) for name, gradient in zip(named(model), first)}
    start = {name: variable.numpy() for name, variable in named(model).items()}
    optimizer, golden["losses"] = keras.optimizers.SGD(RATE, momentum=MOMENTUM), []
    for step in range(STEPS):
        loss, by_weight = gradients(model, step)
        golden["losses"].append(loss)
        optimizer.apply_gradients(zip(by_weight, model.trainable_weights))
    golden["changes"] = {name: sampled(name, variable.numpy() - start[name]) for name, variable in named(model).items()}
    TARGET.write_bytes(gzip.compress(json.dumps(golden, separators=(",", ":")).encode(), mtime=0))
    print(f"losses {golden['losses']}, {TARGET.stat().st_size} bytes")


main()
