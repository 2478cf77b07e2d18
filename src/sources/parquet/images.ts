/** Which column of a Parquet file has the images themselves. */
import { beginsLikeImage } from '../../core/image-signatures.js';
import { featuresOf } from './features.js';
import type { ParquetFile } from './footer.js';
import { parquetRows } from './rows.js';
import { isPlainBytes, type Leaf } from './schema.js';

export interface ImageColumn {
  readonly name: string;
  readonly bytes: Leaf;
  /** The names that the files had. */
  readonly path: Leaf | undefined;
}

/**
 * The column that `datasets` declares to be images, else the first with structures of bytes, else the first with bytes
 * that begin as images do. Undefined if the images are not in the file.
 */
export async function imageColumnOf(parquet: ParquetFile): Promise<ImageColumn | undefined> {
  const declared = featuresOf(parquet).images;
  const candidates = parquet.columns
    .flatMap((column): ImageColumn[] => {
      if (column.kind === 'image') return [column];
      if (column.kind !== 'value' || !isPlainBytes(column.leaf)) return [];
      return [{ name: column.name, bytes: column.leaf, path: undefined }];
    })
    .sort((a, b) => Number(declared.has(b.name)) - Number(declared.has(a.name)) || bareness(a) - bareness(b));
  for (const candidate of candidates) if (await hasImages(parquet, candidate)) return candidate;
  return undefined;
}

function bareness({ bytes }: ImageColumn): number {
  return bytes.path.length === 1 ? 1 : 0;
}

/** Whether the first value that is there begins as images do: where images are beside the file, all are null. */
async function hasImages(parquet: ParquetFile, { bytes }: ImageColumn): Promise<boolean> {
  for await (const chunk of parquetRows(parquet, [{ leaf: bytes, asBytes: true, list: 0 }])) {
    const found = chunk.map(([value]) => value).find((value) => value instanceof Uint8Array);
    if (found !== undefined) return beginsLikeImage(found as Uint8Array);
  }
  return false;
}
