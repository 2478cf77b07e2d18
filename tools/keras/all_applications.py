"""Writes test/fixtures/keras/all-applications.json.br: every network of keras.applications, and what it computes.

Of each network its topology without what decides no number, and values of its features for one image, at a small size.
The weights are made up by `noise.py`, which the tests do too. With a folder given, the whole models are also saved
there as .keras and .h5, for the tests to read them (KERAS_FILES=folder); all of them take 8 GB.

    python all_applications.py [FOLDER] [NETWORK ...]
"""

import gc
import json
import sys
from pathlib import Path

import brotli
import keras
import numpy
from keras import applications

from noise import noise

TARGET = Path(__file__).parents[2] / "test" / "fixtures" / "keras" / "all-applications.json.br"
SAMPLES = 48
# The smallest sizes that the networks take.
SIZES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
KEPT = {
    "name", "batch_shape", "filters", "units", "kernel_size", "strides", "padding", "cropping", "dilation_rate", "groups",
    "activation", "use_bias", "depth_multiplier", "axis", "epsilon", "scale", "offset", "center", "max_value", "pool_size",
    "target_shape", "keepdims", "rate", "noise_shape", "mean", "variance", "init_values", "projection_dim", "layers",
}
DEFAULTS = {
    "padding": "valid", "dilation_rate": [1, 1], "groups": 1, "activation": "linear", "use_bias": True, "axis": -1,
    "depth_multiplier": 1, "keepdims": False, "noise_shape": None, "mean": None, "variance": None,
}


def names():
    return [name for name in dir(applications) if name[0].isupper() and callable(getattr(applications, name))]


def built(name):
    size = SIZES.get(name, 64)
    return getattr(applications, name)(weights=None, include_top=False, input_shape=(size, size, 3)), size


def reference(tensor):
    return {"config": {"keras_history": tensor["config"]["keras_history"]}}


def shortened(value):
    """The arguments of a call, without what is known besides."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return {"class_name": "__keras_tensor__", "config": {"keras_history": value["config"]["keras_history"]}}
    if isinstance(value, (list, tuple)):
        return [shortened(one) for one in value]
    return value


def topology(config):
    """A functional or sequential config with the fields that decide its numbers."""
    def layer(entry):
        kept = {
            key: value for key, value in entry["config"].items() if key in KEPT and DEFAULTS.get(key, "none") != value
        }
        if entry["class_name"] == "Sequential":
            kept["layers"] = [layer(inner) for inner in kept["layers"]]
        short = {"class_name": entry["class_name"], "config": kept}
        if not entry["module"].startswith("keras.layers"):
            short["module"] = entry["module"]
        if "name" in entry:
            short["name"] = entry["name"]
        if entry.get("inbound_nodes"):
            short["inbound_nodes"] = [{"args": shortened(node["args"])} for node in entry["inbound_nodes"]]
        return short

    ends = {key: config[key] for key in ("name", "input_layers", "output_layers")}
    return {"class_name": "Functional", "config": {**ends, "layers": [layer(entry) for entry in config["layers"]]}}


def weighted(model):
    """Layers with weights, those of inner models too, each with the name that it has in its own model."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from weighted(layer)
        elif layer.weights:
            yield layer


def fill(model):
    """The same numbers as `bases.ts` gives to the weights, by their order in the layer."""
    for layer in weighted(model):
        values = []
        for index, variable in enumerate(layer.weights):
            name, shape = f"{layer.name}/{index}", tuple(variable.shape)
            count = int(numpy.prod(shape))
            if variable.dtype == "int64":
                values.append(numpy.zeros(shape, "int64"))
            elif len(shape) > 1:
                depthwise = len(shape) == 4 and (
                    shape[2] == 1 or "depthwise" in variable.name or isinstance(layer, keras.layers.DepthwiseConv2D)
                )
                fan = int(numpy.prod(shape[:2] if depthwise else shape[:-1]))
                limit = float(numpy.sqrt(3.0 / fan))
                values.append(noise(name, count, -limit, limit).reshape(shape))
            elif type(layer).__name__ == "LayerScale" or variable.name in ("gamma", "moving_variance", "variance"):
                values.append(noise(name, count, 0.5, 1.5))
            else:
                values.append(noise(name, count, -0.2, 0.2))
        layer.set_weights(values)
        # A Normalization layer computes with copies.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def described(features):
    flat = features.ravel().astype(numpy.float64)
    places = (noise("places", SAMPLES, 0, 1).astype(numpy.float64) * flat.size).astype(int)
    round8 = lambda value: float(f"{value:.7g}")
    return {
        "shape": list(features.shape[1:]),
        "largest": round8(abs(flat).max()),
        "mean": round8(flat.mean()),
        "samples": [round8(value) for value in flat[places]],
    }


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    wanted = sys.argv[2:] or names()
    golden = {}
    for name in wanted:
        model, size = built(name)
        fill(model)
        pixels = noise("pixels", size * size * 3, 0, 255).reshape((1, size, size, 3))
        features = model(pixels, training=False).numpy()
        assert numpy.isfinite(features).all(), name
        golden[name] = {
            "size": size,
            "parameters": model.count_params(),
            "topology": topology(model.get_config()),
            **described(features),
        }
        if folder is not None:
            for ending in ("keras", "h5"):
                model.save(folder / f"{name}.{ending}")
        print(name, model.count_params(), golden[name]["largest"], flush=True)
        del model
        keras.backend.clear_session()
        gc.collect()
    if len(sys.argv) < 3:
        text = json.dumps(golden, separators=(",", ":"))
        TARGET.write_bytes(brotli.compress(text.encode(), quality=11, lgwin=24))
        print(len(text), TARGET.stat().st_size)
    else:
        Path(folder / "golden.json").write_text(json.dumps(golden))


main()
