/** The steps of deploy/Dockerfile in a clean folder, and what they make: without a network, without root, with nothing to write but its volumes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isLong } from '../reliability/scale.js';
import { buildImage, type Image } from './image.js';
import { isolated, notIsolated } from './isolated.js';
import { composeFile } from './manifests.js';
import { Services, versitygw, withoutServers } from './services.js';

/** A folder with `package`, as the first stage makes it. */
async function packed(folder: string): Promise<string> {
  const root = await mkdtemp(join(folder, 'packed-'));
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', root]);
  const [archive] = await readdir(root);
  execFileSync('tar', ['-xzf', join(root, archive), '-C', root]);
  return root;
}

const describeIsolated = notIsolated === undefined ? describe : describe.skip;

describeIsolated(`the image${notIsolated === undefined ? '' : ` (${notIsolated})`}`, () => {
  let folder: string;
  let image: Image;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pipeline-image-'));
    // Compiling takes minutes, and `npm run build` has done it: the long suite does it again.
    image = await buildImage(process.cwd(), folder, isLong ? {} : { package: await packed(folder) });
  }, 900_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** As `docker run --read-only --network none --tmpfs /tmp --tmpfs /cache -v PROJECT:/project IMAGE ARGS`. */
  function container(project: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
    const given = Object.entries(image.env).map(([name, value]) => `${name}=${value}`);
    const inside = `cd ${image.workdir} && exec "$@"`;
    const command = ['env', '-i', ...given, 'sh', '-c', inside, 'sh', ...image.entrypoint, ...args];
    const [file, ...words] = isolated(image.root, command, {
      mounts: [[project, '/project']],
      memory: ['/tmp', '/cache'],
      readOnly: true,
      offline: true,
      user: image.user,
    });
    const { status, stdout, stderr } = spawnSync(file, words, { encoding: 'utf8' });
    return { code: status, stdout, stderr };
  }

  test('contains what runs, and nothing of the checkout', async () => {
    const inside = await readdir(join(image.root, 'opt/pipeline'));
    expect(inside).toEqual(expect.arrayContaining(['dist', 'node_modules', 'schemas', 'deploy']));
    expect(inside).not.toEqual(expect.arrayContaining(['src']));
    expect(existsSync(join(image.root, 'opt/pipeline/node_modules/jest'))).toBe(false);
    const binaries = join(image.root, 'opt/pipeline/node_modules/onnxruntime-node/bin');
    const platforms = (await readdir(binaries, { recursive: true })).filter((path) =>
      /^[^/]+\/[^/]+\/[^/]+$/.test(path),
    );
    expect(platforms).toEqual([expect.stringMatching(`/linux/${process.arch}$`)]);
  });

  test('runs the quick start offline, as a user without rights, on a file system that is read only', async () => {
    expect(image.user).toBe('1000:1000');
    const project = await mkdtemp(join(folder, 'project-'));
    await cp('pipelines/quickstart.yaml', join(project, 'pipeline.yaml'));
    await cp('examples', join(project, 'examples'), { recursive: true });
    spawnSync('chown', ['-R', image.user, project]);
    expect(container(project, '--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    const done = container(project, 'run', 'pipeline.yaml');
    expect(done.stderr).toMatch(/validation images are right/);
    expect(done.stderr).not.toContain('the engine is tfjs');
    expect(done.code).toBe(0);
    expect(await readdir(join(project, 'models/quickstart'))).toContain('model.json');
  }, 240_000);

  const testServices = withoutServers === undefined ? test : test.skip;

  testServices(
    `the services of compose.yaml make the same model as one process${withoutServers === undefined ? '' : ` (${withoutServers})`}`,
    async () => {
      const [alone, together] = [await smallProject(folder), await smallProject(folder)];
      const expected = container(alone, 'run', 'pipeline.yaml');
      expect(expected).toMatchObject({ code: 0 });
      const variables = {
        QUEUE_PASSWORD: 'of the queue',
        S3_ACCESS_KEY_ID: 'user',
        S3_SECRET_ACCESS_KEY: 'of-the-store',
      };
      const { services } = composeFile({ ...variables, PROJECT: together });
      const data = join(folder, 'data');
      const running = await Services.create(folder, image, services);
      try {
        await mkdir(join(data, 'pipeline'), { recursive: true });
        await running.startOther('queue', (words) => words);
        await running.startOther('store', (words) => [
          versitygw,
          ...words.map((word) => (word === '/data' ? data : word)),
        ]);
        const workers = [9400, 9401].map((port) =>
          running.startOwn('worker', together, (words) => words.map((word) => (word === '9400' ? String(port) : word))),
        );
        for (const worker of workers) await running.healthyOwn(worker);
        const run = await running.startOwn('run', together).ended;
        expect([run.code, run.output]).toEqual([0, expect.stringContaining('validation images are right')]);
        expect(await digestsOf(join(together, 'models'))).toEqual(await digestsOf(join(alone, 'models')));
        // SIGTERM ends a worker that has nothing to do at once; no log has a secret.
        for (const worker of workers) worker.terminate();
        const logs = await Promise.all(workers.map(({ ended }) => ended));
        expect(logs.map(({ output }) => output).join('')).toContain('"event":"job-done"');
        for (const { output } of [...logs, run]) expect(output).not.toMatch(/of.the.(queue|store)/);
        for (const { output } of logs) expect(output).toContain('"event":"stopped"');
      } finally {
        await running.stop();
      }
    },
    300_000,
  );
});

/** The quick start in a tenth of the time. */
async function smallProject(folder: string): Promise<string> {
  const project = await mkdtemp(join(folder, 'project-'));
  const text = await readFile('pipelines/quickstart.yaml', 'utf8');
  const small = text
    .replace('epochs: 16', 'epochs: 2')
    .replace('views: 4', 'views: 1')
    .replace(/minimum: .*/, '{}');
  await writeFile(join(project, 'pipeline.yaml'), small.replace('evaluate:\n    {}', 'evaluate: {}'));
  await cp('examples', join(project, 'examples'), { recursive: true });
  spawnSync('chown', ['-R', '1000:1000', project]);
  return project;
}

async function digestsOf(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const entries = files.map(async ({ parentPath, name }): Promise<[string, string]> => {
    const path = join(parentPath, name);
    return [
      relative(folder, path),
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ];
  });
  return Object.fromEntries((await Promise.all(entries)).sort());
}
