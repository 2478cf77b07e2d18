#!/usr/bin/env bash
# Makes everything in test/fixtures/keras again with Keras itself, then has the tests read Keras's own files of weights.
#
#     bash tools/keras/make.sh [FOLDER]
#
# FOLDER keeps the Python environment (2 GB) for the next time; without it a temporary one is made and removed. The same
# versions on the same kind of processor give the same bytes, but for the file formats of tiny*, which hold the time.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"

export TF_CPP_MIN_LOG_LEVEL=3 PYTHONDONTWRITEBYTECODE=1
mkdir -p "$folder/files"
cd "$here"
for script in applications h5_fixtures nested_fixtures newer_fixtures grouped_fixtures augment_golden preprocessing pictures formats fit head_golden; do
  "$folder/venv/bin/python" "$script.py"
done
"$folder/venv/bin/python" networks.py "$folder/files"
"$folder/venv/bin/python" all_applications.py

cd "$here/../.."
git diff --stat -- test/fixtures/keras
KERAS_FILES="$folder/files" node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js -w 1 test/keras test/image/augment test/model/bases test/model/keras
