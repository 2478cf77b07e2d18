/** What people read when something is wrong, with the exit code that programs see. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { pipelineText, Project } from './rig.js';

let project: Project;

beforeEach(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText());
});
afterEach(() => project.remove());

describe('an invalid pipeline', () => {
  test('shows every problem at once, with its place, and exits 2', async () => {
    await project.write('pets.yaml', pipelineText({ train: 'epocs: 3', head: '{units: -1, activation: rleu}' }));
    const { code, stderr } = await project.command('run', 'pets.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^pets\.yaml:15:24: .*-1/m);
    expect(stderr).toMatch(/^pets\.yaml:15:40: .*rleu/m);
    expect(stderr).toContain('did you mean `relu`?');
    expect(stderr).toMatch(/^pets\.yaml:19:5: .*`epocs`/m);
    expect(stderr).toContain('19 |     epocs: 3\n');
    expect(stderr).toContain('did you mean `epochs`?');
  });

  test('a head that does not fit the folders is reported before anything runs', async () => {
    const text = pipelineText().replace('- classifier', '- dense: {units: 3, activation: softmax}');
    await project.write('pets.yaml', text);
    const { code, stderr } = await project.command('run', 'pets.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^pets\.yaml:17:\d+: .*3/m);
    await expect(readFile(project.path('.pipeline/state/pets.json'))).rejects.toThrow('ENOENT');
  });

  test('an unknown value to set, an unknown stage and an unknown option exit 2', async () => {
    const set = await project.command('run', 'pets.yaml', '--set', 'stages.train.epocs=3');
    expect([set.code, set.stderr]).toEqual([2, expect.stringContaining('did you mean')]);
    const stage = await project.command('run', 'pets.yaml', 'evalute');
    expect([stage.code, stage.stderr]).toEqual([2, expect.stringContaining('did you mean `evaluate`?')]);
    expect((await project.command('run', 'pets.yaml', '--nonsense')).code).toBe(2);
    expect((await project.command('run', 'missing.yaml')).code).toBe(2);
  });

  test('an export outside the project exits 4', async () => {
    const { code, stderr } = await project.command('run', 'pets.yaml', '--set', 'stages.export.to=../outside');
    expect([code, stderr]).toEqual([4, expect.stringContaining('outside')]);
  });
});

describe('bad data exits 3 and names the file', () => {
  const run = async (...args: string[]) => {
    const { code, stderr } = await project.command('run', 'pets.yaml', ...args);
    return { code, stderr };
  };

  test('a text file named .jpg, and a truncated JPEG, both at once', async () => {
    const whole = await readFile(project.path('pictures/cats/cat-001.jpg'));
    await writeFile(project.path('pictures/dogs/half.jpg'), whole.subarray(0, whole.length >> 1));
    await writeFile(project.path('pictures/cats/story.jpg'), 'once upon a time');
    const { code, stderr } = await run();
    expect(code).toBe(3);
    expect(stderr).toMatch(/cats\/story\.jpg: is not an image/);
    expect(stderr).toMatch(/dogs\/half\.jpg: .*cut short/);
    expect(stderr).toContain('on_bad_image: skip');

    const skipping = await project.run('pets.yaml', '--set', 'stages.ingest.on_bad_image=skip');
    expect(skipping.code).toBe(0);
    const skipped = skipping.events.flatMap((event) =>
      event.event === 'note' && event.code === 'picture-skipped' ? event.text : [],
    );
    expect(skipped).toEqual([expect.stringContaining('cats/story.jpg'), expect.stringContaining('dogs/half.jpg')]);
  });

  test('an image that only breaks while it is decoded', async () => {
    // Its chunks and their checksums are in order, so that only inflating the pixels shows it.
    const bytes = await sharp(project.path('pictures/cats/cat-001.jpg')).png().toBuffer();
    const start = bytes.indexOf('IDAT');
    const length = bytes.readUInt32BE(start - 4);
    bytes.fill(0x55, start + 10, start + 4 + length);
    bytes.writeUInt32BE(crc32(bytes.subarray(start, start + 4 + length)), start + 4 + length);
    await writeFile(project.path('pictures/cats/broken.png'), bytes);
    const failing = await run();
    expect([failing.code, failing.stderr]).toEqual([3, expect.stringContaining('cats/broken.png')]);
    const skipping = await project.run('pets.yaml', '--set', 'stages.ingest.on_bad_image=skip');
    expect([skipping.code, skipping.stage('train').features]).toEqual([0, { extracted: 24, reused: 0 }]);
  });

  test('an empty folder, no folder, one class only', async () => {
    await mkdir(project.path('empty'));
    expect(await run('--set', 'stages.ingest.source=empty')).toEqual({
      code: 3,
      stderr: expect.stringContaining('empty'),
    });
    await project.write('slip.yaml', pipelineText().replace('source: pictures', 'source: fotos'));
    const slip = await project.run('slip.yaml');
    expect([slip.code, slip.stderr]).toEqual([
      3,
      expect.stringMatching(/^slip\.yaml:5:13: fotos does not exist\n +4 \| {3}ingest:\n +5 \| {5}source: fotos\n/m),
    ]);
    expect(await run('--set', 'stages.ingest.source=nowhere')).toEqual({
      code: 3,
      stderr: expect.stringContaining('does not exist'),
    });
    await rm(project.path('pictures/dogs'), { recursive: true });
    expect(await run()).toEqual({ code: 3, stderr: expect.stringContaining('only one class, `cats`') });
  });

  test('the same image under two labels', async () => {
    await cp(project.path('pictures/cats/cat-001.jpg'), project.path('pictures/dogs/copy.jpg'));
    const { code, stderr } = await run();
    expect(code).toBe(3);
    expect(stderr).toContain('dogs/copy.jpg: has the same content as cats/cat-001.jpg but another label');
  });

  test('weights that are not there, or not those that were pinned', async () => {
    expect(await run('--set', 'stages.load-base.weights=none.json')).toEqual({
      code: 3,
      stderr: expect.stringContaining('none.json: does not exist'),
    });
    const pin = `{path: ${process.cwd()}/examples/base/model.json, sha256: ${'f'.repeat(64)}}`;
    const { code, stderr } = await run('--set', `stages.load-base.weights=${pin}`);
    expect([code, stderr]).toEqual([3, expect.stringContaining('has the sha256')]);
  });
});

describe('gates and exports', () => {
  test('a missed minimum exits 6, also from the cache; what was computed is kept and nothing is exported', async () => {
    const gate = [
      '--set',
      'stages.evaluate.minimum={accuracy: 1}',
      '--set',
      'stages.train.epochs=1',
      '--set',
      'stages.train.optimizer={sgd: {learning_rate: 1e-9}}',
    ];
    const first = await project.run('pets.yaml', ...gate);
    expect([first.code, first.state]).toEqual([6, 'gate-missed']);
    expect(first.stage('export')).toMatchObject({ state: 'skipped', reason: 'evaluate missed its minimum' });
    const second = await project.run('pets.yaml', ...gate);
    expect([second.code, second.named('ran')]).toEqual([6, []]);
    const lowered = await project.run('pets.yaml', ...gate, '--set', 'stages.evaluate.minimum={accuracy: 0}');
    expect([lowered.code, lowered.named('ran')]).toEqual([0, ['export']]);
  });

  test('an export that a person has changed is not overwritten without --force', async () => {
    await project.run();
    await writeFile(project.path('models/pets/classes.json'), '["mine"]');
    const refused = await project.run('pets.yaml', '--set', 'stages.train.epochs=2');
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining('models/pets/classes.json: was changed since it was written'),
    ]);
    expect(await project.read('models/pets/classes.json')).toBe('["mine"]');
    const other = await project.run('pets.yaml', '--set', 'stages.train.epochs=2', '--force', 'train');
    expect([other.code, await project.read('models/pets/classes.json')]).toEqual([4, '["mine"]']);
    const forced = await project.run('pets.yaml', '--set', 'stages.train.epochs=2', '--force', 'export');
    expect(forced.code).toBe(0);
    expect(JSON.parse(await project.read('models/pets/classes.json'))).toEqual(['cats', 'dogs']);
  });

  test('a deleted export is written again without running anything', async () => {
    await project.run();
    await rm(project.path('models'), { recursive: true });
    const run = await project.run();
    expect([run.code, run.named('ran')]).toEqual([0, []]);
    expect(JSON.parse(await project.read('models/pets/classes.json'))).toEqual(['cats', 'dogs']);
  });

  test('--only refuses where what it reads is stale, --from and --force run what they say', async () => {
    const only = await project.run('pets.yaml', '--only', 'evaluate');
    expect([only.code, only.stderr]).toEqual([2, expect.stringContaining('has to run first (it has never run)')]);
    const dry = await project.command('run', 'pets.yaml', '--only', 'evaluate', '--dry-run');
    expect([dry.code, dry.stdout, dry.stderr]).toEqual([
      2,
      '',
      expect.stringMatching(
        /^ingest: has to run first \(it has never run\), but it is not among the selected stages\n[^]*^load-base: has/m,
      ),
    ]);
    await project.run();
    expect((await project.run('pets.yaml', '--only', 'evaluate', '--force')).named('ran')).toEqual(['evaluate']);
    expect((await project.run('pets.yaml', '--from', 'train', '--force')).named('ran')).toEqual([
      'train',
      'evaluate',
      'export',
    ]);
    expect((await project.run('pets.yaml', 'build-head')).stages.map(({ name }) => name)).toEqual([
      'ingest',
      'load-base',
      'freeze',
      'build-head',
    ]);
  });
});
