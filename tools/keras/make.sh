#!/usr/bin/env bash
# Makes everything in test/fixtures/keras again with Keras itself, then has the tests read Keras's own files of weights.
#
#     bash tools/keras/make.sh [FOLDER]
#
# FOLDER keeps the Python environment (2 GB) for the next time; without it a temporary one is made and removed. The same
# versions on the same kind of processor give the same bytes, but for the file formats of tiny*, which hold the time.
source "$(dirname "$0")/../working-folder.sh"

environment requirements
python="$folder/requirements/bin/python"

cd "$here"
for script in applications h5_fixtures nested_fixtures newer_fixtures grouped_fixtures augment_golden preprocessing pictures formats fit head_golden winograd_golden; do
  "$python" "$script.py"
done
"$python" networks.py "$folder/files"
"$python" all_applications.py

cd "$here/../.."
git diff --stat -- test/fixtures/keras
KERAS_FILES="$folder/files" node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js -w 1 test/keras test/image/augment test/model/bases test/model/keras
