import { expect, test } from '@jest/globals';
import { asTyped, programName } from '../../src/core/program.js';

test.each([
  [undefined, '/usr/lib/node_modules/transfer-pipeline/package.json', 'pipeline'],
  [
    'npm/10.8.2 node/v20.20.0 linux x64 workspaces/false',
    '/p/node_modules/transfer-pipeline/package.json',
    'npx pipeline',
  ],
  [
    'npm/10.8.2 node/v20.20.0',
    '/home/a/.npm/_npx/1f2e/node_modules/transfer-pipeline/package.json',
    'npx transfer-pipeline',
  ],
  [
    'npm/10.8.2 node/v20.20.0',
    'C:\\Users\\a\\npm-cache\\_npx\\1f2e\\node_modules\\transfer-pipeline\\package.json',
    'npx transfer-pipeline',
  ],
  ['pnpm/9.1.0 npm/? node/v20.20.0 linux x64', '', 'pnpm exec pipeline'],
  ['yarn/1.22.22 npm/? node/v20.20.0 linux x64', '', 'yarn pipeline'],
  ['bun/1.1.0', '', 'bunx pipeline'],
  // A checkout, which npx links into such a folder.
  ['npm/11.0.0 node/v20.20.0', '/home/a/transfer-pipeline/package.json', 'npx pipeline'],
  ['other/1', '', 'pipeline'],
])('started with the agent %s with the package at %s', (agent, file, expected) => {
  expect(programName({ npm_config_user_agent: agent }, file)).toBe(expected);
});

test('only commands are changed', () => {
  const hint = 'run `pipeline doctor a.yaml`; the pipeline in `pipeline.yaml`, or `pipeline`, is not a pipeline run';
  expect(asTyped(hint, 'npx pipeline')).toBe(hint.replace('`pipeline doctor', '`npx pipeline doctor'));
  expect(asTyped('pipeline run a.yaml', 'npx pipeline')).toBe('npx pipeline run a.yaml');
  expect(asTyped(hint, 'pipeline')).toBe(hint);
});
