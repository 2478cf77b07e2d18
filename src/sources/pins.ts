/** What a download's bytes have to be: what the pipeline says of them, and what the lock file says. */
import type { Json } from '../core/canonical.js';
import { isDigest, type Digest } from '../core/digest.js';
import { failure } from '../core/problem.js';
import type { Download, DownloadLock } from '../core/source.js';

/**
 * Either the sha256 is known, or the md5 together with the size; or neither, if the file is taken on first use: what
 * the address gives then is pinned by the lock file from there on.
 */
export interface Pins {
  readonly sha256?: Digest;
  readonly md5?: string;
  readonly size?: number;
}

/** Throws `invalid` if nothing says what the file is, or pipeline and lock file contradict each other. */
export function pinsOf(download: Download, lock: DownloadLock): Pins {
  const locked = lock.get(download.url);
  refuseContradiction(download, locked, lock.file);
  const { md5 } = download;
  const sha256 = download.sha256 ?? locked?.sha256;
  const size = download.size ?? locked?.size;
  if (isDigest(sha256)) return { sha256, md5, size };
  if (md5 !== undefined && size !== undefined) return { md5, size };
  if (md5 === undefined && (size !== undefined || download.published === true)) return { size };
  throw failure('invalid', {
    code: 'not-pinned',
    where: download.url,
    found: md5 === undefined ? 'this file is not pinned' : '`md5` is given without `size`',
    expected:
      '`sha256`; or `md5` with `size`, for an old publication; or `size` alone: the first run writes the sha256 to the lock file',
    remedy: `add the \`sha256\` that its publisher gives, or that \`curl -L ${download.url} | sha256sum\` prints`,
  });
}

/** Whether no digest says what the file has to be. */
export function isFirstUse({ sha256, md5 }: Pins): boolean {
  return sha256 === undefined && md5 === undefined;
}

/**
 * What stands for the file in a key, known without fetching it. What the pipeline says goes before what the lock
 * file says: the first run, which writes the lock file, then has the same key as the second. On first use that cannot
 * be, and the preimage is provisional.
 */
export function pinPreimage(
  download: Download,
  lock: DownloadLock,
): { readonly preimage: Json; readonly provisional: boolean } {
  const pins = pinsOf(download, lock);
  const { sha256, size } = pins;
  if (isFirstUse(pins)) return { preimage: { url: download.url, size: size ?? null }, provisional: true };
  const named = download.sha256 === undefined && download.md5 !== undefined;
  return { preimage: named ? { md5: download.md5!, size: size! } : { sha256: sha256! }, provisional: false };
}

function refuseContradiction(download: Download, locked: ReturnType<DownloadLock['get']>, file: string): void {
  for (const field of ['sha256', 'size'] as const) {
    const pinned = download[field];
    if (locked === undefined || pinned === undefined || pinned === locked[field]) continue;
    throw failure('invalid', {
      code: 'pin-contradicts-lock',
      where: download.url,
      found: `has the ${field} ${pinned} in the pipeline and ${locked[field]} in ${file}`,
      expected: 'the same value in both',
      remedy: `correct the pipeline, or remove the URL from ${file} if the file was replaced on purpose`,
    });
  }
}
