/** The worker that runs an exported `.onnx` file on the processor, by WebAssembly. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { answerWith } from './onnx-session.js';

answerWith({ env, InferenceSession, Tensor, build: 'ort-wasm-simd-threaded', provider: 'wasm' });
