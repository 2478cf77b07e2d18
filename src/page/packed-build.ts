/**
 * A build of onnxruntime-web beside `demo.html`. The worker's script contains the runtime's own JavaScript; the WebAssembly
 * is beside it, compressed, because static servers rarely compress files themselves.
 */
import type { Runtime } from './onnx-session.js';

/** One thread: more would load the script again, and need headers that static servers do not send. */
export function packedBuild(build: string): Runtime['locate'] {
  const file = `${build}.wasm.gz`;
  return async (wasm) => {
    wasm.numThreads = 1;
    const answer = await fetch(new URL(file, location.href));
    if (!answer.ok) throw new Error(`the server responded with ${answer.status} for ${file}`);
    wasm.wasmBinary = await unpacked(await answer.arrayBuffer());
  };
}

/** Some servers declare such files as compressed, and the browser has unpacked them already. */
async function unpacked(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const [first, second] = new Uint8Array(bytes);
  if (first !== 0x1f || second !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
