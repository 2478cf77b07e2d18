/**
 * A contact sheet of what training sees: one row per image, the image as it is and then its views. Each tile comes from
 * the loader that training uses, with the same draws, before the levels are scaled for the base.
 */
import type { ContactSheet, SheetRequest } from '../../core/contact-sheet.js';
import type { Digest } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import type { Outputs, StageContext } from '../../core/stage.js';
import { readData, type Data } from '../../features/data.js';
import { createImageLoader, PLAIN_VIEW } from '../../features/image-loader.js';
import type { Label } from '../../image/dataset.js';
import { ofPixels } from '../../image/pixels.js';

/** Levels of 0 to 255, as the views have them. */
const levels = { kind: 'mode', mode: 'none' } as const;

/** White pixels around each tile. */
const GAP = 4;

/** A sheet of this many pixels takes 300 MB while it is drawn. */
const MOST_PIXELS = 100e6;

/** Throws `invalid` for a sheet that is too large, and `bad-data` as training does for its images. */
export async function drawSheet(
  context: StageContext<'augment'>,
  outputs: Outputs,
  { images, views }: SheetRequest,
): Promise<ContactSheet> {
  const data = await readData(outputs, context);
  const { spec, files } = data;
  const { parameters, seed, version, views: all } = data.augmentation!;
  const variation = parameters === null ? null : { parameters, seed, version };
  const shown = variation === null ? 0 : Math.min(views, all === 'online' ? views : all);
  const chosen = inTurn(data, images);
  const [height, width] = spec.image.size;
  const sheet = blank(chosen.length * (height + GAP) + GAP, (1 + shown) * (width + GAP) + GAP);
  const place = await data.openImages();
  const plain = createImageLoader({ image: spec.image, preprocessing: levels, variation: null });
  const varied = createImageLoader({ image: spec.image, preprocessing: levels, variation });
  const pathOf = (digest: Digest): string => files.paths[digest][0];
  // One after another: a sheet is small, and the first image that cannot be read ends it.
  for (const [row, [digest]] of chosen.entries()) {
    const task = { at: { place, name: pathOf(digest) }, digest };
    const top = GAP + row * (height + GAP);
    paste(await plain({ ...task, view: PLAIN_VIEW }), height, width, sheet, top, GAP);
    for (let view = 0; view < shown; view++)
      paste(await varied({ ...task, view }), height, width, sheet, top, GAP + (view + 1) * (width + GAP));
  }
  return {
    png: await ofPixels(sheet).png().toBuffer(),
    rows: chosen.map(([digest, label]) => ({ class: namesOf(label, spec.classes), file: pathOf(digest) })),
    views: shown,
  };
}

/** Training images, one of each class in turn. */
function inTurn(data: Data, wanted: number): [Digest, Label][] {
  const labels = data.of('train');
  // An image of several classes takes the turn of its first, one of none those of the last.
  const byClass = [...data.spec.classes, 'none'].map((): Digest[] => []);
  for (const [digest, label] of labels)
    byClass[typeof label === 'number' ? label : (label[0] ?? byClass.length - 1)].push(digest);
  const chosen: [Digest, Label][] = [];
  const longest = byClass.reduce((most, { length }) => Math.max(most, length), 0);
  for (let turn = 0; turn < longest && chosen.length < wanted; turn++)
    for (const digests of byClass)
      if (turn < digests.length && chosen.length < wanted) chosen.push([digests[turn], labels.get(digests[turn])!]);
  return chosen;
}

function namesOf(label: Label, classes: readonly string[]): string {
  if (typeof label === 'number') return classes[label];
  return label.map((index) => classes[index]).join(', ') || 'no class';
}

interface Sheet {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

function blank(height: number, width: number): Sheet {
  if (height * width > MOST_PIXELS)
    throw failure('invalid', {
      code: 'sheet-too-large',
      where: '--images and --views',
      found: `make a sheet of ${width} x ${height} pixels`,
      expected: `at most ${MOST_PIXELS / 1e6} megapixels`,
      remedy: 'ask for fewer images or views',
    });
  return { data: Buffer.alloc(height * width * 3, 255), width, height };
}

/** Rounds levels to whole ones, as PNG has them. */
function paste(pixels: Float32Array, height: number, width: number, sheet: Sheet, top: number, left: number): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width * 3; x++)
      sheet.data[((top + y) * sheet.width + left) * 3 + x] = Math.round(pixels[y * width * 3 + x]);
}
