/** The work of build-head: checks that base, head, images and classes fit, and draws the weights. */
import { unitsFault } from '../../core/head-rules.js';
import { nameList } from '../../core/text/names.js';
import { failure } from '../../core/problem.js';
import type { StageContext } from '../../core/stage.js';
import { isDataSpec } from '../../image/dataset.js';
import { graphCost, refuseExcessive } from '../../model/cost.js';
import { isModelDocument, type ModelDocument } from '../../model/document.js';
import { outputOf, shapesOf, withInputShape, type Graph } from '../../model/graph.js';
import { initialWeights } from '../../model/initializers.js';
import { finalActivationOf } from '../../model/logits.js';
import { encodeWeights } from '../../model/weights-file.js';
import { appendHead } from './layers.js';

export async function runBuildHead({
  name,
  config,
  inputs,
  note,
  pass,
  putBytes,
  putJson,
  readJson,
}: StageContext<'build-head'>): Promise<void> {
  const document = await readJson(inputs.base!.model, isModelDocument);
  const { classes, image } = await readJson(inputs.data!.spec, isDataSpec);
  const sized = withInputShape(document.graph, [...image.size, 3]);
  requireRoom(sized);
  const { graph, initializers } = appendHead(sized, config.layers, classes.length);
  requireFit(graph, classes);
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
  const head = await putBytes('head_weights', encodeWeights(weights));
  const base = { ...document.base, layers: sized.layers.length };
  await putJson('model', { ...document, base, graph, weights: [...document.weights, head] } satisfies ModelDocument);
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

function requireFit(graph: Graph, classes: readonly string[]): void {
  const [units] = shapesOf(graph).get(outputOf(graph).name)!;
  const context = `there are ${classes.length} classes: ${nameList(classes)}`;
  const fault = unitsFault({ units, activation: finalActivationOf(graph) }, classes.length, context);
  if (fault !== undefined) throw failure('invalid', { code: 'head-does-not-fit-classes', ...fault });
}
