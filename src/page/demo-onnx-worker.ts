/**
 * The worker of `demo.html` for an `.onnx` file. It contains the runtime's own JavaScript; the WebAssembly is beside it,
 * compressed, because static servers rarely compress files themselves. One thread: more would load this script again.
 */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { answerWith } from './onnx-session.js';

const file = 'ort-wasm-simd-threaded.wasm.gz';

answerWith({
  env,
  InferenceSession,
  Tensor,
  provider: 'wasm',
  async locate(wasm) {
    wasm.numThreads = 1;
    const answer = await fetch(new URL(file, location.href));
    if (!answer.ok) throw new Error(`the server responded with ${answer.status} for ${file}`);
    wasm.wasmBinary = await unpacked(await answer.arrayBuffer());
  },
});

/** Some servers declare such files as compressed, and the browser has unpacked them already. */
async function unpacked(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const [first, second] = new Uint8Array(bytes);
  if (first !== 0x1f || second !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
