/** train: computes the features of the frozen part once, and trains the rest on them. */
import type { Json } from '../../core/canonical.js';
import type { StageDefinition } from '../../core/stage.js';
import { resolveEngine } from '../../engine/resolve.js';
import { decoderIdentity } from '../../image/identity.js';
import { isHistory } from '../../model/results.js';
import { historyCsv } from './history-csv.js';
import { refuseCachedScaling } from './scaled-twice.js';

export const train: StageDefinition<'train'> = {
  kind: 'train',
  impl: 5,
  reads: { model: ['model'], from: ['model'], data: ['spec', 'samples', 'augmentation'], folds: ['model', 'history'] },
  // Folds do not divide them.
  readsInFolds: { data: ['groups'] },

  onDevice: true,
  environment: ({ engine, device, featureType }) =>
    ({ engine: { ...resolveEngine(engine, device) }, decoder: { ...decoderIdentity() }, featureType }) as Json,

  recheck: refuseCachedScaling,
  // Decoder and engine are loaded only if there is work.
  run: async (context) => (await import('./run.js')).runTrain(context),
  dryRun: async (context) => (await import('./needs.js')).simulateTrain(context),
  needs: async (context) => (await import('./needs.js')).needsOfTrain(context),

  async deliver({ outputs, folder, deliverFiles, readJson }) {
    // An ensemble has none of its own.
    if (outputs.history === undefined) return deliverFiles(folder, new Map());
    const history = await readJson(outputs.history, isHistory);
    await deliverFiles(
      folder,
      new Map<string, string | typeof outputs.history>([
        ['history.json', outputs.history],
        ['history.csv', historyCsv(history)],
      ]),
    );
  },
};
