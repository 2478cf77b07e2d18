/**
 * A teacher has 60 files from phones, and edits the pipeline file by hand. What cannot be read is named, the typo is
 * corrected by the hint, and the verdict does not claim more than twelve validation images can show.
 */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { testWithShared } from '../shared.js';
import { Journey } from './installed.js';
import { closingOf, giveMirror, headlineOf } from './photos.js';

let journey: Journey;
beforeAll(async () => {
  journey = await Journey.begin();
}, 300_000);
afterAll(() => journey?.end());

/** The start of a HEIC file, before other bytes: nothing here can write a whole one. */
const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic')]);

/** An album of 30 files from as many photos: the name of each file, and its content. */
async function* album(photos: readonly Buffer[]): AsyncGenerator<readonly [name: string, bytes: Buffer]> {
  const [first, second, third, fourth, fifth, , ...others] = photos;
  yield ['IMG 0412.HEIC', Buffer.concat([heic, first])];
  yield ['from the web.png', await sharp(second).png().toBuffer()];
  yield ['screenshot.jpg', await sharp(third).png().toBuffer()];
  yield ['half sent.jpg', fourth.subarray(0, fourth.length >> 1)];
  yield ['IMG 0416.JPG', fifth];
  yield ['IMG 0416 (1).JPG', fifth];
  for (const [i, photo] of others.entries()) {
    // Every third was taken with the phone upright: its pixels lie on their side, and EXIF says so.
    const upright = sharp(photo).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 });
    yield [`IMG ${500 + i}.jpg`, i % 3 === 0 ? await upright.toBuffer() : photo];
  }
}

async function fillAlbums(shared: string): Promise<void> {
  for (const [name, title] of [
    ['cats', 'My cats'],
    ['dogs', 'Dogs of class 4b'],
  ]) {
    const from = join(shared, 'data/cats-dogs/train', name);
    const names = (await readdir(from)).sort().slice(0, 30);
    const to = journey.path('pet photos', title);
    await mkdir(to, { recursive: true });
    for await (const [file, bytes] of album(await Promise.all(names.map((one) => readFile(join(from, one))))))
      await writeFile(join(to, file), bytes);
  }
}

testWithShared(
  '60 mixed photos and a typo: each file that is left out is named, and the verdict is honest',
  async (shared) => {
    await fillAlbums(shared);
    await giveMirror(journey, shared);
    const init = await journey.pipeline('init', 'pet photos');
    expect([init.code, init.stderr.split('\n')]).toEqual([
      0,
      [
        'pet photos: 60 images in 2 classes: Dogs of class 4b 30, My cats 30',
        expect.stringMatching(/^ {2}all files: JPEG 54, PNG 4; \d+x\d+ to \d+x\d+ pixels, typically/),
        expect.stringMatching(
          /^ {2}2 files cannot be read \(the first: .*IMG 0412\.HEIC is a HEIC, expected [^)]*\); 2 duplicates$/,
        ),
        'wrote pet-photos.yaml; next: npx pipeline run pet-photos.yaml',
        '',
      ],
    ]);

    const file = journey.path('pet-photos.yaml');
    const written = await readFile(file, 'utf8');
    expect(written).toMatch(/^ {4}on_bad_image: skip +# 2 files cannot be read/m);
    const typed = written.replace(/^ {4}epochs: 50$/m, '    epoch: 30');
    expect(typed).not.toBe(written);
    await writeFile(file, typed);
    const refused = await journey.pipeline('run', 'pet-photos.yaml');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/^pet-photos\.yaml:\d+:5: unknown field `epoch` in `train`\n[^]* {3}\^{5}\n/),
    ]);
    const hint = /\n {2}-> did you mean `(\w+)`\?\n$/.exec(refused.stderr)?.[1];
    await writeFile(file, typed.replace('epoch: 30', `${hint}: 30`));

    const run = await journey.pipeline('run', 'pet-photos.yaml');
    expect(run.code).toBe(0);
    const notes = run.stderr.split('\n').filter((line) => line.startsWith('  ingest '));
    expect(notes.map((line) => line.replace(/^ {2}ingest +/, ''))).toEqual([
      '2 files with the same content as another file of the class: counted once',
      expect.stringMatching(/^Dogs of class 4b\/IMG 0412\.HEIC is a HEIC, expected /),
      expect.stringMatching(/^Dogs of class 4b\/half sent\.jpg is cut short/),
      expect.stringMatching(/^My cats\/IMG 0412\.HEIC is a HEIC, expected /),
      expect.stringMatching(/^My cats\/half sent\.jpg is cut short/),
      'train 44 (Dogs of class 4b 22, My cats 22); validation 10 (Dogs of class 4b 5, My cats 5)',
    ]);
    const closing = closingOf(run);
    const { accuracy, images, low, high, guess } = headlineOf(closing);
    expect([images, guess]).toEqual([10, 50]);
    // Ten images: even all right leave a wide interval, and a result like 5 of 10 must not pass for a model.
    expect(accuracy).toBeGreaterThanOrEqual(70);
    expect(high - low).toBeGreaterThan(15);
    expect(closing).toMatch(/^! 10 validation images are too few to know the accuracy better than that$/m);
    expect(/do not show that the model is better than always answering/.test(closing)).toBe(low <= guess);
    expect(closing).toMatch(
      /\n {2}-> add images[^\n]*\n(?: {5}[^\n]*\n)*done in .*: 8 stages ran, 0 restored, 0 up to date\ndetails: npx pipeline report pet-photos\.yaml\n$/,
    );
    expect(closing).not.toContain('✔');

    // The report begins with the same verdict.
    const report = await journey.pipeline('report', 'pet-photos.yaml', '--format', 'md');
    expect(report.stdout).toMatch(/^(⚠️|❌) \*\*/u);
    expect(headlineOf(report.stdout)).toEqual(headlineOf(closing));
  },
  600_000,
);
