"""Writes test/fixtures/keras/nested*: models inside models in each of Keras's formats, and what their bases compute.

`row` is a Sequential of a base and a head, as tutorials save it; `guide` is that of Keras's guide to transfer learning, with
random layers and a Rescaling before the base; `deep` has a base two models down and two layers of one name; `top` ends as
MobileNet v1 does. Files of Keras 2 come from tf_keras. Last is the base alone, by `save_weights`.
"""

import gzip
import json
import os
import tempfile
from pathlib import Path

import keras
import numpy
import tf_keras

FOLDER = Path(__file__).parents[2] / "test" / "fixtures" / "keras"


def base(library):
    layers = library.layers
    pixels = library.Input((8, 8, 3), name="pixels")
    x = layers.Conv2D(4, 3, strides=2, use_bias=False, name="stem")(pixels)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(6.0, name="relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = layers.Conv2D(5, 1, name="point")(x)
    return library.Model(pixels, x, name="base")


def row(library):
    """The base is the first layer; the head has two layers of one class."""
    layers = library.layers
    head = library.Sequential([layers.Dense(4, name="hidden"), layers.Dense(2, name="classes")], name="head")
    return library.Sequential([base(library), layers.GlobalAveragePooling2D(), head], name="row"), lambda model, pixels: model.get_layer("base")(pixels)


def guide(library):
    layers = library.layers
    photo = library.Input((8, 8, 3), name="photo")
    x = layers.RandomFlip("horizontal", name="flip")(photo)
    x = layers.RandomRotation(0.1, name="turn")(x)
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(x)
    inner = base(library)
    inner.trainable = False
    x = inner(x, training=False)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.2, name="drop")(x)
    return library.Model(photo, layers.Dense(2, name="classes")(x), name="guide"), lambda model, pixels: model.get_layer("base")(pixels / 127.5 - 1)


def deep(library):
    layers = library.layers
    inner = library.Sequential([base(library), layers.ReLU(name="last")], name="inner")
    second = library.Sequential([layers.Conv2D(3, 1, name="stem")], name="second")
    model = library.Sequential([inner, second, layers.GlobalAveragePooling2D(), layers.Dense(2, name="classes")], name="deep")
    return model, lambda model, pixels: model.get_layer("second")(model.get_layer("inner")(pixels))


def top(library):
    layers = library.layers
    pixels = library.Input((8, 8, 3), name="pixels")
    x = layers.Conv2D(4, 3, name="stem")(pixels)
    x = layers.GlobalAveragePooling2D(keepdims=True, name="pool")(x)
    x = layers.Dropout(1e-3, name="drop")(x)
    x = layers.Conv2D(10, 1, padding="same", name="conv_preds")(x)
    x = layers.Reshape((10,), name="reshape")(x)
    x = layers.Activation("softmax", name="predictions")(x)
    return library.Model(pixels, x, name="top"), lambda model, pixels: model.get_layer("stem")(pixels)


def seeded(model):
    random = numpy.random.default_rng(7)
    values = [random.normal(size=variable.shape).astype("float32") for variable in model.weights]
    named = zip(model.weights, values)
    model.set_weights([abs(value) + 0.5 if "variance" in variable.name else value for variable, value in named])


def rounded(values):
    return [float(f"{value:.8g}") for value in numpy.array(values).ravel()]


def main():
    pixels = numpy.random.default_rng(8).uniform(0, 255, size=(2, 8, 8, 3)).round().astype("float32")
    golden = {"pixels": [int(value) for value in pixels.ravel()], "outputs": {}}

    def keep(folder, name, save):
        path = os.path.join(folder, name)
        save(path)
        (FOLDER / f"{name}.gz").write_bytes(gzip.compress(Path(path).read_bytes(), mtime=0))

    with tempfile.TemporaryDirectory() as folder:
        for library, release in ((tf_keras, 2), (keras, 3)):
            for build in (row, guide, deep, top):
                library.utils.set_random_seed(7)
                model, maps = build(library)
                seeded(model)
                for ending in ("keras", "h5"):
                    name = f"nested-{build.__name__}-keras{release}.{ending}"
                    keep(folder, name, model.save)
                    golden["outputs"][name] = rounded(maps(model, pixels))
        alone = base(keras)
        seeded(alone)
        keep(folder, "nested-base-keras3.weights.h5", alone.save_weights)
        golden["outputs"]["nested-base-keras3.weights.h5"] = rounded(alone(pixels))
    (FOLDER / "nested.json").write_text(json.dumps(golden) + "\n")


main()
