"""Compares the features of ONNX files with those that onnxruntime computes in Python, bit by bit, through the command.

    python compare_features.py FOLDER [NAME ...]

FOLDER is one that files.py wrote, or test/fixtures/onnx; dist/cli.cjs must be built. Of each file, a pipeline with images of noise
extracts features, which are read from the store (src/store/features/feature-pack.ts documents the format). Python opens
the same file with the options that onnxruntime has by default, and runs it on one image after another. Only numpy, onnx, Pillow
and onnxruntime are used, the last in the version of onnxruntime-node. Exits with 1 where a bit differs.
"""

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from PIL import Image

from index import FIXTURES, read

CLI = Path(__file__).parents[2] / "dist" / "cli.cjs"
PER_CLASS = 3

PIPELINE = """version: 1
stages:
  ingest: {{source: photos, image: {{size: [{size}, {size}]}}}}
  load-base: {{architecture: onnx, weights: {name}.onnx, input_size: [{size}, {size}], preprocessing: {preprocessing}{tokens}}}
  freeze: {{layers: all}}
  build-head: {{layers: [classifier]}}
  train: {{epochs: 1}}
"""


def put_files(source, name, folder):
    """Unpacks the network and the files beside it."""
    for path in source.glob(f"{name}.onnx*"):
        if path.suffix == ".gz":
            (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
        else:
            shutil.copy(path, folder)


def put_images(folder, size):
    """Levels by the digest of the file that has them."""
    random = numpy.random.default_rng(0)
    found = {}
    for label in ("first", "second"):
        (folder / "photos" / label).mkdir(parents=True)
        for number in range(PER_CLASS):
            levels = random.integers(0, 256, (size, size, 3), dtype=numpy.uint8)
            path = folder / "photos" / label / f"{number}.png"
            Image.fromarray(levels).save(path)
            found[hashlib.sha256(path.read_bytes()).digest()] = levels
    return found


def extracted(folder):
    """Rows of float32 by the digest of their image, of all packs in the store."""
    rows = {}
    for path in folder.glob(".pipeline/cache/v1/features/*/*.pack"):
        pack = path.read_bytes()
        bits, length = int.from_bytes(pack[12:16], "little"), int.from_bytes(pack[16:20], "little")
        count = int.from_bytes(pack[-16:-12], "little")
        assert (pack[:8], bits) == (b"featpack", 32), path
        for at in range(64, 64 + count * (72 + 4 * length), 72 + 4 * length):
            rows[pack[at + 32 : at + 64]] = numpy.frombuffer(pack, "<f4", length, at + 72)
    return rows


def session_with(path, output):
    model = onnx.load(path, load_external_data=False)
    if all(port.name != output for port in model.graph.output):
        model.graph.output.append(onnx.ValueInfoProto(name=output))
    whole = path.with_name(f"{path.stem}-with-output.onnx")
    onnx.save(model, whole)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(whole, options, providers=["CPUExecutionProvider"])


def expected(session, output, levels, is_token):
    [entry] = session.get_inputs()
    kind = {"tensor(float)": numpy.float32, "tensor(float16)": numpy.float16, "tensor(uint8)": numpy.uint8}[entry.type]
    pixels = levels if kind is numpy.uint8 else levels.astype(numpy.float32) / numpy.float32(127.5) - numpy.float32(1)
    pixels = pixels if entry.shape[3] == 3 else pixels.transpose(2, 0, 1)
    [found] = session.run([output], {entry.name: numpy.ascontiguousarray(pixels[None].astype(kind))})
    return (found[:, 0] if is_token else found).astype(numpy.float32).ravel()


def compare(source, name, known):
    size, tokens = known["size"], known["tokens"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        put_files(source, name, folder)
        images = put_images(folder, size)
        preprocessing = "none" if known["type"] == "uint8" else "tf"
        tokens_text = "" if tokens is None else f", tokens: {tokens}"
        (folder / "p.yaml").write_text(
            PIPELINE.format(name=name, size=size, preprocessing=preprocessing, tokens=tokens_text)
        )
        run = subprocess.run(["node", CLI, "run", "p.yaml"], cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise SystemExit(f"{name}: the run ends with {run.returncode}\n{run.stderr}")
        output = re.search(r"output `(.+?)`", run.stdout + run.stderr)[1]
        rows = extracted(folder)
        assert rows.keys() == images.keys(), f"{len(rows)} of {len(images)} images have features"
        session = session_with(folder / f"{name}.onnx", output)
        differing, largest = 0, 0.0
        for digest, levels in images.items():
            plain = expected(session, output, levels, tokens == "cls")
            differing += int((rows[digest].view(numpy.uint32) != plain.view(numpy.uint32)).sum())
            largest = max(largest, float(abs(rows[digest] - plain).max() / abs(plain).max()))
        total = sum(row.size for row in rows.values())
    print(f"{name:26} {total:7} numbers, {differing} differ, by {largest:.1g} of the largest at most", flush=True)
    return differing


def main(arguments):
    source = Path(arguments[0]) if arguments else FIXTURES
    known = read(source)
    print(f"onnxruntime {onnxruntime.__version__}")
    return 1 if sum(compare(source, name, known[name]) for name in arguments[1:] or known) > 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
