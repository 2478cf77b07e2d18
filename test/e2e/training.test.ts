/** Two trainings in a row, and trainings that break, by the command. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '../../src/core/digest.js';
import type { TrainedDocument } from '../../src/model/document.js';
import type { Tensor } from '../../src/model/tensor.js';
import { decodeWeights } from '../../src/model/weights-file.js';
import { pipelineText, Project, repository } from './rig.js';

let project: Project;
const tune = `  fine-tune:
    uses: train
    from: train
    freeze: {until: top_bn}
    optimizer: {adam: {learning_rate: 0.00001}}
    epochs: 2
  evaluate-head: {uses: evaluate, model: train}
  evaluate:`;
const text = pipelineText().replace('  evaluate:', tune);

beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 16);
  await project.write('pets.yaml', text);
});
afterAll(() => project.remove());

async function blob(ref: BlobRef): Promise<Buffer> {
  return readFile(project.path('.pipeline/cache/v1/blobs', ref.digest.slice(0, 2), ref.digest));
}

async function outputsOf(stage: string): Promise<Readonly<Record<string, BlobRef>>> {
  const { stages } = JSON.parse(await project.read('.pipeline/state/pets.json')) as {
    stages: Record<string, { outputs: Record<string, BlobRef> }>;
  };
  return stages[stage].outputs;
}

/** All weights of a stage's model. */
async function weightsOf(stage: string): Promise<Map<string, Tensor>> {
  const document = JSON.parse((await blob((await outputsOf(stage)).model)).toString()) as TrainedDocument;
  const files = await Promise.all(document.weights.map(async (ref) => [...decodeWeights(await blob(ref), ref.digest)]));
  return new Map(files.flat());
}

const historyOf = async (stage: string) =>
  (JSON.parse((await blob((await outputsOf(stage)).history)).toString()) as { epochs: Record<string, number>[] })
    .epochs;

describe('a head first, then a part of the base from there', () => {
  test('runs, evaluates and exports the second model, and moves just what it may', async () => {
    const run = await project.run();
    expect([run.code, run.state]).toEqual([0, 'ok']);
    expect(run.events.some(({ event }) => event === 'warning')).toBe(false);
    const [base, head, tuned] = [await weightsOf('load-base'), await weightsOf('train'), await weightsOf('fine-tune')];
    const moved = (from: Map<string, Tensor>, to: Map<string, Tensor>) =>
      [...from]
        .filter(
          ([name, { data }]) => !Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(bytesOf(to, name)),
        )
        .map(([name]) => name)
        .sort();
    expect(moved(base, head)).toEqual([]);
    // Its BatchNorm keeps the statistics that it was loaded with.
    expect(moved(base, tuned)).toEqual(['top_bn/beta', 'top_bn/gamma']);
    expect(moved(head, tuned)).toEqual([
      'head_classifier/bias',
      'head_classifier/kernel',
      'head_dense/bias',
      'head_dense/kernel',
      'top_bn/beta',
      'top_bn/gamma',
    ]);
    await project.run('pets.yaml', 'evaluate');
    const report = await project.command('report', '--out', 'report.html');
    expect(report.code).toBe(0);
    const titles = [...(await project.read('report.html')).matchAll(/<h2[^>]*>([^<]*)/g)].map(([, title]) => title);
    expect(titles.filter((title) => title.startsWith('Training'))).toEqual(['Training', 'Training: train']);
    // It began where the head ended: at this rate the figures continue from there.
    const [before, after] = [(await historyOf('train')).at(-1)!, (await historyOf('fine-tune'))[0]];
    expect(Math.abs(after.val_loss - before.val_loss)).toBeLessThan(0.01);
    expect(after.learning_rate).toBe(0.00001);
    const { metrics } = run;
    expect(metrics.evaluate.loss).not.toBe(metrics['evaluate-head'].loss);
    const probes = JSON.parse(await project.read('models/pets/probes.json')) as unknown[];
    expect(probes.length).toBeGreaterThan(0);
  });

  test('a change of the second reruns it alone; one of the first reruns both, and a rerun to the same bytes neither', async () => {
    const second = await project.run('pets.yaml', '--set', 'stages.fine-tune.epochs=1');
    expect(second.named('ran')).toEqual(['fine-tune', 'evaluate', 'export']);
    expect(second.stage('fine-tune').features!.extracted).toBe(0);
    const first = await project.run('pets.yaml', '--set', 'stages.train.epochs=2');
    expect(first.named('ran')).toEqual(['train', 'fine-tune', 'evaluate-head', 'evaluate', 'export']);
    expect(first.stage('fine-tune').reason).toContain('the training before it changed');
    expect((await project.run('pets.yaml', '--set', 'stages.train.epochs=2', '--force', 'train')).named('ran')).toEqual(
      ['train'],
    );
  });

  test('a rate that would undo the base is warned of, in a plan too, and runs all the same', async () => {
    const set = ['--set', 'stages.fine-tune.optimizer.adam.learning_rate=0.01', '--set', 'stages.fine-tune.epochs=1'];
    const planned = await project.command('plan', 'pets.yaml', ...set);
    expect([planned.code, planned.stderr]).toEqual([
      0,
      expect.stringContaining('warning: the learning rate 0.01 is high for adam'),
    ]);
    expect(await project.command('run', 'pets.yaml', '--dry-run', ...set)).toEqual(planned);
    const run = await project.run('pets.yaml', ...set);
    expect(run.events).toContainEqual(
      expect.objectContaining({
        event: 'warning',
        problem: expect.objectContaining({ code: 'fine-tuning-rate' }),
      }),
    );
    expect(run.code).toBe(0);
  });

  test('a layer that the base does not have is reported with the most similar name', async () => {
    const { code, stderr } = await project.command('run', 'pets.yaml', '--set', 'stages.fine-tune.freeze.until=top_bm');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('--set stages.fine-tune.freeze.until=top_bm: the base has no layer top_bm'),
    ]);
    expect(stderr).toContain('did you mean top_bn?');
  });
});

function bytesOf(weights: Map<string, Tensor>, name: string): Buffer {
  const { data } = weights.get(name)!;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

describe('what breaks training', () => {
  test('a learning rate of a thousand: the epoch, the step, the layer and what to do, exit 1', async () => {
    // Without a ReLU that dies, nothing holds the weights.
    const linear = [
      '--set',
      'stages.build-head.layers.1.dense.activation=linear',
      '--set',
      'stages.train.batch_size=2',
    ];
    const { code, stderr } = await project.command(
      'run',
      'pets.yaml',
      'train',
      ...linear,
      '--set',
      'stages.train.optimizer={sgd: {learning_rate: 1000}}',
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /train: (the loss became \S+|training diverged) in epoch \d+, step \d+, at the learning rate 1000, .*\blayer head_(dense|classifier)/,
    );
    expect(stderr).toMatch(/-> divide the learning rate by 10, or clip gradients/);
    const limited = await project.command(
      'run',
      'pets.yaml',
      'train',
      ...linear,
      '--set',
      'stages.train.optimizer={sgd: {learning_rate: 1000, global_clipnorm: 0.0001}}',
    );
    expect(limited.code).toBe(0);
  });

  test('a base with a weight that is not a number, and one whose numbers overflow: bad data, exit 3', async () => {
    // Kernels are stored as halves, all else as singles.
    const spoil = async (
      name: string,
      bend: (bytes: Buffer, offset: number, weight: string, count: number) => void,
    ) => {
      await cp(join(repository, 'examples', 'base'), project.path(name), { recursive: true });
      const bytes = await readFile(project.path(name, 'group1-shard1of1.bin'));
      const { weightsManifest } = JSON.parse(await project.read(`${name}/model.json`)) as {
        weightsManifest: [{ weights: { name: string; shape: number[]; quantization?: object }[] }];
      };
      let offset = 0;
      for (const { name: weight, shape, quantization } of weightsManifest[0].weights) {
        const count = shape.reduce((product, extent) => product * extent, 1);
        bend(bytes, offset, weight, count);
        offset += count * (quantization === undefined ? 4 : 2);
      }
      await writeFile(project.path(name, 'group1-shard1of1.bin'), bytes);
      return project.command('run', 'pets.yaml', 'train', '--set', `stages.load-base.weights=${name}/model.json`);
    };
    const none = await spoil('none', (bytes, offset) => offset === 0 && bytes.writeUInt16LE(0x7e00, 0));
    expect([none.code, none.stderr]).toEqual([
      3,
      expect.stringMatching(/compact32: the weights of \S+ contain NaN or infinity/),
    ]);
    const huge = await spoil('huge', (bytes, offset, weight, count) => {
      if (weight.endsWith('/gamma')) for (let i = 0; i < count; i++) bytes.writeFloatLE(3e38, offset + 4 * i);
    });
    expect([huge.code, huge.stderr]).toEqual([
      3,
      expect.stringContaining('the features of this image contain NaN or infinity'),
    ]);
  });
});
