/** A field changes the keys of exactly the stages that it should: its own and those that read from it, or none. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline } from '../../src/config/load.js';
import type { Pipeline } from '../../src/config/pipeline.js';
import { stageSchema, type Schema } from '../../src/config/schemas.js';
import { canonical } from '../../src/core/canonical.js';
import { digestOf, type ActionKey } from '../../src/core/digest.js';
import { stageKinds } from '../../src/core/schema-types.js';
import type { Outputs } from '../../src/core/stage.js';
import { actionKeyOf, preimageOf } from '../../src/runner/action-key.js';
import { buildGraph, withDescendants } from '../../src/runner/graph.js';
import { inputsOf } from '../../src/runner/session.js';
import { stages } from '../../src/stages/index.js';
import { changes, elsewhere } from './key-changes.js';

const base = `version: 1
stages:
  ingest: {source: {path: pictures}, image: {fit: crop}}
  padded: {uses: ingest, source: {path: pictures}, image: {fit: pad}}
  tabled: {uses: ingest, source: {path: pictures}, labels: {table: labels.csv}, task: multilabel}
  named: {uses: ingest, source: {path: pictures}, labels: {pattern: '{label}_{any}.jpg'}}
  augment: {data: ingest, shear_range: 1, brightness_range: [0.5, 1.5], sharpness_range: [0.5, 2]}
  load-base: {architecture: mobilenet_v2, weights: random, data: ingest}
  network: {uses: load-base, architecture: onnx, weights: net.onnx, preprocessing: {mean: [0, 0, 0]}}
  freeze: {base: load-base, layers: all}
  build-head:
    base: freeze
    data: ingest
    layers: [flatten, {dense: {units: 8}}, batch_normalization, {dropout: {rate: 0.5}}, classifier]
  train: {model: build-head, data: augment, optimizer: {adam: {}}, early_stopping: {}, class_weight: balanced}
  tune: {uses: train, from: train, data: augment, freeze: all}
  evaluate: {model: tune, data: ingest, minimum: {accuracy: 0.5}}
  export: {model: tune, data: ingest, to: models/x}
`;

let folder: string;
let before: ReadonlyMap<string, ActionKey>;

async function load(...set: string[]): Promise<Pipeline> {
  return loadPipeline('p.yaml', { set, cwd: folder });
}

/** Keys of all stages, where each stage outputs bytes that follow from its key alone, but for these groups. */
function keysOf(pipeline: Pipeline, groups?: string): ReadonlyMap<string, ActionKey> {
  const keys = new Map<string, ActionKey>();
  const outputs = (name: string): Outputs => {
    const names = ['spec', 'samples', 'augmentation', 'model', 'metrics'];
    return Object.fromEntries([
      ...names.map((output) => [output, { digest: digestOf(`${keys.get(name)!}/${output}`), size: 1 }]),
      ...(groups === undefined ? [] : [['groups', { digest: digestOf(groups), size: 1 }]]),
    ]) as Outputs;
  };
  for (const node of buildGraph(pipeline, stages).nodes) {
    const settings = { engine: 'tfjs' as const, featureType: pipeline.features.dtype };
    keys.set(
      node.stage.name,
      actionKeyOf(preimageOf(node, inputsOf(node, outputs), undefined, settings, pipeline.seed)),
    );
  }
  return keys;
}

function changed(after: ReadonlyMap<string, ActionKey>): string[] {
  return [...after.keys()].filter((name) => after.get(name) !== before.get(name)).sort();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-keys-'));
  await writeFile(join(folder, 'p.yaml'), base);
  before = keysOf(await load());
});
afterAll(() => rm(folder, { recursive: true }));

/** The leaves of a schema that a pipeline file can set, in the form of `changes`. */
function leaves(schema: Schema, root: Schema, path = ''): string[] {
  const here = schema.$ref === undefined ? schema : root.$defs![schema.$ref.replace('#/$defs/', '')];
  const properties = here.properties ?? here.else?.properties;
  if (here['x-reference'] !== undefined || path === 'uses') return [];
  if (properties === undefined || path === 'source' || path === 'weights' || path === 'optimizer' || path === 'minimum')
    return [path];
  return Object.entries(properties).flatMap(([name, member]) =>
    leaves(member, root, path === '' ? name : `${path}.${name}`),
  );
}

const ofLayers = new Set(['layers', 'freeze', 'formats']);

describe('keys', () => {
  test.each(stageKinds)('every field of %s is tried', (kind) => {
    const schema = stageSchema(kind);
    const tried = Object.keys(changes[kind]).map((path) =>
      path.replace(/^(source|layers|optimizer|minimum)\..*/, '$1'),
    );
    // The short form of a field that has one is tried too.
    const short = kind === 'load-base' ? ['preprocessing'] : [];
    expect([...new Set(tried)].sort()).toEqual([...leaves(schema, schema), ...short].sort());
  });

  const cases = stageKinds.flatMap((kind) =>
    Object.entries(changes[kind]).map(([path, [value, ends]]) => ({
      stage: elsewhere[`${kind}.${path}`] ?? kind,
      path,
      value,
      ends,
    })),
  );

  test.each(cases)('$stage $path reaches $ends', async ({ stage, path, value, ends }) => {
    const pipeline = await load(`stages.${stage}.${path}=${value}`);
    const graph = buildGraph(pipeline, stages);
    const expected = ends === 'none' ? [] : [...withDescendants(graph, [stage])].sort();
    expect(changed(keysOf(pipeline))).toEqual(expected);
  });

  test('the pipeline’s seed reaches what draws by chance, its name nothing', async () => {
    const all = ['augment', 'build-head', 'evaluate', 'export', 'freeze', 'load-base', 'train', 'tune'];
    expect(changed(keysOf(await load('seed=1')))).toEqual(all);
    expect(changed(keysOf(await load('name=other')))).toEqual([]);
    expect(changed(keysOf(await load('features.dtype=float16')))).toEqual(['evaluate', 'export', 'train', 'tune']);
  });

  test('any two changes together reach what each reaches alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...cases), fc.constantFrom(...cases), async (a, b) => {
        fc.pre(a.stage !== b.stage);
        // These two contradict each other, and loading says so.
        fc.pre(![a, b].every(({ path }) => path === 'rescale' || path === 'preprocessing'));
        // A base on integers is frozen whole, and has no layers to export.
        fc.pre([a, b].every(({ path }) => path !== 'precision') || ![a, b].some(({ path }) => ofLayers.has(path)));
        const set = [a, b].map(({ stage, path, value }) => `stages.${stage}.${path}=${value}`);
        const [one, two, both] = await Promise.all([load(set[0]), load(set[1]), load(...set)]);
        const union = [...new Set([...changed(keysOf(one)), ...changed(keysOf(two))])].sort();
        expect(changed(keysOf(both))).toEqual(union);
      }),
      { numRuns: 60 },
    );
  });

  test('groups that move no image reach folds alone', async () => {
    const text = (folds: string) => `version: 1
${folds}
stages:
  ingest: {source: pictures}
  load-base: {architecture: compact32}
  freeze: {layers: all}
  build-head: {layers: [flatten, classifier]}
  train: {}
  evaluate: {}
  export: {to: models/x}
`;
    await writeFile(join(folder, 'plain.yaml'), text(''));
    await writeFile(join(folder, 'folds.yaml'), text('cross_validation: {folds: 3}'));
    const [plain, folds] = await Promise.all(
      ['plain.yaml', 'folds.yaml'].map((file) => loadPipeline(file, { cwd: folder })),
    );
    const reached = (pipeline: Pipeline, one: string, other: string): string[] => {
      const [from, to] = [keysOf(pipeline, one), keysOf(pipeline, other)];
      return [...to.keys()].filter((name) => from.get(name) !== to.get(name));
    };
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        fc.pre(one !== other);
        expect(reached(plain, one, other)).toEqual([]);
        const inFolds = reached(folds, one, other);
        expect(inFolds).toEqual(expect.arrayContaining(['train@fold-1', 'train@fold-3', 'evaluate@fold-2']));
        for (const name of ['ingest', 'load-base', 'freeze', 'build-head']) expect(inFolds).not.toContain(name);
      }),
      { numRuns: 20 },
    );
  });

  test('short forms have the keys of what they stand for', async () => {
    await writeFile(
      join(folder, 'short.yaml'),
      base.replace('dense: {units: 8}', 'dense: 8').replace('dropout: {rate: 0.5}', 'dropout: 0.5'),
    );
    expect(keysOf(await loadPipeline('short.yaml', { cwd: folder }))).toEqual(before);
    for (const [name, weights] of [
      ['named', ', weights: imagenet'],
      ['left-out', ''],
    ]) {
      await writeFile(join(folder, `${name}.yaml`), base.replace(', weights: random', weights));
    }
    const [named, leftOut] = [
      await loadPipeline('named.yaml', { cwd: folder }),
      await loadPipeline('left-out.yaml', { cwd: folder }),
    ];
    expect(keysOf(named)).toEqual(keysOf(leftOut));
    expect(named.stages).toEqual(leftOut.stages);
  });

  test('labels in folders keep the keys that they had before labels could be elsewhere', async () => {
    expect(keysOf(await load('stages.ingest.labels=folders'))).toEqual(before);
    const pipeline = await load();
    const node = buildGraph(pipeline, stages).nodes.find(({ stage }) => stage.name === 'ingest')!;
    const { config } = preimageOf(node, {}, undefined, { engine: 'tfjs', featureType: 'float32' }, 0);
    expect(Object.keys(config as object).sort()).toEqual([
      'image',
      'max_megapixels',
      'on_bad_image',
      'on_label_conflict',
      'source',
      'split',
    ]);
  });

  test('the names of stages decide nothing', async () => {
    await writeFile(
      join(folder, 'renamed.yaml'),
      base.replace(/^ {2}train: \{/m, '  fit: {uses: train, ').replaceAll('from: train', 'from: fit'),
    );
    const renamed = keysOf(await loadPipeline('renamed.yaml', { cwd: folder }));
    expect(renamed.get('fit')).toBe(before.get('train'));
    expect(renamed.get('export')).toBe(before.get('export'));
  });

  test('`uses` is the kind at the top of a stage alone: a class may be called so', async () => {
    const weights = (weight: number) => load(`stages.train.class_weight={uses: ${weight}, other: 1}`);
    const [five, one] = [keysOf(await weights(5)), keysOf(await weights(1))];
    expect(five.get('train')).not.toBe(one.get('train'));
    expect(keysOf(await load('stages.train.uses=train'))).toEqual(before);
  });

  test('a variant has the key of a pipeline without a matrix and with its values', async () => {
    const fields = {
      units: 'stages.build-head.layers.1.dense.units',
      rate: 'stages.train.optimizer.adam.learning_rate',
      threshold: 'stages.evaluate.threshold',
    };
    const axes = Object.entries(fields).map(
      ([name, field]) => `matrix.${name}={field: ${field}, values: [${name === 'units' ? '8, 9' : '0.25, 0.5'}]}`,
    );
    const swept = await load(...axes);
    const keys = keysOf(swept);
    for (const units of [8, 9]) {
      for (const rate of [0.25, 0.5]) {
        const single = keysOf(
          await load(`${fields.units}=${units}`, `${fields.rate}=${rate}`, `${fields.threshold}=0.25`),
        );
        const names = {
          train: `train@units-${units},rate-${rate}`,
          evaluate: `evaluate@units-${units},rate-${rate},threshold-0.25`,
        };
        expect(keys.get(`build-head@units-${units}`)).toBe(single.get('build-head'));
        for (const [base, name] of Object.entries(names)) expect(keys.get(name)).toBe(single.get(base));
      }
    }
    expect(keys.get('ingest')).toBe(before.get('ingest'));
    // Each combination of what reaches a stage is another key, and nothing is there twice.
    expect([...keys.keys()].filter((name) => name.startsWith('train'))).toHaveLength(4);
    expect(new Set(keys.values()).size).toBe(keys.size);
  });

  test('the number of folds reaches folds and their sum, and the final training if that reads their best epochs', async () => {
    const keys = async (yaml: string, folds: number) => {
      await writeFile(join(folder, 'folds.yaml'), yaml);
      return keysOf(await loadPipeline('folds.yaml', { cwd: folder, set: [`cross_validation.folds=${folds}`] }));
    };
    const unlike = (some: ReadonlyMap<string, ActionKey>, others: ReadonlyMap<string, ActionKey>) =>
      [...some.keys()].filter((name) => others.get(name) !== some.get(name)).sort();
    const byFold = ['evaluate', 'train', 'tune'].flatMap((name) => [1, 2].map((fold) => `${name}@fold-${fold}`));
    const sum = ['evaluate', 'export'];
    const stopping = unlike(await keys(base, 2), await keys(base, 3));
    expect(stopping).toEqual([...byFold, ...sum, 'train', 'tune'].sort());
    const fixed = base.replace('early_stopping: {}, ', '');
    expect(unlike(await keys(fixed, 2), await keys(fixed, 3))).toEqual([...byFold, ...sum].sort());
    // What comes before the trainings is what it was.
    const folded = await keys(base, 2);
    for (const name of ['ingest', 'augment', 'freeze', 'build-head']) expect(folded.get(name)).toBe(before.get(name));
  });

  test('preimages are plain JSON, the same on every machine', async () => {
    const pipeline = await load();
    const text = canonical(pipeline.stages.map(({ config }) => config as never));
    expect(text).not.toContain(folder);
  });
});
