/** `predict` on an exported model: its scores, forms, order, and what it says of images that cannot be read. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { AnswerLine, PredictionLine, SinglePrediction } from '../../src/core/prediction.js';
import type { ServedFacts } from '../../src/model/served-facts.js';
import { FakeTerminal } from '../report/screen.js';
import { onTerminal, testOnTerminal } from './pty.js';
import { Project, repository } from './rig.js';
import { Serving } from './serving.js';

const MODEL = 'models/quickstart';
const PETS = 'examples/pets/pictures';
const CAT = `${PETS}/cats/cat-001.jpg`;
const DOG = `${PETS}/dogs/dog-001.jpg`;
/** A model that answers is enough; it need not be a good one. */
const quick = ['stages.train.epochs=3', 'stages.augment.views=1', 'stages.evaluate.minimum.accuracy=0'];
const QUICK = quick.flatMap((field) => ['--set', field]);

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await cp(join(repository, 'pipelines'), project.path('pipelines'), { recursive: true });
  await cp(join(repository, PETS), project.path(PETS), { recursive: true });
  expect((await project.run('pipelines/quickstart.yaml', ...QUICK)).code).toBe(0);
}, 120_000);
afterAll(() => project.remove());

const linesOf = (stdout: string): AnswerLine[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AnswerLine);
const filesOf = (stdout: string): string[] => linesOf(stdout).map(({ file }) => file);

async function predicted(...args: string[]): Promise<(PredictionLine & SinglePrediction)[]> {
  const { code, stdout, stderr } = await project.command('predict', MODEL, ...args, '--json');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^(.*runs on WebAssembly.*\n)?[\d,]+ images?\n$/)]);
  return linesOf(stdout) as (PredictionLine & SinglePrediction)[];
}

testOnTerminal('a terminal shows how far it is where the answers go to a file, and nothing of it stays', async () => {
  await project.write('notes.txt', 'no picture');
  const command = (to: string): string =>
    `exec '${process.execPath}' '${join(repository, 'dist/cli.js')}' predict ${MODEL} ${PETS} notes.txt --csv ${to}`;
  const [{ code, written }, answers] = [
    await onTerminal(80, ['sh', '-c', command('> answers.csv')], { cwd: project.root }),
    await project.read('answers.csv'),
  ];
  expect(code).toBe(3);
  expect(answers.trim().split('\n')).toHaveLength(202);
  expect(written).toMatch(/quickstart {2}predict .*\d+\/201 images/);
  const screen = new FakeTerminal(80, 40);
  screen.write(written);
  expect(await screen.lines()).toEqual(['notes.txt: is not an image (it is text)', '200 images, 1 could not be read']);
  expect((await onTerminal(80, ['sh', '-c', command('')], { cwd: project.root })).written).not.toContain('/201 images');
});

describe('scores', () => {
  test('are those of evaluate, in the order of the call', async () => {
    const [, ...rows] = (await project.read('.pipeline/out/quickstart/evaluate/predictions.csv'))
      .trim()
      .split('\n')
      .map((row) => row.split(','));
    expect(rows.length).toBeGreaterThan(30);
    const shuffled = rows.toSorted(([a], [b]) => (a.slice(-7) < b.slice(-7) ? -1 : 1));
    await project.write('names.txt', shuffled.map(([file]) => `${PETS}/${file}\n`).join(''));
    const answers = await predicted('--files-from', 'names.txt');
    expect(answers.map((answer) => [answer.file, answer.class])).toEqual(
      shuffled.map(([file, , name]) => [`${PETS}/${file}`, name]),
    );
    const worst = Math.max(...answers.map(({ score }, row) => Math.abs(score - Number(shuffled[row][3]))));
    expect(worst).toBeLessThan(1e-5);
    for (const { score, scores } of answers) {
      expect(Object.keys(scores)).toEqual(['cats', 'dogs']);
      expect(score).toBe(Math.max(scores.cats, scores.dogs));
    }
  });

  test('of both engines agree, and the library gives the same', async () => {
    const [onnx, tfjs] = await Promise.all([predicted(CAT, DOG), predicted(CAT, DOG, '--engine', 'tfjs')]);
    onnx.forEach(({ scores }, row) => expect(Math.abs(tfjs[row].scores.cats - scores.cats)).toBeLessThan(1e-4));
    const library = (await import(
      pathToFileURL(join(repository, 'dist/index.js')).href
    )) as typeof import('../../src/index.js');
    const answers: AnswerLine[] = [];
    const bytes = await readFile(project.path(DOG));
    for await (const answer of library.predict(MODEL, [CAT, { name: DOG, bytes }, 'none.jpg'], { cwd: project.root }))
      answers.push(answer);
    expect(answers).toEqual([...onnx, { file: 'none.jpg', error: 'does not exist' }]);
    await expect(library.predict('nowhere', [CAT]).next()).rejects.toMatchObject({ category: 'invalid' });
  });
});

describe('forms', () => {
  test('people read a table', async () => {
    const { stdout } = await project.command('predict', MODEL, CAT, DOG);
    expect(stdout).toMatch(
      /^file {35} {2}class {2}score\n\S+cat-001\.jpg {2}cats {3}[01]\.\d{4}\n\S+dog-001\.jpg {2}dogs {3}[01]\.\d{4}\n$/,
    );
  });

  test('CSV has a column per class and quotes what needs it', async () => {
    const odd = 'a,"b".jpg';
    await cp(project.path(CAT), project.path(odd));
    const { code, stdout } = await project.command('predict', MODEL, '--csv', odd, 'none.jpg', DOG);
    const [{ scores }] = await predicted(CAT);
    const rows = stdout.split('\n');
    expect([code, rows.length, rows[0], rows[2]]).toEqual([3, 5, 'file,class,score,cats,dogs', 'none.jpg,,,,']);
    expect(rows[1]).toBe(
      `"a,""b"".jpg",cats,${scores.cats.toFixed(6)},${scores.cats.toFixed(6)},${scores.dogs.toFixed(6)}`,
    );
    expect((await project.command('predict', MODEL, CAT, '--csv', '--json')).code).toBe(2);
  });
});

test('a reader that leaves early ends the command without a word', async () => {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const child = spawn(process.execPath, [join(repository, 'dist', 'cli.js'), 'predict', MODEL, PETS, '--json'], {
    cwd: project.root,
    env,
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect([code, stderr]).toEqual([130, '']);
});

test('a model in ONNX alone gives the scores of the layers-model', async () => {
  const before = await predicted(CAT, DOG);
  const set = ['--set', 'stages.export.formats=[onnx]', '--set', 'stages.export.to=models/onnx'];
  expect((await project.run('pipelines/quickstart.yaml', ...QUICK, ...set)).code).toBe(0);
  for (const model of ['models/onnx', 'models/onnx/model.onnx']) {
    const { code, stdout } = await project.command('predict', model, CAT, DOG, '--json');
    const answers = linesOf(stdout) as (PredictionLine & SinglePrediction)[];
    expect([code, answers.map((answer) => answer.class)]).toEqual([0, before.map((answer) => answer.class)]);
    answers.forEach(({ score }, i) => expect(score).toBeCloseTo(before[i].score, 4));
  }
  const served = await Serving.start(project, 'models/onnx');
  const facts = (await (await fetch(`${served.url}api/model`)).json()) as ServedFacts;
  expect(facts).toMatchObject({ format: 'onnx', name: 'onnx', file: 'model.onnx' });
  await served.interrupt();
  await writeFile(project.path('models/onnx/model.onnx'), 'no model');
  expect((await project.command('predict', 'models/onnx', CAT)).code).toBe(3);
});

describe('where images come from', () => {
  test('folders are searched through by path; what is not an image by name nor content is passed over', async () => {
    await mkdir(project.path('mixed/b.d/.hidden'), { recursive: true });
    const images = ['b.d/2.jpg', 'b.d/10.jpg', 'b', 'a.txt', 'b.d/.hidden/no.jpg'];
    for (const name of images) await cp(project.path(CAT), project.path('mixed', name));
    await writeFile(project.path('mixed/notes.md'), 'notes');
    const { code, stdout, stderr } = await project.command('predict', MODEL, DOG, 'mixed/', '--json');
    expect([code, stderr]).toEqual([0, '5 images, 1 other file skipped\n']);
    expect(filesOf(stdout)).toEqual([DOG, 'mixed/a.txt', 'mixed/b', 'mixed/b.d/10.jpg', 'mixed/b.d/2.jpg']);
    await rm(project.path('mixed'), { recursive: true });
  });

  test('folders without an image are reported, and exit 3; a list that is empty is fine', async () => {
    await mkdir(project.path('bare'));
    await mkdir(project.path('notes'));
    await writeFile(project.path('notes/a.md'), 'notes');
    const bare = await project.command('predict', MODEL, 'bare');
    expect([bare.code, bare.stderr]).toEqual([3, 'no images found in bare\n']);
    const notes = await project.command('predict', MODEL, 'bare', 'notes', '--json');
    expect([notes.code, notes.stdout, notes.stderr]).toEqual([
      3,
      '',
      'no images found in bare, notes, 1 other file skipped\n',
    ]);
    const list = await project.commandWith('', 'predict', MODEL, '--files-from', '-', '--json');
    expect([list.code, list.stderr]).toEqual([0, 'no images found\n']);
  });

  test('stdin is one image, or a list of names that end in line breaks or zero bytes', async () => {
    const [cat, dog] = await predicted(CAT, DOG);
    const image = await project.commandWith(
      await readFile(project.path(DOG)),
      'predict',
      `${MODEL}/model.json`,
      CAT,
      '-',
      '--json',
    );
    expect(linesOf(image.stdout)).toEqual([cat, { ...dog, file: '-' }]);
    for (const list of [`${DOG}\r\n\r\n${CAT}`, `${DOG}\0${CAT}\0`]) {
      const { code, stdout } = await project.commandWith(list, 'predict', MODEL, '--files-from', '-', '--json');
      expect([code, linesOf(stdout)]).toEqual([0, [dog, cat]]);
    }
    expect((await project.commandWith('', 'predict', MODEL, '-', '--files-from', '-')).code).toBe(2);
    expect((await project.command('predict', MODEL)).code).toBe(2);
    expect((await project.command('predict', MODEL, '--files-from', 'no-list')).code).toBe(2);
  });

  test('more images than a batch keep their order, with bad ones among them', async () => {
    const names = Array.from({ length: 230 }, (_, i) =>
      i % 23 === 4 ? `none-${i}.jpg` : `${PETS}/cats/cat-${String((i % 90) + 1).padStart(3, '0')}.jpg`,
    );
    await project.write('many.txt', names.join('\n'));
    const { code, stdout, stderr } = await project.command('predict', MODEL, '--files-from', 'many.txt', '--json');
    expect([code, filesOf(stdout)]).toEqual([3, names]);
    expect(stderr).toMatch(/220 images, 10 could not be read\n$/);
  });
});

describe('images that cannot be read', () => {
  test('are reported by name, on stderr and as objects, and the others continue', async () => {
    const cat = await readFile(project.path(CAT));
    await project.write('bad/empty.jpg', '');
    await project.write('bad/page.jpg', '<!doctype html>');
    await writeFile(project.path('bad/torn.jpg'), cat.subarray(0, 900));
    // Whole by its chunks and their checksums, while its compressed data is none.
    const png = await sharp(cat).png().toBuffer();
    const start = png.indexOf('IDAT');
    const end = start + 4 + png.readUInt32BE(start - 4);
    png.fill(0x55, start + 10, end).writeUInt32BE(crc32(png.subarray(start, end)), end);
    await writeFile(project.path('bad/spoilt.png'), png);
    const { code, stdout, stderr } = await project.command('predict', MODEL, 'bad', 'gone.jpg', CAT, '--json');
    expect(code).toBe(3);
    expect(linesOf(stdout)).toEqual([
      { file: 'bad/empty.jpg', error: 'is empty' },
      { file: 'bad/page.jpg', error: 'is an HTML page, expected JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF' },
      { file: 'bad/spoilt.png', error: expect.stringMatching(/^is damaged: its image data cannot be decoded/) },
      { file: 'bad/torn.jpg', error: expect.stringMatching(/^is cut short/) },
      { file: 'gone.jpg', error: 'does not exist' },
      expect.objectContaining({ file: CAT, class: 'cats' }),
    ]);
    expect(stderr).toMatch(/^bad\/empty\.jpg: is empty\n/);
    expect(stderr).toMatch(/\ngone\.jpg: does not exist\n1 image, 5 could not be read\n$/);
  });
});

describe('a model that is', () => {
  const damaged = async (change: (folder: string) => Promise<void>) => {
    const folder = project.path('models/damaged');
    await cp(project.path(MODEL), folder, { recursive: true });
    await change(folder);
    const { code, stdout, stderr } = await project.command('predict', 'models/damaged', CAT);
    await rm(folder, { recursive: true });
    expect([stdout, stderr]).toEqual(['', expect.not.stringContaining('    at ')]);
    return [code, stderr];
  };

  test('missing or foreign exits 2; cut short exits 3', async () => {
    expect(await project.command('predict', 'nowhere', CAT)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^nowhere: does not exist\n/),
    });
    expect(await project.command('predict', 'pipelines/quickstart.yaml', CAT)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not a model of a known format'),
    });
    expect(await project.command('predict', PETS, CAT)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a folder without a model.json, not an exported model'),
    });
    const shard = await damaged((folder) => truncate(join(folder, 'group1-shard2of2.bin'), 5));
    expect(shard).toEqual([
      3,
      expect.stringMatching(/the weights in group1-shard1of2\.bin, group1-shard2of2\.bin have \d+ bytes/),
    ]);
  });

  test('made to reach outside its folder exits 4', async () => {
    const outside = await damaged(async (folder) => {
      const text = await readFile(join(folder, 'model.json'), 'utf8');
      await writeFile(join(folder, 'model.json'), text.replaceAll('group1-shard1of2.bin', '../../../etc/passwd'));
    });
    expect(outside).toEqual([4, expect.stringContaining('"../../../etc/passwd"')]);
  });
});
