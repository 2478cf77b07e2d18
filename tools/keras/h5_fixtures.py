"""Writes test/fixtures/keras/tiny*: one small network in each of Keras's file formats, and what Keras computes with it.

The network has every kind of layer that our bases have. Files of Keras 2 come from tf_keras; no Keras 1 runs today, so
its layout is written by h5py, with the names that Keras 1 gave. All are packed by gzip: HDF5 files are mostly empty.
"""

import gzip
import json
import os
import tempfile
from pathlib import Path

import h5py
import keras
import numpy
import tf_keras

FOLDER = Path(__file__).parents[2] / "test" / "fixtures" / "keras"
KERAS_1 = {
    "kernel": "W",
    "depthwise_kernel": "depthwise_kernel",
    "bias": "b",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "running_mean",
    "moving_variance": "running_std",
}


def tiny(library):
    """8 x 8 x 3 to 5 classes; a residual block in the middle, layers of one class more than once."""
    layers = library.layers
    pixels = library.Input((8, 8, 3), name="pixels")
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="pad")(pixels)
    x = layers.Conv2D(4, 3, strides=2, use_bias=False, name="stem_conv")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name="stem_bn")(x)
    stem = layers.ReLU(6.0, name="stem_relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="block_depthwise")(stem)
    x = layers.BatchNormalization(scale=False, name="block_bn")(x)
    x = layers.Activation("relu", name="block_relu")(x)
    x = layers.Conv2D(4, 1, name="block_project")(x)
    x = layers.Add(name="block_add")([stem, x])
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.DepthwiseConv2D(2, padding="same", depth_multiplier=2, name="wide_depthwise")(x)
    x = layers.AveragePooling2D(2, strides=1, padding="same", name="average")(x)
    x = layers.GlobalAveragePooling2D(name="flat")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.Dense(5, activation="softmax", name="classes")(x)
    return library.Model(pixels, x, name="tiny")


def seeded(model):
    """Weights of one size, variances positive."""
    random = numpy.random.default_rng(7)
    values = [random.normal(size=variable.shape).astype("float32") for variable in model.weights]
    named = zip(model.weights, values)
    model.set_weights([abs(value) + 0.5 if "variance" in variable.name else value for variable, value in named])


def write_keras_1(path, model):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = []
            for variable in layer.weights:
                role = variable.name.split("/")[-1].split(":")[0]
                names.append(f"{layer.name}_{KERAS_1[role]}_1:0".encode())
                group.create_dataset(names[-1], data=variable.numpy())
            group.attrs["weight_names"] = names


def main():
    keras.utils.set_random_seed(7)
    two, three = tiny(tf_keras), tiny(keras)
    seeded(two)
    three.set_weights(two.get_weights())
    pixels = numpy.random.default_rng(8).uniform(-1, 1, size=(3, 8, 8, 3)).astype("float32")
    outputs = three.predict(pixels, verbose=0)
    numpy.testing.assert_allclose(outputs, two.predict(pixels, verbose=0), rtol=1e-5, atol=1e-6)
    row = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.ReLU(), keras.layers.Dense(2)])
    # Compiled by itself: what is compiled here would carry the path of this file.
    plus_one = eval(compile("lambda x: x + 1", "code", "eval"))
    code = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(plus_one)])

    writers = {
        "tiny-keras1-weights.h5": lambda path: write_keras_1(path, two),
        "tiny-keras2-weights.h5": two.save_weights,
        "tiny-keras2.h5": two.save,
        "tiny-keras2.keras": two.save,
        "tiny-keras3.h5": three.save,
        "tiny-keras3.keras": three.save,
        "tiny-keras3.weights.h5": three.save_weights,
        "row-keras3.keras": row.save,
        "code-keras3.keras": code.save,
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, write in writers.items():
            path = os.path.join(folder, name)
            write(path)
            (FOLDER / f"{name}.gz").write_bytes(gzip.compress(Path(path).read_bytes(), mtime=0))
    golden = {
        "pixels": [round(float(value), 9) for value in pixels.ravel()],
        "outputs": [float(value) for value in outputs.ravel()],
        "row": {"input": [1, -2, 3], "output": row.predict(numpy.array([[1.0, -2.0, 3.0]]), verbose=0).ravel().tolist()},
    }
    (FOLDER / "tiny.json").write_text(json.dumps(golden) + "\n")


main()
