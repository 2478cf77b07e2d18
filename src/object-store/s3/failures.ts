/** What S3 servers refuse, in words for people. */
import type { ObjectFailure } from '../object-store.js';
import { readAtMost, type HttpAnswer } from '../http-client.js';
import { mayPass } from '../timing.js';
import { parseXml, textOf } from './xml.js';

const LARGEST_ERROR = 64 * 1024;

export interface Refusal {
  readonly kind: ObjectFailure;
  readonly status: number;
  /** A name of the S3 API; `HTTP 404` if the server gives none. */
  readonly code: string;
  readonly words: string;
  /** The same request may succeed a little later. */
  readonly passes: boolean;
}

/** Of the place that refused. */
interface Place {
  readonly bucket: string;
  readonly region: string;
}

/** Reads the answer of a request that failed. */
export async function refusalOf(answer: HttpAnswer, place: Place): Promise<Refusal> {
  const bytes = await readAtMost(LARGEST_ERROR, answer);
  const xml = bytes === undefined ? undefined : await parseXml(bytes.toString('utf8'), 'Error');
  const code = (xml && textOf(xml, 'Code')) ?? usualCodes[answer.status] ?? `HTTP ${answer.status}`;
  const region = (xml && textOf(xml, 'Region')) ?? headerOf(answer, 'x-amz-bucket-region');
  const { status } = answer;
  const known = worded(code, place, { region, date: headerOf(answer, 'date') });
  const passes = passing.has(code) || mayPass(status);
  if (known !== undefined) return { ...known, status, code, passes };
  const message = xml && textOf(xml, 'Message');
  const kind = status === 507 ? 'full' : status === 401 || status === 403 ? 'denied' : passes ? 'busy' : 'failed';
  return {
    kind,
    status,
    code,
    words: `the server answers ${shortened(message ? `${code}: ${message}` : code)}`,
    passes,
  };
}

/** What an answer without a body means. */
const usualCodes: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  429: 'SlowDown',
  503: 'SlowDown',
  507: 'InsufficientStorage',
};

/** Codes that pass with time, whatever the status. */
const passing: ReadonlySet<string> = new Set([
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'ServiceUnavailable',
  'InternalError',
  'RequestTimeout',
  'ThrottlingException',
  'TooManyRequests',
]);

/** What the code means and what to do. */
function worded(
  code: string,
  { bucket, region: ours }: Place,
  { region, date }: { readonly region: string | undefined; readonly date: string | undefined },
): Pick<Refusal, 'kind' | 'words'> | undefined {
  switch (code) {
    case 'NoSuchBucket':
      return { kind: 'failed', words: `there is no bucket \`${bucket}\`; create it, or correct the name` };
    case 'InvalidBucketName':
      return { kind: 'failed', words: `\`${bucket}\` is not a valid bucket name` };
    case 'AccessDenied':
    case 'AllAccessDisabled':
      return {
        kind: 'denied',
        words:
          'access denied; give the user s3:GetObject and s3:ListBucket (without the latter a missing object counts as denied), and s3:PutObject to write',
      };
    case 'InvalidAccessKeyId':
    case 'XMinioInvalidAccessKeyId':
      return {
        kind: 'denied',
        words: 'the server does not know this access key id; check AWS_ACCESS_KEY_ID or the profile',
      };
    case 'SignatureDoesNotMatch':
      return { kind: 'denied', words: 'the secret access key is wrong; check AWS_SECRET_ACCESS_KEY or the profile' };
    case 'RequestTimeTooSkewed':
      return {
        kind: 'denied',
        words: `the clock is wrong: it is ${new Date().toUTCString()} here and ${date ?? 'another time'} on the server; set it`,
      };
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return { kind: 'denied', words: 'the temporary credentials have expired; get new ones' };
    case 'InvalidToken':
      return { kind: 'denied', words: 'the session token is not valid; check AWS_SESSION_TOKEN' };
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
    case 'HTTP 301': {
      const wanted = region === undefined ? 'another region or endpoint' : `the region \`${region}\``;
      return { kind: 'failed', words: `the bucket belongs to ${wanted}, not to \`${ours}\`; set region or AWS_REGION` };
    }
    case 'QuotaExceeded':
    case 'InsufficientStorage':
    case 'XMinioStorageFull':
    case 'XMinioAdminBucketQuotaExceeded':
    case 'StorageFull':
      return { kind: 'full', words: 'the storage is full, or a quota is reached' };
    case 'EntityTooLarge':
      return { kind: 'failed', words: 'the server takes no object of this size' };
    case 'XAmzContentSHA256Mismatch':
    case 'BadDigest':
      return { kind: 'failed', words: 'the bytes that arrived have another digest than those that were sent' };
    case 'SlowDown':
    case 'SlowDownRead':
    case 'SlowDownWrite':
    case 'ServiceUnavailable':
      return { kind: 'busy', words: 'the server is busy and asks to slow down' };
    default:
      return undefined;
  }
}

/** The object is missing, and not the bucket. */
export function isMissing({ status, code }: Refusal): boolean {
  return status === 404 && code !== 'NoSuchBucket';
}

/** Credentials that the server calls too old. */
export function isExpired({ code }: Refusal): boolean {
  return code === 'ExpiredToken' || code === 'ExpiredTokenException' || code === 'TokenRefreshRequired';
}

function headerOf({ headers }: HttpAnswer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** A server's words, which may be anything. */
function shortened(text: string): string {
  const line = text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
