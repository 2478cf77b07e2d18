"""Writes test/fixtures/keras/applications.json.gz: the layers of Keras's own applications, to compare ours with.

No weights are fetched. Of each layer's config the fields that decide its numbers are kept.
"""

import gzip
import json
from pathlib import Path

from keras import applications

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "applications.json.gz"
ALPHAS = [0.35, 0.5, 0.75, 1.0, 1.3, 1.4]
KEPT = {
    "name", "batch_shape", "filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "activation",
    "use_bias", "depth_multiplier", "axis", "epsilon", "momentum", "scale", "center", "max_value", "negative_slope",
    "threshold", "pool_size", "data_format",
}


def described(model):
    config = model.get_config()
    layers = [
        {
            "class_name": layer["class_name"],
            "name": layer["name"],
            "config": {key: value for key, value in layer["config"].items() if key in KEPT},
            "inbound_nodes": layer["inbound_nodes"],
        }
        for layer in config["layers"]
    ]
    ends = {key: config[key] for key in ("name", "input_layers", "output_layers")}
    return {"parameters": model.count_params(), "topology": {"class_name": "Functional", "config": {**ends, "layers": layers}}}


def main():
    options = {"weights": None, "include_top": False, "input_shape": (224, 224, 3)}
    models = {name: getattr(applications, name)(**options) for name in ("VGG16", "VGG19", "ResNet50")}
    named = {name.lower(): described(model) for name, model in models.items()}
    for alpha in ALPHAS:
        named[f"mobilenet_v2 {alpha:g}"] = described(applications.MobileNetV2(alpha=alpha, **options))
    text = json.dumps(named, separators=(",", ":"), sort_keys=True)
    TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))


main()
