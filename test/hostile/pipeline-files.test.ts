/** Pipeline files that are made to hurt: each is refused in words, fast, and touches nothing. */
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { symlink, truncate } from 'node:fs/promises';
import { pipelineText } from '../e2e/rig.js';
import { Sandbox } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

const levels = 5000;
const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...Array.from('bcdefghij', (name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`),
].join('\n');

describe('YAML', () => {
  const texts: Readonly<Record<string, readonly [string, number, RegExp]>> = {
    'an alias bomb': [`${bomb}\n${pipelineText()}`, 4, /alias/],
    '5,000 levels in brackets': [
      `x: ${'['.repeat(levels)}${']'.repeat(levels)}\n`,
      4,
      /nested more than 64 levels deep/,
    ],
    '5,000 levels in braces': [
      `${'{a: '.repeat(levels)}1${'}'.repeat(levels)}\n`,
      4,
      /nested more than 64 levels deep/,
    ],
    '5,000 levels by indentation': [
      Array.from({ length: 800 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      4,
      /nested more than 64 levels deep/,
    ],
    '5,000 levels of dashes': [`${'- '.repeat(levels)}x\n`, 4, /nested more than 64 levels deep/],
    '__proto__ as a key': [pipelineText({ train: '__proto__: {epochs: 9}' }), 4, /`?__proto__`?/],
    'constructor as a stage': [`${pipelineText()}  constructor: {prototype: {polluted: true}}\n`, 4, /constructor/],
    'a custom tag': [pipelineText({ train: 'epochs: !!js/function "function(){}"' }), 2, /tag/],
    'a binary tag': [pipelineText({ train: 'epochs: !!binary aGk=' }), 2, /tag/],
    'a merge key': [pipelineText({ train: '<<: {epochs: 3}' }), 2, /<</],
    'ten thousand wrong fields': [
      `${pipelineText()}${Array.from({ length: 10_000 }, (_, i) => `    wrong${i}: 1\n`).join('')}`,
      2,
      /wrong0/,
    ],
    'a million dashes': [`x: [${'-,'.repeat(400_000)}]\n`, 4, /more than 50000 values|bytes/],
    'a NUL and other controls': ['version: 1\nname: "a\\0\\x1b[31mb"\n', 2, /stages/],
  };
  test.each(Object.entries(texts))('%s', async (_, [text, code, words]) => {
    await sandbox.write('project/pets.yaml', text);
    await sandbox.refuses(code, words);
  });

  test('a file of 100 MB', async () => {
    await truncate(sandbox.path('pets.yaml'), 100 * 1024 * 1024);
    await sandbox.refuses(4, /has 104857600 bytes/);
  });

  test('the same by --set', async () => {
    await sandbox.addPets(2);
    await sandbox.refuses(4, /__proto__/, '--set', 'stages.train.__proto__.epochs=3');
    await sandbox.refuses(4, /__proto__/, '--set', 'stages.train={__proto__: {epochs: 3}}');
    await sandbox.refuses(4, /nested more than/, '--set', `stages.train.epochs=${'['.repeat(levels)}`);
  });

  test('a lock file is read with the same care', async () => {
    await sandbox.addPets(2);
    await sandbox.write('project/pets.lock.yaml', `${bomb}\n`);
    await sandbox.refuses(4, /alias/);
    await sandbox.write('project/pets.lock.yaml', 'version: 1\ndownloads: {__proto__: {sha256: x, size: 1}}\n');
    await sandbox.refuses(4, /__proto__/);
  });
});

describe('an output path', () => {
  const paths = ['../outside', '/tmp/elsewhere', '../project-evil/models', 'models/../../outside', '.', 'models/..'];
  test.each(paths)('%s', async (to) => {
    await sandbox.addPets(2);
    await sandbox.write('project/pets.yaml', pipelineText().replace('to: models/pets', `to: ${to}`));
    await sandbox.refuses(4, /outside|inside|leave/);
  });

  test('through a link that leads out of the project', async () => {
    await sandbox.addPets(12);
    await symlink('../outside', sandbox.path('models'));
    await sandbox.refuses(4, /leads out of the project through the link models/);
    await symlink(sandbox.path('nowhere/at/all'), sandbox.path('dangling'));
    await sandbox.refuses(4, /link dangling/, '--set', 'stages.export.to=dangling/pets');
  });

  test('into the store, or over the images', async () => {
    await sandbox.addPets(12);
    await sandbox.refuses(2, /\.pipeline/, '--set', 'stages.export.to=.pipeline/cache/models');
    await sandbox.refuses(2, /pictures/, '--set', 'stages.export.to=pictures');
  });
});

test('a name cannot lead out of the folder of states', async () => {
  await sandbox.addPets(2);
  for (const name of ['../../outside/x', '..', 'a/b', '.']) {
    await sandbox.write('project/pets.yaml', `name: "${name}"\n${pipelineText()}`);
    await sandbox.refuses(2, /name/);
  }
});
