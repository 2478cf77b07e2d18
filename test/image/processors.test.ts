/**
 * What reaches a network, from the file of a photograph on, against the processors of transformers and timm
 * (tools/onnx/processors.py), for every form of preprocessor_config.json. `PROCESSORS` names a file about other photographs.
 */
import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readPreprocessorConfig } from '../../src/core/preprocessor-config.js';
import { createImageLoader } from '../../src/features/image-loader.js';

interface Form {
  readonly name: string;
  readonly config: unknown;
  /** What black and white become, for each channel. */
  readonly black: readonly number[];
  readonly white: readonly number[];
  /** SHA-256 of the levels by photograph. */
  readonly digests: Readonly<Record<string, string>>;
}

const FOLDER = 'test/fixtures/processors';
const { folder, forms } = JSON.parse(
  gunzipSync(readFileSync(process.env['PROCESSORS'] ?? join(FOLDER, 'forms.json.gz'))).toString(),
) as { readonly folder: string | null; readonly forms: readonly Form[] };

/** The levels from 0 to 255 that numbers were made of. */
function levelsOf(numbers: Float32Array, { black, white }: Form): Uint8Array {
  const levels = new Uint8Array(numbers.length);
  let furthest = 0;
  for (let i = 0; i < numbers.length; i++) {
    const level = ((numbers[i] - black[i % 3]) / (white[i % 3] - black[i % 3])) * 255;
    levels[i] = Math.round(level);
    furthest = Math.max(furthest, Math.abs(level - levels[i]));
  }
  expect(furthest).toBeLessThan(0.01);
  return levels;
}

test.each(forms)('$name: the numbers of its own processor', async (form) => {
  const { preprocessing, size, fit, interpolation } = readPreprocessorConfig(JSON.stringify(form.config), 'p.json');
  const image = { size: size!, fit, interpolation: interpolation!, orientation: 'stored' } as const;
  const load = createImageLoader({ image, preprocessing, variation: null });
  const found: Record<string, string> = {};
  for (const name of Object.keys(form.digests)) {
    const levels = levelsOf(await load({ path: join(folder ?? FOLDER, name) }), form);
    found[name] = createHash('sha256').update(levels).digest('hex');
  }
  expect(Object.keys(found)).toHaveLength(10);
  expect(found).toEqual(form.digests);
});
