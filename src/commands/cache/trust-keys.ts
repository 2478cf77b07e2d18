/** pipeline cache trust NAME KEY, and --list: the keys whose results a project takes from a shared cache. */
import { basename } from 'node:path';
import { isTrusted, parseTrust, readTrust, readTrustText, trustFileOf } from '../../config/trust.js';
import { withKey } from '../../config/trust-edit.js';
import { failure } from '../../core/problem.js';
import { isPublicKey, type PublicKey } from '../../core/signing/keys.js';
import { columnLines } from '../../report/columns.js';
import { projectIn } from '../../runner/checkout/project.js';
import { writeWhole } from '../../store/disk/write-atomic.js';
import type { Host } from '../host.js';

interface JsonOption {
  readonly json?: boolean;
}

/** Adds a key to the trust file, and makes that if there is none. */
export async function trustKey(name: string, key: string, { json }: JsonOption, host: Host): Promise<void> {
  const publicKey = checkedKey(key);
  checkedName(name, 'NAME');
  const file = trustFileOf(projectIn(host.cwd));
  const text = await readTrustText(file);
  const isThere = text !== undefined && isTrusted(parseTrust(text, file), name, publicKey);
  if (!isThere) {
    const changed = withKey(text, name, publicKey);
    // A file that the next run refuses must not be written.
    parseTrust(changed, file);
    await writeWhole(file, changed);
  }
  const state = isThere ? 'before' : 'trusted';
  host.stdout(
    json
      ? `${JSON.stringify({ event: 'cache-trust-key', file, name, key: publicKey, state })}\n`
      : isThere
        ? `${basename(file)}: ${name} is already trusted\n`
        : `${basename(file)}: ${name} is trusted; commit the file so that others trust it too\n`,
  );
}

/** Prints the keys of the trust file. */
export async function listTrusted({ json }: JsonOption, host: Host): Promise<void> {
  const project = projectIn(host.cwd);
  const trust = await readTrust(project);
  const keys = [...(trust?.keys ?? [])];
  if (json) {
    const listed = keys.map(([key, name]) => ({ name, key }));
    const file = trustFileOf(project);
    host.stdout(`${JSON.stringify({ event: 'cache-trust-list', file, exists: trust !== undefined, keys: listed })}\n`);
    return;
  }
  if (trust === undefined) {
    host.stdout(`no ${basename(trustFileOf(project))} in this project: results of a shared cache are not checked\n`);
    return;
  }
  const lines = columnLines([
    { title: 'name', cells: keys.map(([, name]) => name) },
    { title: 'key', cells: keys.map(([key]) => key) },
  ]);
  for (const line of lines) host.stdout(`${line}\n`);
}

/** Throws `invalid` for a name that the trust file cannot have. */
export function checkedName(name: string, where: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name;
  throw failure('invalid', {
    code: 'bad-option',
    where,
    // What was given may be a private key in the wrong place.
    found: 'must be letters, digits, `.`, `_` and `-`, starting with a letter or digit',
  });
}

/** What is not a public key may be a private one by mistake, so it is not shown. */
function checkedKey(key: string): PublicKey {
  if (isPublicKey(key)) return key;
  const isPrivate = /private/i.test(key);
  throw failure('invalid', {
    code: isPrivate ? 'private-key-given' : 'bad-option',
    where: 'KEY',
    found: isPrivate ? 'is a private key, which must stay secret' : 'is not a public key',
    expected: 'a public key from `pipeline cache keygen`: `ed25519:` and 44 characters of base64',
    remedy: isPrivate
      ? 'name the public key. The shell may have kept the private one in its history: remove it there, or create a new key'
      : undefined,
  });
}
