/** The final model of a cross-validation as the average of its folds' models, in one network. */
import { count } from '../../core/text/count.js';
import type { StageContext } from '../../core/stage.js';
import {
  countParameters,
  isTrainedDocument,
  passExact,
  readWeights,
  type TrainedDocument,
} from '../../model/document.js';
import { averaged } from '../../model/ensemble.js';
import { encodeWeights } from '../../model/weights-file.js';

export async function runEnsemble({
  inputs,
  note,
  pass,
  putBytes,
  putJson,
  readBytes,
  readJson,
}: StageContext<'train'>): Promise<void> {
  const folds = inputs.folds!;
  const documents = await Promise.all(folds.map(({ model }) => readJson(model, isTrainedDocument)));
  const weights = await Promise.all(documents.map((document) => readWeights(document, readBytes)));
  const [first] = documents;
  const { graph, weights: own, shared } = averaged(first.graph, weights);
  pass('weights', folds[0].weights);
  passExact(folds[0], pass);
  const ref = await putBytes('trained_weights', encodeWeights(own));
  const layers = Math.min(first.base.layers ?? 0, shared);
  const document: TrainedDocument = {
    ...first,
    graph,
    weights: [first.weights[0], ref],
    base: { ...first.base, layers },
  };
  await putJson('model', document);
  const { trainable } = countParameters(graph, new Map([...weights[0], ...own]));
  note(
    'ensemble',
    `averages the logits of ${count(folds.length, 'fold')}: ${trainable.toLocaleString('en-US')} trained parameters`,
  );
}
