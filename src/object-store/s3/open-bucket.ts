/** From an address and the environment to a bucket. */
import { isIP } from 'node:net';
import { readProfile } from '../credentials/profiles.js';
import { usualCredentials } from '../credentials/usual.js';
import { HttpClient } from '../http-client.js';
import { wrong, type ObjectStoreOptions } from '../options.js';
import type { Timing } from '../timing.js';
import { amazonEndpoint, usualAddressing } from './addressing.js';
import { S3Store } from './s3-store.js';

/** As Amazon's rules for names, and a little wider: other services have underscores and capital letters. */
const bucketName = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i;

export async function openBucket(
  address: string,
  options: ObjectStoreOptions & { readonly timing: Timing },
  environment: NodeJS.ProcessEnv,
): Promise<S3Store> {
  const [, bucket, path = ''] = /^s3:\/\/([^/?#]*)(?:\/(.*))?$/is.exec(address) ?? [];
  if (bucket === undefined || !bucketName.test(bucket))
    throw wrong(address, bucket ? `names a bucket \`${bucket}\`, which no bucket can be called` : 'names no bucket');
  const prefix = path.replace(/\/+$/, '');
  if (prefix.split('/').some((part) => part === '.' || part === '..')) throw wrong(address, 'contains `.` or `..`');
  // One that cannot be read is reported when credentials are needed.
  const profile = await readProfile(environment).catch(() => undefined);
  const named =
    options.region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || profile?.get('region') || undefined);
  const service =
    options.endpoint ??
    (environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || profile?.get('endpoint_url') || undefined);
  if (named !== undefined && !/^[a-z0-9-]+$/i.test(named))
    throw wrong(address, `has the region \`${named}\``, 'write a region such as eu-central-1');
  const endpoint = service === undefined ? amazonEndpoint(named ?? 'us-east-1') : endpointOf(service, address);
  const region = named ?? usualRegion(endpoint);
  const client = new HttpClient(options.timing);
  const credentials = usualCredentials(environment, region === 'auto' ? 'us-east-1' : region, client);
  const addressing = options.addressing ?? usualAddressing(bucket, endpoint);
  if (addressing === 'virtual-host' && isIP(endpoint.hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw wrong(
      address,
      `has an IP address as its endpoint, which cannot follow a bucket's name`,
      'use addressing: path',
    );
  const place = {
    address: `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`,
    ...{ bucket, prefix, endpoint, region, addressing },
  };
  return new S3Store(place, { credentials, client });
}

function endpointOf(text: string, address: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw wrong(address, `has the endpoint \`${text}\``, 'write the endpoint as https://HOST or https://HOST:PORT');
  if (url.username !== '' || url.password !== '')
    throw wrong(
      address,
      `has an endpoint on ${url.host} with a user name or a password`,
      'use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  return url;
}

/** What services without regions, or with one, call theirs. */
function usualRegion({ hostname }: URL): string {
  return hostname.endsWith('.r2.cloudflarestorage.com') ? 'auto' : 'us-east-1';
}
