/** What people see of a run on a real terminal, and how it is left. */
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { join } from 'node:path';
import { FakeTerminal } from '../report/screen.js';
import { onTerminal, testOnTerminal, type Shown } from './pty.js';
import { pipelineText, Project, repository } from './rig.js';

const HIDE = '\x1b[?25l';
const SHOW = '\x1b[?25h';

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 100000' }));
});
afterAll(() => project.remove());

const run = (
  columns: number,
  args: readonly string[],
  more: { env?: NodeJS.ProcessEnv; until?: string } = {},
): Promise<Shown> =>
  onTerminal(columns, [process.execPath, join(repository, 'dist/cli.js'), 'run', 'pets.yaml', ...args], {
    cwd: project.root,
    ...more,
  });

/** The lines that are left on a terminal of this width. */
async function left({ written }: Shown, columns: number): Promise<string[]> {
  const screen = new FakeTerminal(columns, 40);
  screen.write(written);
  return screen.lines();
}

describe('a plan on a terminal', () => {
  testOnTerminal('breaks its reasons between words, under themselves', async () => {
    const shown = await onTerminal(45, [process.execPath, join(repository, 'dist/cli.js'), 'plan', 'pets.yaml'], {
      cwd: project.root,
    });
    const lines = await left(shown, 45);
    const at = lines.findIndex((line) => line.startsWith('build-head'));
    expect(lines.slice(at, at + 2)).toEqual([
      'build-head  may run  reads ingest, which runs',
      '                     first',
    ]);
  });
});

testOnTerminal('status breaks its line between words', async () => {
  const command = [process.execPath, join(repository, 'dist/cli.js'), 'status', 'pets.yaml'];
  const at = async (columns: number) => left(await onTerminal(columns, command, { cwd: project.root }), columns);
  expect(await at(50)).toEqual([
    '7 of 7 stages are not up to date; the first is',
    'ingest, which would run (first run)',
  ]);
  expect(await at(200)).toEqual(['7 of 7 stages are not up to date; the first is ingest, which would run (first run)']);
});

describe('a run on a terminal', () => {
  testOnTerminal('Ctrl-C in training leaves whole lines and a cursor', async () => {
    const shown = await run(80, [], { until: '/100000' });
    expect(shown.code).toBe(130);
    expect(shown.written).toContain(HIDE);
    expect(shown.written.lastIndexOf(SHOW)).toBeGreaterThan(shown.written.lastIndexOf(HIDE));
    const lines = await left(shown, 80);
    expect(lines.filter((line) => line.startsWith('▸'))).toEqual([]);
    expect(lines).toContainEqual(expect.stringMatching(/^ {14}stopping; press Ctrl-C again to quit immediately$/));
    expect(lines).toContainEqual(expect.stringMatching(/^■ train {7}stopped +[\d.]+ m?s {2}interrupted$/));
    expect(lines.at(-1)).toMatch(/^interrupted after .*: run again to continue\.$/);
    // A bar was there, and is gone. Colors do not matter.
  });

  testOnTerminal('without colors, and without moving lines where none are wanted', async () => {
    const once = ['--set', 'stages.train.epochs=2'];
    const plain = await run(40, once, { env: { NO_COLOR: '1' } });
    expect(plain.code).toBe(0);
    expect(plain.written).not.toMatch(/\x1b\[\d*m/);
    expect(plain.written).toContain(HIDE);
    for (const env of [{ CI: '1' }, { TERM: 'dumb' }]) {
      const still = await run(80, [...once, '--force'], { env });
      expect([still.code, still.written.includes(HIDE)]).toEqual([0, false]);
      expect(still.written).toMatch(/epoch 1\/2 .*\r\n.*epoch 2\/2/);
    }
  });
});

describe('init on a terminal', () => {
  const init = (keys: readonly (readonly [string, string])[]): Promise<Shown> =>
    onTerminal(80, [process.execPath, join(repository, 'dist/cli.js'), 'init', 'pictures', '--to', 'new.yaml'], {
      cwd: project.root,
      keys,
    });

  testOnTerminal('asks for the base, and before it overwrites a file', async () => {
    expect((await init([['type a name [1]: ', '3\n']])).code).toBe(0);
    expect(await project.read('new.yaml')).toContain('architecture: mobilenet_v2');
    const kept = await init([
      ['type a name [1]: ', '\n'],
      ['Overwrite it? [y/N] ', '\n'],
    ]);
    expect([kept.code, kept.written]).toEqual([2, expect.stringContaining('already exists')]);
    expect(await project.read('new.yaml')).toContain('architecture: mobilenet_v2');
    const replaced = await init([
      ['type a name [1]: ', 'vit_smal\n'],
      ['is not a base', 'vit_small\n'],
      ['Overwrite it? [y/N] ', 'y\n'],
    ]);
    expect(replaced.code).toBe(0);
    expect(await project.read('new.yaml')).toContain('architecture: vit_small');
  });

  testOnTerminal('takes the default if the input ends, and stops at Ctrl-C', async () => {
    await project.write('new.yaml', '');
    // The second question, whether to overwrite, is not answered either.
    expect((await init([['type a name [1]: ', '\x04']])).code).toBe(2);
    expect((await init([['type a name [1]: ', '\x03']])).code).toBe(130);
    expect(await project.read('new.yaml')).toBe('');
  });
});
