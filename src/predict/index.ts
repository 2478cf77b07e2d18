/** Opens an exported model for predicting. */
import { engineChoiceOf } from '../core/engine-choice.js';
import { engineNotes, resolveEngine, type Note } from '../engine/resolve.js';
import type { OnnxBundle } from '../engine/onnx/model-reader.js';
import type { Bundle } from '../model/bundle.js';
import { networkOf, readModel } from './network.js';
import { Predictor } from './predictor.js';

export { lineOf } from './predictor.js';

export interface OpenModel {
  readonly bundle: Bundle | OnnxBundle;
  readonly predictor: Predictor;
  /** What a person should know of the engine. */
  readonly notes: readonly Note[];
}

/**
 * Reads the model in a folder, that of a `model.json` or an `.onnx` file, and starts its engine. Throws `invalid` for an
 * engine that is not there, and as `readBundle` does.
 */
export async function openModel(path: string, engine = 'auto'): Promise<OpenModel> {
  const choice = engineChoiceOf(engine);
  const bundle = await readModel(path);
  // An .onnx file has its own runtime, whatever engine is asked for.
  const identity = resolveEngine(bundle.format === 'onnx' ? 'onnx' : choice);
  return { bundle, predictor: new Predictor(networkOf(bundle, identity)), notes: engineNotes(choice, identity) };
}
