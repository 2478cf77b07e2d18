"""Writes ONNX files of many networks by PyTorch's exporters, with the features that PyTorch computes.

    python files.py                    tiny networks, into test/fixtures/onnx
    python files.py FOLDER [NAME ...]  the whole ones, into FOLDER

The features that it writes down (index.py) are those
in front of the network's last Linear or Conv2d, seen by a hook, or its embedding.
"""

import sys
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16

from exporting import export, fill
from index import FIXTURES, IMAGES, entry, images_for, pack, read, write
from networks import FILES, Pixels

EMBEDDINGS = ("image_embeds", "pooler_output", "last_hidden_state")


def classifier_of(network):
    layers = [module for module in network.modules() if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))]
    return layers[-1]


def features_of(network, outputs, images):
    """Float32 features [images, numbers], and whether they are one of several tokens."""
    seen = []
    if outputs == ["logits"]:
        classifier_of(network).register_forward_pre_hook(lambda _, entries: seen.append(entries[0]))
    with torch.no_grad():
        found = network(images)
    if outputs == ["logits"]:
        chosen = seen[0]
    else:
        chosen = found[outputs.index(next(name for name in EMBEDDINGS if name in outputs))]
    tokens = "cls" if chosen.ndim == 3 else None
    return (chosen[:, 0] if chosen.ndim == 3 else chosen.flatten(1)).float(), tokens


def optimize(path):
    """Replaces a file by the one that onnxruntime writes with its own operators in it."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def halve(path):
    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)


# What is done to a file after its export.
AFTERWARDS = {"quantize": lambda path: quantize_dynamic(path, path), "optimize": optimize, "halve": halve}


def make(name, folder, tiny):
    maker, outputs, whole, options = FILES[name]
    options = dict(options)
    dtype = options.pop("dtype", torch.float32)
    after = AFTERWARDS.get(options.pop("then", None))
    network = fill(maker(tiny))
    size = 32 if tiny else whole
    shape = (size, size, 3) if isinstance(network, Pixels) else (3, size, size)
    kind = str(dtype).removeprefix("torch.")
    images = torch.from_numpy(images_for(IMAGES, shape, kind))
    features, tokens = features_of(network, outputs, images)
    example = images[:1] if options.get("batch") == "one" else images
    path = folder / f"{name}.onnx"
    export(network, path, names=outputs, example=example, entry="pixels" if dtype == torch.uint8 else "pixel_values", **options)
    if after is not None:
        after(path)
    return entry(size, features, tokens, kind)


def main(arguments):
    tiny = not arguments
    folder = FIXTURES if tiny else Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    known = read(folder)
    for name in (arguments[1:] or FILES):
        torch.manual_seed(0)
        known[name] = make(name, folder, tiny)
        if tiny:
            pack(folder, name)
        print(name, flush=True)
        write(folder, known)


if __name__ == "__main__":
    main(sys.argv[1:])
