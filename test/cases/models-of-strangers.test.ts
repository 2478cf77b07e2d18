/** Models that compute without end, or that read other files: refused, and whatever else holds the engine is ended by a signal. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Message } from '../../src/model/onnx/protobuf.js';
import { Project, repository } from '../e2e/rig.js';
import { floats, graph, graphAttribute, integers, intsAttribute, modelFile, node, port } from './onnx-files.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 1);
});
afterAll(() => project.remove());

const levels = node({
  op: 'Cast',
  inputs: ['pixels'],
  outputs: ['levels'],
  attributes: [new Message().text(1, 'to').int(3, 1).int(20, 2)],
});
const mean = node({
  op: 'ReduceMean',
  inputs: ['levels'],
  outputs: ['mean'],
  attributes: [intsAttribute('axes', [1, 2]), new Message().text(1, 'keepdims').int(3, 0).int(20, 2)],
});
const scores = node({ op: 'MatMul', inputs: ['mean', 'weights'], outputs: ['scores'] });
const weights = floats('weights', [3, 2], [0, 0, 0, 0, 0, 0]);
const plain = [levels, mean, scores];

/** A loop of 2^62 rounds around nothing. */
const body = graph({
  nodes: [
    node({ op: 'Identity', inputs: ['go'], outputs: ['on'] }),
    node({ op: 'Identity', inputs: ['value'], outputs: ['next'] }),
  ],
  inputs: [port('round', 7, []), port('go', 9, []), port('value', 1, ['N', 3])],
  outputs: [port('on', 9, []), port('next', 1, ['N', 3])],
});
const rounds = integers('rounds', [], [2 ** 62]);
const yes = new Message().int(2, 9).text(8, 'yes').bytes(9, Uint8Array.of(1));
const loop = node({
  op: 'Loop',
  inputs: ['rounds', 'yes', 'mean'],
  outputs: ['looped'],
  attributes: [graphAttribute('body', body)],
});
const after = node({ op: 'MatMul', inputs: ['looped', 'weights'], outputs: ['scores'] });

const elsewhere = new Message()
  .ints(1, [3, 2])
  .int(2, 1)
  .text(8, 'weights')
  .message(13, new Message().text(1, 'location').text(2, '../../../etc/hostname'))
  .int(14, 1);
const conv = (size: number): Message[] => [
  levels,
  node({
    op: 'Transpose',
    inputs: ['levels'],
    outputs: ['channels'],
    attributes: [intsAttribute('perm', [0, 3, 1, 2])],
  }),
  node({
    op: 'Conv',
    inputs: ['channels', 'kernel'],
    outputs: ['wide'],
    attributes: [intsAttribute('pads', [size, size, size, size])],
  }),
  node({ op: 'GlobalAveragePool', inputs: ['wide'], outputs: ['pooled'] }),
  node({ op: 'Flatten', inputs: ['pooled'], outputs: ['scores'] }),
];

const refused: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  'with a loop': [
    modelFile({ nodes: [levels, mean, loop, after], constants: [weights, rounds, yes] }),
    /the node "Loop" is a `Loop`, which may never finish/,
  ],
  'with a graph inside': [
    modelFile({
      nodes: [
        levels,
        mean,
        node({ op: 'Relu', inputs: ['mean'], outputs: ['x'], attributes: [graphAttribute('body', body)] }),
        scores,
      ],
      constants: [weights],
    }),
    /the node "Relu" contains a graph/,
  ],
  'of another domain': [
    modelFile({
      nodes: [
        levels,
        mean,
        node({ op: 'Evil', inputs: ['mean', 'weights'], outputs: ['scores'], domain: 'org.example' }),
      ],
      constants: [weights],
    }),
    /the operator `Evil` of the domain `org\.example`/,
  ],
  'with functions': [
    modelFile({ nodes: plain, constants: [weights] }, 8, (file) => file.message(25, new Message().text(1, 'f'))),
    /defines functions of its own/,
  ],
  'with weights elsewhere': [
    modelFile({ nodes: plain, constants: [elsewhere] }),
    /the tensor "weights" is in another file/,
  ],
  'whose loop is in a second graph, which parsers join': [
    modelFile({ nodes: plain, constants: [weights] }, 8, (file) => file.message(7, graph({ nodes: [loop] }))),
    /is a `Loop`/,
  ],
  'that makes terabytes of one number': [
    modelFile({
      nodes: [levels, mean, node({ op: 'Expand', inputs: ['one', 'extents'], outputs: ['much'] }), scores],
      constants: [weights, floats('one', [1], [1]), integers('extents', [3], [10_000, 10_000, 10_000])],
    }),
    /"Expand" outputs 1 trillion numbers for one image/,
  ],
  'with a convolution over a huge frame': [
    modelFile({ nodes: conv(20_000), constants: [floats('kernel', [2, 3, 1, 1], [0, 0, 0, 0, 0, 0])] }),
    /"Conv" outputs 3 billion numbers for one image/,
  ],
};

test('are refused with exit code 4 before anything runs', async () => {
  const files = Object.entries(refused);
  const outcomes = await Promise.all(
    files.map(async ([, [bytes]], index) => {
      await writeFile(project.path(`${index}.onnx`), bytes);
      return project.command('predict', `${index}.onnx`, 'pictures');
    }),
  );
  expect(outcomes.map(({ code, stdout, stderr }, index) => [files[index][0], code, stdout, stderr])).toEqual(
    files.map(([name, [, words]]) => [name, 4, '', expect.stringMatching(words)]),
  );
});

test('a plain one of the same making is run', async () => {
  await writeFile(project.path('plain.onnx'), modelFile({ nodes: plain, constants: [weights] }));
  const { code, stdout } = await project.command('predict', 'plain.onnx', 'pictures', '--json');
  expect([code, stdout.trim().split('\n').length]).toEqual([0, 2]);
});

/** Many minutes of work that no constant shows: the extents come from the shape of the input. */
const slow = modelFile({
  nodes: [
    levels,
    mean,
    node({ op: 'MatMul', inputs: ['mean', 'weights'], outputs: ['few'] }),
    node({ op: 'Shape', inputs: ['levels'], outputs: ['shape'] }),
    node({ op: 'Slice', inputs: ['shape', 'zero', 'one'], outputs: ['count'] }),
    node({ op: 'Mul', inputs: ['count', 'many'], outputs: ['extent'] }),
    node({
      op: 'Concat',
      inputs: ['extent', 'extent'],
      outputs: ['extents'],
      attributes: [new Message().text(1, 'axis').int(3, 0).int(20, 2)],
    }),
    node({ op: 'ConstantOfShape', inputs: ['extents'], outputs: ['wide'] }),
    ...Array.from({ length: 40 }, (_, i) =>
      node({ op: 'MatMul', inputs: [i === 0 ? 'wide' : `w${i - 1}`, 'wide'], outputs: [`w${i}`] }),
    ),
    node({
      op: 'ReduceMax',
      inputs: ['w39'],
      outputs: ['largest'],
      attributes: [new Message().text(1, 'keepdims').int(3, 0).int(20, 2)],
    }),
    node({ op: 'Add', inputs: ['few', 'largest'], outputs: ['scores'] }),
  ],
  constants: [weights, integers('zero', [1], [0]), integers('one', [1], [1]), integers('many', [1], [5000])],
});

test('of one that holds the engine, SIGINT and SIGTERM end predict with 130, and nothing of it stays', async () => {
  await writeFile(project.path('slow.onnx'), Buffer.from(slow));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(process.execPath, [join(repository, 'dist', 'cli.js'), 'predict', 'slow.onnx', 'pictures'], {
      cwd: project.root,
      env,
      stdio: 'ignore',
    });
    const ended = new Promise<readonly [number | null, string | null]>((resolve) =>
      child.once('close', (code, by) => resolve([code, by])),
    );
    const computing = await computingChildOf(child.pid!);
    child.kill(signal);
    expect(await ended).toEqual(signal === 'SIGKILL' ? [null, 'SIGKILL'] : [130, null]);
    await gone(computing);
  }
}, 120_000);

/** The process that runs the model, once it has computed for a while. */
async function computingChildOf(parent: number): Promise<number> {
  for (const until = Date.now() + 30_000; Date.now() < until;) {
    const [pid] = spawnSync('ps', ['-o', 'pid=,cputimes=', '--ppid', String(parent)], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, seconds]) => seconds >= 2)
      .map(([one]) => one);
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no process computes the model');
}

async function gone(pid: number): Promise<void> {
  while ((await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).split(') ')[1][0] !== 'Z')
    await new Promise((resolve) => setTimeout(resolve, 50));
}
