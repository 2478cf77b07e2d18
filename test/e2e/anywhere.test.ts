/** The same files give the same bytes in any locale, time zone and folder; and names and images are taken as people have them. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { pipelineText, Project } from './rig.js';

const projects: Project[] = [];
afterEach(() => Promise.all(projects.splice(0).map((project) => project.remove())));

async function created(environment: Record<string, string> = {}): Promise<Project> {
  const project = await Project.create();
  projects.push(project);
  Object.assign(project.environment, environment);
  await project.addPets('pictures', 8);
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 2' }));
  return project;
}

interface State {
  readonly stages: Readonly<
    Record<string, { readonly key: string; readonly outputs: Readonly<Record<string, { readonly digest: string }>> }>
  >;
}

/** Keys and outputs of all stages. */
async function digestsOf(project: Project): Promise<unknown> {
  const { stages } = JSON.parse(await project.read('.pipeline/state/pets.json')) as State;
  return Object.fromEntries(Object.entries(stages).map(([name, { key, outputs }]) => [name, { key, outputs }]));
}

test('locales, time zones and folders change no byte', async () => {
  // Class names whose order differs between locales: Swedish puts ä after z, Turkish has two kinds of i.
  const renamed = { cats: 'ähnlich', dogs: 'zIi' };
  const places: readonly Record<string, string>[] = [
    {},
    { LC_ALL: 'sv_SE.UTF-8', TZ: 'Asia/Kathmandu' },
    { LC_ALL: 'tr_TR.UTF-8', TZ: 'America/St_Johns', HOME: '/nonexistent' },
  ];
  const seen: unknown[] = [];
  for (const environment of places) {
    const project = await created(environment);
    for (const [from, to] of Object.entries(renamed))
      await rename(project.path('pictures', from), project.path('pictures', to));
    const run = await project.run('pets.yaml', '--set', 'stages.ingest.split.validation=0.4');
    expect(run.code).toBe(0);
    expect(JSON.parse(await project.read('models/pets/classes.json'))).toEqual(['zIi', 'ähnlich']);
    seen.push(await digestsOf(project));
  }
  for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
}, 120_000);

test('the number of threads changes no byte', async () => {
  const seen: unknown[] = [];
  for (const threads of [1, 3]) {
    const machine = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module'; os.availableParallelism = () => ${threads}; syncBuiltinESMExports();`;
    const project = await created({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(machine)}` });
    // So many that several threads load them.
    await project.addPets('pictures', 40);
    const report = await project.command('doctor');
    expect(report.stdout + report.stderr).toMatch(new RegExp(`\\b${threads} threads`));
    expect((await project.run()).code).toBe(0);
    seen.push(await digestsOf(project));
  }
  for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
});

describe('data as people have it', () => {
  test('names with blanks, emoji, quotes, line breaks and both forms of accents', async () => {
    const project = await created();
    const names = [
      'with blank.jpg',
      'smile 😀.jpg',
      `quo"te's, comma.jpg`,
      'line\nbreak.jpg',
      'caf\u00e9.jpg',
      'cafe\u0301.jpg',
      '-leading.jpg',
      '#hash %41.jpg',
    ];
    for (const [i, name] of names.entries()) {
      const shade = { r: 20 * i, g: 100, b: 255 - 20 * i };
      await writeFile(
        project.path('pictures/cats', name),
        await sharp({ create: { width: 40, height: 40, channels: 3, background: shade } })
          .jpeg()
          .toBuffer(),
      );
    }
    const run = await project.run('pets.yaml', '--set', 'stages.evaluate.split=train');
    expect(run.code).toBe(0);
    const csv = await project.read('.pipeline/out/pets/evaluate/predictions.csv');
    const validation = await project.run('pets.yaml');
    expect(validation.code).toBe(0);
    const both = csv + (await project.read('.pipeline/out/pets/evaluate/predictions.csv'));
    for (const name of names)
      expect(both).toContain(/["\n,]/.test(name) ? `"cats/${name.replaceAll('"', '""')}"` : `cats/${name}`);
    // The line break must not write a line of its own on the terminal.
    expect(validation.stderr).not.toMatch(/^break\.jpg/m);
    const { code, stdout } = await project.command(
      'predict',
      'models/pets',
      ...names.map((name) => `pictures/cats/${name}`),
      '--json',
    );
    expect([
      code,
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { file: string }).file),
    ]).toEqual([0, names.map((name) => `pictures/cats/${name}`)]);
  });

  test('gray, alpha, palette, 16 bits, CMYK and every EXIF orientation', async () => {
    const project = await created();
    const pet = project.path('pictures/cats', (await readdir(project.path('pictures/cats')))[0]);
    const from = () => sharp(pet).resize(60, 40, { fit: 'fill' });
    const forms: Record<string, Promise<Buffer>> = {
      'gray.png': from().grayscale().png().toBuffer(),
      'alpha.png': from().ensureAlpha(0.5).png().toBuffer(),
      'palette.png': from().png({ palette: true, colors: 16 }).toBuffer(),
      'sixteen.png': from().toColourspace('rgb16').png().toBuffer(),
      'cmyk.jpg': from().toColourspace('cmyk').jpeg().toBuffer(),
      'progressive.jpg': from().jpeg({ progressive: true }).toBuffer(),
      'lossless.webp': from().webp({ lossless: true }).toBuffer(),
      // Names that lie: what counts is in the file.
      'really-png.jpg': from().negate().png().toBuffer(),
    };
    for (let orientation = 1; orientation <= 8; orientation++)
      forms[`exif-${orientation}.jpg`] = from()
        .withMetadata({ orientation })
        .jpeg({ quality: 90 - orientation })
        .toBuffer();
    for (const [name, bytes] of Object.entries(forms))
      await writeFile(project.path('pictures/dogs', name), await bytes);
    const run = await project.run('pets.yaml');
    expect(run.code).toBe(0);
    const paths = Object.keys(forms).map((name) => `pictures/dogs/${name}`);
    const { code, stdout } = await project.command('predict', 'models/pets', ...paths, '--json');
    expect([code, stdout.trim().split('\n').length]).toEqual([0, paths.length]);
  });

  test('an image that is edited while the run is under way is what it was, or found out', async () => {
    const project = await created();
    const path = project.path('pictures/cats', (await readdir(project.path('pictures/cats')))[0]);
    const before = await readFile(path);
    // Listed and hashed by ingest; changed before its features are computed.
    expect((await project.run('pets.yaml', 'ingest')).code).toBe(0);
    const stopped = await project.runUntil(
      (event) => event.event === 'stage-start' && event.name === 'train',
      'SIGKILL',
    );
    expect(stopped.code === 0 || stopped.signal === 'SIGKILL').toBe(true);
    await writeFile(path, await sharp(before).negate().jpeg().toBuffer());
    const edited = await project.run('pets.yaml');
    expect(edited.code).toBe(0);
    const afterEdit = await digestsOf(project);
    // A machine that never saw the old image computes the same.
    const other = await created();
    await writeFile(other.path('pictures/cats', (await readdir(other.path('pictures/cats')))[0]), await readFile(path));
    expect((await other.run('pets.yaml')).code).toBe(0);
    expect(afterEdit).toEqual(await digestsOf(other));
  });
});
