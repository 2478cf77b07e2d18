/** `serve` as a command: where it listens, the process that runs its model, and how it ends. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { pipelineText, Project } from './rig.js';
import { Serving } from './serving.js';

const CAT = 'pictures/cats/cat-001.jpg';

let project: Project;
let serving: Serving;
beforeAll(async () => {
  project = await Project.create();
  await project.addPets('pictures', 12);
  await project.write('pets.yaml', pipelineText({ train: 'epochs: 1' }));
  expect((await project.run()).code).toBe(0);
  serving = await Serving.start(project, 'models/pets');
}, 120_000);
afterAll(async () => {
  await serving.interrupt();
  await project.remove();
});

test('listens on this machine alone, and says what keeps it from listening', async () => {
  expect(serving.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const { port } = new URL(serving.url);
  expect(await project.command('serve', 'models/pets', '--port', port)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('is already in use by another program'),
  });
  for (const wrong of ['70000', '-1', '80x', ''])
    expect([wrong, (await project.command('serve', 'models/pets', `--port=${wrong}`)).code]).toEqual([wrong, 2]);
  expect(await project.command('serve', 'nowhere')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('does not exist'),
  });
  expect(await project.command('serve', 'pictures')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not an exported model'),
  });
});

test('on all addresses, it prints those that other machines can open, and warns', async () => {
  const other = await Serving.start(project, 'models/pets', '--host', '0.0.0.0');
  try {
    const lan = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one?.family === 'IPv4' && !one.internal)
      .map((one) => one!.address);
    expect(other.output).toMatch(
      new RegExp(
        `at ${[...lan, '127.0.0.1'].map((address) => `http://${address}:\\d+/`).join(' and ')} \\(press Ctrl-C to stop\\)\n`,
      ),
    );
    expect((await fetch(other.url)).status).toBe(200);
    await other.saying(
      'warning: listening on a non-loopback address; anyone who can reach this machine can use the model\n',
    );
  } finally {
    await other.interrupt();
  }
});

/** The process that runs its model. */
const modelProcess = ({ pid }: Serving): number =>
  Number(spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout.trim());

test('starts the process of its model again at the next request; after three ends within a minute it answers 503', async () => {
  const other = await Serving.start(project, 'models/pets');
  const body = await readFile(project.path(CAT));
  const post = async (): Promise<readonly unknown[]> => {
    const answer = await fetch(`${other.url}api/predict`, { method: 'POST', body });
    return [answer.status, ((await answer.json()) as { code?: string }).code];
  };
  try {
    for (let i = 0; i < 2; i++) {
      process.kill(modelProcess(other), 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await post()).toEqual([200, undefined]);
    }
    // It is stopped, so that it ends while it has an image.
    const pid = modelProcess(other);
    process.kill(pid, 'SIGSTOP');
    const posted = post();
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(pid, 'SIGKILL');
    expect([await posted, await post(), await post()]).toEqual(Array(3).fill([503, 'model-unavailable']));
    expect(other.output.match(/the process that runs the model ended/g)).toHaveLength(3);
    expect(other.output).toMatch(/ended \(SIGKILL\)[^]*it ended 3 times within a minute/);
    expect((await fetch(other.url)).status).toBe(200);
  } finally {
    await other.interrupt();
  }
});

test('ends by Ctrl-C while its model computes', async () => {
  const other = await Serving.start(project, 'models/pets');
  const pid = modelProcess(other);
  process.kill(pid, 'SIGSTOP');
  const posted = fetch(`${other.url}api/predict`, { method: 'POST', body: await readFile(project.path(CAT)) }).catch(
    () => 'closed',
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await other.interrupt()).toBe(0);
  expect(await posted).toBe('closed');
  expect(() => process.kill(pid, 0)).toThrow();
  expect(other.output).not.toMatch(/ended/);
});

test('ends by Ctrl-C with 0, also while a connection is open', async () => {
  const other = await Serving.start(project, 'models/pets/model.json', '--host', '::1');
  expect(other.url).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
  const socket = connect(Number(new URL(other.url).port), '::1');
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.on('error', () => undefined);
  expect(await other.interrupt()).toBe(0);
});

test('without a model, it serves the only one; --log writes requests to stdout, and --open calls the browser', async () => {
  await project.write('browser.sh', `#!/bin/sh\nprintf %s "$1" > "${project.path('opened')}"\n`);
  await chmod(project.path('browser.sh'), 0o755);
  const before = process.env.BROWSER;
  process.env.BROWSER = project.path('browser.sh');
  const other = await Serving.start(project, undefined, '--log', '--open');
  try {
    expect(other.output).toContain('serving models/pets at ');
    expect(await (await fetch(`${other.url}healthz`)).json()).toMatchObject({ status: 'ok' });
    const body = await readFile(project.path(CAT));
    expect((await fetch(`${other.url}api/predict?file=cat.jpg`, { method: 'POST', body })).status).toBe(200);
    // Linux asks the variable for the browser.
    if (process.platform === 'linux') {
      for (let waited = 0; waited < 100 && !existsSync(project.path('opened')); waited++) await delay(100);
      expect(await project.read('opened')).toBe(other.url);
    }
  } finally {
    if (before === undefined) delete process.env.BROWSER;
    else process.env.BROWSER = before;
    await other.interrupt();
  }
  const lines = other.log.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { method: 'GET', path: '/healthz', status: 200 },
    { method: 'POST', path: '/api/predict', status: 200 },
  ]);
});
