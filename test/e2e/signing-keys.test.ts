/** The key of a machine and the keys that a project trusts, by the commands; the private key is shown nowhere else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyText, signerOf } from '../../src/core/signing/keys.js';
import { pipelineText, Project, type Outcome } from './rig.js';

let project: Project;
const keyFile = (): string => project.path('settings/transfer-pipeline/signing-key');
const cache = (...args: string[]): Promise<Outcome> => project.command('cache', ...args);
const [ci, ada] = [1, 2].map((byte) => signerOf(privateKeyText(Buffer.alloc(32, byte)))!.publicKey);

beforeAll(async () => {
  project = await Project.create();
});
beforeEach(async () => {
  for (const name of ['settings', 'pipeline.trust.yaml'])
    await rm(project.path(name), { recursive: true, force: true });
  for (const name of Object.keys(project.environment)) delete project.environment[name];
  Object.assign(project.environment, {
    XDG_CONFIG_HOME: project.path('settings'),
    APPDATA: project.path('settings'),
    USER: 'ada l.',
  });
});
afterAll(() => project.remove());

describe('keygen', () => {
  test('writes a key that only its user can read, and shows the public one and what comes next', async () => {
    const { code, stdout, stderr } = await cache('keygen');
    const text = (await readFile(keyFile(), 'utf8')).trim();
    const { publicKey } = signerOf(text)!;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`public key: ${publicKey}\n`);
    expect(stdout).toContain(` cache trust ada-l. ${publicKey}\n`);
    expect(stdout).not.toContain(text.slice(-44, -4));
    if (process.platform !== 'win32') {
      expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
      expect((await stat(join(keyFile(), '..'))).mode & 0o777).toBe(0o700);
    }
    expect(await readdir(join(keyFile(), '..'))).toEqual(['signing-key']);
  });

  test('replaces a key with --force only', async () => {
    const first = JSON.parse((await cache('keygen', '--json', '--name', 'ci')).stdout) as Record<string, unknown>;
    expect(first).toEqual({ event: 'cache-keygen', file: keyFile(), name: 'ci', key: expect.any(String) });
    const before = await readFile(keyFile(), 'utf8');
    const again = await cache('keygen');
    expect([again.code, again.stdout, await readFile(keyFile(), 'utf8')]).toEqual([2, '', before]);
    expect(again.stderr).toContain(`its public key is ${String(first.key)}`);
    const forced = await cache('keygen', '--force');
    const after = await readFile(keyFile(), 'utf8');
    expect(forced.stdout).toContain(signerOf(after)!.publicKey);
    expect(after).not.toBe(before);
    if (process.platform !== 'win32') expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    expect(await readdir(join(keyFile(), '..'))).toEqual(['signing-key']);
  });

  test('--stdout prints the private key alone to stdout, and writes no file', async () => {
    const { code, stdout, stderr } = await cache('keygen', '--stdout');
    const { publicKey } = signerOf(stdout)!;
    expect([code, stdout.split('\n').length]).toEqual([0, 2]);
    expect(stderr).toContain(` cache trust ci ${publicKey}\n`);
    expect(stderr).not.toContain(stdout.slice(20, 50));
    expect(await readdir(project.root)).not.toContain('settings');
    expect((await cache('keygen', '--stdout', '--json')).code).toBe(2);
  });

  test('a name that the trust file could not have is refused', async () => {
    expect((await cache('keygen', '--name', 'a b')).code).toBe(2);
    expect(await readdir(project.root)).not.toContain('settings');
  });
});

describe('trust', () => {
  const trustFile = (): Promise<string> => project.read('pipeline.trust.yaml');

  test('adds keys to the file, keeps its comments, and lists them', async () => {
    expect(JSON.parse((await cache('trust', '--list', '--json')).stdout)).toEqual({
      event: 'cache-trust-list',
      file: project.path('pipeline.trust.yaml'),
      exists: false,
      keys: [],
    });
    expect((await cache('trust', '--list')).stdout).toContain('no pipeline.trust.yaml in this project');
    expect((await cache('trust', 'ci', ci)).stdout).toContain('ci is trusted; commit the file');
    const made = await trustFile();
    expect(made).toMatch(/^# Who may write /);
    await project.write('pipeline.trust.yaml', made.replace('  - name: ci', '  # The build server.\n  - name: ci'));
    expect((await cache('trust', 'ada', ada)).code).toBe(0);
    expect(await trustFile()).toContain('  # The build server.\n  - name: ci');
    expect((await cache('trust', '--list')).stdout).toBe(`name  key\nci    ${ci}\nada   ${ada}\n`);
    const same = await trustFile();
    const again = JSON.parse((await cache('trust', 'ada', ada, '--json')).stdout) as Record<string, unknown>;
    expect(again).toMatchObject({ event: 'cache-trust-key', name: 'ada', key: ada, state: 'before' });
    expect(await trustFile()).toBe(same);
  });

  test('from pipelines/, the file is in the folder above', async () => {
    await project.write('pipelines/pets.yaml', pipelineText());
    await project.commandIn('pipelines', 'cache', 'trust', 'ci', ci);
    expect(await trustFile()).toContain(ci);
  });

  test('what cannot be added is refused, and the file stays as it is', async () => {
    await cache('trust', 'ci', ci);
    const before = await trustFile();
    const refused = [['ci', ada], ['ada', ci], ['a b', ada], ['ada', 'abc'], ['ada'], ['--list', 'ada', ada]];
    for (const args of refused) expect([args, (await cache('trust', ...args)).code]).toEqual([args, 2]);
    expect(await trustFile()).toBe(before);
    await project.write('pipeline.trust.yaml', 'version: 1\nkey: []\n');
    const wrong = await cache('trust', 'ada', ada);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('pipeline.trust.yaml:2:1: unknown field `key`'),
    ]);
    expect(await trustFile()).toBe('version: 1\nkey: []\n');
  });

  test('a private key in the place of a public one, or of a name, is refused and not shown', async () => {
    const secret = privateKeyText(Buffer.alloc(32, 1));
    for (const args of [['ci', secret], [secret, ci], [secret]]) {
      const { code, stdout, stderr } = await cache('trust', ...args, '--debug');
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain(secret.slice(-44, -4));
    }
  });

  test('a pipeline file is still found by itself', async () => {
    await project.write('pets.yaml', pipelineText());
    await cache('trust', 'ci', ci);
    expect((await project.command('graph')).stdout).toContain('train  <- data: ingest');
  });
});

test('a run shows and stores the key nowhere', async () => {
  const secret = privateKeyText(Buffer.alloc(32, 3));
  await project.addPets('pictures', 8);
  await project.write('pets.yaml', pipelineText());
  await cache('keygen');
  project.environment.PIPELINE_SIGNING_KEY = secret;
  const fromFile = (await readFile(keyFile(), 'utf8')).trim();
  const run = await project.command('run', 'pets.yaml', 'ingest', '--json', '--debug', '--log-level', 'trace');
  expect(run.code).toBe(0);
  const names = await readdir(project.path('.pipeline'), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const stored = await Promise.all(files.map((file) => readFile(file, 'latin1')));
  expect(stored.length).toBeGreaterThan(4);
  const all = [run.stdout, run.stderr, ...stored].join('\n');
  for (const key of [secret, fromFile]) expect(all).not.toContain(key.slice(-44, -4));
});
