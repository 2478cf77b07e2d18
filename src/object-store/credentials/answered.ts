/** Credentials in the JSON of programs and services, which name the same things a little differently. */
import { isRecord } from '../../core/is-record.js';
import type { Credentials } from './credentials.js';

/** Undefined for a text that contains none. The caller's message must not contain the text. */
export function credentialsIn(text: string): Credentials | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { AccessKeyId, SecretAccessKey, SessionToken, Token, Expiration } = value;
  return credentialsFrom(AccessKeyId, SecretAccessKey, SessionToken ?? Token, Expiration);
}

export function credentialsFrom(
  accessKeyId: unknown,
  secretAccessKey: unknown,
  sessionToken: unknown,
  expiration: unknown,
): Credentials | undefined {
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined;
  const expiresMs = typeof expiration === 'string' ? Date.parse(expiration) : NaN;
  return {
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && sessionToken !== '' ? { sessionToken } : {}),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  };
}
