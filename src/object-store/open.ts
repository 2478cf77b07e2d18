/** From an address to the place that it names. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ObjectStore } from './object-store.js';
import { wrong, type ObjectStoreOptions } from './options.js';
import { usualTiming } from './timing.js';

/**
 * Opens `s3://bucket/prefix`, `https://host/path`, `file:///path` or the path of a folder. No machine is asked
 * before the first operation. Rejects with `invalid` for an address or an option that cannot be used.
 */
export async function openObjectStore(
  address: string,
  options: ObjectStoreOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ObjectStore> {
  const timing = { ...usualTiming, ...options.timing };
  if (/^s3:/i.test(address)) {
    const { openBucket } = await import('./s3/open-bucket.js');
    return openBucket(address, { ...options, timing }, environment);
  }
  for (const name of ['endpoint', 'region', 'addressing'] as const) {
    if (options[name] !== undefined)
      throw wrong(
        address,
        `has the option \`${name}\`, which only buckets have`,
        `remove \`${name}\`, or use s3://BUCKET`,
      );
  }
  if (/^https?:/i.test(address)) {
    const base = webAddress(address, environment);
    const { openWebServer } = await import('./web-store.js');
    return openWebServer(base, timing);
  }
  const folder = folderOf(address);
  const { FolderStore } = await import('./folder-store.js');
  return new FolderStore(folder);
}

function webAddress(address: string, environment: NodeJS.ProcessEnv): URL {
  if (!URL.canParse(address)) throw wrong(address, 'is not a URL');
  const url = new URL(address);
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.username !== '' || url.password !== '') throw wrong(shown, 'contains a user name or a password');
  if (url.search !== '' || url.hash !== '')
    throw wrong(shown, 'has a query or a fragment', 'remove what follows the path');
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !(isHere && environment.PIPELINE_ALLOW_HTTP_LOOPBACK === '1'))
    throw wrong(shown, 'uses http', 'use https');
  return url;
}

function folderOf(address: string): string {
  if (/^file:/i.test(address)) {
    try {
      return fileURLToPath(address);
    } catch {
      throw wrong(address, 'is not the URL of a folder of this machine', 'write file:///PATH');
    }
  }
  // A drive of Windows has one letter.
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(address) ?? [];
  if (scheme !== undefined) throw wrong(address, `starts with \`${scheme}:\``);
  if (address.trim() === '') throw wrong(address, 'is empty');
  return resolve(address);
}
