/** Opens an exported model in this process. */
import { engineChoiceOf } from '../core/engine-choice.js';
import { engineNotes, resolveEngine, type Note } from '../engine/resolve.js';
import type { OnnxBundle } from '../engine/onnx/onnx-bundle.js';
import type { Bundle } from '../model/bundle.js';
import { networkOf, readModel } from './network.js';
import { Predictor } from './predictor.js';

/** An exported model without its network: what is needed to show its predictions. */
export type ModelFacts = Omit<Bundle, 'graph' | 'weights'> | OnnxBundle;

export interface OpenHere {
  readonly bundle: ModelFacts;
  readonly predictor: Predictor;
  /** Notes about the engine for the user. */
  readonly notes: readonly Note[];
}

/** Reads a model and starts its engine. Throws `invalid` for a missing engine, and as `readBundle` does. */
export async function openHere(path: string, engine: string): Promise<OpenHere> {
  const choice = engineChoiceOf(engine);
  const bundle = await readModel(path);
  // An .onnx file has its own runtime, whatever engine is chosen.
  const identity = resolveEngine(bundle.format === 'onnx' ? 'onnx' : choice);
  return {
    bundle: factsOf(bundle),
    predictor: new Predictor(networkOf(bundle, identity)),
    notes: engineNotes(choice, identity),
  };
}

function factsOf(bundle: Bundle | OnnxBundle): ModelFacts {
  if (bundle.format === 'onnx') return bundle;
  const { graph: _graph, weights: _weights, ...facts } = bundle;
  return facts;
}
