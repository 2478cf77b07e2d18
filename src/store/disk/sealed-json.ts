/**
 * JSON files of the store that carry the digest of their own canonical form, and are used only if they are unchanged.
 */
import { parseOwn } from '../../core/bounded-json.js';
import { canonical } from '../../core/canonical.js';
import { digestOf } from '../../core/digest.js';

export type Unsealed = Readonly<Record<string, unknown>>;

export function seal(content: object): Buffer {
  return Buffer.from(format({ ...content, selfDigest: digestOf(canonical(content)) }));
}

/**
 * The content of a sealed file, or why it cannot be believed. Another way to write the same JSON counts as damage too.
 */
export function unseal(bytes: Buffer): Unsealed | string {
  const text = bytes.toString('utf8');
  let value: unknown;
  let found: string;
  try {
    value = parseOwn(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
    found = digestOf(canonical({ ...value, selfDigest: undefined }));
  } catch {
    return 'not JSON'; // or nested too deeply, or with too many values or a number beyond all bounds
  }
  const { selfDigest, ...content } = value as Record<string, unknown>;
  if (selfDigest !== found) return `its content hashes to ${found}, which is not the digest in it`;
  return text === format(value) ? content : 'not written as this tool writes it';
}

function format(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
