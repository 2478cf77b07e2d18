#!/usr/bin/env node
/**
 * Draws the sample images: cats and dogs, one folder per class.
 *
 *   node examples/pets/draw.mjs [--seed 7] [--count 100] [--out <folder>] [--check]
 *
 * With --check nothing is written: every image is drawn again and compared
 * with its file; the exit code is 1 if one differs or is missing.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { drawJpeg } from './picture.mjs';

const CLASSES = { cats: 'cat', dogs: 'dog' };

/** Another libvips may round differently: this much (of 255) is let pass. */
const TOLERANCE = 2;

function readOptions() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '7' },
      count: { type: 'string', default: '100' },
      out: { type: 'string', default: fileURLToPath(new URL('pictures', import.meta.url)) },
      check: { type: 'boolean', default: false },
    },
  });
  const count = Number(values.count);
  if (!Number.isInteger(count) || count < 1) {
    throw new Error(`--count must be a whole number above 0, not "${values.count}"`);
  }
  return { ...values, count };
}

/** Every image that belongs to the options. */
function listPictures({ count, out }) {
  return Object.entries(CLASSES).flatMap(([folder, species]) =>
    Array.from({ length: count }, (_, index) => {
      const number = index + 1;
      const name = `${species}-${String(number).padStart(3, '0')}.jpg`;
      return { species, number, file: path.join(out, folder, name) };
    }),
  );
}

async function writePictures(options) {
  let bytes = 0;
  for (const { species, number, file } of listPictures(options)) {
    const jpeg = await drawJpeg(options.seed, species, number);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, jpeg);
    bytes += jpeg.length;
  }
  console.log(
    `Drew ${options.count} cats and ${options.count} dogs into ${options.out} (${Math.round(bytes / 1024)} KiB).`,
  );
}

const decode = (jpeg) => sharp(jpeg).toColourspace('srgb').removeAlpha().raw().toBuffer();

/** Mean absolute difference of two JPEG images, over all pixels and channels. */
async function difference(first, second) {
  const [a, b] = await Promise.all([decode(first), decode(second)]);
  if (a.length !== b.length) return Infinity;
  return a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length;
}

/** What is wrong with one file, or undefined. */
async function findFault(seed, { species, number, file }) {
  let stored;
  try {
    stored = await readFile(file);
  } catch (error) {
    if (error.code === 'ENOENT') return 'is missing';
    throw error;
  }
  try {
    const apart = await difference(stored, await drawJpeg(seed, species, number));
    return apart < TOLERANCE ? undefined : `differs by ${apart.toFixed(2)} of 255`;
  } catch (error) {
    return `cannot be compared: ${error.message}`;
  }
}

async function checkPictures(options) {
  const pictures = listPictures(options);
  let faults = 0;
  for (const picture of pictures) {
    const fault = await findFault(options.seed, picture);
    if (fault === undefined) continue;
    faults += 1;
    console.error(`${picture.file} ${fault}`);
  }
  console.log(`${pictures.length - faults} of ${pictures.length} pictures are as drawn.`);
  if (faults > 0) process.exitCode = 1;
}

try {
  const options = readOptions();
  await (options.check ? checkPictures(options) : writePictures(options));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
