"""Writes test/fixtures/keras/preprocessing.json.gz: every base's `preprocess_input` of all levels, channel by channel."""

import gzip
import json
from pathlib import Path

import numpy
from keras import applications

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "preprocessing.json.gz"


def main():
    bases = {name: getattr(applications, name).preprocess_input for name in ("vgg16", "vgg19", "resnet50", "mobilenet_v2")}
    # Every level once in each channel, and no two channels alike.
    levels = numpy.stack([numpy.arange(256), numpy.roll(numpy.arange(256), 85), numpy.arange(256)[::-1]], axis=1)
    golden = {name: apply(levels.astype("float32")[None]).ravel() for name, apply in bases.items()}
    assert all(values.dtype == numpy.float32 for values in golden.values())
    text = json.dumps({"pixels": levels.ravel().tolist(), "bases": {name: values.tolist() for name, values in golden.items()}}, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(golden)} bases, {TARGET.stat().st_size} bytes")


main()
