"""Frozen MobileNetV2-0.35 with a small head, as Keras trains it, once for each seed; a line of JSON each.

    python accuracy.py PHOTOGRAPHS WEIGHTS SEED...

WEIGHTS is the folder of a TF.js layers-model. The base is frozen and nothing is varied, so its features are computed once.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy
from keras import layers
from keras.applications import mobilenet_v2
from keras.src.legacy.preprocessing.image import ImageDataGenerator


def stored_weights(folder):
    with open(os.path.join(folder, "model.json")) as file:
        (manifest,) = json.load(file)["weightsManifest"]
    numbers = numpy.concatenate([numpy.fromfile(os.path.join(folder, path), "<f4") for path in manifest["paths"]])
    weights, start = {}, 0
    for entry in manifest["weights"]:
        size = int(numpy.prod(entry["shape"]))
        weights[entry["name"]] = numbers[start : start + size].reshape(entry["shape"])
        start += size
    assert start == len(numbers)
    return weights


def frozen_base(folder):
    base = mobilenet_v2.MobileNetV2(alpha=0.35, weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3))
    stored = stored_weights(folder)
    for layer in base.layers:
        for variable in layer.weights:
            name = "depthwise_kernel" if isinstance(layer, layers.DepthwiseConv2D) else variable.name
            variable.assign(stored.pop(f"{layer.name}/{name}"))
    assert not stored, sorted(stored)
    return base


def features_of(base, folder):
    generator = ImageDataGenerator(preprocessing_function=mobilenet_v2.preprocess_input)
    flow = generator.flow_from_directory(folder, target_size=(224, 224), interpolation="bilinear", class_mode="binary", shuffle=False)
    return base.predict(flow, verbose=0), flow.classes


def main(photographs, weights, *seeds):
    base = frozen_base(weights)
    splits = {split: features_of(base, os.path.join(photographs, split)) for split in ("train", "validation")}
    for seed in seeds:
        keras.utils.set_random_seed(int(seed))
        head = keras.Sequential([
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid"),
        ])
        head.compile(optimizer=keras.optimizers.Adam(0.001), loss="binary_crossentropy", metrics=["accuracy"])
        head.fit(*splits["train"], batch_size=32, epochs=20, verbose=0)
        loss, accuracy = head.evaluate(*splits["validation"], verbose=0)
        print(json.dumps({"seed": int(seed), "accuracy": accuracy, "loss": loss}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
