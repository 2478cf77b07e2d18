/** Whether images can be decoded here: each format that is read is written and read back. */
import type { Finding } from '../core/finding.js';
import { READ_FORMATS } from './formats/foreign.js';
import { decoderIdentity } from './identity.js';

const LEVEL = 200;

export async function checkDecoder(): Promise<Finding[]> {
  try {
    const { version, libvips } = decoderIdentity();
    const [{ default: sharp }, { createDecoder }] = await Promise.all([import('sharp'), import('./decode.js')]);
    const decode = createDecoder({ width: 8, height: 8, interpolation: 'bilinear', orientation: 'exif' });
    const failed: string[] = [];
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
      const bytes = await sharp({
        create: { width: 16, height: 16, channels: 3, background: { r: LEVEL, g: LEVEL, b: LEVEL } },
      })
        .toFormat(format)
        .toBuffer();
      const pixels = await decode(bytes);
      if (!pixels.every((level) => Math.abs(level - LEVEL) <= 3)) failed.push(format);
    }
    const title = `images: sharp ${version}, libvips ${libvips === 'bundled' ? sharp.versions.vips : libvips}`;
    if (failed.length === 0)
      return [
        {
          level: 'ok',
          about: 'machine',
          code: 'decoder',
          text: `${title}: reads ${READ_FORMATS.replace(' or ', ' and ')}`,
        },
      ];
    return [
      {
        level: 'error',
        about: 'machine',
        code: 'decoder-wrong',
        text: `${title}: ${failed.join(', ')} images decode incorrectly`,
        remedy: 'reinstall sharp',
      },
    ];
  } catch (error) {
    const found = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return [
      {
        level: 'error',
        about: 'machine',
        code: 'decoder-broken',
        text: `sharp cannot be used: ${found}`,
        remedy: 'reinstall sharp: https://sharp.pixelplumbing.com/install',
      },
    ];
  }
}
