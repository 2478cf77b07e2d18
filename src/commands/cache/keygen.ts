/** pipeline cache keygen: makes the key that this machine signs results with. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipelineNameOf } from '../../config/project-root.js';
import { failure } from '../../core/problem.js';
import { privateKeyText, signerOf, type PrivateKeyText, type PublicKey } from '../../core/signing/keys.js';
import { readSigner, signingKeyFile } from '../../core/signing/signing-key.js';
import { hasCode } from '../../store/disk/cache-fs.js';
import { besideOf } from '../../store/disk/write-atomic.js';
import type { Host } from '../host.js';
import { checkedName } from './trust-keys.js';

export interface KeygenOptions {
  readonly name?: string;
  readonly stdout?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** The private key goes into one place: the file, or stdout if that was asked for. */
export async function keygen(options: KeygenOptions, host: Host, environment = process.env): Promise<void> {
  const { stdout = false, force = false, json } = options;
  const name = options.name === undefined ? usualName(stdout, environment) : checkedName(options.name, '--name');
  const file = signingKeyFile(environment);
  const privateKey = privateKeyText(randomBytes(32));
  const { publicKey } = signerOf(privateKey)!;
  if (stdout) {
    host.stdout(`${privateKey}\n`);
    host.stderr(
      `public key: ${publicKey}\nStore the line on stdout as the secret PIPELINE_SIGNING_KEY of the CI; nothing else has it.\n${nextStep(name, publicKey, host)}`,
    );
    return;
  }
  await writeKey(file, privateKey, force).catch(async (error: unknown) => {
    throw hasCode(error, 'EEXIST') ? await existing(file, environment) : error;
  });
  host.stdout(
    json
      ? `${JSON.stringify({ event: 'cache-keygen', file, name, key: publicKey })}\n`
      : `wrote a new private key to ${file}, which only you can read\npublic key: ${publicKey}\n${nextStep(name, publicKey, host)}`,
  );
}

function nextStep(name: string, key: PublicKey, { program }: Host): string {
  return `To let projects use the results that it signs, run in each of them:\n  ${program} cache trust ${name} ${key}\n`;
}

/** A key on stdout is for a CI; another one is that of a person. */
function usualName(forCi: boolean, { USER, USERNAME }: NodeJS.ProcessEnv): string {
  return forCi ? 'ci' : pipelineNameOf(USER || USERNAME || '', 'me');
}

async function existing(file: string, environment: NodeJS.ProcessEnv): Promise<Error> {
  const fromFile = { ...environment, PIPELINE_SIGNING_KEY: undefined };
  const publicKey = await readSigner(fromFile).then(
    (signer) => signer?.publicKey,
    () => undefined,
  );
  return failure('invalid', {
    code: 'key-exists',
    where: file,
    found: `there is a key already${publicKey === undefined ? '' : `; its public key is ${publicKey}`}`,
    remedy:
      'use that key, or replace it with --force: results that it signed are used as long as its public key is in pipeline.trust.yaml',
  });
}

/** Nobody else can read the file at any time, and a key that is there stays there unless it is to be replaced. */
async function writeKey(file: string, privateKey: PrivateKeyText, force: boolean): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const path = force ? besideOf(file) : file;
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(`${privateKey}\n`);
    await handle.sync();
    if (force) await rename(path, file);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
