/** The worker that runs an exported `.onnx` file on the processor, by WebAssembly. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { answerWith, servedBuild } from './onnx-session.js';

answerWith({ env, InferenceSession, Tensor, locate: servedBuild('ort-wasm-simd-threaded'), provider: 'wasm' });
