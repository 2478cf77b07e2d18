/**
 * Nothing to do, on 25,000 images and on all 110,000: whole processes of `run` and `status` on a warm disk, in turns
 * with Turborepo's no-op over the same files, which is fetched by npm into a temporary folder.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { child, cli, median, peakMemory, report, round, scratchFolder, sharedFolder } from '../lib.mjs';
import { someClasses, trainedProject, unpack } from './project.mjs';

const ROUNDS = 15;

/** A workspace whose one package reads the images; undefined with the reason printed where npm cannot fetch turbo. */
async function turborepo(root) {
  mkdirSync(join(root, 'packages', 'pictures'), { recursive: true });
  const write = (name, value) => writeFileSync(join(root, name), JSON.stringify(value));
  write('package.json', { name: 'bench', private: true, packageManager: 'npm@10.0.0', workspaces: ['packages/*'] });
  write('packages/pictures/package.json', {
    name: 'pictures',
    version: '1.0.0',
    scripts: { build: 'mkdir -p dist && echo done > dist/done' },
  });
  write('turbo.json', { tasks: { build: { inputs: ['data/**'], outputs: ['dist/**'] } } });
  writeFileSync(join(root, '.gitignore'), 'node_modules\n.turbo\ndist\n');
  try {
    await child('npm', ['install', '--no-audit', '--no-fund', 'turbo@2'], { cwd: root });
  } catch (error) {
    console.error(`turbo could not be installed: ${String(error).slice(0, 200)}`);
    return undefined;
  }
  return {
    data: join(root, 'packages', 'pictures', 'data'),
    command: [join(root, 'node_modules', '.bin', 'turbo'), ['run', 'build']],
    cwd: root,
  };
}

const shared = sharedFolder();
const scratch = scratchFolder('noop');
const unpacked = unpack(shared, scratch);
const pictures = join(scratch, 'pictures');
someClasses(unpacked, pictures, 50);

const turbo = await turborepo(join(scratch, 'turbo'));
if (turbo !== undefined) {
  cpSync(pictures, turbo.data, { recursive: true });
  const git = (...args) => child('git', args, { cwd: turbo.cwd });
  await git('init', '-q');
  await git('add', '.');
  await git('-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '-qm', 'pictures');
  await child(...turbo.command, { cwd: turbo.cwd, env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' } });
}

async function noop(count, root, other) {
  const times = { run: [], status: [], turbo: [] };
  for (let i = 0; i < ROUNDS; i++) {
    for (const verb of ['run', 'status'])
      times[verb].push((await child(process.execPath, [cli, verb, 'it.yaml'], { cwd: root })).ms);
    if (other?.command === undefined) continue;
    const { ms, stdout } = await child(...other.command, {
      cwd: other.cwd,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    });
    if (!stdout.includes('FULL TURBO')) throw new Error(`turbo had something to do: ${stdout}`);
    times.turbo.push(ms);
  }
  const peak = peakMemory(process.execPath, [cli, 'run', 'it.yaml'], { cwd: root });
  const ms = Object.fromEntries(
    Object.entries(times)
      .filter(([, list]) => list.length > 0)
      .map(([name, list]) => [name, round(median(list), 0)]),
  );
  const ratio = ms.turbo === undefined ? undefined : round(ms.run / ms.turbo);
  const against = ratio === undefined ? 'turbo could not be installed' : `${ratio}x of Turborepo's ${ms.turbo} ms`;
  report({
    claim: `nothing to do on ${count.toLocaleString('en-US')} images, whole process`,
    bar: other === undefined ? 'reported' : 'under 200 ms, at most 0.8x Turborepo, under 150 MB',
    seen: `run ${ms.run} ms, status ${ms.status} ms${other === undefined ? '' : `, ${against}`}; peak ${peak === undefined ? 'not measured' : `${round(peak, 0)} MB`}`,
    milliseconds: ms,
    fastest: Object.fromEntries(
      Object.entries(times)
        .filter(([, list]) => list.length > 0)
        .map(([name, list]) => [name, round(Math.min(...list), 0)]),
    ),
    ratio,
    peakMB: peak,
  });
}

const project = join(scratch, 'project');
await trainedProject(project, pictures);
await noop(25_000, project, turbo ?? { command: undefined });
const large = join(scratch, 'large');
await trainedProject(large, unpacked, { split: '' });
await noop(110_000, large, undefined);
