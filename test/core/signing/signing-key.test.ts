import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PipelineError } from '../../../src/core/problem.js';
import { privateKeyText, signerOf } from '../../../src/core/signing/keys.js';
import { readSigner, signingKeyFile } from '../../../src/core/signing/signing-key.js';
import { encryptedPem, pem, publicKeyOfPem } from './openssl.js';

const text = privateKeyText(Buffer.alloc(32, 1));
const { publicKey } = signerOf(text)!;
/** A part of it, as a message might quote it. */
const secret = text.slice(20, 50);
let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipeline-keys-'));
});
afterAll(() => rm(root, { recursive: true }));

async function keyFile(name: string, content: string, mode = 0o600): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  // The umask takes bits from those of writing.
  await chmod(path, mode);
  return path;
}

async function refusal(environment: NodeJS.ProcessEnv): Promise<PipelineError> {
  const thrown: unknown = await readSigner(environment).catch((error: unknown) => error);
  if (thrown instanceof PipelineError) return thrown;
  throw new Error(`no refusal but ${String(thrown)}`);
}

const onUnix = process.platform === 'win32' ? test.skip : test;

test('a machine without a key has no signer', async () => {
  expect(await readSigner({ XDG_CONFIG_HOME: join(root, 'nothing') })).toBeUndefined();
});

test('the variable is used first, then the named file, then the one in the folder of settings', async () => {
  const PIPELINE_SIGNING_KEY_FILE = await keyFile('named', pem);
  await keyFile('transfer-pipeline/signing-key', `${privateKeyText(Buffer.alloc(32, 2))}\n`);
  const usual = { XDG_CONFIG_HOME: root, PIPELINE_SIGNING_KEY: '' };
  const keyOf = async (environment: NodeJS.ProcessEnv) => (await readSigner(environment))?.publicKey;
  expect(await keyOf({ ...usual, PIPELINE_SIGNING_KEY_FILE, PIPELINE_SIGNING_KEY: text })).toBe(publicKey);
  expect(await keyOf({ ...usual, PIPELINE_SIGNING_KEY_FILE })).toBe(publicKeyOfPem);
  const own = signerOf(privateKeyText(Buffer.alloc(32, 2)))!.publicKey;
  if (process.platform !== 'win32') expect(await keyOf(usual)).toBe(own);
});

onUnix('the folder of settings is that of XDG, or .config', () => {
  expect(signingKeyFile({ XDG_CONFIG_HOME: '/x' })).toBe('/x/transfer-pipeline/signing-key');
  expect(signingKeyFile({ HOME: '/home/me' })).toBe('/home/me/.config/transfer-pipeline/signing-key');
});

describe('a file that others can read', () => {
  const named = async (mode: number) => ({ PIPELINE_SIGNING_KEY_FILE: await keyFile('open to all', text, mode) });

  onUnix.each([0o644, 0o604, 0o602, 0o601])('is refused with the mode %o', async (mode) => {
    const environment = await named(mode);
    const { category, problems } = await refusal(environment);
    expect(category).toBe('unsafe');
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'key-open-to-others',
        where: environment.PIPELINE_SIGNING_KEY_FILE,
        found: expect.stringContaining(`mode ${mode.toString(8)}`),
        command: `chmod 600 '${environment.PIPELINE_SIGNING_KEY_FILE}'`,
      }),
    ]);
    expect(JSON.stringify(problems)).not.toContain(secret);
  });

  onUnix('may be read by the group if it was named, as secrets that a container mounts are', async () => {
    expect((await readSigner(await named(0o440)))?.publicKey).toBe(publicKey);
    await keyFile('of-group/transfer-pipeline/signing-key', text, 0o640);
    const { problems } = await refusal({ XDG_CONFIG_HOME: join(root, 'of-group') });
    expect(problems[0].code).toBe('key-open-to-others');
  });
});

describe('what is not a key is refused, and not shown', () => {
  const damaged = text.slice(0, -2);

  test.each([
    ['a damaged key', damaged],
    ['a key with a passphrase', encryptedPem],
    ['something else', `x${secret}`],
  ])('%s', async (_, content) => {
    const inVariable = await refusal({ PIPELINE_SIGNING_KEY: content });
    const inFile = await refusal({ PIPELINE_SIGNING_KEY_FILE: await keyFile('damaged', content) });
    for (const { category, problems, cause } of [inVariable, inFile]) {
      expect([category, problems[0].code, cause]).toEqual(['invalid', 'bad-signing-key', undefined]);
      expect(JSON.stringify(problems)).not.toContain(secret);
      expect(problems[0].expected).toContain('openssl genpkey');
    }
    expect(inVariable.problems[0].where).toBe('PIPELINE_SIGNING_KEY');
  });

  test('a named file that is not there', async () => {
    const missing = join(root, 'missing');
    const { problems } = await refusal({ PIPELINE_SIGNING_KEY_FILE: missing });
    expect(problems[0]).toMatchObject({ where: missing, found: expect.stringContaining('there is no such file') });
  });

  test('a large file, or a folder', async () => {
    const large = await refusal({ PIPELINE_SIGNING_KEY_FILE: await keyFile('large', text.repeat(1000)) });
    expect(large.problems[0].code).toBe('file-too-large');
    await mkdir(join(root, 'folder'), { mode: 0o700 });
    const folder = await refusal({ PIPELINE_SIGNING_KEY_FILE: join(root, 'folder') });
    expect(folder.problems[0].code).toBe('not-a-file');
  });
});
