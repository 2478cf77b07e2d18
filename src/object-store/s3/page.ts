/** A page of the list of a bucket. */
import type { ListedObject } from '../object-store.js';
import { isElement, parseXml, textOf } from './xml.js';

export interface Page {
  readonly objects: readonly ListedObject[];
  /** What to ask for the next page with; undefined after the last. */
  readonly next: string | undefined;
}

/** Undefined for an answer of another form. `before`: what all keys start with, which is not a part of a name. */
export async function pageOf(xml: string, before: string): Promise<Page | undefined> {
  const list = await parseXml(xml, 'ListBucketResult');
  if (list === undefined) return undefined;
  const isEncoded = textOf(list, 'EncodingType') === 'url';
  const { Contents: contents = [] } = list;
  const objects: ListedObject[] = [];
  for (const entry of Array.isArray(contents) ? contents : [contents]) {
    const key = isElement(entry) ? keyOf(textOf(entry, 'Key'), isEncoded) : undefined;
    const size = isElement(entry) ? sizeIn(textOf(entry, 'Size')) : NaN;
    if (key === undefined || !key.startsWith(before) || !Number.isSafeInteger(size)) return undefined;
    const name = key.slice(before.length);
    const etag = bare(textOf(entry, 'ETag'));
    // The prefix itself, which some tools create as a folder.
    if (name !== '') objects.push({ name, size, ...(etag === undefined ? {} : { etag }) });
  }
  const next = textOf(list, 'NextContinuationToken');
  return { objects, next: textOf(list, 'IsTruncated')?.trim() === 'true' && next ? next : undefined };
}

/** Undefined for one that is not encoded as it claims to be. */
function keyOf(text: string | undefined, isEncoded: boolean): string | undefined {
  if (text === undefined || !isEncoded) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function sizeIn(text = ''): number {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : NaN;
}

/** An ETag without its quotes. */
function bare(etag: string | undefined): string | undefined {
  return etag?.trim().replace(/^"(.*)"$/, '$1');
}
