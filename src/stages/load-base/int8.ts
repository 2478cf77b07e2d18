/** The work of load-base with `precision: int8`: the base on 8-bit integers, with ranges from training images. */
import { availableParallelism } from 'node:os';
import type { Digest } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import { Random } from '../../core/random.js';
import { count } from '../../core/text/count.js';
import type { StageContext } from '../../core/stage.js';
import { resolveEngine } from '../../engine/resolve.js';
import { readData, type Data } from '../../features/data.js';
import { Features } from '../../features/features.js';
import { PLAIN_VIEW } from '../../features/image-loader.js';
import type { ModelDocument } from '../../model/document.js';
import { withInputShape, type Graph } from '../../model/graph.js';
import { graphRoundsCoarsely } from '../../model/onnx/coarse-rounding.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import type { Weights } from '../../model/tensor.js';
import { encodeWeights } from '../../model/weights-file.js';
import { CALIBRATION_IMAGES } from './int8-impl.js';

/** Images that are prepared together. */
const BATCH = 8;

/** How many layers the document names: those that lose most. */
const NAMED = 5;

/** Outputs the base on integers, and the one in float32, which `evaluate` compares it with. */
export async function putInt8Base(
  base: Omit<ModelDocument, 'weights'>,
  weights: Weights,
  context: StageContext<'load-base'>,
): Promise<void> {
  const { config, inputs, name, note, putBytes, putJson } = context;
  const { graph, preprocessing } = base;
  if (preprocessing === null) throw preprocessingUnknown();
  if (graphRoundsCoarsely(graph)) throw notFloat32(name);
  const data = await readData(inputs.data!, context);
  const digests = chosenOf(data, config.seed!);
  if (digests.length === 0) throw noImages();
  const sized = withInputShape(graph, [...data.spec.image.size, 3]);
  requireSize(graph, data, name);
  const { int8Base } = await import('../../engine/onnx/int8/index.js');
  const made = await int8Base(sized, weights, {
    where: name,
    threads: availableParallelism(),
    images: imagesOf(digests, { data, graph: sized, weights, preprocessing }, context),
  });
  const { layers, kept } = made;
  const [worst] = layers;
  note(
    'int8',
    `${count(layers.length, 'layer')} in 8-bit integers, ranges from ${count(made.images, 'training image')}; ${worst.layer} loses most (${worst.decibels} dB above its noise)`,
  );
  if (kept.length > 0)
    note(
      'int8-kept',
      `${count(kept.length, 'layer')} too noisy in integers and kept in float32: ${kept.map(({ layer, decibels }) => `${layer} (${decibels} dB)`).join(', ')}`,
    );
  const exactWeights = await putBytes('exact_weights', encodeWeights(weights));
  const exact = await putJson('exact', { ...base, weights: [exactWeights] } satisfies ModelDocument);
  const ref = await putBytes('weights', encodeWeights(made.weights));
  await putJson('model', {
    ...base,
    graph: made.graph,
    weights: [ref],
    int8: { exact, images: made.images, layers: layers.slice(0, NAMED), kept },
  } satisfies ModelDocument);
}

/**
 * The training images that ranges come from. Each draws a number by its content, and those with the smallest are taken:
 * a new image replaces at most one.
 */
function chosenOf(data: Data, seed: number): Digest[] {
  const drawn = [...data.of('train').keys()].map((digest) => ({
    digest,
    order: Random.keyed(seed, 'load-base', 'int8', digest).bits(),
  }));
  return drawn
    .sort((a, b) => a.order - b.order || (a.digest < b.digest ? -1 : 1))
    .slice(0, CALIBRATION_IMAGES)
    .map(({ digest }) => digest);
}

async function* imagesOf(
  digests: readonly Digest[],
  { data, graph, weights, preprocessing }: { data: Data; graph: Graph; weights: Weights; preprocessing: Preprocessing },
  context: StageContext<'load-base'>,
): AsyncGenerator<Float32Array, void, undefined> {
  const { image } = data.spec;
  const input = { name: graph.name, layers: graph.layers.slice(0, 1) };
  const engine = resolveEngine('onnx');
  // None counts as extracted.
  const host = { ...context, counts: { extracted: 0, reused: 0 } };
  const recipe = { image, preprocessing, variation: null, prefix: input, weights, engine };
  const featureShape = [...image.size, 3];
  const prepared = await Features.open(host, { recipe, source: data, featureShape, keep: false });
  const [{ emit, name }, total] = [context, digests.length];
  let done = 0;
  try {
    for await (const { digests: batch, features } of prepared.stream(digests, PLAIN_VIEW, BATCH)) {
      const size = features.length / batch.length;
      for (let row = 0; row < batch.length; row++) {
        context.signal.throwIfAborted();
        yield features.slice(row * size, (row + 1) * size);
      }
      done += batch.length;
      emit({ event: 'progress', stage: name, task: 'calibrate', unit: 'pictures', done, total });
    }
  } finally {
    await prepared.dispose();
  }
}

/** A network of an ONNX file was read for images of one size. */
function requireSize({ layers }: Graph, { spec }: Data, name: string): void {
  const [input] = layers;
  const own = input.kind === 'input' ? input.shape.slice(0, 2) : [];
  if (!layers.some(({ kind }) => kind === 'onnx') || own.join() === spec.image.size.join()) return;
  throw failure('invalid', {
    code: 'base-of-fixed-size',
    field: ['image', 'size'],
    fieldOf: 'ingest',
    found: `the base of ${name} takes only images of ${own.join('x')}, but they are resized to ${spec.image.size.join('x')}`,
    expected: `\`size: [${own.join(', ')}]\``,
    remedy: `write \`size: [${own.join(', ')}]\`, or \`input_size: [${spec.image.size.join(', ')}]\` in ${name} if the file takes any size`,
  });
}

function noImages() {
  return failure('bad-data', {
    code: 'split-empty',
    field: ['data'],
    found: 'there are no usable training images for `precision: int8`',
    expected: 'training images, which show the range of each layer',
    remedy: 'add training images, or remove `precision: int8`',
  });
}

function preprocessingUnknown() {
  return failure('invalid', {
    code: 'preprocessing-unknown',
    field: ['precision'],
    found: '`precision: int8` needs to know how the base wants its pixels, which is not known of this one',
    expected: '`preprocessing: tf`, `caffe`, `torch` or `none` beside it',
    remedy: 'add `preprocessing:` to load-base, with the one that the model was trained with',
  });
}

function notFloat32(where: string) {
  return failure('invalid', {
    code: 'nothing-to-quantize',
    where,
    field: ['precision'],
    found: 'the file is quantized already, or computes in float16',
    expected: '`precision: int8` for a network in float32',
    remedy: 'use the float32 file of this network, or remove `precision: int8`',
  });
}
