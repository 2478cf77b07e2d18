#!/usr/bin/env bash
# Installs @tensorflow/tfjs-node, the native backend of the engine tfjs, on networks that reach package registries alone.
#
#     bash scripts/install-tfjs-node.sh [--force]
#
# The package's own installer fetches libtensorflow from Google's storage. Where that is open, `npm install --no-save
# @tensorflow/tfjs-node@4.22.0` does all that this script does. Here the library comes out of a Python package, and the
# binding is built from the sources in the npm package. For Linux on x86-64, Node 20 and 22; wants python3 with pip, make
# and a C++ compiler, 800 MB of disk. Neither package.json nor the lock file changes.
#
# TensorFlow 2.12.1: the binding is made for the C API of 2.9.1, which later releases keep. In Python packages before
# 2.12 that API lies in a library which also wants the Python interpreter.
set -euo pipefail

TFJS_NODE=4.22.0
TFJS_NODE_SHA512=sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==
TENSORFLOW=2.12.1
TENSORFLOW_SHA256=7ffb595707a8fb376deaddc768784c7a0242b16cbc6e06393b1733b2ce19f855

say() { printf 'install-tfjs-node: %s\n' "$1" >&2; }
fail() { say "$1"; exit 1; }

cd "$(dirname "$0")/.."
package=$PWD/node_modules/@tensorflow/tfjs-node

# Not only loads: a library that fits badly fails when it computes.
works() {
  TF_CPP_MIN_LOG_LEVEL=2 node -e '
    const tf = require("@tensorflow/tfjs-node");
    const [sum] = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync();
    if (tf.getBackend() !== "tensorflow" || sum !== 11) throw new Error(`${tf.getBackend()} computed ${sum} where 11 was due`);
  '
}

[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || fail "found $(uname -s) on $(uname -m); only Linux on x86_64 has a library to build against here"
command -v node > /dev/null || fail 'node is not on the PATH'
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -lt 23 ] || fail "release $TFJS_NODE breaks on Node 23 and later, and this is Node $(node -p process.versions.node): use Node 20 or 22, or the engine onnx"
if [ "${1:-}" != --force ] && works 2> /dev/null; then
  say "it is installed and works (--force builds it again)"
  exit 0
fi
for tool in npm python3 make c++; do
  command -v "$tool" > /dev/null || fail "$tool is not on the PATH; the binding cannot be built without it"
done
python3 -m pip --version > /dev/null 2>&1 || fail 'python3 has no pip (on Debian: apt-get install python3-pip)'

# node-gyp would fetch Node's headers; a Node that was unpacked or installed as a package has them beside it.
headers=${npm_config_nodedir:-$(node -p 'require("path").resolve(process.execPath, "../..")')}
if [ -f "$headers/include/node/node_api.h" ]; then
  export npm_config_nodedir=$headers
else
  say "no headers in $headers/include/node: node-gyp will try to fetch them (set npm_config_nodedir to a folder that has them)"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say "@tensorflow/tfjs-node $TFJS_NODE from the npm registry"
packed=$(npm pack --silent --pack-destination "$scratch" "@tensorflow/tfjs-node@$TFJS_NODE") || fail 'npm could not fetch @tensorflow/tfjs-node'
found=$(node -p '"sha512-" + require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64")' "$scratch/$packed")
[ "$found" = "$TFJS_NODE_SHA512" ] || fail "$packed is not the file that is known: its digest is $found, expected $TFJS_NODE_SHA512"
# As a development dependency: npm takes the name for the optional peer that it is here, and would install nothing.
npm install --no-save --save-dev --ignore-scripts --no-audit --no-fund "$scratch/$packed" > /dev/null || fail 'npm could not install @tensorflow/tfjs-node'

say "libtensorflow from tensorflow-cpu $TENSORFLOW (230 MB)"
echo "tensorflow-cpu==$TENSORFLOW --hash=sha256:$TENSORFLOW_SHA256" > "$scratch/requirements.txt"
python3 -m pip download --quiet --require-hashes --no-deps --only-binary=:all: --python-version 3.11 --implementation cp \
  --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --dest "$scratch" --requirement "$scratch/requirements.txt" \
  || fail "pip could not fetch tensorflow-cpu $TENSORFLOW with the digest that is known"

# The binding links the names without a version, and loads those with the major one. The name with the whole version is
# how the tool distinguishes releases: their numbers differ in the last bits.
rm -rf "$package/deps"
python3 - "$scratch"/tensorflow_cpu-*.whl "$package/deps" "$TENSORFLOW" << 'PYTHON'
import os, re, shutil, sys, zipfile

wheel, target, version = sys.argv[1:]
wanted = re.compile(r"tensorflow/(?:include/(tensorflow/(?:c|core/platform|tsl)/.*\.h)|(lib(?:tensorflow_cc|tensorflow_framework)\.so\.2))")
with zipfile.ZipFile(wheel) as files:
    for name in files.namelist():
        match = wanted.fullmatch(name)
        if match is None:
            continue
        path = os.path.join(target, "include", match[1]) if match[1] else os.path.join(target, "lib", match[2])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with files.open(name) as source, open(path, "wb") as copy:
            shutil.copyfileobj(source, copy)
lib = os.path.join(target, "lib")
os.symlink("libtensorflow_cc.so.2", os.path.join(lib, "libtensorflow.so"))
os.symlink("libtensorflow_cc.so.2", os.path.join(lib, f"libtensorflow.so.{version}"))
os.symlink("libtensorflow_framework.so.2", os.path.join(lib, "libtensorflow_framework.so"))
PYTHON

say 'building the binding'
npm --prefix "$package" run --silent build-addon-from-source > "$scratch/build.log" 2>&1 || {
  tail -n 30 "$scratch/build.log" >&2
  fail 'the binding could not be built; the last lines of its log are above'
}
works || fail 'the binding was built but does not compute; what it said is above'
say 'done: engine: tfjs now computes with it'
