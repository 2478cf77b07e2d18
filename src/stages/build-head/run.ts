/** The work of build-head: checks that base, head, images and classes fit, and draws the weights. */
import { unitsFault } from '../../core/head-rules.js';
import { nameList } from '../../core/text/names.js';
import { own } from '../../core/own.js';
import { failure } from '../../core/problem.js';
import type { StageContext } from '../../core/stage.js';
import { isDataSpec, type DataSpec } from '../../image/dataset.js';
import { bases, type Base } from '../../model/bases/index.js';
import { graphCost, refuseExcessive } from '../../model/cost.js';
import { isModelDocument, passExact, type ModelDocument } from '../../model/document.js';
import { allWeightSpecs, outputOf, shapesOf, withInputShape, type Graph } from '../../model/graph.js';
import { initialWeights } from '../../model/initializers.js';
import { finalActivationOf } from '../../model/logits.js';
import { encodeWeights } from '../../model/weights-file.js';
import { appendHead } from './layers.js';

export async function runBuildHead({
  name,
  config,
  inputs,
  note,
  noteOnce,
  pass,
  putBytes,
  putJson,
  readJson,
}: StageContext<'build-head'>): Promise<void> {
  const document = await readJson(inputs.base!.model, isModelDocument);
  const { classes, image, task } = await readJson(inputs.data!.spec, isDataSpec);
  const sized = withInputShape(document.graph, [...image.size, 3]);
  checkSize(document, sized, noteOnce);
  requireRoom(sized);
  const { graph, initializers } = appendHead(sized, config.layers, { count: classes.length, task });
  requireFit(graph, { classes, task });
  refuseExcessive(graphCost(graph), name);
  const weights = initialWeights(
    graph,
    config.seed!,
    (layer) => initializers.has(layer.name),
    (layer) => initializers.get(layer.name)!,
  );
  const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  note('head', `${parameters.toLocaleString('en-US')} parameters in the head, ${classes.length} classes`);
  pass('weights', inputs.base!.weights);
  passExact(inputs.base!, pass);
  const head = await putBytes('head_weights', encodeWeights(weights));
  const base = { ...document.base, layers: sized.layers.length };
  await putJson('model', { ...document, base, graph, weights: [...document.weights, head] } satisfies ModelDocument);
}

/**
 * A base that was made for one size runs at another one if its weights do not depend on it, as those of convolutions. Says
 * so, or throws `invalid`.
 */
function checkSize({ graph, base }: ModelDocument, sized: Graph, note: (code: string, text: string) => void): void {
  const [ownSize, size] = [inputSizeOf(graph), inputSizeOf(sized)];
  // Where one is fixed and the other is not, the free one is that of the images.
  const fixed = ownSize.map((extent, axis) => extent ?? size[axis]!);
  if (fixed.every((extent, axis) => extent === size[axis])) return;
  const [own, wanted] = [fixed.join('x'), size.join('x')];
  const reason = whyFixed(withInputShape(graph, [fixed[0], fixed[1], 3]), sized);
  if (reason === undefined) {
    if (isUsual(base.architecture, size)) return;
    note('base-size', `the base ${base.architecture} was made for images of ${own} and runs at ${wanted}`);
    return;
  }
  throw failure('invalid', {
    code: 'base-of-fixed-size',
    field: ['image', 'size'],
    fieldOf: 'ingest',
    found: `the base takes only images of ${own}, but they are resized to ${wanted}: ${reason}`,
    expected: `\`size: [${fixed.join(', ')}]\``,
    remedy: `write \`size: [${fixed.join(', ')}]\`, or use a base whose layers are convolutions and pools`,
  });
}

/** Whether a base was measured to work well at other sizes than its own, this one among them. */
function isUsual(architecture: string, size: readonly (number | null)[]): boolean {
  const { sides: [smallest, largest] = [Infinity, 0] } = own<Base>(bases, architecture) ?? {};
  return size.every((side) => side !== null && side >= smallest && side <= largest);
}

/** Why a network runs at its own size only; undefined if it runs at both. */
function whyFixed(own: Graph, other: Graph): string | undefined {
  if (own.layers.some(({ kind }) => kind === 'onnx')) return 'load-base has read its ONNX file for that size';
  const shapes = new Map(weightShapesOf(own));
  const different = weightShapesOf(other).find(([name, shape]) => shapes.get(name) !== shape);
  return different === undefined ? undefined : `the weights of ${different[0]} fit no other size`;
}

/** Height and width. */
function inputSizeOf({ layers: [input] }: Graph): readonly (number | null)[] {
  return input.kind === 'input' ? input.shape.slice(0, 2) : [];
}

function weightShapesOf(graph: Graph): (readonly [name: string, shape: string])[] {
  return allWeightSpecs(graph).map(({ name, shape }) => [name, shape.join(' x ')]);
}

/** A base has no output for images smaller than its strides. */
function requireRoom(graph: Graph): void {
  const shapes = shapesOf(graph);
  const empty = graph.layers.find(({ name }) => shapes.get(name)!.some((extent) => extent < 1));
  if (empty === undefined) return;
  const [height, width] = shapes.get(graph.layers[0].name)!;
  throw failure('invalid', {
    code: 'pictures-too-small',
    found: `images of ${height}x${width} are too small for the layer ${empty.name}`,
    expected: 'images large enough for all layers of the base',
    remedy: 'increase `image.size` in the ingest stage',
  });
}

function requireFit(graph: Graph, { classes, task }: Pick<DataSpec, 'classes' | 'task'>): void {
  const [units] = shapesOf(graph).get(outputOf(graph).name)!;
  const context = `there are ${classes.length} classes: ${nameList(classes)}`;
  const fault = unitsFault({ units, activation: finalActivationOf(graph) }, classes.length, context, task);
  if (fault !== undefined) throw failure('invalid', { code: 'head-does-not-fit-classes', ...fault });
}
