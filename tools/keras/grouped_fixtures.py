"""Writes test/fixtures/keras/grouped*: convolutions in groups of several channels, elu, selu and mish, and, by Keras 2,
layers whose names contain a slash (as those of its MobileNetV3), in a model and in a model inside a model.
"""

import gzip
import json
import os
import tempfile
from pathlib import Path

import keras
import numpy
import tf_keras

from noise import fill, noise

FOLDER = Path(__file__).parents[2] / "test" / "fixtures" / "keras"


def base(library, between):
    layers = library.layers
    named = lambda part: f"block{between}{part}"
    photo = library.Input((12, 12, 3), name="photo")
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="elu", name=named("conv"))(photo)
    x = layers.Conv2D(12, 3, padding="same", groups=4, activation="selu", name=named("grouped"))(x)
    x = layers.BatchNormalization(name=named("norm"))(x)
    x = layers.Activation("mish", name=named("mish"))(x)
    x = layers.DepthwiseConv2D(3, name=named("depthwise"))(x)
    x = layers.ELU(name=named("elu"))(x)
    x = layers.Conv2D(4, 3, strides=2, groups=2, use_bias=False, name=named("strided"))(x)
    return library.Model(photo, x, name="base")


def whole(library, between, nested):
    inner = base(library, between)
    top = [library.layers.GlobalAveragePooling2D(name="pool"), library.layers.Dense(2, name="classes")]
    if nested:
        return library.Sequential([library.Input((12, 12, 3)), inner, *top], name="outer"), inner
    x = inner.output
    for layer in top:
        x = layer(x)
    return library.Model(inner.input, x, name="whole"), inner


def main():
    pixels = noise("pixels", 2 * 12 * 12 * 3, -1, 1).reshape((2, 12, 12, 3))
    features = None
    for kind, library, between in (("keras2", tf_keras, "/"), ("keras3", keras, "_")):
        for nested in (False, True):
            model, inner = whole(library, between, nested)
            fill(model)
            found = numpy.array(inner(pixels, training=False))
            assert features is None or numpy.abs(found - features).max() < 1e-5, (kind, nested)
            features = found
            for ending in ("keras", "h5"):
                with tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, f"grouped.{ending}")
                    model.save(path)
                    target = FOLDER / f"grouped-{kind}{'-nested' if nested else ''}.{ending}.gz"
                    target.write_bytes(gzip.compress(Path(path).read_bytes(), mtime=0))
                    print(target.name, target.stat().st_size)
    expected = {"shape": list(features.shape[1:]), "values": [float(f"{x:.8g}") for x in features.ravel()]}
    (FOLDER / "grouped.json.gz").write_bytes(gzip.compress(json.dumps(expected).encode(), mtime=0))


main()
