"""Writes test/fixtures/keras/networks.json.gz: what every layer of Keras's applications computes with made-up weights.

The weights come from `noise.py` and go through files of the published layout: tf_keras (Keras 2) writes them, Keras 3
reads them. With a folder given the files are left there, for the tests to read them (KERAS_FILES=folder).
"""

import gzip
import json
import sys
import tempfile
from pathlib import Path

import keras
import numpy
import tf_keras

from noise import noise, weight

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "networks.json.gz"
SIZE, IMAGES, SAMPLES = 96, 2, 64
NETWORKS = {
    "vgg16": ("VGG16", {}),
    "mobilenet_v2": ("MobileNetV2", {"alpha": 0.35}),
    "resnet50": ("ResNet50", {}),
}


def built(library, name, options):
    return getattr(library.applications, name)(weights=None, include_top=False, input_shape=(SIZE, SIZE, 3), **options)


def write_published(path, name, options):
    """The file as Keras publishes such: `layer_names`, and `layer/role:0` in each layer's group."""
    model = built(tf_keras, name, options)
    for layer in model.layers:
        roles = [variable.name.split("/")[-1].split(":")[0] for variable in layer.weights]
        layer.set_weights([weight(f"{layer.name}/{role}", variable.shape) for role, variable in zip(roles, layer.weights)])
    model.save_weights(path)


def described(output, layer):
    """Values at places drawn from the layer's name, and what is left of the rest."""
    places = (noise(f"places of {layer}", SAMPLES, 0, 1).astype(numpy.float64) * output.size).astype(int)
    flat = output.ravel().astype(numpy.float64)
    summary = {"largest": abs(flat).max(), "mean": flat.mean(), "deviation": flat.std()}
    rounded = {key: float(f"{value:.8g}") for key, value in summary.items()}
    return {"shape": output.shape[1:], **rounded, "samples": [float(f"{value:.8g}") for value in flat[places]]}


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    pixels = noise("pixels", IMAGES * SIZE * SIZE * 3).reshape((IMAGES, SIZE, SIZE, 3))
    golden = {}
    for key, (name, options) in NETWORKS.items():
        path = folder / f"{key}.h5"
        write_published(str(path), name, options)
        model = built(keras, name, options)
        model.load_weights(path)
        layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
        outputs = keras.Model(model.input, [layer.output for layer in layers]).predict(pixels, verbose=0)
        golden[key] = {layer.name: described(output, layer.name) for layer, output in zip(layers, outputs)}
    text = json.dumps({"size": SIZE, "pictures": IMAGES, "networks": golden}, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{sum(map(len, golden.values()))} layers, {TARGET.stat().st_size} bytes")


main()
