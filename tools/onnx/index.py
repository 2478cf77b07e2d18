"""What is written beside the ONNX files: `files.json` says of each what a base of it takes and gives."""

import gzip
import json
import sys
from pathlib import Path

import numpy

sys.path.append(str(Path(__file__).parents[1] / "keras"))
from noise import noise  # noqa: E402

FIXTURES = Path(__file__).parents[2] / "test" / "fixtures" / "onnx"
IMAGES = 2


def images_for(count, shape, dtype="float32"):
    """What the tests feed: levels 0 to 255 for bytes, otherwise numbers from -1 to 1."""
    total = count * int(numpy.prod(shape))
    values = noise("onnx/images", total, 0, 256) if dtype == "uint8" else noise("onnx/images", total)
    return values.astype(dtype).reshape((count, *shape))


def entry(size, features, tokens=None, dtype="float32"):
    """`features` are float32 [images, numbers], as the framework computes them."""
    rows = [[round(float(x), 7) for x in row] for row in features]
    return {"size": size, "tokens": tokens, "type": dtype, "features": rows}


def read(folder):
    path = folder / "files.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(folder, known):
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in sorted(known.items()))
    (folder / "files.json").write_text(f"{{\n{text}\n}}\n")


def pack(folder, name):
    """Packs a file and those beside it, as fixtures are committed."""
    for path in sorted(folder.glob(f"{name}.onnx*")):
        if path.suffix != ".gz":
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            path.unlink()
