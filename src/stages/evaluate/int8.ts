/** What a base on 8-bit integers costs: the head on its features, and on those of the base in float32. */
import type { Digest } from '../../core/digest.js';
import { percent } from '../../core/text/ratio.js';
import type { StageContext } from '../../core/stage.js';
import type { Runner } from '../../engine/engine.js';
import type { Features } from '../../features/features.js';
import { describeRounding, roundingCost, shareRight, type Int8Cost } from '../../model/metrics.js';
import { isModelDocument, readWeights, type TrainedDocument } from '../../model/document.js';
import { outputOf, withInputShape, type Graph, type Layer } from '../../model/graph.js';
import type { Weights } from '../../model/tensor.js';
import { scoresOf } from './half-precision.js';
import type { Predicted } from './predict-split.js';

/** Images that are compared, which the base in float32 has to compute as well. */
const SAMPLES = 256;

/** A loss of accuracy that is named with its layer. */
const MUCH = 0.005;

/** The images that are compared, of those that are measured. */
export function comparedInFloat32(digests: readonly Digest[]): Digest[] {
  return digests.slice(0, SAMPLES);
}

/** The same network on the base in float32; undefined if it is that. */
export async function inFloat32(
  { graph, int8, image }: TrainedDocument,
  { readBytes, readJson }: Pick<StageContext<'evaluate'>, 'readBytes' | 'readJson'>,
): Promise<{ readonly graph: Graph; readonly weights: Weights } | undefined> {
  if (int8 === undefined) return undefined;
  const document = await readJson(int8.exact, isModelDocument);
  const base = withInputShape(document.graph, [...image.size, 3]);
  // The base on integers is one layer after the input.
  const [, integers, ...head] = graph.layers;
  const output = outputOf(base).name;
  const rest = head.map((layer): Layer => ({
    ...layer,
    inputs: layer.inputs.map((name) => (name === integers.name ? output : name)),
  }));
  const frozen = base.layers.map((layer): Layer => ({ ...layer, trainable: false }));
  return { graph: { ...base, layers: [...frozen, ...rest] }, weights: await readWeights(document, readBytes) };
}

/** `exact` gives the features of the base in float32. */
export async function measureInt8(
  exact: Features,
  suffix: Runner,
  { digests, labels, predictions }: Predicted,
  { units, threshold, int8 }: DecidedBy,
): Promise<Int8Cost> {
  const compared = await exact.ensure(comparedInFloat32(digests), 0);
  const scores = await scoresOf(exact, suffix, compared, units);
  const own = predictions.subarray(0, scores.length);
  const truth = labels.slice(0, compared.length);
  const [{ layer, decibels }] = int8.layers;
  const accuracy = {
    float32: shareRight(scores, truth, units, threshold),
    int8: shareRight(own, truth, units, threshold),
  };
  return { ...roundingCost(scores, own, units, threshold), accuracy, layer, decibels };
}

interface DecidedBy {
  readonly units: number;
  readonly threshold: number | readonly number[];
  readonly int8: NonNullable<TrainedDocument['int8']>;
}

/** What a person should know of the cost, with the layer to blame if it is much. */
export function noteInt8(cost: Int8Cost, note: StageContext['note']): void {
  const { accuracy, layer, decibels } = cost;
  const shares = `${percent(accuracy.int8)} (float32: ${percent(accuracy.float32)})`;
  note('int8', `base in 8-bit integers: accuracy ${shares}; ${describeRounding(cost)}`);
  if (accuracy.float32 - accuracy.int8 > MUCH)
    note(
      'int8-loss',
      `8-bit integers lose accuracy, most of it in ${layer} (${decibels} dB above its noise): remove \`precision: int8\`, or use a base with wider layers`,
    );
}
