/** Where the objects of a bucket are on the web. */

export type Addressing = 'path' | 'virtual-host';

export interface Bucket {
  readonly bucket: string;
  /** Of the service, without the bucket. */
  readonly endpoint: URL;
  readonly addressing: Addressing;
}

/** The service of Amazon in a region. */
export function amazonEndpoint(region: string): URL {
  return new URL(`https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
}

/** Amazon wants the bucket in the host; its certificates cover no bucket with a dot, and other services want it in the path. */
export function usualAddressing(bucket: string, endpoint: URL): Addressing {
  return /\.amazonaws\.com(\.cn)?$/.test(endpoint.hostname) && !bucket.includes('.') ? 'virtual-host' : 'path';
}

/** The URL of an object; of the bucket itself if the key is empty. */
export function urlOf(
  { bucket, endpoint, addressing }: Bucket,
  key: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/$/, '');
  if (addressing === 'virtual-host') url.hostname = `${bucket}.${url.hostname}`;
  const path = key.split('/').map(encoded).join('/');
  url.pathname = addressing === 'virtual-host' ? `${base}/${path}` : `${base}/${bucket}/${path}`;
  url.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join('&');
  return url;
}

/** Whether a URL can name it: URLs resolve `.` and `..`, however they are written, and have no half of a character. */
export function isUsableKey(key: string): boolean {
  return !/\p{Surrogate}/u.test(key) && !key.split('/').some((part) => part === '.' || part === '..');
}

/** As signatures want it, which leave less unencoded than URLs do. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
