/** A project whose results are signed by its CI: what machines with and without the key do with them by hand. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createReadStream, statSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipelineText, Project } from './rig.js';

let place: Project;
let ci: Project;
let colleague: Project;
let key: string;

async function machine(remote: string): Promise<Project> {
  const project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText({ more: `cache: {remote: ${remote}}\n` }));
  project.environment.HOME = project.root;
  return project;
}

async function recordPaths(): Promise<string[]> {
  const folder = place.path('v1/records');
  return (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
}

beforeAll(async () => {
  place = await Project.create();
  [ci, colleague] = [await machine(place.root), await machine(place.root)];
  const made = await ci.command('cache', 'keygen', '--stdout', '--name', 'ci');
  key = made.stdout.trim();
  const publicKey = /ed25519:\S+/.exec(made.stderr)![0];
  for (const project of [ci, colleague]) await project.command('cache', 'trust', 'ci', publicKey);
});
afterAll(() => Promise.all([place, ci, colleague].map((project) => project.remove())));

const jsonOf = (stdout: string): unknown[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

test('a machine without the key computes and shares nothing, and reports that once', async () => {
  const run = await ci.run();
  expect(run.code).toBe(0);
  expect(
    run.events.flatMap((event) => (event.event === 'note' && event.code.includes('share') ? [event.text] : [])),
  ).toEqual([
    expect.stringMatching(
      /^not shared: \d+ items, because this machine has no signing key \(`pipeline cache keygen`\)$/,
    ),
  ]);
  const check = await ci.command('cache', 'login-check', '--json');
  expect([check.code, jsonOf(check.stdout)]).toMatchObject([5, [{ event: 'cache-login-check', ok: false }]]);
  const refused = await ci.command('cache', 'push');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('this machine has no signing key')]);
  expect(await readdir(place.root)).toEqual([]);
});

test('with the key, it sends what it has, and says what is there', async () => {
  ci.environment.PIPELINE_SIGNING_KEY = key;
  const check = await ci.command('cache', 'login-check');
  expect([check.code, check.stdout]).toEqual([0, expect.stringMatching(/✔ read: .*\n✔ write: .*\n✔ read back: /)]);
  const pushed = await ci.command('cache', 'push', '--json');
  expect([pushed.code, jsonOf(pushed.stdout)]).toMatchObject([0, [{ event: 'cache-push', results: 7, notShared: [] }]]);
  const again = await ci.command('cache', 'push');
  expect([again.code, again.stdout]).toEqual([0, 'the shared cache has everything already\n']);
  const usage = await ci.command('cache', 'du', '--remote');
  expect([usage.code, usage.stdout]).toEqual([0, expect.stringMatching(/^records +\S+ kB +7$/m)]);
  const verified = await ci.command('cache', 'verify', '--remote');
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/^\d+ records signed by ci\n$/)]);
  for (const text of [check, pushed, again, usage, verified]) expect(text.stdout + text.stderr).not.toContain(key);
});

test('others see it in lines of 80 columns, and fetch it', async () => {
  const plan = await colleague.command('plan', 'pets.yaml');
  expect(plan.stdout).toMatch(/^build-head +restore +in the shared cache, made by ci$/m);
  for (const line of plan.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect((await colleague.command('status', 'pets.yaml')).stdout).toContain('(in the shared cache, made by ci)');
  const pulled = await colleague.command('cache', 'pull', '--json');
  expect([pulled.code, jsonOf(pulled.stdout)]).toMatchObject([0, [{ event: 'cache-pull', results: 7, failed: 0 }]]);
  expect((await colleague.command('cache', 'gc', '--max-size', '0')).code).toBe(0);
  const run = await colleague.run('pets.yaml', '--offline');
  expect([run.code, run.named('ran')]).toEqual([0, []]);
});

test('a web server with the same files restores results, and is neither written nor reported', async () => {
  const server = createServer((request, response) => {
    const path = place.path(decodeURIComponent(request.url!.slice(1)));
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': found.size });
    if (request.method === 'HEAD') response.end();
    else createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reader = await machine(origin);
  try {
    await reader.write('pipeline.trust.yaml', await ci.read('pipeline.trust.yaml'));
    reader.environment.PIPELINE_ALLOW_HTTP_LOOPBACK = '1';
    const run = await reader.run('pets.yaml', '--set', 'stages.train.epochs=4');
    expect([run.code, run.named('ran')]).toEqual([0, ['train', 'evaluate', 'export']]);
    expect(run.events.filter((event) => event.event === 'note' && event.code.includes('share'))).toEqual([]);
    const verify = await reader.command('cache', 'verify', '--remote');
    expect([verify.code, verify.stderr]).toEqual([
      5,
      expect.stringContaining('files of a web server cannot be listed'),
    ]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    await reader.remove();
  }
});

test('forged records are named, and nobody uses them', async () => {
  const paths = await recordPaths();
  const text = await readFile(paths[0], 'utf8');
  await writeFile(paths[0], text.replace(/"durationMs":\d+/, '"durationMs":1234567'));
  const { value } = JSON.parse(await readFile(paths[1], 'utf8')) as { value: unknown };
  await writeFile(paths[1], JSON.stringify({ value }));
  const verified = await colleague.command('cache', 'verify', '--remote', '--json');
  const nameOf = (path: string): string => path.slice(place.root.length + 1);
  expect([verified.code, jsonOf(verified.stdout)]).toMatchObject([
    3,
    [{ refused: { [nameOf(paths[0])]: 'its signature does not match', [nameOf(paths[1])]: 'it is not signed' } }],
  ]);
  await rm(colleague.path('.pipeline'), { recursive: true });
  const run = await colleague.run();
  expect([run.code, run.named('ran')]).toEqual([0, expect.any(Array)]);
  const refused = run.events.filter((event) => event.event === 'note' && event.code === 'shared-refused');
  expect(refused).toHaveLength(2);
});
