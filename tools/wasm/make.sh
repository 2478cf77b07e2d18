#!/usr/bin/env bash
# Compiles src/image/simd/kernel.wat, with the assembler of the WebAssembly group (wabt), to src/image/simd/kernel-bytes.ts.
set -euo pipefail

cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npx --yes --package wabt@1.0.39 -- wat2wasm src/image/simd/kernel.wat --output "$folder/kernel.wasm"
{
  echo "/** kernel.wat as WebAssembly, in Base64. Made by tools/wasm/make.sh; do not edit. */"
  echo "export const KERNEL = '$(base64 -w 0 "$folder/kernel.wasm")';"
  echo
  echo "/** SHA-256 of the kernel.wat that it was made from. */"
  echo "export const KERNEL_SOURCE = '$(sha256sum src/image/simd/kernel.wat | cut -d ' ' -f 1)';"
} >src/image/simd/kernel-bytes.ts
npx prettier --write --log-level warn src/image/simd/kernel-bytes.ts
