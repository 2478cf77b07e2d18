/** load-base: a pretrained network without its top, from code or from a TF.js layers-model. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import { downloadOf, nameOf, pathOf, type Download } from '../../core/source.js';
import type { StageContext, StageDefinition, SurveyContext } from '../../core/stage.js';
import { bases } from '../../model/bases/index.js';
import { countParameters, type ModelDocument } from '../../model/document.js';
import type { Graph } from '../../model/graph.js';
import { initialWeights } from '../../model/initializers.js';
import { fitWeights } from '../../model/layers-model/fit.js';
import { readLayersModel } from '../../model/layers-model/load.js';
import { weightPaths } from '../../model/layers-model/weights.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import type { Weights } from '../../model/tensor.js';
import { encodeWeights } from '../../model/weights-file.js';
import { pinPreimage } from '../../sources/pins.js';

/** Where the weights come from: noise for tests, a file, or a file on the web. */
type Source =
  | { readonly kind: 'random' }
  | { readonly kind: 'file'; readonly path: string; readonly digest: string }
  | { readonly kind: 'download'; readonly download: Download };

const packaged = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 1,
  reads: {},

  // Of the weights' file the content counts, which the survey digests, and never the path.
  relevant: ({ architecture, preprocessing, weights, seed }) => ({
    architecture,
    preprocessing: preprocessing ?? null,
    random: weights === 'random' ? seed! : null,
  }),

  async survey(context) {
    const download = downloadOf(context.config.weights ?? '');
    if (download !== undefined) return { preimage: { weights: pinPreimage(download, context.lock) }, found: { kind: 'download', download } satisfies Source };
    const source = await locate(context);
    return { preimage: source === undefined ? 'random' : { weights: source.digest }, found: source ?? ({ kind: 'random' } satisfies Source) };
  },

  async run(context) {
    const { config, note, putBytes, putJson } = context;
    const source = await bring(context.found as Source, context);
    const { graph, weights } = await load(config, source);
    refuseNonFinite(weights, config.architecture);
    const parameters = countParameters(graph, weights);
    note('base', `${graph.name}: ${graph.layers.length} layers, ${(parameters.trainable + parameters.frozen).toLocaleString('en-US')} parameters`);
    if (source.kind === 'file') note('weights-digest', `weights sha256 ${source.digest}`);
    const ref = await putBytes('weights', encodeWeights(weights));
    const document: ModelDocument = {
      graph,
      preprocessing: preprocessingOf(config),
      weights: [ref],
      base: { architecture: config.architecture, weights: source.kind === 'file' ? source.digest : 'random' },
    };
    await putJson('model', document);
  },

  async resolved({ outputs, readJson }) {
    return { base: (await readJson<ModelDocument>(outputs.model)).base.weights };
  },
};

type LocalSource = Exclude<Source, { kind: 'download' }>;

async function bring(source: Source, context: StageContext<'load-base'>): Promise<LocalSource> {
  if (source.kind !== 'download') return source;
  const { bringWeights } = await import('../../sources/weights.js');
  return { kind: 'file', ...(await bringWeights(source.download, context)) };
}

function preprocessingOf(config: LoadBaseConfig): Preprocessing | null {
  const mode = config.preprocessing ?? bases[config.architecture].preprocessing;
  return mode === null ? null : { kind: 'mode', mode };
}

/** Finds the weights' files and their digest, and holds it against the pin; undefined for noise. */
async function locate({ config, name, resolvePath, digestFile }: SurveyContext<'load-base'>): Promise<{ kind: 'file'; path: string; digest: string } | undefined> {
  const { weights } = config;
  if (weights === 'random') return undefined;
  const path = weights === undefined ? packaged(bases[config.architecture].file!) : resolvePath(pathOf(weights) ?? '');
  const shown = weights === undefined ? path : nameOf(weights);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw failure('bad-data', {
      code: 'weights-missing',
      where: shown,
      found: error.code === 'ENOENT' ? 'is not there' : `cannot be read: ${error.message}`,
      expected: 'the model.json of a TF.js layers-model',
      remedy: `correct \`weights\` of ${name}`,
    }, error);
  });
  const files = [path, ...weightPaths(text, shown).map((file) => join(dirname(path), file))];
  const digests = await Promise.all(files.map(digestFile));
  const digest = digestOf(digests.map((one) => `${one}\n`).join(''));
  const pin = typeof weights === 'object' ? weights.sha256 : undefined;
  if (pin !== undefined && pin !== digest) {
    throw failure('bad-data', {
      code: 'weights-digest-mismatch',
      where: shown,
      found: `has the sha256 ${digest}`,
      expected: pin,
      remedy: 'fetch the file again, or correct `sha256` if the new file is the right one',
    });
  }
  return { kind: 'file', path, digest };
}

async function load({ architecture, seed }: LoadBaseConfig, source: LocalSource): Promise<{ graph: Graph; weights: Weights }> {
  const { graph } = bases[architecture];
  if (source.kind === 'random') {
    if (graph === null) {
      throw failure('invalid', {
        code: 'no-topology',
        where: architecture,
        found: 'has its layers in its weights file, so `weights: random` leaves nothing to build',
        remedy: 'name a weights file, or take `architecture: vgg16`',
      });
    }
    return { graph, weights: initialWeights(graph, seed!) };
  }
  const model = await readLayersModel(source.path);
  if (graph !== null) return { graph, weights: fitWeights(graph, model.weights, source.path, { ignoreOthers: true }) };
  const base = withoutTop(model.graph);
  return { graph: base, weights: fitWeights(base, model.weights, source.path, { ignoreOthers: true }) };
}

/** Cuts a network before its classifier: where the picture-shaped output is flattened or pooled away. */
function withoutTop(graph: Graph): Graph {
  const top = graph.layers.findIndex(({ kind }) => kind === 'flatten' || kind === 'global_average_pooling2d' || kind === 'global_max_pooling2d');
  if (top < 0) return graph;
  return { ...graph, layers: graph.layers.slice(0, top) };
}

function refuseNonFinite(weights: Weights, architecture: string): void {
  for (const [name, { data }] of weights) {
    if (data.every(Number.isFinite)) continue;
    throw failure('bad-data', {
      code: 'weights-not-finite',
      where: architecture,
      found: `the weights of ${name} hold values that are no numbers`,
      expected: 'finite weights',
      remedy: 'fetch the file again',
    });
  }
}
