/** The work of load-base: builds or reads the network, without its top, with weights that fit. */
import type { Digest } from '../../core/digest.js';
import { namedOnnxOf, isOnnxBase } from '../../core/hub-bases.js';
import { packageFile } from '../../core/package.js';
import { failure, type PipelineError } from '../../core/problem.js';
import { changedMeanwhile } from '../../core/regular-file.js';
import { count } from '../../core/text/count.js';
import { nameList } from '../../core/text/names.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import type { StageContext } from '../../core/stage.js';
import { bases } from '../../model/bases/index.js';
import { nonFinite } from '../../model/finite.js';
import { countParameters } from '../../model/document.js';
import { outputOf, type Graph } from '../../model/graph.js';
import { initialWeights } from '../../model/initializers.js';
import { baseFormats } from '../../model/formats/identify.js';
import { fitWeights } from '../../model/layers-model/fit.js';
import { matchLayers } from '../../model/keras/match.js';
import { describeOwnScaling, ownScaling } from '../../model/own-scaling.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import { readModelFile } from '../../model/read-model.js';
import { withoutTop } from '../../model/split.js';
import type { Weights } from '../../model/tensor.js';
import { fetchWeights } from '../../sources/weights.js';
import { refuseScalingTwice } from './own-rescaling.js';
import { putDocument } from './put.js';
import { refuseOther, refuseOtherThanImages } from './right-network.js';
import { unfetched } from './unfetched.js';
import type { LocalSource, Source } from './source.js';

export async function runLoadBase(context: StageContext<'load-base'>): Promise<void> {
  await putBase(await bring(context.found as Source, context), context);
}

/** As {@link runLoadBase}, but without looking at images; if the weights are not downloaded yet, it gives only the network, if that is built in. */
export async function simulateLoadBase(context: StageContext<'load-base'>): Promise<void | 'unknown'> {
  if (context.config.precision === 'int8') return 'unknown';
  const source = await bring(context.found as Source, context).catch((error: unknown) => {
    if (bases[context.config.architecture].build === null) throw error;
    return { kind: 'random' } as const;
  });
  await putBase(source, context);
}

async function putBase(source: LocalSource, context: StageContext<'load-base'>): Promise<void> {
  const { config, note } = context;
  if (isOnnxBase(config.architecture)) {
    if (source.kind === 'random')
      throw withoutLayers(config.architecture, 'so there is nothing to build with `weights: random`');
    const { putOnnxBase } = await import('./onnx.js');
    return putOnnxBase(source, context);
  }
  const { graph, weights, passed = [] } = await load(config, source);
  const preprocessing = preprocessingOf(config, graph, weights, note);
  refuseScalingTwice(graph, weights, preprocessing);
  refuseNonFinite(weights, config.architecture);
  const parameters = countParameters(graph, weights);
  note(
    'base',
    `${graph.name}: ${graph.layers.length} layers up to ${outputOf(graph).name}, ${(parameters.trainable + parameters.frozen).toLocaleString('en-US')} parameters`,
  );
  if (passed.length > 0) note('left-out', describeLeftOut(passed));
  const base = { architecture: config.architecture, weights: source.kind === 'file' ? source.digest : 'random' };
  await putDocument({ graph, preprocessing, base }, weights, context);
}

/** Layers that do nothing outside training: augmentation, and dropout of whole blocks. */
function describeLeftOut(passed: readonly string[]): string {
  const are = passed.length === 1 ? 'acts in training alone and is' : 'act in training alone and are';
  return `${count(passed.length, 'layer')} of the base ${are} left out: ${nameList(passed)}`;
}

/** Downloads weights that are given by URL. */
async function bring(source: Source, context: StageContext<'load-base'>): Promise<LocalSource> {
  if (source.kind !== 'download') return source;
  const { download } = source;
  const { architecture } = context.config;
  const fetched = await fetchWeights(download, context).catch((error: unknown) => {
    throw unfetched(error, { architecture, stage: context.name }, download);
  });
  return { kind: 'file', shown: namedOnnxOf(architecture) === undefined ? download.url : architecture, ...fetched };
}

/** What the pipeline says, or what is known of the base: one that prepares its pixels itself takes them as they are. */
function preprocessingOf(
  config: LoadBaseConfig,
  graph: Graph,
  weights: Weights,
  note: StageContext<'load-base'>['note'],
): Preprocessing | null {
  const own = config.architecture === 'layers_model' ? ownScaling(graph, weights) : undefined;
  if (own !== undefined && config.preprocessing === undefined) {
    note('own-preprocessing', `${describeOwnScaling(own)}, so \`preprocessing: none\` is used`);
    return { kind: 'mode', mode: 'none' };
  }
  const wanted = config.preprocessing ?? bases[config.architecture].preprocessing;
  if (wanted === null) return null;
  if (typeof wanted === 'string') return { kind: 'mode', mode: wanted };
  const { scale = 1 / 255, mean = [0, 0, 0], std = [1, 1, 1], channels = 'rgb' } = wanted;
  return { kind: 'normalize', scale, mean, std, channels };
}

async function load(
  { architecture, alpha, seed }: LoadBaseConfig,
  source: LocalSource,
): Promise<{ graph: Graph; weights: Weights; passed?: readonly string[] }> {
  const { build, packaged } = bases[architecture];
  const built = build?.(alpha);
  if (source.kind === 'random') {
    const whole = built ?? (packaged && (await readLayers(packageFile(packaged.file), source.layers)));
    if (whole === undefined) throw withoutLayers(architecture, 'so there is nothing to build with `weights: random`');
    const graph = withoutTop(whole);
    return { graph, weights: initialWeights(graph, seed!) };
  }
  const model = await readModelFile(source.path, { withoutTop: true, network: built, expected: source.files });
  if (model.graph !== undefined) {
    const { graph } = model;
    const known = built ?? (packaged && withoutTop((await readLayers(packageFile(packaged.file), undefined))!));
    if (known !== undefined) refuseOther(graph, architecture, known, source.path);
    refuseOtherThanImages(graph, source.path);
    // Its own layers, not the built-in ones: releases differ in padding and in the epsilon of BatchNorm.
    const weights = fitWeights(graph, model.weights, source.path, { ignoreOthers: true });
    return { graph, weights, passed: model.passed };
  }
  if (built === undefined) throw withoutLayers(architecture, `but ${source.path} contains only weights`);
  return {
    graph: built,
    weights: fitWeights(built, matchLayers(built, model.weights), source.path, { ignoreOthers: true }),
  };
}

/** The layers of a file; with a digest, of those bytes only. */
async function readLayers(path: string, digest: Digest | undefined): Promise<Graph | undefined> {
  const { graph, files } = await readModelFile(path);
  if (digest !== undefined && files[0].digest !== digest) throw changedMeanwhile(path);
  return graph;
}

function withoutLayers(architecture: string, found: string): PipelineError {
  return failure('invalid', {
    code: 'no-topology',
    where: architecture,
    found: `has its layers in its weights file, ${found}`,
    remedy: `use a complete model (${baseFormats}), or an architecture that is built in, such as vgg16`,
  });
}

function refuseNonFinite(weights: Weights, architecture: string): void {
  const [name] = nonFinite(weights);
  if (name === undefined) return;
  throw failure('bad-data', {
    code: 'weights-not-finite',
    where: architecture,
    found: `the weights of ${name} contain NaN or infinity`,
    expected: 'finite weights',
    remedy: 'download the file again',
  });
}
