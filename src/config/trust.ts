/** `pipeline.trust.yaml`: who may write the results that a project takes from a shared cache. People commit it. */
import { join } from 'node:path';
import { failure, PipelineError, type Problem } from '../core/problem.js';
import { readRegular } from '../core/regular-file.js';
import { isPublicKey, type PublicKey } from '../core/signing/keys.js';
import type { TrustedKeys } from '../core/signing/envelope.js';
import { Locator } from './locator.js';
import type { PipelinePlace } from './project-root.js';
import { schemaProblems } from './schema-problems.js';
import { trustSchema } from './schemas.js';
import { trustValidator } from './validators.js';
import { parseYaml } from './yaml.js';

export interface Trust {
  readonly file: string;
  /** In the order of the file. */
  readonly keys: TrustedKeys;
}

/** Room for thousands of keys with comments. */
const largestFile = 1024 * 1024;

/** The trust file of the project that is written to: an installed package must not say who is trusted. */
export function trustFileOf({ home }: Pick<PipelinePlace, 'home'>): string {
  return join(home, 'pipeline.trust.yaml');
}

/**
 * Whom a project trusts; undefined if it has no trust file. Throws all problems of the file at once, with their
 * positions: `invalid`, or `unsafe` for what is too deep or too large.
 */
export async function readTrust(project: Pick<PipelinePlace, 'home'>): Promise<Trust | undefined> {
  const file = trustFileOf(project);
  const text = await readTrustText(file);
  return text === undefined ? undefined : parseTrust(text, file);
}

/** The text of a trust file; undefined if there is none. */
export async function readTrustText(file: string): Promise<string | undefined> {
  const bytes = await readRegular(file, { expected: 'a trust file in YAML', limit: largestFile }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  return bytes?.toString('utf8').replace(/^\uFEFF/, '');
}

/** Checks the text of a trust file. */
export function parseTrust(text: string, file: string): Trust {
  // Other messages show the lines that they are about.
  if (/ed25519-private:|PRIVATE KEY/.test(text)) throw containsPrivateKey(file);
  const source = parseYaml(text, file);
  const locator = new Locator(source, []);
  const value: unknown = source.value;
  const problems = [...source.problems];
  if (!trustValidator(value)) {
    const subject = { schema: trustSchema(), path: [], locator, whole: 'the trust file' };
    throw new PipelineError('invalid', [...problems, ...schemaProblems(trustValidator.errors ?? [], subject)]);
  }
  const keys = new Map<PublicKey, string>();
  const names = new Set<string>();
  for (const [index, { name, key }] of value.keys.entries()) {
    // The pattern of the schema is that of the type.
    if (!isPublicKey(key)) throw new Error('the schema accepts a key of another form');
    const at = (field: 'name' | 'key') => locator.at(['keys', index, field]);
    if (names.has(name)) problems.push(repeated(at('name'), `the name \`${name}\``, 'each name once'));
    const other = keys.get(key);
    if (other !== undefined) problems.push(repeated(at('key'), `the key of \`${other}\``, 'each key once'));
    else keys.set(key, name);
    names.add(name);
  }
  if (problems.length > 0) throw new PipelineError('invalid', problems);
  return { file, keys };
}

function containsPrivateKey(file: string): PipelineError {
  return failure('unsafe', {
    code: 'private-key-in-trust-file',
    where: file,
    found: 'contains a private key, which must stay secret',
    expected: 'public keys, which begin with `ed25519:`',
    remedy:
      'remove it. If the file was ever committed or shared, create a new key with `pipeline cache keygen --force` and trust that',
  });
}

function repeated(place: Pick<Problem, 'position' | 'where'>, what: string, expected: string): Problem {
  return { code: 'duplicate-key', ...place, found: `${what} appears twice`, expected, remedy: 'remove one of them' };
}

/** Refuses a name or key that the file has already, but for the same pair. Returns whether that is there. */
export function isTrusted({ file, keys }: Trust, name: string, key: PublicKey): boolean {
  const nameOfKey = keys.get(key);
  if (nameOfKey === name) return true;
  const isNameTaken = [...keys.values()].includes(name);
  if (nameOfKey === undefined && !isNameTaken) return false;
  throw failure('invalid', {
    code: 'already-trusted',
    where: file,
    found: nameOfKey === undefined ? `\`${name}\` has another key` : `the key is that of \`${nameOfKey}\``,
    expected: 'one key per name, and one name per key',
    remedy:
      nameOfKey === undefined
        ? `choose another name, or remove the key of \`${name}\` from the file first`
        : `remove \`${nameOfKey}\` from the file first to rename it`,
  });
}
