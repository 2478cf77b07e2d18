import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-start-'));
  await build({
    entryPoints: ['src/cli.ts'],
    outfile: join(folder, 'cli.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  await writeScript('one');
});
afterEach(() => rm(folder, { recursive: true }));

/** A command that prints a word, from a module that it imports on demand, and keeps its code as `say`. */
async function writeScript(word: string, firstLine = 'a'): Promise<void> {
  const code = `(function (require, module, exports, __moduleUrl, __import, __keepCode) {
    function say(text) { console.log(text, require('node:zlib').gzipSync('').length > 0); }
    __import('./later.mjs').then(({ end }) => say('${word}' + end));
    __keepCode(process.argv[2]);
  })`;
  await writeFile(join(folder, 'main.cjs'), `//${firstLine}\n${code}`);
  await writeFile(join(folder, 'later.mjs'), `export const end = '!';`);
}

const run = (command = 'say'): string =>
  execFileSync(process.execPath, [join(folder, 'cli.mjs'), command], { encoding: 'utf8' });
const compiled = async (): Promise<string[]> => (await readdir(join(folder, 'compiled')).catch(() => [])).sort();
const keptOf = async (): Promise<string> => {
  const [name] = await compiled();
  const bytes = await readFile(join(folder, 'compiled', name));
  return bytes.toString('latin1', 36, 36 + bytes.readUInt32LE(32));
};

const SOME_TIME = new Date(1_700_000_000_000);

test('the second start runs the code that the first has kept', async () => {
  await utimes(join(folder, 'main.cjs'), SOME_TIME, SOME_TIME);
  expect(run()).toBe('one! true\n');
  expect(JSON.parse(await keptOf())).toMatchObject({ commands: ['say'] });
  // No build leaves other contents under the same first line, size and time: they show which code runs.
  await writeScript('two');
  await utimes(join(folder, 'main.cjs'), SOME_TIME, SOME_TIME);
  expect(run()).toBe('one! true\n');
});

test('a script with other contents or another time is compiled, although it has the same length', async () => {
  run();
  await writeScript('two');
  await utimes(join(folder, 'main.cjs'), new Date(), new Date(1_600_000_000_000));
  expect(run()).toBe('two! true\n');
  await writeScript('six', 'b');
  await utimes(join(folder, 'main.cjs'), new Date(), new Date(1_600_000_000_000));
  expect(run()).toBe('six! true\n');
});

test('damaged code is compiled again and replaced', async () => {
  run();
  const [name] = await compiled();
  const path = join(folder, 'compiled', name);
  const whole = await readFile(path);
  for (const damaged of [whole.subarray(0, 1000), Buffer.from(whole).fill(0, 500, 900), Buffer.alloc(0)]) {
    await writeFile(path, damaged);
    expect(run()).toBe('one! true\n');
    expect((await readFile(path)).length).toBeGreaterThan(1000);
  }
});

test('the code of further commands is added, and other files are left', async () => {
  run('status');
  run('run');
  expect(JSON.parse(await keptOf())).toMatchObject({ commands: ['run', 'status'] });
  expect(await compiled()).toHaveLength(1);
});

test('no more than four files are written', async () => {
  run();
  const [name] = await compiled();
  for (const other of ['1', '2', '3', '4']) await cp(join(folder, 'compiled', name), join(folder, 'compiled', other));
  await rm(join(folder, 'compiled', name));
  expect(run()).toBe('one! true\n');
  expect(await compiled()).toEqual(['1', '2', '3', '4']);
});

const asOther = process.getuid?.() === 0 ? test.skip : test;

asOther('a package that cannot be written works without (skipped for root)', async () => {
  await chmod(folder, 0o555);
  expect(run()).toBe('one! true\n');
  await chmod(folder, 0o755);
  expect(await compiled()).toEqual([]);
});
