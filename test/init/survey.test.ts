/** What `init` sees in a folder, and what it says of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { sourceFolders } from '../../src/config/class-folders.js';
import { describeSurvey } from '../../src/init/describe.js';
import { folderLabels } from '../../src/init/labels.js';
import { surveyOf, type Survey } from '../../src/init/survey.js';
import { listFiles } from '../../src/store/files/file-list.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipeline-survey-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** An image of one color; the same color gives the same bytes. */
function image(format: 'jpeg' | 'png', width: number, height: number, red: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: red, g: 10, b: 10 } } })
    .toFormat(format)
    .toBuffer();
}

async function folder(name: string, files: Readonly<Record<string, Buffer | string>>): Promise<Survey> {
  const path = join(root, name);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), content);
  }
  return surveyOf(listFiles(path, 'followed'), folderLabels(sourceFolders(path, path)!.layout));
}

describe('a small folder is read as a whole', () => {
  test('formats, sizes, what cannot be read, duplicates, one image in two classes, balance', async () => {
    const survey = await folder('mixed', {
      'cats/1.jpg': await image('jpeg', 40, 30, 1),
      'cats/2.jpg': await image('jpeg', 400, 300, 2),
      'cats/2 copy.jpg': await image('jpeg', 400, 300, 2),
      'cats/3.png': await image('png', 80, 60, 3),
      'cats/4.jpg': await image('jpeg', 40, 31, 4),
      'cats/phone.heic': '\0\0\0\x18ftypheic\0\0\0\0mif1heic',
      'dogs/1.jpg': await image('jpeg', 400, 300, 2),
      'dogs/2.jpg': await image('jpeg', 41, 30, 5),
      'notes/readme.txt': 'not a class',
    });
    expect(survey.classes).toEqual([
      { name: 'cats', images: 6 },
      { name: 'dogs', images: 2 },
    ]);
    expect(survey.sample).toMatchObject({ opened: 8, formats: { jpeg: 6, png: 1 }, duplicates: 1, conflicts: 1 });
    expect(describeSurvey(survey, 'mixed')).toEqual([
      'mixed: 8 images in 2 classes: cats 6, dogs 2',
      '  all files: JPEG 6, PNG 1; 40x30 to 400x300 pixels, typically 80x60',
      expect.stringMatching(
        /^ {2}1 file cannot be read \(cats\/phone\.heic is a HEIC.*\); 1 image in two classes; 1 duplicate; unbalanced: cats has 3 times the images of dogs$/,
      ),
    ]);
  });

  test('of several files that cannot be read, the first shows what is wrong', async () => {
    const heic = '\0\0\0\x18ftypheic\0\0\0\0mif1heic';
    const survey = await folder('phones', {
      'cats/1.jpg': await image('jpeg', 40, 30, 1),
      'cats/a.heic': heic,
      'dogs/1.jpg': await image('jpeg', 40, 30, 2),
      'dogs/b.heic': heic,
    });
    expect(describeSurvey(survey, 'phones')[2]).toMatch(
      /^ {2}2 files cannot be read \(the first: cats\/a\.heic is a HEIC, expected JPEG, [^)]*\)/,
    );
  });

  test('a folder without faults; split folders are seen', async () => {
    const survey = await folder('plain', {
      'train/a/1.png': await image('png', 20, 20, 1),
      'train/b/1.png': await image('png', 20, 20, 2),
      'val/a/1.png': await image('png', 20, 20, 3),
      'val/b/1.png': await image('png', 20, 20, 4),
    });
    expect(survey.splits).toEqual(new Set(['train', 'validation']));
    expect(describeSurvey(survey, 'plain')).toEqual([
      'plain: 4 images in 2 classes: a 2, b 2',
      '  all files: PNG; 20x20 pixels',
      '  readable, no duplicates seen, balanced',
    ]);
  });
});

test('of many files a sample is opened that covers every class, and copies are found among all of them', async () => {
  const files: Record<string, Buffer> = {};
  const common = await image('png', 16, 16, 0);
  for (let number = 0; number < 400; number++) {
    // Bytes after the end of a PNG make files of different sizes.
    files[`c${number % 10}/${number}.png`] = Buffer.concat([common, Buffer.alloc(number + 1, number)]);
  }
  files['c3/copy.png'] = files['c3/13.png'];
  const survey = await folder('many', files);
  expect(survey.images).toBe(401);
  expect(survey.sample.opened).toBeGreaterThanOrEqual(200);
  expect(survey.sample.opened).toBeLessThanOrEqual(202);
  expect(survey.sample.duplicates).toBe(1);
  expect(describeSurvey(survey, 'many')[0]).toBe('many: 401 images in 10 classes: from c0 40 to c3 41');
});
