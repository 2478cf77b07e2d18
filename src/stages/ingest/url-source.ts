/** Sources whose images are on the web: a table with one URL per row. */
import type { Json } from '../../core/canonical.js';
import { isDigest, type Digest } from '../../core/digest.js';
import { isBoolean, isCount, isShapedAs, type Guard } from '../../core/guards.js';
import { failure } from '../../core/problem.js';
import type { FolderListing } from '../../core/folder-listing.js';
import { isAddress } from '../../core/source.js';
import type { SurveyContext } from '../../core/stage.js';
import { requireTableSize } from '../../sources/table/open.js';
import { summaryOf, urlPreimage, type ListedUrl, type UrlListSummary } from '../../sources/url-list.js';
import { digestLabels, openLabels } from './open-labels.js';
import { isUsable } from './probe.js';
import type { FoundTable, TableConfig } from './table-source.js';

/** The column that pins each image; its name is fixed, as no other says what it is. */
const SHA256 = 'sha256';

/** Part of the key: bumped when the same images get other paths. */
const NAMING = 2;

const isPinned: Guard<Digest | null> = (value) => value === null || isDigest(value);
const isSummary: Guard<UrlListSummary> = isShapedAs({ count: isCount, list: isDigest, pinned: isPinned });

/** Whether a Parquet file names images by URL and has none inside. A file that has not changed is not read again. */
export async function parquetHasUrls(
  path: string,
  where: string,
  { digestFile, learn }: Pick<SurveyContext, 'digestFile' | 'learn'>,
): Promise<boolean> {
  return learn({ urlsInParquet: await digestFile(path) }, isBoolean, async () => {
    const { hasUrls } = await import('../../sources/parquet/urls.js');
    return hasUrls(path, where);
  });
}

/** What stands for the images and their labels in a key. A table that has not changed is not read again. */
export async function surveyUrls(
  found: FoundTable,
  named: TableConfig,
  context: Pick<SurveyContext<'ingest'>, 'config' | 'digestFile' | 'learn' | 'lock'>,
): Promise<{ readonly preimage: Readonly<Record<string, Json>>; readonly provisional: boolean }> {
  await requireTableSize(found);
  const urls = { urls: await context.digestFile(found.path), columns: named.columns };
  const summary = await context.learn<UrlListSummary & Readonly<Record<string, Json>>>(
    urls,
    isSummary as Guard<UrlListSummary & Readonly<Record<string, Json>>>,
    async () => ({ ...summaryOf(await urlsOf(found, named)) }),
  );
  const { preimage, provisional } = urlPreimage(summary, context.lock, context.config.on_bad_row);
  const labels = await digestLabels(named.columns, [found], context);
  return { preimage: { urls: preimage, naming: NAMING, labels }, provisional };
}

/** The URLs of a table, each once. Throws `bad-data` if it has none. */
export async function urlsOf(found: FoundTable, named: TableConfig): Promise<ListedUrl[]> {
  const [{ table, columns }] = await openLabels(named.columns, [found]);
  const pins = table.columns.indexOf(SHA256);
  const urls = new Map<string, ListedUrl>();
  for await (const rows of table.rows([columns.at.file!, ...(pins < 0 ? [] : [pins])]))
    for (const { line, cells, fault } of rows) {
      const [cell, pin] = cells.map((one) => (typeof one === 'string' ? one.trim() : ''));
      if (fault !== undefined || !isAddress(cell) || urls.has(cell)) continue;
      const sha256 = pin === undefined || pin === '' ? undefined : digestIn(pin, `${found.where}:${line}`);
      urls.set(cell, { url: cell, sha256, line });
    }
  if (urls.size > 0) return [...urls.values()];
  throw failure('bad-data', {
    code: 'no-urls',
    where: found.where,
    field: ['source'],
    found: `has no URL in the column \`${table.columns[columns.at.file!]}\``,
    expected: 'the https URL of an image in each row, as the source is a table',
    remedy: 'point `source` at the folder of the images, and write `labels: {table: FILE}` with this table',
  });
}

/** URLs whose files cannot be used, such as the page of a login, with why. */
export function notImages(
  files: ReadonlyMap<string, string>,
  listing: FolderListing,
): (readonly [url: string, reason: string])[] {
  const faults = new Map(listing.paths.map((path, index) => [path, listing.probeAt(index)]));
  return [...files].flatMap(([url, path]) => {
    const fault = faults.get(path);
    return fault === undefined || isUsable(fault) ? [] : [[url, `the file ${fault}`] as const];
  });
}

function digestIn(text: string, where: string): Digest {
  const digest = text.toLowerCase();
  if (isDigest(digest)) return digest;
  throw failure('bad-data', {
    code: 'bad-digest',
    where,
    found: `has \`${text.slice(0, 80)}\` in the column \`${SHA256}\``,
    expected: '64 hexadecimal digits',
    remedy: 'write what `sha256sum` prints, or leave the cell empty',
  });
}
