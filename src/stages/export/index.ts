/** export: writes a trained model with its classes and preprocessing, reads it back with TF.js and compares. */
import type { Json } from '../../core/canonical.js';
import type { BlobRef, StageDefinition } from '../../core/stage.js';
import { resolveEngine } from '../../engine/resolve.js';
import { decoderIdentity } from '../../image/identity.js';
import { FILE_PREFIX } from './files.js';

export const exportModel: StageDefinition<'export'> = {
  kind: 'export',
  impl: 1,
  reads: { model: ['model'], data: ['spec', 'samples'], gates: ['metrics'] },

  environment: ({ engine }) => ({ engine: { ...resolveEngine(engine) }, decoder: { ...decoderIdentity() } }) as Json,

  // Decoder and engine are loaded only where there is work.
  run: async (context) => (await import('./run.js')).runExport(context),

  destination: ({ to }) => to,

  async deliver({ config, outputs, note, resolvePath, deliverFiles }) {
    const files = Object.entries(outputs).map(([name, ref]): [string, BlobRef] => [name.slice(FILE_PREFIX.length), ref]);
    await deliverFiles(resolvePath(config.to), new Map(files));
    note('exported', `the model is in ${config.to}`);
  },
};
