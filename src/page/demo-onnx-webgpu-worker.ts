/** The worker of `demo.html` that runs an `.onnx` file on the graphics processor. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/jspi';
import { answerWith } from './onnx-session.js';
import { packedBuild } from './packed-build.js';

answerWith({ env, InferenceSession, Tensor, locate: packedBuild('ort-wasm-simd-threaded.jspi'), provider: 'webgpu' });
