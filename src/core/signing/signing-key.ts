/** The private key of this machine: in the environment, or in a file that only its user can read. */
import { statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { failure } from '../problem.js';
import { readRegular } from '../regular-file.js';
import { shellWord } from '../text/shell-word.js';
import { signerOf, type Signer } from './keys.js';

/** A key has 60 bytes, or 120 in PEM. */
const largestFile = 4096;

const expected =
  'a private key from `pipeline cache keygen`, or an Ed25519 key in PEM without a passphrase, from `openssl genpkey -algorithm ed25519`';

/** The file that contains the key if `PIPELINE_SIGNING_KEY` does not. */
export function signingKeyFile(environment: NodeJS.ProcessEnv): string {
  const { PIPELINE_SIGNING_KEY_FILE: named, XDG_CONFIG_HOME, APPDATA } = environment;
  if (named) return resolve(named);
  const home = environment.HOME || homedir();
  const folder =
    process.platform === 'win32'
      ? APPDATA || join(home, 'AppData', 'Roaming')
      : XDG_CONFIG_HOME || join(home, '.config');
  return resolve(folder, 'transfer-pipeline', 'signing-key');
}

/**
 * The signer of this machine; undefined if it has no key. Throws `invalid` for what is not a key, `unsafe` for a file
 * that others can read. No message contains any of the key.
 */
export async function readSigner(environment: NodeJS.ProcessEnv = process.env): Promise<Signer | undefined> {
  const { PIPELINE_SIGNING_KEY: text, PIPELINE_SIGNING_KEY_FILE: named } = environment;
  if (text) return signerOf(text) ?? refuse('PIPELINE_SIGNING_KEY', 'does not contain a private key');
  const file = signingKeyFile(environment);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) {
    if (named) refuse(file, 'there is no such file, but PIPELINE_SIGNING_KEY_FILE names it');
    return undefined;
  }
  refuseReadableByOthers(file, stats, named ? 0o007 : 0o077);
  const bytes = await readRegular(file, { expected, limit: largestFile });
  return signerOf(bytes.toString('utf8')) ?? refuse(file, 'does not contain a private key');
}

/** Secrets that a container mounts are readable by its group, so a file that was named may be. */
function refuseReadableByOthers(file: string, { mode }: Stats, denied: number): void {
  if (process.platform === 'win32' || (mode & denied) === 0) return;
  throw failure('unsafe', {
    code: 'key-open-to-others',
    where: file,
    found: `other users of this machine can read this private key (mode ${(mode & 0o777).toString(8)})`,
    expected: 'a file that only you can read',
    remedy:
      'change its mode; if others may have read it already, create a new key with `pipeline cache keygen --force` and remove the old one from pipeline.trust.yaml',
    command: `chmod 600 ${shellWord(file)}`,
  });
}

function refuse(where: string, found: string): never {
  throw failure('invalid', { code: 'bad-signing-key', where, found, expected });
}
