/** Weights from an address go through load-base as those of a file do. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../src/core/digest.js';
import { Project, repository } from '../e2e/rig.js';
import { tarOf } from './packing.js';
import { file, FileServer } from './server.js';

let project: Project;
let server: FileServer;
beforeAll(async () => {
  project = await Project.create();
  project.environment.PIPELINE_ALLOW_HTTP_LOOPBACK = '1';
  server = await new FileServer().start();
});
afterAll(async () => {
  await server.stop();
  await project.remove();
});

const text = (weights: string) => `version: 1
stages:
  load-base:
    architecture: layers_model
    preprocessing: tf
    weights: ${weights}
`;

test('an archive of a layers-model gives the same base as its files', async () => {
  const files = await Promise.all(
    ['model.json', 'group1-shard1of1.bin'].map(async (name) => ({
      name: `base/${name}`,
      content: await readFile(join(repository, 'examples/base', name)),
    })),
  );
  const bytes = gzipSync(await tarOf(files));
  const url = server.on('/base.tar.gz', file(bytes));
  const weights: unknown[] = [];
  for (const source of [join(repository, 'examples/base/model.json'), `{url: "${url}", sha256: ${digestOf(bytes)}}`]) {
    await project.write('p.yaml', text(source));
    const run = await project.run('p.yaml');
    expect([run.code, run.state]).toEqual([0, 'ok']);
    weights.push(JSON.parse(await project.read('.pipeline/state/p.json')).stages['load-base'].outputs.weights);
  }
  expect(weights[1]).toEqual(weights[0]);
  expect(await project.read('p.lock.yaml')).toContain(`load-base: ${digestOf(bytes)}`);
});

test('values of the command line do not enter the lock file', async () => {
  const before = await project.read('p.lock.yaml');
  const run = await project.run(
    'p.yaml',
    '--set',
    `stages.load-base.weights=${join(repository, 'examples/base/model.json')}`,
  );
  expect([run.code, run.state]).toEqual([0, 'ok']);
  expect(await project.read('p.lock.yaml')).toBe(before);
});

test('pins are reported if they are missing or do not belong', async () => {
  const refusal = async (weights: string) => {
    await project.write('q.yaml', text(weights));
    return (await project.command('run', 'q.yaml')).stderr.split('\n')[0];
  };
  expect(await refusal('{md5: 6d6bbae143d832006294945121d1f1fc}')).toContain('neither `path` nor `url` is set');
  expect(await refusal('{path: a, url: "https://example.com/a"}')).toContain('both `path` and `url` are set');
  expect(await refusal('{path: a, size: 3}')).toContain('`size` does not apply to `path`');
  expect(await refusal('{url: "https://example.com/a", md5: 6d6bbae143d832006294945121d1f1fc}')).toContain(
    '`md5` is set without `size`',
  );
  expect(await refusal('{url: "https://example.com/a"}')).toContain('this file is not pinned');
  expect(await refusal('https://example.com/a')).toContain('this file is not pinned');
});
