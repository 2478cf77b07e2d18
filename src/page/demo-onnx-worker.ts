/** The worker of `demo.html` that runs an `.onnx` file on the processor. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { answerWith } from './onnx-session.js';
import { packedBuild } from './packed-build.js';

answerWith({ env, InferenceSession, Tensor, locate: packedBuild('ort-wasm-simd-threaded'), provider: 'wasm' });
