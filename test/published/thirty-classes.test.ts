/**
 * Thirty classes of very different sizes, as a collection of one's own has them: `init` weighs them, and run and report
 * say which classes the figures are about.
 */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { longTestWithShared } from '../shared.js';
import { Journey } from './installed.js';
import { closingOf, giveMirror, headlineOf } from './photos.js';

let journey: Journey;
beforeAll(async () => {
  journey = await Journey.begin();
}, 300_000);
afterAll(() => journey?.end());

const CLASSES = 30;
/** Images of each class, in geometric steps from 6 to 60. */
const sizes = Array.from({ length: CLASSES }, (_, k) => Math.round(6 * 10 ** (k / (CLASSES - 1))));

/** The first images of every sixth class of the small ImageNet: real photos of 32x32 pixels. */
async function fillClasses(shared: string): Promise<void> {
  execFileSync('tar', ['-xzf', join(shared, 'data/imagenet32.tar.gz'), '-C', journey.root, 'imagenet32/train']);
  const train = journey.path('imagenet32/train');
  const names = (await readdir(train)).sort().filter((_, i) => i % 6 === 0);
  for (const [k, size] of sizes.entries()) {
    await mkdir(journey.path('things', names[k]), { recursive: true });
    for (const file of (await readdir(join(train, names[k]))).sort().slice(0, size))
      await rename(join(train, names[k], file), journey.path('things', names[k], file));
  }
}

longTestWithShared(
  'thirty unbalanced classes: class weights, a verdict that names the weak spot, and figures for each class',
  async (shared) => {
    await fillClasses(shared);
    await giveMirror(journey, shared);
    const init = await journey.pipeline('init', 'things');
    expect([init.code, init.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^things: 7\d\d images in 30 classes: from (\w+) 6 to (\w+) 60\n.*JPEG; 32x32 pixels\n {2}unbalanced: \2 has 10 times the images of \1\n/,
      ),
    ]);
    expect(await readFile(journey.path('things.yaml'), 'utf8')).toMatch(/^ {4}class_weight: balanced +#/m);

    const run = await journey.pipeline('run', 'things.yaml');
    expect(run.code).toBe(0);
    const closing = closingOf(run);
    const { accuracy, low, guess } = headlineOf(closing);
    // Far above guessing, and far from good: photos of 32 pixels.
    expect(guess).toBeLessThan(10);
    expect(low).toBeGreaterThan(guess);
    expect(accuracy).toBeLessThan(90);
    expect(closing).toMatch(/^! \d+ of 30 classes have fewer than 5 validation images/m);
    expect(closing).toMatch(
      /\n {2}-> [^\n]+\n[^]*done in .*: 8 stages ran[^\n]*\ndetails: npx pipeline report things\.yaml\n$/,
    );
    // Not advised, because the file has it.
    expect(closing).not.toContain('class_weight');

    const report = await journey.pipeline('report', 'things.yaml', '--format', 'md');
    // Class, precision, recall, F1, AUC and images; an interval may follow a figure.
    const rows = [
      ...report.stdout.matchAll(/^\| `(n\d+)` \| [^|]+ \| ([\d.]+)%[^|]* \| [^|]+ \| [^|]+ \| (\d+) \|$/gm),
    ].map(([, name, recall, images]) => ({ name, recall: Number(recall) / 100, images: Number(images) }));
    expect(new Set(rows.map(({ name }) => name)).size).toBe(CLASSES);
    const total = rows.reduce((sum, { images }) => sum + images, 0);
    const right = rows.reduce((sum, { recall, images }) => sum + recall * images, 0);
    expect(headlineOf(closing).images).toBe(total);
    expect((100 * right) / total).toBeCloseTo(accuracy, 0);
    // Rare classes are recognized as well: not only the large ones carry the accuracy.
    const rare = rows.filter(({ images }) => images < 5);
    expect(rare.filter(({ recall }) => recall > 0).length).toBeGreaterThan(rare.length / 4);
  },
  900_000,
);
