#!/usr/bin/env bash
# Compiles each kernel.wat, with the assembler of the WebAssembly group (wabt), to the kernel-bytes.ts beside it.
set -euo pipefail

cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for source in src/image/simd/kernel.wat src/engine/onnx/update/kernel.wat; do
  target="$(dirname "$source")/kernel-bytes.ts"
  npx --yes --package wabt@1.0.39 -- wat2wasm "$source" --output "$folder/kernel.wasm"
  {
    echo "/** kernel.wat as WebAssembly, in Base64. Made by tools/wasm/make.sh; do not edit. */"
    echo "export const KERNEL = '$(base64 -w 0 "$folder/kernel.wasm")';"
    echo
    echo "/** SHA-256 of the kernel.wat that it was made from. */"
    echo "export const KERNEL_SOURCE = '$(sha256sum "$source" | cut -d ' ' -f 1)';"
  } >"$target"
  npx prettier --write --log-level warn "$target"
done
