/** The work of freeze: marks layers, and reports how much of the base that is. */
import type { StageContext } from '../../core/stage.js';
import {
  countParameters,
  describeParameters,
  isModelDocument,
  passExact,
  readWeights,
  type ModelDocument,
} from '../../model/document.js';
import { withFrozen } from '../../model/freezing.js';
import type { Layer } from '../../model/graph.js';

export async function runFreeze({
  config,
  inputs,
  note,
  pass,
  putJson,
  readBytes,
  readJson,
}: StageContext<'freeze'>): Promise<void> {
  const base = inputs.base!;
  const document = await readJson(base.model, isModelDocument);
  const layers = withFrozen(config.layers, document.graph.layers, ['layers']).map((layer): Layer =>
    layer.kind === 'batch_normalization' ? { ...layer, statistics: config.batch_norm } : layer,
  );
  const graph = { ...document.graph, layers };
  note('parameters', describeParameters(countParameters(graph, await readWeights(document, readBytes))));
  pass('weights', base.weights);
  passExact(base, pass);
  await putJson('model', { ...document, graph } satisfies ModelDocument);
}
