/** The work of load-base for ONNX files: reads the network with its tensors, and how it wants its images. */
import { basename } from 'node:path';
import { namedOnnxOf, type HubBase, type PackageBase } from '../../core/hub-bases.js';
import { failure, PipelineError } from '../../core/problem.js';
import { readRegular } from '../../core/regular-file.js';
import { count } from '../../core/text/count.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import type { StageContext } from '../../core/stage.js';
import type { BaseOptions, OnnxBase } from '../../engine/onnx/read-base.js';
import { countParameters } from '../../model/document.js';
import type { OnnxLayer } from '../../model/graph.js';
import type { Normalization, Preprocessing } from '../../model/preprocessing.js';
import { readPreprocessorConfig, type PreprocessorConfig } from '../../core/preprocessor-config.js';
import { ONNX_IMPL } from './onnx-impl.js';
import { putDocument } from './put.js';
import type { WeightsFile } from './source.js';

export async function putOnnxBase(source: WeightsFile, context: StageContext<'load-base'>): Promise<void> {
  const { config, note } = context;
  const wants = source.preprocessor === undefined ? undefined : await readWants(source.preprocessor);
  const hub = namedOnnxOf(config.architecture);
  const size = config.input_size ?? wants?.size ?? hub?.size ?? [224, 224];
  const { output = hub?.output ?? 'auto', tokens = hub?.tokens } = config;
  const where = source.shown ?? source.path;
  const options = { where, output, tokens, size };
  const base = await readTried(source, options, context).catch((error: unknown) => {
    // Another exporter of the same network may have called it otherwise.
    if (config.output !== undefined || hub === undefined || !isNoSuchOutput(error)) throw error;
    return readTried(source, { ...options, output: 'auto' }, context);
  });
  const preprocessing = preprocessingOf(config, wants?.preprocessing ?? (hub && wantsOf(hub)));
  const [input, layer] = base.graph.layers as [OnnxBase['graph']['layers'][0], OnnxLayer];
  if (hub !== undefined && config.output === undefined) refuseOtherThan(hub, config.architecture, layer, where);
  refusePrepared(layer, preprocessing);
  note('base', describeBase(base, layer, basename(where)));
  if (layer.alone)
    note(
      'one-at-a-time',
      'the results of this network depend on what runs beside them, so it runs one image at a time',
    );
  const graph = { ...base.graph, layers: [input, layer] };
  const origin = { architecture: config.architecture, weights: source.digest };
  await putDocument({ graph, preprocessing, base: origin }, base.weights, context);
}

function isNoSuchOutput(error: unknown): boolean {
  return error instanceof PipelineError && error.problems.some(({ code }) => code === 'no-such-output');
}

async function readTried(
  { path, files }: WeightsFile,
  options: BaseOptions,
  { learn, signal }: StageContext<'load-base'>,
): Promise<OnnxBase> {
  const { readTriedBase } = await import('../../engine/onnx/try-base.js');
  const learnIt: typeof learn = (preimage, ...more) => learn({ onnx: ONNX_IMPL, tried: preimage }, ...more);
  return readTriedBase({ path, files, options }, learnIt, signal);
}

async function readWants({ path, digest }: NonNullable<WeightsFile['preprocessor']>): Promise<PreprocessorConfig> {
  return readPreprocessorConfig((await readRegular(path, { digest })).toString('utf8'), path);
}

/** How a network of the hub wants its pixels. */
function wantsOf({ mean, std }: HubBase | PackageBase): Normalization {
  return { kind: 'normalize', scale: 1 / 255, mean, std, channels: 'rgb' };
}

/** A file that a person named for a network of the hub, or that was mixed up in a mirror. */
function refuseOtherThan(
  { features, file }: HubBase | PackageBase,
  architecture: string,
  layer: OnnxLayer,
  where: string,
): void {
  const { shape } = layer;
  if (shape.at(-1) === features) return;
  throw failure('invalid', {
    code: 'another-network',
    where,
    field: ['architecture'],
    found: `contains a different network than ${architecture}: it gives ${shape.join('x')} numbers for an image`,
    expected: `${features} numbers for an image`,
    remedy: `use ${basename(file)} of ${architecture}, or write \`architecture: onnx\` for another network`,
  });
}

/** What the pipeline says comes before what the file, or the table of known networks, says. */
function preprocessingOf({ preprocessing }: LoadBaseConfig, from: Normalization | undefined): Preprocessing | null {
  if (typeof preprocessing === 'string') return { kind: 'mode', mode: preprocessing };
  if (preprocessing === undefined) return from ?? null;
  const {
    scale = from?.scale ?? 1 / 255,
    mean = from?.mean ?? [0, 0, 0],
    std = from?.std ?? [1, 1, 1],
  } = preprocessing;
  return { kind: 'normalize', scale, mean, std, channels: preprocessing.channels ?? from?.channels ?? 'rgb' };
}

/** A network that takes bytes prepares them itself. */
function refusePrepared({ takes }: OnnxLayer, preprocessing: Preprocessing | null): void {
  if (takes.type !== 'uint8' || (preprocessing?.kind === 'mode' && preprocessing.mode === 'none')) return;
  throw failure('invalid', {
    code: 'bytes-wanted',
    field: ['preprocessing'],
    found: 'the network takes pixels as bytes of 0 to 255, so it prepares them itself',
    expected: '`preprocessing: none`',
    remedy: 'write `preprocessing: none`',
  });
}

function describeBase({ graph, weights, chosen }: OnnxBase, layer: OnnxLayer, name: string): string {
  const { frozen, trainable } = countParameters(graph, weights);
  const parameters = (frozen + trainable).toLocaleString('en-US');
  const by = { named: '', embedding: ', an embedding', classifier: ', which its classifier reads' }[chosen.by];
  const size = graph.layers[0].kind === 'input' ? graph.layers[0].shape.slice(0, 2).join('x') : '';
  return `${name}: ${parameters} parameters, ${size} images, output \`${chosen.name}\`${by} (${shapeText(layer)})`;
}

function shapeText({ gives, shape }: OnnxLayer): string {
  if (shape.length === 1) return `${gives.as === 'vector' ? '' : `${gives.as}, `}${count(shape[0], 'number')}`;
  return gives.as === 'all tokens' ? `${shape[0]} tokens of ${shape[2]}` : `${shape.join('x')} maps`;
}
