/** Opens an exported model for predicting. */
import type { OpenModel, OpenOptions } from './open-model.js';

export { lineOf } from './answers.js';

/**
 * Reads the model in a folder, that of a `model.json` or an `.onnx` file, and starts its engine, in a process of its own:
 * models come from anyone, and a thread inside a native library cannot be stopped. Throws `invalid` for a missing engine,
 * `interrupted` if the signal aborts, and as `readBundle` does.
 */
export async function openModel(path: string, engine = 'auto', options: OpenOptions = {}): Promise<OpenModel> {
  // Tests run from the sources, without a built worker to start.
  if (import.meta.url.endsWith('.ts')) {
    const opened = await (await import('./here.js')).openHere(path, engine, options.device);
    if (options.waits) await opened.predictor.ready();
    return opened;
  }
  const { ModelProcess } = await import('./model-process.js');
  return ModelProcess.open(path, engine, options);
}
