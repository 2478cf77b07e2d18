/** The reference recipe from a server on loopback, as people run it from the open internet: fetched once, then never again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { zipOf, type ZipEntry } from '../sources/packing.js';
import { dropping, file, FileServer } from '../sources/server.js';
import { publishedMobilenetV2, publishedVgg16 } from './published.js';
import { pipelineText, Project, repository } from './rig.js';

const set = [
  'stages.ingest.image.size=[32, 32]',
  'stages.train.epochs=2',
  'stages.augment.views=1',
  'stages.evaluate.minimum.accuracy=0',
].flatMap((value) => ['--set', value]);

let project: Project;
let server: FileServer;
let zip: Buffer;
let url: string;
/** The weights, as the recipe names them, and the digest of their file. */
let weights: string;
let weightsDigest: string;

/** Drawn pets in the layout of cats_and_dogs_filtered.zip: one folder around train/ and validation/. */
async function petsZip(): Promise<Buffer> {
  const entries: ZipEntry[] = [{ name: 'pets_filtered/vectorize.py', content: 'import os' }];
  for (const name of ['cats', 'dogs']) {
    const folder = join(repository, 'examples/pets/pictures', name);
    const files = (await readdir(folder)).sort().slice(0, 12);
    for (const [i, image] of files.entries()) {
      entries.push({
        name: `pets_filtered/${i < 8 ? 'train' : 'validation'}/${name}/${image}`,
        content: await readFile(join(folder, image)),
      });
    }
  }
  return zipOf(entries);
}

/** The shipped recipe with images and weights from addresses. */
async function writeRecipe(source: string): Promise<void> {
  const recipe = await readFile(join(repository, 'pipelines/cats-dogs.yaml'), 'utf8');
  await project.write(
    'pets.yaml',
    recipe
      .replace(/^ +source: .*/m, `    source: ${source}`)
      .replace('architecture: vgg16', `architecture: vgg16\n    weights: ${weights}`),
  );
}

/** A smaller one, which shares the archive. */
const small = (source: string) =>
  pipelineText({ train: 'epochs: 2' }).replace('source: pictures', `source: "${source}"`);

beforeAll(async () => {
  project = await Project.create();
  project.environment.PIPELINE_ALLOW_HTTP_LOOPBACK = '1';
  server = await new FileServer().start();
  zip = await petsZip();
  url = server.on('/data/pets.zip', dropping(zip, zip.length >> 1, 500), file(zip));
  const md5 = createHash('md5').update(zip).digest('hex');
  const vgg16 = await publishedVgg16(project.path('vgg16.h5'), 42);
  weightsDigest = createHash('sha256').update(vgg16).digest('hex');
  weights = `{url: "${server.on('/vgg16_notop.h5', file(vgg16))}", sha256: ${weightsDigest}}`;
  await writeRecipe(`{url: "${url}", md5: ${md5}, size: ${zip.length}}`);
});
afterAll(async () => {
  await server.stop();
  await project.remove();
});

describe('the reference recipe', () => {
  test('a plan fetches nothing', async () => {
    const { code, stdout } = await project.command('plan', 'pets.yaml', ...set);
    expect([code, stdout.split('\n')[0]]).toEqual([0, expect.stringMatching(/^ingest +run +first run/)]);
    expect(server.asked).toEqual([]);
  });

  test('offline, it says what to put where', async () => {
    const { code, events } = await project.run('pets.yaml', ...set, '--offline');
    expect(code).toBe(3);
    // Images and weights are looked for side by side, so either may be reported first.
    const remedies = events.flatMap((event) =>
      event.event === 'problem' && event.problem.code === 'missing-offline' ? event.problem.remedy : [],
    );
    expect(remedies.sort()).toEqual(
      ['pets.zip', 'vgg16_notop.h5'].map((name) => `put ${name} there, or run once without --offline`),
    );
    expect(server.asked).toEqual([]);
  });

  test('runs from the server, over a connection that breaks', async () => {
    const run = await project.run('pets.yaml', ...set);
    expect([run.code, run.state]).toEqual([0, 'ok']);
    expect(run.metrics.evaluate.samples).toBe(8);
    expect([...server.asked].sort()).toEqual([
      '/data/pets.zip',
      expect.stringMatching(/^\/data\/pets\.zip bytes=\d+-$/),
      '/vgg16_notop.h5',
    ]);
  });

  test('locks what it fetched', async () => {
    const text = await project.read('pets.lock.yaml');
    const sha256 = createHash('sha256').update(zip).digest('hex');
    expect(parse(text)).toEqual({
      version: 1,
      downloads: {
        [url]: { sha256, size: zip.length },
        [`${server.origin}/vgg16_notop.h5`]: { sha256: weightsDigest, size: expect.any(Number) },
      },
      bases: { 'load-base': weightsDigest },
      classes: { ingest: ['cats', 'dogs'] },
    });
  });

  test('reads the same weights as those that the file was made from', async () => {
    const digestIn = async (name: string) =>
      JSON.parse(await project.read(`.pipeline/state/${name}.json`)).stages['load-base'].outputs.weights;
    await project.write(
      'random.yaml',
      'version: 1\nstages:\n  load-base: {architecture: vgg16, weights: random, seed: 42}\n',
    );
    expect((await project.run('random.yaml')).code).toBe(0);
    expect(await digestIn('pets')).toEqual(await digestIn('random'));
  });

  test('continues without the server, and writes nothing again', async () => {
    await server.stop();
    const lock = await project.read('pets.lock.yaml');
    for (const options of [[], ['--offline']]) {
      const run = await project.run('pets.yaml', ...set, ...options);
      expect(run.named('fresh')).toHaveLength(run.stages.length);
    }
    expect(await project.read('pets.lock.yaml')).toBe(lock);
  });

  test('the lock file pins an address that the pipeline leaves open', async () => {
    await writeRecipe(`"${url}"`);
    const run = await project.run('pets.yaml', ...set);
    expect([run.code, run.named('ran')]).toEqual([0, ['ingest']]);
    await writeRecipe(`{url: "${url}", sha256: ${'a'.repeat(64)}}`);
    const refused = await project.run('pets.yaml', ...set);
    expect([refused.code, refused.stage('ingest').reason]).toEqual([
      2,
      expect.stringMatching(/in the pipeline and .* in pets\.lock\.yaml/),
    ]);
  });

  test('images that only a size pins are taken on first use, and held to their sha256 from then on', async () => {
    const elsewhere = await Project.create();
    Object.assign(elsewhere.environment, { PIPELINE_ALLOW_HTTP_LOOPBACK: '1' });
    const here = await new FileServer().start();
    const address = here.on('/pets.zip', file(zip));
    const text = pipelineText({ train: 'epochs: 2' }).replace(
      'source: pictures',
      `source: {url: "${address}", size: ${zip.length}}`,
    );
    await elsewhere.write('pets.yaml', text);
    const first = await elsewhere.run('pets.yaml');
    expect([first.code, first.events.filter((event) => event.event === 'note' && event.code === 'first-use')]).toEqual([
      0,
      [expect.anything()],
    ]);
    const second = await elsewhere.run('pets.yaml');
    expect([second.named('fresh').length, here.asked]).toEqual([second.stages.length, ['/pets.zip']]);
    // Another file of the same size at the same address is not what the lock file says.
    await rm(elsewhere.path('.pipeline'), { recursive: true });
    const other = Buffer.from(zip);
    other[other.length >> 1] ^= 1;
    here.on('/pets.zip', file(other));
    const third = await elsewhere.run('pets.yaml');
    expect([third.code, third.stage('ingest').reason]).toEqual([3, expect.stringMatching(/^has the sha256 /)]);
    await here.stop();
    await elsewhere.remove();
  });

  test('a network that is named alone is looked for under the name of the file that Keras publishes', async () => {
    const elsewhere = await Project.create();
    Object.assign(elsewhere.environment, { PIPELINE_MIRROR: elsewhere.path('mirror') });
    await mkdir(elsewhere.path('mirror'));
    const name = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5';
    const digest = createHash('sha256')
      .update(await publishedMobilenetV2(elsewhere.path('mirror', name), 0.35, 42))
      .digest('hex');
    await elsewhere.write(
      'base.yaml',
      'version: 1\nstages:\n  load-base: {architecture: mobilenet_v2, alpha: 0.35, image_size: 96}\n',
    );
    const run = await elsewhere.run('base.yaml', '--offline');
    expect([run.code, run.stages]).toEqual([0, [expect.objectContaining({ state: 'ran' })]]);
    expect(parse(await elsewhere.read('base.lock.yaml')).bases).toEqual({ 'load-base': digest });
    expect((await elsewhere.run('base.yaml', '--offline')).named('fresh')).toEqual(['load-base']);
    await elsewhere.remove();
  });

  test('a network that only the command line names is taken again by each such call, whatever is there by then', async () => {
    const elsewhere = await Project.create();
    Object.assign(elsewhere.environment, { PIPELINE_MIRROR: elsewhere.path('mirror') });
    await mkdir(elsewhere.path('mirror'));
    await elsewhere.write(
      'base.yaml',
      'version: 1\nstages:\n  load-base: {architecture: mobilenet_v2, image_size: 96}\n',
    );
    const name = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5';
    const weights = [];
    for (const seed of [42, 43]) {
      await publishedMobilenetV2(elsewhere.path('mirror', name), 0.35, seed);
      const run = await elsewhere.run('base.yaml', '--offline', '--set', 'stages.load-base.alpha=0.35');
      expect([run.code, run.named('ran')]).toEqual([0, ['load-base']]);
      expect(run.events).toContainEqual(
        expect.objectContaining({ code: 'first-use', text: expect.stringContaining('not written to base.lock.yaml') }),
      );
      weights.push(
        JSON.parse(await elsewhere.read('.pipeline/state/base.json')).stages['load-base'].outputs.weights.digest,
      );
    }
    expect(weights[0]).not.toBe(weights[1]);
    expect(await readdir(elsewhere.root)).not.toContain('base.lock.yaml');
    await elsewhere.remove();
  });

  test('a damaged or lost unpacked folder is unpacked again when an image is needed', async () => {
    const unpacked = project.path('.pipeline/cache/v1/unpacked');
    const [digest] = await readdir(unpacked);
    const image = join(unpacked, digest, 'files/pets_filtered/validation/cats');
    const [name] = await readdir(image);
    await writeFile(join(image, name), 'rot');
    await cp(project.path('pets.lock.yaml'), project.path('small.lock.yaml'));
    await project.write('small.yaml', small(url));
    const first = await project.run('small.yaml', '--offline');
    expect([first.code, first.state]).toEqual([0, 'ok']);
    expect(first.events.filter((event) => event.event === 'note' && event.code === 'cache-damage')).toHaveLength(1);
    await rm(join(unpacked, digest), { recursive: true });
    // Ingest is current: the images are asked for by training alone.
    await project.write(
      'small.yaml',
      small(url).replace('ingest:', 'augment: {horizontal_flip: true, views: 1}\n  ingest:'),
    );
    const second = await project.run('small.yaml', '--offline');
    expect([second.code, second.state, second.stage('ingest').state]).toEqual([0, 'ok', 'fresh']);
    expect(second.events.filter((event) => event.event === 'note' && event.code === 'healed')).toHaveLength(1);
  });

  test('runs in another project, offline, from a mirror folder', async () => {
    const elsewhere = await Project.create();
    await elsewhere.write('small.yaml', small(url));
    await cp(project.path('pets.lock.yaml'), elsewhere.path('small.lock.yaml'));
    await mkdir(elsewhere.path('mirror'));
    await writeFile(elsewhere.path('mirror/pets.zip'), zip);
    Object.assign(elsewhere.environment, {
      PIPELINE_ALLOW_HTTP_LOOPBACK: '1',
      PIPELINE_MIRROR: elsewhere.path('mirror'),
    });
    const run = await elsewhere.run('small.yaml', '--offline');
    expect([run.code, run.state]).toEqual([0, 'ok']);
    await elsewhere.remove();
  });

  test('a folder and an archive of the same images give the same samples', async () => {
    const elsewhere = await Project.create();
    await elsewhere.addPets('pictures', 6);
    const names = (await readdir(elsewhere.path('pictures'), { recursive: true }))
      .filter((name) => name.endsWith('.jpg') || name.endsWith('.png'))
      .sort();
    const entries = await Promise.all(
      names.map(async (name) => ({ name, content: await readFile(elsewhere.path('pictures', name)) })),
    );
    await writeFile(elsewhere.path('pictures.zip'), zipOf(entries));
    const text = (source: string) =>
      `version: 1\nstages:\n  ingest:\n    source: ${source}\n    image: {size: [32, 32]}\n    split: {validation: 0.4}\n`;
    const samples: unknown[] = [];
    for (const source of ['pictures', 'pictures.zip']) {
      await elsewhere.write('p.yaml', text(source));
      const run = await elsewhere.run('p.yaml');
      expect(run.code).toBe(0);
      const state = JSON.parse(await elsewhere.read('.pipeline/state/p.json'));
      samples.push(state.stages.ingest.outputs.samples);
    }
    expect(samples[1]).toEqual(samples[0]);
    await elsewhere.remove();
  });
});
