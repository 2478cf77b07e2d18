/** Images as people have them, by the command: formats, missing ends, sizes, and machines that cannot decode. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { Project, repository } from '../e2e/rig.js';
import { fixture } from '../keras/fixture.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create();
});
afterEach(() => project.remove());

/** A pipeline without a head's layers to wait for; `more` are lines of the ingest stage. */
function pipeline(more = ''): Promise<void> {
  return project.write(
    't.yaml',
    `version: 1
stages:
  ingest:
    source: data
    image: {size: [64, 64]}
    split: {validation: 0.3}
${more}
  load-base: {architecture: compact32}
  freeze: {layers: all}
  build-head: {layers: [global_average_pooling, classifier]}
  train: {epochs: 1}
  evaluate: {}
`,
  );
}

/** As many plain JPEGs, no two alike, for each of two classes. */
async function addImages(count: number, width = 40, height = 30): Promise<void> {
  for (const [label, name] of ['blue', 'red'].entries()) {
    await mkdir(project.path('data', name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const color = { r: 200 * label, g: 10 * i, b: 200 - 200 * label };
      await sharp({ create: { width: width + i, height, channels: 3, background: color } })
        .jpeg()
        .toFile(project.path('data', name, `${i}.jpg`));
    }
  }
}

const notes = (events: readonly { readonly event: string }[], code: string): string[] =>
  events.flatMap((event) => ('code' in event && 'text' in event && event.code === code ? [String(event.text)] : []));

describe('formats', () => {
  const { files } = fixture<{ readonly files: Readonly<Record<string, { readonly file: string }>> }>('formats');

  test('every format that Pillow reads for Keras is trained on; a JPEG without its end is noted', async () => {
    await addImages(8);
    for (const [name, { file }] of Object.entries(files))
      await writeFile(project.path('data/red', name), Buffer.from(file, 'base64'));
    await pipeline();
    const run = await project.run('t.yaml');
    expect([run.code, notes(run.events, 'picture-skipped')]).toEqual([0, []]);
    const summary = JSON.parse(await project.read('.pipeline/out/t/ingest/summary.json')) as {
      counts: Record<string, Record<string, number>>;
      bad: unknown[];
    };
    expect(summary.bad).toEqual([]);
    expect(Object.values(summary.counts).reduce((sum, { red }) => sum + red, 0)).toBe(8 + Object.keys(files).length);
    expect(notes(run.events, 'jpeg-without-end')).toEqual([
      '2 JPEG files without an end marker, such as red/progressive-without-end.jpg: used, because the image data is complete',
    ]);
    const doctor = await project.command('doctor', 't.yaml');
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.not.stringMatching(/[!✘].*cannot be used/)]);
  });

  test('HEIC and a JPEG that lacks image data are refused before anything else runs, with what to do', async () => {
    await addImages(8);
    await writeFile(project.path('data/red/phone.heic'), Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
    const jpeg = await readFile(project.path('data/red/0.jpg'));
    await writeFile(project.path('data/red/cut.jpg'), jpeg.subarray(0, jpeg.length - 3));
    await pipeline();
    const { code, stderr } = await project.command('run', 't.yaml', 'ingest');
    expect(code).toBe(3);
    expect(stderr).toMatch(/red\/cut\.jpg: is cut short: it ends inside its image data\n/);
    expect(stderr).toMatch(
      /red\/phone\.heic: is a HEIC, expected JPEG, PNG, WebP, GIF, BMP, TIFF or\n?\s*AVIF\n\s+-> convert the HEIC files to JPEG/,
    );
  });
});

test('an image of 100 megapixels is read; a limit can be set, and raised to a gigapixel', async () => {
  await addImages(8);
  await sharp({ create: { width: 12_500, height: 8000, channels: 3, background: '#345' } })
    .png()
    .toFile(project.path('data/red/large.png'));
  await pipeline('    max_megapixels: 99');
  const refused = await project.command('run', 't.yaml', 'ingest');
  expect([refused.code, refused.stderr]).toEqual([
    3,
    expect.stringMatching(
      /red\/large\.png: has 12500x8000 pixels, more than the limit of 99 megapixels\n\s+-> raise `max_megapixels`/,
    ),
  ]);
  await pipeline();
  const run = await project.run('t.yaml');
  expect([run.code, run.stage('train').features?.extracted]).toEqual([0, expect.any(Number)]);
});

const asAnotherUser = process.getuid?.() === 0 && spawnSync('prlimit', ['--version']).status === 0;
const OTHER = '4242';

(asAnotherUser ? describe : describe.skip)('with too few threads to decode (needs root and prlimit)', () => {
  test('no good image is left out: the run fails with exit code 5, and is right once the limit is gone', async () => {
    await addImages(12, 800, 600);
    await pipeline('    on_bad_image: skip');
    await cp(project.path('data'), project.path('reference/data'), { recursive: true });
    await cp(project.path('t.yaml'), project.path('reference/t.yaml'));
    const metricsIn = async (folder: string): Promise<unknown> => {
      const { stdout, code } = await project.commandIn(folder, 'run', 't.yaml', '--json');
      const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { readonly metrics: unknown };
      return { code, metrics: last.metrics };
    };
    const right = await metricsIn('reference');
    execFileSync('chown', ['-R', OTHER, project.root]);
    const codes: (number | null)[] = [];
    for (const most of [14, 17]) {
      const limited = ['--reuid', OTHER, '--clear-groups', 'env', `HOME=${project.root}`, 'prlimit', `--nproc=${most}`];
      const { status, stdout } = spawnSync(
        'setpriv',
        [...limited, process.execPath, join(repository, 'dist/cli.js'), 'run', 't.yaml', '--json'],
        { cwd: project.root, encoding: 'utf8' },
      );
      codes.push(status);
      expect(stdout).not.toMatch(/picture-skipped/);
      expect([0, 5, null]).toContain(status);
      execFileSync('chown', ['-R', String(process.getuid!()), project.root]);
      expect([most, await metricsIn('.')]).toEqual([most, right]);
      execFileSync('rm', ['-rf', project.path('.pipeline')]);
      execFileSync('chown', ['-R', OTHER, project.root]);
    }
    expect(codes.some((code) => code !== 0)).toBe(true);
  });
});
