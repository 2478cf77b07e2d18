/** load-base: a pretrained network without its top, with layers from code or a file and weights from a file. */
import { fileURLToPath } from 'node:url';
import { digestOf } from '../../core/digest.js';
import { failure, PipelineError } from '../../core/problem.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import type { StageDefinition, SurveyContext } from '../../core/stage.js';
import { bases } from '../../model/bases/index.js';
import { countParameters, type ModelDocument } from '../../model/document.js';
import type { Graph } from '../../model/graph.js';
import { initialWeights } from '../../model/initializers.js';
import { fitWeights } from '../../model/layers-model/fit.js';
import { matchLayers } from '../../model/keras/match.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import { modelFiles, readModelFile } from '../../model/read-model.js';
import type { Weights } from '../../model/tensor.js';
import { encodeWeights } from '../../model/weights-file.js';

/** Where the weights come from: noise for tests, or a file. */
type Source = { readonly kind: 'random' } | { readonly kind: 'file'; readonly path: string; readonly digest: string };

const formats = 'a TF.js layers-model (its model.json), or a .h5 or .keras file by Keras';

const packaged = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const loadBase: StageDefinition<'load-base'> = {
  kind: 'load-base',
  impl: 1,
  reads: {},

  // Of the weights' file the content counts, which the survey digests, and never the path. Widths are MobileNetV2's alone.
  relevant: ({ architecture, alpha, preprocessing, weights, seed }) => ({
    architecture,
    ...(architecture === 'mobilenet_v2' ? { alpha } : {}),
    preprocessing: preprocessing ?? null,
    random: weights === 'random' ? seed! : null,
  }),

  async survey(context) {
    const source = await locate(context);
    return { preimage: source.kind === 'random' ? 'random' : { weights: source.digest }, found: source };
  },

  async run({ config, found, note, putBytes, putJson }) {
    const source = found as Source;
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
};

function preprocessingOf(config: LoadBaseConfig): Preprocessing | null {
  const mode = config.preprocessing ?? bases[config.architecture].preprocessing;
  return mode === null ? null : { kind: 'mode', mode };
}

/** Finds the weights' files and their digest, and holds it against the pin. */
async function locate({ config, name, resolvePath, digestFile }: SurveyContext<'load-base'>): Promise<Source> {
  const { weights } = config;
  if (weights === 'random') return { kind: 'random' };
  const given = typeof weights === 'object' ? weights.path : weights;
  const path = given === undefined ? packaged(bases[config.architecture].packaged!.file) : resolvePath(given);
  const shown = given ?? path;
  const files = await modelFiles(path, shown).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof PipelineError) throw error;
    throw failure('bad-data', {
      code: 'weights-missing',
      where: shown,
      found: error.code === 'ENOENT' ? 'is not there' : `cannot be read: ${error.message}`,
      expected: formats,
      remedy: `correct \`weights\` of ${name}`,
    }, error);
  });
  const digests = await Promise.all(files.map(digestFile));
  // A single file is pinned by its own digest, as `sha256sum` prints it.
  const digest = digests.length === 1 ? digests[0] : digestOf(digests.map((one) => `${one}\n`).join(''));
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

async function load({ architecture, alpha, seed }: LoadBaseConfig, source: Source): Promise<{ graph: Graph; weights: Weights }> {
  const { build, layersFromFile } = bases[architecture];
  const built = build?.(alpha);
  if (source.kind === 'random') {
    if (built === undefined) throw withoutLayers(architecture, 'so `weights: random` leaves nothing to build');
    return { graph: built, weights: initialWeights(built, seed!) };
  }
  const model = await readModelFile(source.path);
  if (model.graph !== undefined && layersFromFile) {
    const graph = withoutTop(model.graph);
    return { graph, weights: fitWeights(graph, model.weights, source.path, { ignoreOthers: true }) };
  }
  if (built === undefined) throw withoutLayers(architecture, `but ${source.path} holds weights alone`);
  return { graph: built, weights: fitWeights(built, matchLayers(built, model.weights), source.path, { ignoreOthers: true }) };
}

function withoutLayers(architecture: string, found: string): PipelineError {
  return failure('invalid', {
    code: 'no-topology',
    where: architecture,
    found: `has its layers in its weights file, ${found}`,
    remedy: `name a file with layers: ${formats} that was saved whole; or an architecture that is built by name, such as vgg16`,
  });
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
