/** Whether the images of a Parquet file are on the web: it has no image inside, but a column of URLs. */
import { PipelineError } from '../../core/problem.js';
import { openRegular } from '../../core/regular-file.js';
import { isAddress } from '../../core/source.js';
import { cellOf } from './cells.js';
import { openParquet, type ParquetFile } from './footer.js';
import { imageColumnOf } from './images.js';
import { parquetRows } from './rows.js';
import type { Leaf } from './schema.js';

/** False for a file that cannot be read: what unpacks it reports that. */
export async function hasUrls(path: string, where: string): Promise<boolean> {
  const file = await openRegular(path, { where });
  try {
    const parquet = await openParquet(file, { where });
    if ((await imageColumnOf(parquet)) !== undefined) return false;
    for (const column of parquet.columns)
      if (column.kind === 'value' && isText(column.leaf) && (await beginsWithUrl(parquet, column.leaf))) return true;
    return false;
  } catch (error) {
    if (error instanceof PipelineError && error.category !== 'input-output') return false;
    throw error;
  } finally {
    await file.close();
  }
}

function isText({ element }: Leaf): boolean {
  return element.type === 'BYTE_ARRAY';
}

/** Whether the first value that is there is a URL. */
async function beginsWithUrl(parquet: ParquetFile, leaf: Leaf): Promise<boolean> {
  for await (const chunk of parquetRows(parquet, [{ leaf, asBytes: false, list: 0 }])) {
    const first = chunk.map(([value]) => value).find((value) => value !== null && value !== undefined);
    if (first === undefined) continue;
    const cell = cellOf(first);
    return typeof cell === 'string' && isAddress(cell.trim());
  }
  return false;
}
