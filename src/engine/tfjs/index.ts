/** The TF.js engine: the reference that the faster one is checked against, and native where tfjs-node is installed. */
import { failure } from '../../core/problem.js';
import { hasWeights, type Graph } from '../../model/graph.js';
import type { Weights } from '../../model/tensor.js';
import type { Engine, TrainingProgram } from '../engine.js';
import { startBackend } from './backend.js';
import { identityOf, type TfjsBackend } from './identity.js';
import { TfjsRunner } from './runner.js';
import { TfjsTrainer } from './trainer.js';

/** An engine whose runners can also show what every layer computes. */
export interface TfjsEngine extends Engine {
  compile(graph: Graph, weights: Weights): Promise<TfjsRunner>;
}

/** Loads TF.js with one backend. Throws `stage-failed` if the backend does not start. */
export async function createTfjsEngine({ backend }: { readonly backend: TfjsBackend }): Promise<TfjsEngine> {
  await startBackend(backend);
  return {
    identity: identityOf(backend),
    async compile(graph, weights) {
      return new TfjsRunner(backend, graph, weights);
    },
    async everyLayer(graph, weights, input) {
      const runner = new TfjsRunner(backend, graph, weights);
      const outputs = await runner.runEveryLayer(input, 1);
      runner.dispose();
      return new Map([...outputs].map(([name, { data }]) => [name, data]));
    },
    async train(program) {
      if (backend === 'wasm') refuseConvolutions(program);
      return new TfjsTrainer(backend, program);
    },
  };
}

/** The wasm backend lacks the kernels that carry a gradient through convolutions. */
function refuseConvolutions({ graph }: TrainingProgram): void {
  const learning = new Set<string>();
  for (const layer of graph.layers) {
    const convolution = 'kernelSize' in layer;
    if (!(hasWeights(layer) && layer.trainable) && !layer.inputs.some((name) => learning.has(name))) continue;
    learning.add(layer.name);
    if (!convolution) continue;
    throw failure('invalid', {
      code: 'wasm-trains-no-convolutions',
      where: `layer ${layer.name}`,
      found: 'the WebAssembly backend of TF.js cannot train convolutions: it has no gradients for them',
      remedy: 'use `engine: onnx`, install @tensorflow/tfjs-node (on Node 22 or older), or freeze the convolutions',
    });
  }
}
