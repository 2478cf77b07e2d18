/** Outputs a base: as it was read, or on 8-bit integers. */
import type { StageContext } from '../../core/stage.js';
import type { ModelDocument } from '../../model/document.js';
import type { Weights } from '../../model/tensor.js';
import { encodeWeights } from '../../model/weights-file.js';

export async function putDocument(
  base: Omit<ModelDocument, 'weights'>,
  weights: Weights,
  context: StageContext<'load-base'>,
): Promise<void> {
  const { config, putBytes, putJson } = context;
  if (config.precision === 'int8') {
    const { putInt8Base } = await import('./int8.js');
    return putInt8Base(base, weights, context);
  }
  const ref = await putBytes('weights', encodeWeights(weights));
  await putJson('model', { ...base, weights: [ref] } satisfies ModelDocument);
}
