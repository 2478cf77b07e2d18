/** Reads what `ingest` and `augment` put out. */
import type { Digest } from '../core/digest.js';
import type { BlobRef, Outputs } from '../core/stage.js';
import type { Augmentation } from '../image/augmentation.js';
import type { DataSpec, Files, Samples, SplitName } from '../image/dataset.js';

export interface Data {
  readonly spec: DataSpec;
  readonly files: Files;
  /** Undefined where the pictures are not varied. */
  readonly augmentation: Augmentation | undefined;
  /** Labels by picture, ordered by digest. */
  of(split: SplitName): Map<Digest, number>;
}

export async function readData(outputs: Outputs, readJson: <Value>(ref: BlobRef) => Promise<Value>): Promise<Data> {
  const { spec, samples, files, augmentation } = outputs;
  const rows = (await readJson<Samples>(samples)).samples;
  return {
    spec: await readJson<DataSpec>(spec),
    files: await readJson<Files>(files),
    augmentation: augmentation === undefined ? undefined : await readJson<Augmentation>(augmentation),
    of: (split) => new Map(rows.filter((row) => row[2] === split).map(([digest, label]) => [digest, label])),
  };
}
