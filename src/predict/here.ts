/** Opens an exported model in this process. */
import { deviceChoiceOf, deviceText, engineChoiceOf } from '../core/engine-choice.js';
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
export async function openHere(path: string, engine: string, device = 'cpu'): Promise<OpenHere> {
  const choice = engineChoiceOf(engine);
  const wanted = deviceChoiceOf(device);
  const bundle = await readModel(path);
  // An .onnx file has its own runtime, whatever engine is chosen.
  const used = bundle.format === 'onnx' ? 'onnx' : choice;
  // Loaded only if a device is asked for.
  const use = wanted === 'cpu' ? undefined : await (await import('../engine/device/find.js')).deviceFor(wanted, used);
  const identity = resolveEngine(used, use);
  const notes = [...engineNotes(choice, identity)];
  const note = (code: string, text: string): void => {
    if (!notes.some((one) => one.text === text)) notes.push({ code, text });
  };
  const predictor = new Predictor(networkOf(bundle, identity, { device: use, note }));
  if (wanted !== 'cpu') {
    note('device', `device: ${deviceText(identity.backend)}`);
    // What does not hold on the device is known then.
    await predictor.ready();
  }
  return { bundle: factsOf(bundle), predictor, notes };
}

function factsOf(bundle: Bundle | OnnxBundle): ModelFacts {
  if (bundle.format === 'onnx') return bundle;
  const { graph: _graph, weights: _weights, ...facts } = bundle;
  return facts;
}
