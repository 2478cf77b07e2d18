"""Writes a network made of the layer list in train.py as a TensorFlow.js layers-model."""
import json

import numpy as np


def export(name, base, folder):
    """Writes the base as a TF.js layers-model (Keras 2 topology) with float16 weights; returns the weight count."""
    zeros, ones = {"class_name": "Zeros", "config": {}}, {"class_name": "Ones", "config": {}}
    he = {"class_name": "VarianceScaling",
          "config": {"scale": 2.0, "mode": "fan_out", "distribution": "normal", "seed": None}}
    conv = {"kernel_size": None, "strides": [1, 1], "padding": "same", "data_format": "channels_last",
            "dilation_rate": [1, 1], "activation": "linear", "use_bias": False, "bias_initializer": zeros,
            "bias_regularizer": None, "bias_constraint": None, "activity_regularizer": None}
    common = {  # the options that all layers of a kind share
        "InputLayer": {"batch_input_shape": [None, None, None, 3], "dtype": "float32", "sparse": False},
        "Conv2D": conv | {"kernel_initializer": he, "kernel_regularizer": None, "kernel_constraint": None},
        "DepthwiseConv2D": conv | {"depth_multiplier": 1, "depthwise_initializer": he,
                                   "depthwise_regularizer": None, "depthwise_constraint": None},
        "BatchNormalization": {"axis": -1, "momentum": None, "epsilon": None, "center": True, "scale": True,
                               "beta_initializer": zeros, "gamma_initializer": ones,
                               "moving_mean_initializer": zeros, "moving_variance_initializer": ones,
                               "beta_regularizer": None, "gamma_regularizer": None,
                               "beta_constraint": None, "gamma_constraint": None},
        "MaxPooling2D": {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid", "data_format": "channels_last"},
        "ReLU": {"max_value": None},
        "Add": {},
    }
    layers, weights = [], []
    for kind, layer, inputs, o in base.layers:
        config = {"name": layer, "trainable": True} | common[kind]
        op, tensors = base.ops[layer] if layer in base.ops else None, {}
        if kind == "Conv2D":
            config |= {"filters": o["channels_out"], "kernel_size": [o["kernel"]] * 2}
            tensors = {"kernel": op.weight.permute(2, 3, 1, 0)}  # to height, width, in, out
        elif kind == "DepthwiseConv2D":
            config |= {"kernel_size": [o["kernel"]] * 2}
            tensors = {"depthwise_kernel": op.weight.permute(2, 3, 0, 1)}  # to height, width, in, 1
        elif kind == "BatchNormalization":
            config |= {"momentum": 1 - op.momentum, "epsilon": op.eps}
            # A variance too small for float16 becomes 0, which the epsilon absorbs; one too large is refused.
            tensors = {"gamma": op.weight, "beta": op.bias, "moving_mean": op.running_mean,
                       "moving_variance": op.running_var}
        for key, tensor in tensors.items():
            half = tensor.detach().numpy().astype("<f2")
            if not np.isfinite(half).all():
                raise SystemExit(f"{layer}/{key} does not fit float16")
            weights.append((f"{layer}/{key}", half))
        nodes = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
        layers.append({"name": layer, "class_name": kind, "config": config, "inbound_nodes": nodes})

    topology = {"class_name": "Model", "config": {"name": name, "layers": layers,
                                                  "input_layers": [[layers[0]["name"], 0, 0]],
                                                  "output_layers": [[layers[-1]["name"], 0, 0]]}}
    entries = [{"name": key, "shape": list(half.shape), "dtype": "float32",
                "quantization": {"dtype": "float16", "original_dtype": "float32"}} for key, half in weights]
    model = {"format": "layers-model", "generatedBy": "train.py", "convertedBy": None,
             "modelTopology": topology, "weightsManifest": [{"paths": ["weights.bin"], "weights": entries}]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(model, separators=(",", ":")) + "\n")
    (folder / "weights.bin").write_bytes(b"".join(half.tobytes() for _, half in weights))
    return sum(half.size for _, half in weights)
