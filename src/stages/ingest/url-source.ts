/** Sources whose images are on the web: a table with one URL per row. */
import type { Json } from '../../core/canonical.js';
import { isDigest, type Digest } from '../../core/digest.js';
import { isCount, isShapedAs, type Guard } from '../../core/guards.js';
import { failure } from '../../core/problem.js';
import { isAddress } from '../../core/source.js';
import type { SurveyContext } from '../../core/stage.js';
import { requireTableSize } from '../../sources/table/open.js';
import { summaryOf, urlPreimage, type ListedUrl, type UrlListSummary } from '../../sources/url-list.js';
import { digestLabels, openLabels } from './open-labels.js';
import type { FoundTable, TableConfig } from './table-source.js';

/** The column that pins each image; its name is fixed, as no other says what it is. */
const SHA256 = 'sha256';

const isPinned: Guard<Digest | null> = (value) => value === null || isDigest(value);
const isSummary: Guard<UrlListSummary> = isShapedAs({ count: isCount, list: isDigest, pinned: isPinned });

/** What stands for the images and their labels in a key. A table that has not changed is not read again. */
export async function surveyUrls(
  found: FoundTable,
  named: TableConfig,
  context: Pick<SurveyContext, 'digestFile' | 'learn' | 'lock'>,
): Promise<{ readonly preimage: Readonly<Record<string, Json>>; readonly provisional: boolean }> {
  await requireTableSize(found);
  const urls = { urls: await context.digestFile(found.path), columns: named.columns };
  const summary = await context.learn<UrlListSummary & Readonly<Record<string, Json>>>(
    urls,
    isSummary as Guard<UrlListSummary & Readonly<Record<string, Json>>>,
    async () => ({ ...summaryOf(await urlsOf(found, named)) }),
  );
  const { preimage, provisional } = urlPreimage(summary, context.lock);
  return { preimage: { urls: preimage, labels: await digestLabels(named.columns, [found], context) }, provisional };
}

/** The URLs of a table, each once. Throws `bad-data` if it has none. */
export async function urlsOf(found: FoundTable, named: TableConfig): Promise<ListedUrl[]> {
  const [{ table, columns }] = await openLabels(named.columns, [found]);
  const pins = table.columns.indexOf(SHA256);
  const urls = new Map<string, Digest | undefined>();
  for await (const rows of table.rows([columns.at.file!, ...(pins < 0 ? [] : [pins])]))
    for (const { line, cells, fault } of rows) {
      const [cell, pin] = cells.map((one) => (typeof one === 'string' ? one.trim() : ''));
      if (fault !== undefined || !isAddress(cell) || urls.has(cell)) continue;
      urls.set(cell, pin === undefined || pin === '' ? undefined : digestIn(pin, `${found.where}:${line}`));
    }
  if (urls.size > 0) return [...urls].map(([url, sha256]) => ({ url, sha256 }));
  throw failure('bad-data', {
    code: 'no-urls',
    where: found.where,
    field: ['source'],
    found: `has no URL in the column \`${table.columns[columns.at.file!]}\``,
    expected: 'the https URL of an image in each row, as the source is a table',
    remedy: 'point `source` at the folder of the images, and write `labels: {table: FILE}` with this table',
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
