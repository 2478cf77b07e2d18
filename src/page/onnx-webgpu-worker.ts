/**
 * The worker that runs an exported `.onnx` file on the graphics processor. Of the builds with WebGPU, the one that waits
 * by JSPI is much the smallest; Chrome and Edge have JSPI.
 */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/jspi';
import { answerWith, servedBuild } from './onnx-session.js';

answerWith({ env, InferenceSession, Tensor, locate: servedBuild('ort-wasm-simd-threaded.jspi'), provider: 'webgpu' });
