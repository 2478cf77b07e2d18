/**
 * export: writes a trained model with its classes and preprocessing, reads it back with another runtime and compares.
 */
import type { Json } from '../../core/canonical.js';
import { FILE_PREFIX } from '../../core/outputs.js';
import { failure } from '../../core/problem.js';
import type { BlobRef } from '../../core/digest.js';
import type { StageDefinition } from '../../core/stage.js';
import { installHint, resolveEngine } from '../../engine/resolve.js';
import { onnxIdentity } from '../../engine/onnx/identity.js';
import { decoderIdentity } from '../../image/identity.js';
import { companionsDigest } from './companions.js';
import { PROBES_FOLDER } from './files.js';

export const exportModel: StageDefinition<'export'> = {
  kind: 'export',
  impl: 5,
  reads: { model: ['model'], data: ['spec', 'samples'], gates: ['metrics'] },

  // The order of formats changes no file.
  relevant: (config) => ({ ...config, formats: config.formats.toSorted() }) as Json,
  environment: ({ engine }) =>
    ({
      engine: { ...resolveEngine(engine) },
      decoder: { ...decoderIdentity() },
      companions: companionsDigest(),
    }) as Json,

  requires({ formats }) {
    if (!formats.includes('onnx') || onnxIdentity() !== undefined) return;
    throw failure('invalid', {
      code: 'onnxruntime-missing',
      field: ['formats'],
      found: 'onnxruntime-node, which checks the written .onnx file, is not installed for this machine',
      remedy: `install it (${installHint}), or remove onnx from \`formats\``,
    });
  },

  // Decoder and engine are loaded only if there is work.
  run: async (context) => (await import('./run.js')).runExport(context),

  writesTo: ({ to }) => [to],

  async deliver({ config, outputs, note, deliverFiles }) {
    const files = Object.entries(outputs).map(([name, ref]): [string, BlobRef] => [
      name.slice(FILE_PREFIX.length),
      ref,
    ]);
    await deliverFiles(config.to, new Map(files));
    note('exported', `the model is in ${config.to}`);
    const images = files.filter(([name]) => name.startsWith(PROBES_FOLDER)).length;
    if (images > 0)
      note(
        'probes',
        `includes ${images} of your images so that others can verify scores (\`probe_pictures: false\` leaves them out)`,
      );
  },
};
