/** What the headers of an answer report about an object. */
import type { HttpAnswer } from './http-client.js';
import type { ObjectInfo } from './object-store.js';

/** Of an answer with the whole object, or to HEAD; undefined if it has no size. */
export function infoOf({ headers }: HttpAnswer): ObjectInfo | undefined {
  return infoWith(headers, sizeIn(headers['content-length']));
}

/** Of an answer with the bytes from a position on, or with all if the server ignores ranges. */
export function partOf({ status, headers }: HttpAnswer): (ObjectInfo & { readonly from: number }) | undefined {
  const [, from, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  const info = infoWith(headers, sizeIn(status === 206 ? size : headers['content-length']));
  return info === undefined ? undefined : { ...info, from: status === 206 ? Number(from) : 0 };
}

function infoWith(headers: HttpAnswer['headers'], size: number | undefined): ObjectInfo | undefined {
  if (size === undefined) return undefined;
  const { etag, 'x-amz-version-id': version } = headers;
  return {
    size,
    ...(etag === undefined ? {} : { etag: etag.replace(/^"(.*)"$/, '$1') }),
    // What buckets without versions call all of them.
    ...(typeof version === 'string' && version !== 'null' ? { version } : {}),
  };
}

function sizeIn(text: string | undefined): number | undefined {
  const size = Number(text);
  return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(size) ? size : undefined;
}
