/** What can come next on a command line, from the table of commands itself. */
import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import { complete, type Place } from '../../src/commands/completion/complete.js';
import { valuesAt } from '../../src/commands/completion/values.js';
import type { Host } from '../../src/commands/host.js';
import { commands } from '../../src/commands/index.js';
import { summarizeBases } from '../../src/model/bases/index.js';

const host = { bases: summarizeBases, cwd: '/nowhere' } as unknown as Host;
const program = new Command('pipeline');
for (const command of commands) command.register(program, host, () => undefined);

async function at(...words: string[]): Promise<[native: string, ...values: string[]]> {
  const { native, candidates } = await complete(program, words, (place) => valuesAt(place, host));
  return [native, ...candidates.map(({ value }) => value)];
}

test('commands and subcommands', async () => {
  expect(await at('')).toEqual(['none', ...program.commands.map((one) => one.name())]);
  expect(await at('ru')).toEqual(['none', 'run', 'runs']);
  expect(await at('cache', 'g')).toEqual(['none', 'gc']);
  expect(await at('cache', 'k')).toEqual(['none', 'keygen']);
  expect(await at('nonsense', '')).toEqual(['none', ...program.commands.map((one) => one.name())]);
});

test('options, and values of those that take one of a few', async () => {
  expect(await at('run', '--of')).toEqual(['none', '--offline']);
  expect(await at('cache', 'trust', '--l')).toEqual(['none', '--list']);
  expect(await at('cache', 'keygen', '--st')).toEqual(['none', '--stdout']);
  expect(await at('run', 'pets.yaml', '--log-level', '')).toEqual(['none', 'trace', 'debug', 'info', 'warn', 'error']);
  expect(await at('graph', '--format=m')).toEqual(['none', '--format=mermaid']);
  expect(await at('diff', '--format', 'm')).toEqual(['none', 'md']);
  expect(await at('run', '--json=')).toEqual(['none']);
  expect(await at('init', '--base', 'vgg')).toEqual(['none', 'vgg16', 'vgg19']);
  expect(await at('predict', 'models/pets', '--', '--en')).toEqual(['file']);
});

test('pipeline files, models, images and folders are left to the shell', async () => {
  expect(await at('run', '')).toEqual(['yaml']);
  expect(await at('explain', 'pets')).toEqual(['yaml']);
  expect(await at('predict', '')).toEqual(['file']);
  expect(await at('predict', 'models/pets', 'a.jpg', '')).toEqual(['file']);
  expect(await at('report', '--out', '')).toEqual(['file']);
  expect(await at('init', '')).toEqual(['folder']);
  expect(await at('bases', '')).toEqual(['none']);
});

test('asks for stages of the file that was named', async () => {
  const asked: Place[] = [];
  const ask = (...words: string[]) =>
    complete(program, words, (place) => {
      asked.push(place);
      return Promise.resolve({ native: 'none', candidates: [] });
    });
  await ask('run', 'pets.yaml', 'evaluate', '');
  await ask('run', 'pets.yaml', '--only', 'ingest', '');
  await ask('run', '-f', 'tr');
  expect(asked).toEqual([
    { command: 'run', option: undefined, value: 'stages', file: 'pets.yaml' },
    { command: 'run', option: '--only', value: 'stages', file: 'pets.yaml' },
    { command: 'run', option: '--force', value: 'stages', file: undefined },
  ]);
});

test('every option that takes a name has values', async () => {
  const all = program.commands.flatMap((one) =>
    one.options.map(({ long, flags }) => ({ name: one.name(), long, flags })),
  );
  const named = all.filter(({ flags }) => /<(name|level)>/.test(flags));
  expect(named.length).toBeGreaterThan(5);
  for (const { name, long } of named) expect((await at(name, long!, '')).length).toBeGreaterThan(2);
});
