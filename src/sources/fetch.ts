/** Files from the web, each held against its pins: from the store, the mirror folder or the network, in this order. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../core/digest.js';
import { failure, type PipelineError } from '../core/problem.js';
import { changedMeanwhile, streamRegular } from '../core/regular-file.js';
import type { Download, DownloadLock, SourceHost, VerifiedFile } from '../core/source.js';
import { checkedUrl } from './address.js';
import { hashFile, mismatch } from './hashing.js';
import { download, usualTiming, type FetchContext, type FetchTiming } from './network.js';
import { isFirstUse, pinsOf, type Pins } from './pins.js';

/**
 * A file of the store that is what the pins say; the lock file knows it from then on. Rejects with `invalid` if
 * nothing is pinned, `unsafe` for an address that may not be asked, `bad-data` for another file than the one that was
 * pinned or none, `input-output` if the network failed.
 */
export async function fetchFile(
  source: Download,
  context: FetchContext,
  timing: FetchTiming = usualTiming,
): Promise<VerifiedFile> {
  const { sources } = context;
  const { url } = source;
  const pins = pinsOf(source, sources.lock);
  // Even if the file is here already: a pipeline should not work here and be refused elsewhere.
  checkedUrl(url, undefined, { ...sources, allowPrivate: source.allowPrivate });
  const file = await sources.once(`fetch ${url} ${JSON.stringify(pins)}`, async () => {
    const found =
      (await kept(pins, sources)) ??
      (await fromMirror(source, pins, context)) ??
      (await fromNetwork(source, pins, context, timing));
    const { md5, size } = pins;
    if (md5 !== undefined && size !== undefined)
      await sources.store.remember({ md5, size }, { digest: found.digest, size: found.size });
    return found;
  });
  if (isFirstUse(pins)) context.note('first-use', `${url} is not pinned: ${fromNowOn(sources.lock, file.digest)}`);
  await sources.lock.set(url, { sha256: file.digest, size: file.size });
  return file;
}

/** The end of a sentence about what is not pinned. */
export function fromNowOn({ file, written }: DownloadLock, digest: Digest): string {
  const pinned = written
    ? `which ${file} pins from now on`
    : `which is not written to ${file} because the stage was changed on the command line`;
  return `the download has the sha256 ${digest}, ${pinned}`;
}

/** The file of a download below a mirror folder. */
function mirroredName({ url, mirrored }: Download): string {
  return mirrored ?? fileNameOf(url);
}

/** The name under which people keep the file of an address. */
export function fileNameOf(url: string): string {
  const last = new URL(url).pathname.split('/').filter(Boolean).at(-1) ?? '';
  const name = decoded(last).replace(/[/\\\0]/g, '_');
  return name === '' || name === '.' || name === '..' ? 'download' : name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function kept({ sha256, md5, size }: Pins, { store }: SourceHost): Promise<VerifiedFile | undefined> {
  const digest =
    sha256 ?? (md5 !== undefined && size !== undefined ? (await store.recall({ md5, size }))?.digest : undefined);
  const file = digest === undefined ? undefined : await store.verified(digest);
  return size === undefined || file?.size === size ? file : undefined;
}

async function fromMirror(
  source: Download,
  pins: Pins,
  { sources: { mirror, store }, note }: FetchContext,
): Promise<VerifiedFile | undefined> {
  if (mirror === undefined) return undefined;
  const { url } = source;
  const path = join(mirror, mirroredName(source));
  if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
  const hashed = await hashFile(path);
  const wrong = mismatch(hashed, pins, path);
  if (wrong !== undefined) throw wrong;
  note('from-mirror', `${url} is read from ${path}`);
  const { digest } = await store.putBlob(await streamRegular(path));
  if (digest !== hashed.digest) throw changedMeanwhile(path);
  return store.verified(hashed.digest);
}

function fromNetwork(source: Download, pins: Pins, context: FetchContext, timing: FetchTiming): Promise<VerifiedFile> {
  const { offline, ahead, mirror } = context.sources;
  const { url } = source;
  if (offline) throw missingOffline(source, mirror);
  if (ahead) throw failure('input-output', { code: 'not-at-hand', where: url, found: 'is not downloaded yet' });
  return download(source, pins, context, timing);
}

function missingOffline(source: Download, mirror: string | undefined): PipelineError {
  const { url } = source;
  const name = mirroredName(source);
  return failure('bad-data', {
    code: 'missing-offline',
    where: url,
    found: `is not in the cache${mirror === undefined ? '' : ` nor in ${mirror}`}, and --offline does not download it`,
    expected: `the file ${name} in ${mirror ?? 'a folder that the environment variable PIPELINE_MIRROR names'}`,
    remedy: `put ${name} there, or run once without --offline`,
  });
}
