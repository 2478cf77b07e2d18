/** Files of every format against the pixels that Pillow, and so Keras's `load_img`, makes of them (tools/keras/formats.py). */
import { describe, expect, test } from '@jest/globals';
import { createDecoder, type Interpolation } from '../../src/image/decode.js';
import { probeImage } from '../../src/image/probe.js';
import { fixture } from './fixture.js';

interface Golden {
  readonly width: number;
  readonly height: number;
  /** Bytes and RGB pixels, in Base64. */
  readonly files: Readonly<Record<string, { readonly file: string; readonly pixels: string }>>;
}

const { width, height, files } = fixture<Golden>('formats');
const formats: Readonly<Record<string, string>> = { jpg: 'jpeg', tif: 'tiff' };

describe.each(Object.entries(files))('%s', (name, { file, pixels }) => {
  const bytes = Buffer.from(file, 'base64');
  const ending = name.split('.')[1];

  test('is recognized, with its size', () => {
    expect(probeImage(bytes)).toMatchObject({ ok: true, format: formats[ending] ?? ending, width, height });
  });

  // libheif and libavif round differently; with colors at half the resolution they would differ at edges, too.
  const tolerance = ending === 'avif' ? 2 : 0;
  test.each<Interpolation>(['nearest', 'bilinear'])(
    `has Pillow's pixels, within ${tolerance} levels (%s)`,
    async (interpolation) => {
      const found = await createDecoder({ width, height, interpolation, orientation: 'stored' })(bytes);
      const expected = Buffer.from(pixels, 'base64');
      expect(found.length).toBe(expected.length);
      expect(Math.max(...found.map((level, i) => Math.abs(level - expected[i])))).toBeLessThanOrEqual(tolerance);
    },
  );
});
