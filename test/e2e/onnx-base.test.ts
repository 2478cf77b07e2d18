/** An ONNX file as the base of a pipeline: trained on, exported, predicted with. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tinyNetwork } from '../model/onnx/tiny-network.js';
import { longTestWithShared } from '../shared.js';
import { Project, repository } from './rig.js';

const wants = {
  do_resize: true,
  size: { shortest_edge: 36 },
  resample: 3,
  do_center_crop: true,
  crop_size: { height: 32, width: 32 },
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
};

const pipeline = (changes: Readonly<Record<string, string>> = {}): string =>
  [
    'version: 1',
    'stages:',
    `  ingest: {source: pictures, image: {size: ${changes['size'] ?? '[32, 32]'}, fit: crop, crop_pct: 0.888, interpolation: bicubic}}`,
    `  load-base: {architecture: onnx, weights: ${changes['weights'] ?? 'hub'}${changes['base'] ?? ''}}`,
    `  freeze: {layers: ${changes['freeze'] ?? 'all'}}`,
    '  build-head: {layers: [{dense: 8}, classifier]}',
    '  train: {epochs: 3}',
    '  evaluate: {}',
    `  export: {to: models/pets${changes['formats'] === undefined ? '' : `, formats: [${changes['formats']}]`}}`,
    '',
  ].join('\n');

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 8);
  await mkdir(project.path('hub/onnx'), { recursive: true });
  await writeFile(project.path('hub/onnx/model.onnx'), tinyNetwork({ size: ['height', 'width'] }));
  await project.write('hub/preprocessor_config.json', JSON.stringify(wants));
  await project.write('hub/config.json', '{}');
  await project.write('pets.yaml', pipeline());
});
afterAll(() => project.remove());

describe('a folder of a hub', () => {
  test('is a base with its own preprocessing, and only its features are extracted', async () => {
    const run = await project.run('pets.yaml');
    expect([run.code, run.stderr]).toEqual([
      0,
      expect.stringContaining('output `features`, which its classifier reads'),
    ]);
    expect(run.stage('train').features).toEqual({ extracted: 16, reused: 0 });
    const again = await project.run('pets.yaml', '--set', 'stages.build-head.layers.0.dense.units=4');
    expect(again.stage('train').features).toEqual({ extracted: 0, reused: 16 });
    const other = await project.run('pets.yaml', 'load-base', '--set', 'stages.load-base.output=activated');
    expect(other.stage('load-base').state).toBe('ran');
  });

  test('is exported whole: predict gives the scores that the run wrote down', async () => {
    expect((await project.run('pets.yaml')).code).toBe(0);
    const probes = JSON.parse(await readFile(project.path('models/pets/probes.json'), 'utf8')) as {
      sha256: string;
      scores: number[];
    }[];
    expect(probes).toHaveLength(4);
    const { code, stdout } = await project.command('predict', 'models/pets', 'pictures', '--json');
    expect(code).toBe(0);
    const scores = stdout
      .trim()
      .split('\n')
      .map((line) => Object.values((JSON.parse(line) as { scores: Record<string, number> }).scores));
    for (const probe of probes)
      expect(scores.some((row) => row.every((score, i) => Math.abs(score - probe.scores[i]) < 1e-6))).toBe(true);
    const preparation = JSON.parse(await readFile(project.path('models/pets/preprocessing.json'), 'utf8')) as object;
    expect(preparation).toMatchObject({
      image: { size: [32, 32], fit: { kind: 'crop', crop_pct: 0.888 } },
      preprocessing: { kind: 'normalize', mean: [0.5, 0.5, 0.5], channels: 'rgb' },
    });
  });
});

const loadBase = ['run', 'pets.yaml', 'load-base'];

/** Runs a command with a cache of its own, and does something when it has started the process that tries the network out. */
async function whileTried(
  act: (command: ChildProcess, tries: number) => void,
  { cache, args }: { cache: string; args: string[] },
): Promise<[number | null, string]> {
  const command = spawn(process.execPath, [join(repository, 'dist/cli.js'), ...args], {
    cwd: project.root,
    env: { ...process.env, PIPELINE_CACHE: project.path(cache) },
  });
  let stderr = '';
  command.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const watch = setInterval(() => {
    const [tries] = readFileSync(`/proc/${command.pid}/task/${command.pid}/children`, 'utf8').split(' ');
    // Until it runs its own program, the command waits for it.
    if (tries === '' || !readFileSync(`/proc/${tries}/cmdline`, 'utf8').includes('try-base')) return;
    clearInterval(watch);
    act(command, Number(tries));
  }, 5);
  const code = await new Promise<number | null>((resolve) => command.on('close', resolve));
  clearInterval(watch);
  return [code, stderr];
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a network is run in another process first', () => {
  test('whose end, as if memory had run out, ends the stage and not the command', async () => {
    const [code, stderr] = await whileTried((_, tries) => process.kill(tries, 'SIGKILL'), {
      cache: 'killed',
      args: loadBase,
    });
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/hub\S*: the process that tried the network out ended \(SIGKILL\)/),
    ]);
  });

  test('which Ctrl-C ends at once, whatever it does', async () => {
    const [code] = await whileTried(
      (command, tries) => {
        process.kill(tries, 'SIGSTOP');
        command.kill('SIGINT');
      },
      { cache: 'stopped', args: loadBase },
    );
    expect(code).toBe(130);
  });

  test('once: what it gave is remembered from a plan on', async () => {
    let tried = 0;
    const count = (): void => void tried++;
    for (const args of [['plan', 'pets.yaml'], ['plan', 'pets.yaml'], loadBase]) {
      const [code] = await whileTried(count, { cache: 'remembered', args });
      expect([code, tried]).toEqual([0, 1]);
    }
  });
});

describe('refused with the line', () => {
  test.each([
    ['layers to train', { freeze: '{until: conv}' }, 2, /pets\.yaml:5:.*an ONNX file, so it is used as a whole/],
    [
      'images of another size',
      { size: '[24, 24]' },
      2,
      /pets\.yaml:3:.*takes only images of 32x32, but they are resized to 24x24/,
    ],
    ['a layers-model of it', { formats: 'tfjs' }, 2, /pets\.yaml:9:.*cannot be exported as `tfjs`/],
    [
      'an output that is not there',
      { base: ', output: fetures' },
      2,
      /pets\.yaml:4:.*no tensor `fetures`[^]*did you mean `features`/,
    ],
    ['tokens of a vector', { base: ', tokens: mean' }, 2, /pets\.yaml:4:.*`tokens: mean` does not apply/],
    ['a folder without one', { weights: 'pictures' }, 3, /has no \.onnx file, nor a folder `onnx` with one/],
    ['a file that is not one', { weights: 'hub/config.json' }, 3, /is not a complete ONNX file/],
  ])('%s', async (_, changes, code, words) => {
    await project.write('pets.yaml', pipeline(changes));
    const run = await project.run('pets.yaml', 'export');
    expect([run.code, run.stderr]).toEqual([code, expect.stringMatching(words)]);
    expect(run.stderr).not.toMatch(/RangeError|onnxruntime:|undefined/);
    await project.write('pets.yaml', pipeline());
  });

  test.each(['', 'README'])('a data file that is missing, beside %j', async (other) => {
    await mkdir(project.path('cut/onnx'), { recursive: true });
    await writeFile(project.path('cut/onnx/model.onnx'), tinyNetwork({ externalKernel: 'model.onnx_data' }));
    if (other !== '') await writeFile(project.path('cut/onnx', other), '');
    await project.write('cut.yaml', pipeline({ weights: 'cut', base: ', preprocessing: none' }));
    const { code, stderr } = await project.command('run', 'cut.yaml', 'load-base');
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/model\.onnx_data(, which is missing| does not exist\n[^]*expected: an \.onnx file)/),
    ]);
    // A plan knows it as well.
    const plan = await project.command('plan', 'cut.yaml');
    expect([plan.code, plan.stderr]).toEqual([3, expect.stringContaining('model.onnx_data')]);
  });

  test('fields of ONNX files elsewhere', async () => {
    await project.write(
      'other.yaml',
      pipeline({ base: ', output: x' }).replace('architecture: onnx', 'architecture: vgg16'),
    );
    const { code, stderr } = await project.command('plan', 'other.yaml');
    expect([code, stderr]).toEqual([2, expect.stringContaining('`output` does not apply to `architecture: vgg16`')]);
  });
});

longTestWithShared(
  'EfficientNet-Lite0 as its hub folder reaches 0.985 on photographs',
  async (shared) => {
    const photos = await Project.create();
    await symlink(join(shared, 'data/cats-dogs'), photos.path('photos'));
    await cp(join(shared, 'weights/efficientnet-lite0'), photos.path('hub'), { recursive: true });
    const head = 'layers: [{dropout: 0.3}, classifier]';
    const text = pipeline({ size: '[224, 224]' })
      .replace('source: pictures', 'source: photos')
      .replace('crop_pct: 0.888, ', '')
      .replace('layers: [{dense: 8}, classifier]', head)
      .replace('epochs: 3', 'epochs: 12');
    await photos.write('pets.yaml', text);
    const run = await photos.run('pets.yaml');
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('3,412,960 parameters')]);
    const [, accuracy] = /evaluate: accuracy ([\d.]+)/.exec(run.stderr)!;
    expect(Number(accuracy)).toBeGreaterThanOrEqual(0.985);
    await photos.remove();
  },
  300_000,
);
