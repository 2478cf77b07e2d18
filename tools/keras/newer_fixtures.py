"""Writes test/fixtures/keras/newer*: a small network of the kinds of layers that networks since 2016 have, as each Keras
saves it, and what it computes.

Its pixels are prepared by layers of its own, one of them adapted; it multiplies, joins and scales, drops whole blocks
and calculates between layers, as EfficientNet, MobileNetV3, ConvNeXt, NASNet and InceptionResNetV2 do.
"""

import gzip
import importlib
import json
import os
import tempfile
from pathlib import Path

import keras
import numpy
import tf_keras

from noise import fill, noise

FOLDER = Path(__file__).parents[2] / "test" / "fixtures" / "keras"


def built(library, source):
    layers = library.layers
    layer_scale = importlib.import_module(f"{source}.applications.convnext").LayerScale
    scaled_sum = importlib.import_module(f"{source}.applications.inception_resnet_v2").CustomScaleLayer
    photo = library.Input((16, 16, 3), name="photo")
    x = photo / 127.5 - 1
    adapted = layers.Normalization(name="normal")
    x = adapted(x)
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 1.5, 2.0], name="fixed")(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.SeparableConv2D(8, 3, padding="same", activation="swish", name="separable")(x)
    pooled = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    gate = layers.Conv2D(8, 1, name="expand")(pooled)
    gate = layers.ReLU(6.0, name="bounded")(gate + 3.0) * (1.0 / 6.0)
    y = layers.Multiply(name="excite")([x, gate])
    y = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1), name="drop")(y)
    x = layers.Add(name="sum")([x, y])
    y = layers.Conv2D(8, 7, padding="same", groups=8, name="grouped")(x)
    y = layers.LayerNormalization(epsilon=1e-6, name="norm")(y)
    y = layers.Dense(16, name="wide")(y)
    y = layers.Activation("gelu", name="gelu")(y)
    y = layers.Dense(8, name="narrow")(y)
    y = layer_scale(1e-6, 8, name="scale")(y)
    x = x + y
    x = scaled_sum(0.17, name="share")([x, y])
    x = layers.Cropping2D(((1, 0), (0, 1)), name="crop")(x)
    x = layers.Concatenate(name="join")([x, layers.Reshape((7, 7, 8), name="shape")(layers.Flatten(name="flat")(x))])
    top = layers.GlobalAveragePooling2D(name="pool")(x)
    return library.Model(photo, layers.Dense(2, name="classes")(top), name="newer"), library.Model(photo, x)


def main():
    pixels = noise("pixels", 2 * 16 * 16 * 3, 0, 255).reshape((2, 16, 16, 3))
    expected = {}
    for kind, library, source in (("keras2", tf_keras, "tf_keras.src"), ("keras3", keras, "keras.src")):
        model, base = built(library, source)
        fill(model)
        features = numpy.array(base(pixels, training=False))
        expected[kind] = {"shape": list(features.shape[1:]), "values": [float(f"{x:.8g}") for x in features.ravel()]}
        for ending in ("keras", "h5"):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, f"newer.{ending}")
                model.save(path)
                target = FOLDER / f"newer-{kind}.{ending}.gz"
                target.write_bytes(gzip.compress(Path(path).read_bytes(), mtime=0))
                print(target.name, target.stat().st_size)
    (FOLDER / "newer.json.gz").write_bytes(gzip.compress(json.dumps(expected).encode(), mtime=0))


main()
