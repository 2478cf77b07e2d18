/** doctor on a healthy project, and on a folder with one of each fault. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Finding } from '../../src/core/finding.js';
import { noisy } from '../image/images.js';
import { pipelineText, Project } from './rig.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
});
afterAll(() => project.remove());

interface Diagnosis {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly healthy: boolean;
  of(code: string): Finding | undefined;
}

async function diagnose(...args: string[]): Promise<Diagnosis> {
  const { code, stdout } = await project.command('doctor', ...args, '--json');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const findings = lines.filter(({ event }) => event === 'finding') as unknown as Finding[];
  return {
    code,
    findings,
    healthy: lines.at(-1)!.healthy as boolean,
    of: (name) => findings.find((finding) => finding.code === name),
  };
}

describe('the machine and the cache', () => {
  test('are reported, with the engine that is used', async () => {
    const { code, findings, healthy, of } = await diagnose();
    expect([code, healthy]).toEqual([0, true]);
    expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
    expect(of('node')!.text).toBe(`Node ${process.versions.node} on ${process.platform} ${process.arch}`);
    expect(findings.filter((finding) => finding.code === 'engine').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^engine onnx on cpu \(\d.*\): runs and trains \(in use\)$/),
      expect.stringMatching(/^engine tfjs on (wasm|node) \(.*\): runs and trains$/),
    ]);
    expect(of('decoder')!.text).toMatch(/reads JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF$/);
    expect(of('cache-folder')!.text).toMatch(/\.pipeline\/cache: can be created$/);
    // Looking leaves nothing behind.
    expect(await readdir(project.root)).toEqual([]);
  });

  test('an engine that there is none of is refused, with a pipeline or without', async () => {
    await project.write('engine.yaml', pipelineText());
    for (const file of [[], ['engine.yaml']]) {
      const { code, stdout, stderr } = await project.command('doctor', ...file, '--engine', 'foo');
      expect([code, stdout, stderr]).toEqual([
        2,
        '',
        '--engine: foo is not an engine\n  expected: one of auto, onnx, tfjs\n',
      ]);
    }
    await rm(project.path('engine.yaml'));
  });

  test('in pipelines/, the cache is that of the project', async () => {
    await project.write('pipelines/.keep', '');
    const inside = await project.commandIn('pipelines', 'doctor', '--json');
    expect(inside.stdout).toContain(`${basename(project.root)}/.pipeline/cache: can be created`);
    await rm(project.path('pipelines'), { recursive: true });
  });

  test('a cache where no folder can be is a fault of the machine', async () => {
    await project.write('file', 'no folder');
    project.environment.PIPELINE_CACHE = project.path('file');
    const { code, of } = await diagnose();
    delete project.environment.PIPELINE_CACHE;
    expect([code, of('cache-not-writable')?.level]).toEqual([5, 'error']);
  });

  test('a damaged file of the cache is found', async () => {
    await project.addPets('fine', 12);
    await project.write('fine.yaml', pipelineText({ train: 'epochs: 1' }).replace('source: pictures', 'source: fine'));
    await project.run('fine.yaml');
    const sound = await diagnose('fine.yaml');
    expect([sound.code, sound.of('cache-sample')?.level]).toEqual([0, 'ok']);
    const blobs = project.path('.pipeline/cache/v1/blobs');
    const [start] = (await readdir(blobs)).sort();
    const [name] = await readdir(join(blobs, start));
    const bytes = await readFile(join(blobs, start, name));
    bytes[bytes.length >> 1] ^= 1;
    await chmod(join(blobs, start, name), 0o644);
    await writeFile(join(blobs, start, name), bytes);
    const { code, of } = await diagnose('fine.yaml');
    expect([code, of('cache-damage')]).toEqual([
      0,
      expect.objectContaining({ level: 'warning', list: [expect.stringContaining(name)] }),
    ]);
  });
});

describe('images', () => {
  const put = async (path: string, content: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(project.path('faulty', path)), { recursive: true });
    await writeFile(project.path('faulty', path), content);
  };
  const jpeg = (width: number, height = width): Promise<Buffer> => noisy(width, height).jpeg().toBuffer();

  beforeAll(async () => {
    for (const split of ['train', 'validation']) {
      for (let i = 0; i < 8; i++) await put(`${split}/cats/${i}.jpg`, await jpeg(40 + i, split === 'train' ? 50 : 60));
      for (let i = 0; i < 2; i++) await put(`${split}/dogs/${i}.jpg`, await jpeg(40 + i, split === 'train' ? 70 : 80));
    }
    const whole = await jpeg(90);
    await put('train/cats/cut.jpg', whole.subarray(0, whole.length >> 1));
    const rotten = await jpeg(91);
    // Headers stand, and the image's data is not a code of any.
    await put('train/cats/rotten.png', await broken());
    await put('train/cats/really-a-png.jpg', await noisy(44, 44).png().toBuffer());
    await put('train/cats/tiny.jpg', await jpeg(9, 44));
    await put('train/cats/turned.jpg', await noisy(45, 46).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    await put('train/dogs/both.jpg', rotten);
    await put('train/cats/both.jpg', rotten);
    await cp(project.path('faulty/train/cats/0.jpg'), project.path('faulty/validation/cats/leak.jpg'));
    await cp(project.path('faulty/train/cats/1.jpg'), project.path('faulty/train/cats/copy.jpg'));
    await put('train/cats/names.txt', 'a list');
    await put('readme.md', 'about');
    await put('test/cats/1.jpg', await jpeg(47));
    await project.write('faulty.yaml', pipelineText().replace('source: pictures', 'source: faulty'));
  });

  /** A PNG whose chunks are whole and whose pixels are not: only decoding finds out. */
  async function broken(): Promise<Buffer> {
    const { deflateSync } = await import('node:zlib');
    const bytes = await noisy(42, 42).png().toBuffer();
    const start = bytes.indexOf('IDAT') - 4;
    const length = bytes.readUInt32BE(start);
    const data = deflateSync(Buffer.alloc(50));
    const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('IDAT'), data, Buffer.alloc(4)]);
    chunk.writeUInt32BE(data.length, 0);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
    return Buffer.concat([bytes.subarray(0, start), chunk, bytes.subarray(start + 12 + length)]);
  }

  test('one of each fault is named with its files', async () => {
    const { code, healthy, findings, of } = await diagnose('faulty.yaml');
    expect([code, healthy]).toEqual([3, false]);
    expect(of('corrupt-pictures')).toMatchObject({
      level: 'error',
      list: [
        expect.stringMatching(/^train\/cats\/cut\.jpg: is cut short/),
        expect.stringMatching(/^train\/cats\/rotten\.png: is damaged: its image data cannot be decoded/),
      ],
    });
    expect(of('same-picture-two-labels')!.list).toEqual([
      'train/dogs/both.jpg: has the same content as train/cats/both.jpg but another label',
    ]);
    expect(of('picture-in-two-splits')).toMatchObject({
      level: 'error',
      list: ['train/cats/0.jpg = validation/cats/leak.jpg'],
    });
    expect(of('same-picture-twice')).toMatchObject({
      level: 'warning',
      list: ['train/cats/1.jpg = train/cats/copy.jpg'],
    });
    expect(of('class-missing-in-split')!.text).toMatch(/has no test images of `dogs`$/);
    expect(of('wrong-extension')).toMatchObject({ level: 'warning', list: ['train/cats/really-a-png.jpg: is a PNG'] });
    expect(of('tiny-pictures')).toMatchObject({ level: 'warning', list: ['train/cats/tiny.jpg: 9x44'] });
    expect(of('turned-by-exif')).toMatchObject({ level: 'note', list: ['train/cats/turned.jpg: orientation 6'] });
    expect(of('files-ignored')!.list).toEqual([expect.stringMatching(/^train\/cats\/names\.txt: is not an image/)]);
    expect(of('files-outside-classes')!.list).toEqual(['readme.md']);
    expect(of('class-imbalance')).toMatchObject({
      level: 'warning',
      list: [expect.stringMatching(/^cats: 1\d$/), 'dogs: 2'],
    });
    expect(of('few-pictures')).toMatchObject({
      level: 'warning',
      list: ['dogs: 2 validation images', 'cats: 1 test image'],
    });
    // And of these alone.
    expect(findings.filter(({ about }) => about === 'data')).toHaveLength(13);
  });

  test('people see the first names of each, and what to do', async () => {
    for (let i = 0; i < 13; i++) await put(`train/dogs/empty-${String(i).padStart(2, '0')}.jpg`, '');
    const { code, stdout } = await project.command('doctor', 'faulty.yaml');
    expect(code).toBe(3);
    const lines = stdout.split('\n');
    const at = lines.indexOf('  ✘ cannot be used: 15 images');
    expect(lines.slice(at + 1, at + 13)).toEqual([
      expect.stringMatching(/^ {6}train\/cats\/cut\.jpg: /),
      expect.stringMatching(/^ {6}train\/cats\/rotten\.png: /),
      ...Array.from({ length: 8 }, (_, i) => `      train/dogs/empty-0${i}.jpg: is empty`),
      '      and 5 more (--json lists all)',
      '    -> fix or remove the files, or set `on_bad_image: skip` in the ingest stage',
    ]);
    expect(stdout).toMatch(/\n4 errors, \d warnings\n$/);
  });

  test('bad images that are to be left out are a warning; a source that is not there is an error', async () => {
    await project.write(
      'skip.yaml',
      pipelineText().replace('source: pictures', 'source: faulty\n    on_bad_image: skip'),
    );
    expect((await diagnose('skip.yaml')).of('corrupt-pictures')).toMatchObject({
      level: 'warning',
      text: 'cannot be used, left out: 15 images',
    });
    await project.write('gone.yaml', pipelineText());
    const gone = await diagnose('gone.yaml');
    expect([gone.code, gone.of('source-missing')?.level]).toEqual([3, 'error']);
  });

  test('what a run would fail at later is reported: weights, layers, a split that is empty', async () => {
    await project.addPets('ahead', 12);
    await project.write('ahead.yaml', pipelineText().replace('source: pictures', 'source: ahead'));
    const without = await diagnose('ahead.yaml', '--set', 'stages.load-base.weights=nope.h5');
    expect([without.code, without.of('weights-missing')]).toEqual([
      3,
      expect.objectContaining({
        level: 'error',
        about: 'data',
        text: expect.stringMatching(/^load-base: .*nope\.h5: does not exist; expected /),
      }),
    ]);
    const layers = await diagnose('ahead.yaml', '--set', 'stages.freeze.layers={until: nope}');
    expect([layers.code, layers.of('unknown-layer')]).toEqual([
      2,
      expect.objectContaining({
        level: 'error',
        about: 'pipeline',
        text: expect.stringMatching(/^freeze: .*the base has no layer nope/),
      }),
    ]);
    await project.write(
      'ahead.yaml',
      (await project.read('ahead.yaml'))
        .replace('source: ahead', 'source: two')
        .replace('{validation: 0.3}', '{validation: 0.3, test: 0.1}')
        .replace('evaluate: {}', 'evaluate: {split: test}'),
    );
    // Of two images of a class, one is for training and one for validation.
    await project.addPets('two', 2);
    const empty = await diagnose('ahead.yaml');
    expect([empty.code, empty.of('split-empty')?.text]).toEqual([
      3,
      'ahead.yaml:20:21: there are no usable test images',
    ]);
  });

  test('an empty class folder is a warning, in a run too', async () => {
    await project.addPets('hollow', 12);
    await mkdir(project.path('hollow/birds'));
    await project.write(
      'hollow.yaml',
      pipelineText({ train: 'epochs: 1' }).replace('source: pictures', 'source: hollow'),
    );
    const { code, of } = await diagnose('hollow.yaml');
    const found = 'the folder `birds` in `hollow` is empty, so it is not a class';
    expect([code, of('empty-class-folder')]).toEqual([
      0,
      expect.objectContaining({ level: 'warning', text: `hollow.yaml:5:13: ${found}` }),
    ]);
    const run = await project.run('hollow.yaml');
    expect(run.events).toContainEqual(
      expect.objectContaining({
        event: 'warning',
        problem: expect.objectContaining({ code: 'empty-class-folder', found }),
      }),
    );
  });

  test('nothing is fetched to be looked at', async () => {
    const source = `{url: "https://pets.invalid/pets.zip", sha256: ${'ab'.repeat(32)}}`;
    await project.write('web.yaml', pipelineText().replace('source: pictures', `source: ${source}`));
    const { code, of } = await diagnose('web.yaml');
    expect([code, of('missing-offline'), of('not-at-hand')?.level]).toEqual([0, undefined, 'note']);
  });
});
