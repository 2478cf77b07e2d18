/**
 * The cost of float16 weights: the model with rounded weights compared with the trained one, on every validation image.
 */
import type { StageContext } from '../../core/stage.js';
import { openEngine, resolveEngine } from '../../engine/resolve.js';
import type { Data } from '../../features/data.js';
import { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import { relabeling, type Label } from '../../image/dataset.js';
import { outputOf, shapesOf } from '../../model/graph.js';
import { predictedLabels, roundingCost, type RoundingCost } from '../../model/metrics.js';
import { classesAt } from '../../model/multilabel.js';
import type { Weights } from '../../model/tensor.js';
import type { Exported } from './formats.js';
import { labelsByDigest } from './probes.js';

/** Images per batch. */
const BATCH = 16;

export interface RoundingFigures extends RoundingCost {
  readonly split: 'validation' | 'train';
  /** The share of right images; where they have several classes, of those all of whose classes are right. */
  readonly measure: 'accuracy' | 'subset accuracy';
  /** With the trained weights and with the written ones. */
  readonly accuracy: { readonly exact: number; readonly rounded: number };
}

/** Runs the whole network: cached features come from weights that were not rounded. */
export async function measureRounding(
  context: StageContext<'export'>,
  data: Data,
  { document, weights: rounded, thresholds }: Exported,
  exact: Weights,
): Promise<RoundingFigures> {
  const { graph, image, preprocessing, classes } = document;
  const engine = resolveEngine(context.settings.engine);
  const labels = labelsByDigest(data);
  const toModel = relabeling(data.spec.classes, classes);
  const input = { name: graph.name, layers: graph.layers.slice(0, 1) };
  const recipe = { image, preprocessing, variation: null, prefix: input, weights: exact, engine };
  // Every image is decoded once for both; none counts as extracted.
  const host = { ...context, counts: { extracted: 0, reused: 0 } };
  const source = await Features.open(host, { recipe, source: data, featureShape: [...image.size, 3], keep: false });
  const opened = await openEngine(engine);
  const runners = [await opened.compile(graph, exact), await opened.compile(graph, rounded)];
  try {
    const [units] = shapesOf(graph).get(outputOf(graph).name)!;
    const predictions = runners.map(() => new Float32Array(labels.size * units));
    const truth: Label[] = [];
    for await (const { digests, features } of source.stream([...labels.keys()], PLAIN_VIEW, BATCH)) {
      for (const [i, runner] of runners.entries())
        predictions[i].set(await runner.run(features, digests.length), truth.length * units);
      truth.push(...digests.map((digest) => toModel(labels.get(digest)!)));
      context.emit({
        event: 'progress',
        stage: context.name,
        task: 'compare',
        unit: 'pictures',
        done: truth.length,
        total: labels.size,
      });
    }
    const [before, after] = predictions.map((scores) => scores.subarray(0, truth.length * units));
    const decided = (scores: Float32Array): readonly Label[] =>
      thresholds === undefined
        ? predictedLabels(scores, units)
        : truth.map((_, row) => classesAt(scores, row, thresholds));
    const accuracyOf = (scores: Float32Array): number =>
      decided(scores).filter((label, row) => String(label) === String(truth[row])).length / truth.length;
    const split = data.of('validation').size > 0 ? 'validation' : 'train';
    return {
      split,
      measure: thresholds === undefined ? 'accuracy' : 'subset accuracy',
      accuracy: { exact: accuracyOf(before), rounded: accuracyOf(after) },
      ...roundingCost(before, after, units, thresholds),
    };
  } finally {
    runners.forEach((runner) => runner.dispose());
    await source.dispose();
  }
}
