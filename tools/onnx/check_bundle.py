"""Checks an exported model as a third party would: by the public ONNX checker, and by running its probe images with
nothing but onnxruntime and what the file says of itself. Neither this project's code nor preprocessing.json is used.

    python check_bundle.py FOLDER

Prints one line of JSON: the IR version, the opset, the metadata's keys, how many images were scored and the largest
difference from the scores that the bundle promises (null where onnxruntime, numpy or Pillow is missing).
Exits with 1 where the checker refuses the file, or a score differs by more than 1e-4.
"""
import json
import sys
from pathlib import Path

import onnx

TOLERANCE = 1e-4


def largest_difference(folder, metadata, probes):
    """Runs every probe image; None where a library for it is missing."""
    try:
        import numpy
        import onnxruntime
        from PIL import Image
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    own = session.get_modelmeta().custom_metadata_map
    entry, output = (json.loads(own[f"pipeline.{name}"]) for name in ("input", "output"))
    images = [numpy.asarray(Image.open(folder / probe["picture"])) for probe in probes]
    batch = numpy.stack(images).astype(entry["type"])
    assert list(batch.shape[1:3]) == json.loads(own["pipeline.image"])["size"], batch.shape
    [scores] = session.run([output["name"]], {entry["name"]: batch})
    assert scores.shape == (len(probes), len(json.loads(own["pipeline.classes"]))), scores.shape
    return float(numpy.abs(scores - numpy.array([probe["scores"] for probe in probes])).max())


def main(folder):
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)  # with shape inference, which finds operands that do not fit
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    probes = json.loads((folder / "probes.json").read_text())
    difference = largest_difference(folder, metadata, probes)
    print(json.dumps({
        "ir_version": model.ir_version,
        "opset": model.opset_import[0].version,
        "metadata": sorted(metadata),
        "probes": len(probes),
        "difference": difference,
    }))
    return 0 if difference is None or difference <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
