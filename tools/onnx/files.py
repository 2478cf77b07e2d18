"""Writes ONNX files of many networks by PyTorch's exporters, with the features that PyTorch computes.

    python files.py                    tiny networks, into test/fixtures/onnx
    python files.py FOLDER [NAME ...]  the whole ones, into FOLDER

Beside the files, `files.json` says of each what a base of it takes and gives: the features of the first images are those
in front of the network's last Linear or Conv2d, seen by a hook, or its embedding.
"""

import gzip
import json
import sys
from pathlib import Path

import torch

from exporting import export, fill, images_for
from networks import FILES, Pixels

FIXTURES = Path(__file__).parents[2] / "test" / "fixtures" / "onnx"
IMAGES = 2
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


def make(name, folder, tiny):
    maker, outputs, whole, options = FILES[name]
    options = dict(options)
    dtype = options.pop("dtype", torch.float32)
    network = fill(maker(tiny))
    size = 32 if tiny else whole
    shape = (size, size, 3) if isinstance(network, Pixels) else (3, size, size)
    images = images_for(IMAGES, shape, dtype)
    features, tokens = features_of(network, outputs, images)
    example = images[:1] if options.get("batch") == "one" else images
    export(network, folder / f"{name}.onnx", names=outputs, example=example, entry="pixels" if dtype == torch.uint8 else "pixel_values", **options)
    return {"size": size, "tokens": tokens, "type": str(dtype).removeprefix("torch."), "features": [[round(float(x), 7) for x in row] for row in features]}


def main(arguments):
    tiny = not arguments
    folder = FIXTURES if tiny else Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "files.json"
    known = json.loads(index.read_text()) if index.exists() else {}
    for name in (arguments[1:] or FILES):
        torch.manual_seed(0)
        known[name] = make(name, folder, tiny)
        for path in sorted(folder.glob(f"{name}.onnx*")) if tiny else ():
            if path.suffix != ".gz":
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
                path.unlink()
        print(name, flush=True)
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(known.items()))
    index.write_text(f"{{\n{text}\n}}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
