# Sourced by the make.sh of tools/keras and tools/onnx, with their arguments. Sets `here`, the folder of that script, and
# `folder`, for Python environments and whole files: the first argument, or a temporary one that is removed at the end.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
mkdir -p "$folder/files"

export TF_CPP_MIN_LOG_LEVEL=3 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# environment NAME: makes $folder/NAME a Python environment with the packages of NAME.txt.
environment() {
  [ -d "$folder/$1" ] || python3 -m venv "$folder/$1"
  "$folder/$1/bin/pip" install --quiet --requirement "$here/$1.txt"
}
