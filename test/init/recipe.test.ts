/** The file that `init` writes: one choice after another, by what was seen. */
import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { choiceOf } from '../../src/init/choices.js';
import { askForBase, askToOverwrite } from '../../src/init/questions.js';
import { DEFAULT_BASE, recipeText } from '../../src/init/recipe.js';
import type { ClassCount, Sample, Survey } from '../../src/init/survey.js';
import { summarizeBases } from '../../src/model/bases/index.js';

const bases = summarizeBases();

function survey(counts: Readonly<Record<string, number>>, sample: Partial<Sample> = {}, splits: string[] = []): Survey {
  const classes = Object.entries(counts).map(([name, images]): ClassCount => ({ name, images }));
  return {
    classes,
    images: classes.reduce((sum, { images }) => sum + images, 0),
    several: 0,
    none: 0,
    splits: new Set(splits) as Survey['splits'],
    sample: { opened: 1, formats: {}, sizes: [], unreadable: [], duplicates: 0, conflicts: 0, ...sample },
  };
}

function recipe(seen: Survey | undefined, base = DEFAULT_BASE, source = 'photos'): string {
  return recipeText({
    name: 'photos',
    source,
    schema: 's.json',
    base: choiceOf(base, bases),
    survey: seen,
    splits: seen?.splits,
  });
}

interface Stages {
  readonly stages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
const stagesOf = (text: string): Stages['stages'] => (parse(text) as Stages).stages;

test('the recipe that ships is what is written for a thousand balanced images', async () => {
  const shipped = await readFile('pipelines/photos.yaml', 'utf8');
  const written = recipe(survey({ cats: 500, dogs: 500 }));
  expect(shipped.slice(shipped.indexOf('version: 1'))).toBe(written.slice(written.indexOf('version: 1')));
});

describe('choices', () => {
  test('classes far apart are weighted, with the reason beside it', () => {
    const text = recipe(survey({ cats: 90, 'big\ndogs': 30, 'no: ne': 29 }));
    expect(stagesOf(text).train.class_weight).toBe('balanced');
    expect(text).toMatch(/class_weight: balanced +# cats has 3\.1 times the images of "no: ne"$/m);
    expect(stagesOf(recipe(survey({ cats: 89, dogs: 30 }))).train.class_weight).toBeUndefined();
  });

  test('files that cannot be read are left out, because they were seen', () => {
    const one = { opened: 3, unreadable: [{ path: 'a.heic', reason: 'is a HEIC' }] };
    expect(stagesOf(recipe(survey({ a: 9, b: 9 }, one))).ingest.on_bad_image).toBe('skip');
    expect(stagesOf(recipe(survey({ a: 9, b: 9 }, { ...one, opened: 2 }))).ingest.on_bad_image).toBeUndefined();
    expect(stagesOf(recipe(survey({ a: 9, b: 9 }))).ingest.on_bad_image).toBeUndefined();
  });

  test('a validation folder needs no share; a test folder does', () => {
    expect(stagesOf(recipe(survey({ a: 9, b: 9 }, {}, ['train', 'validation']))).ingest.split).toBeUndefined();
    expect(stagesOf(recipe(survey({ a: 9, b: 9 }, {}, ['train', 'test']))).ingest.split).toEqual({ validation: 0.2 });
  });

  test.each([
    [60, 4, 16],
    [500, 4, 32],
    [501, 2, 32],
    [2001, undefined, 32],
  ])('%d images: %s views, batches of %d', (images, views, batch) => {
    const stages = stagesOf(recipe(survey({ a: images - 9, b: 9 })));
    expect([stages.augment?.views, stages.train.batch_size]).toEqual([views, batch]);
  });

  test('an archive is not looked into: no augmentation, no weights', () => {
    expect(Object.keys(stagesOf(recipe(undefined)))).not.toContain('augment');
  });

  test('a base of Keras is pooled, stretched to its size and exported in both formats', () => {
    const stages = stagesOf(recipe(survey({ a: 9, b: 9 }), 'mobilenet_v2'));
    expect(stages.ingest.image).toEqual({ size: [224, 224] });
    expect(stages['build-head'].layers).toEqual(['global_average_pooling', { dropout: 0.3 }, 'classifier']);
    expect(stages.export.formats).toEqual(['tfjs', 'onnx']);
  });

  test('a network of the hub gets images as it was trained with, and one format', () => {
    const stages = stagesOf(recipe(survey({ a: 9, b: 9 }), 'vit_small'));
    expect(stages.ingest.image).toEqual({ size: [224, 224], fit: 'crop', crop_pct: 0.9, interpolation: 'bicubic' });
    expect(stages.export.formats).toEqual(['onnx']);
  });

  test.each(['my photos', 'yes', '..', 'a: b', '1', 'ünï', 'a#b', "it's"])(
    'a folder called %s keeps its name',
    (name) => {
      expect(stagesOf(recipe(undefined, DEFAULT_BASE, name)).ingest.source).toBe(name);
    },
  );
});

describe('bases by name', () => {
  test.each(['mobilenet_v2', 'compact32', 'efficientnet_lite0'])('%s', (name) => {
    expect(choiceOf(name, bases).name).toBe(name);
  });

  test.each([
    ['onnx', 'list the bases with `pipeline bases`'],
    ['layers_model', 'list the bases with `pipeline bases`'],
    ['mobilenet-v2', 'did you mean `mobilenet_v2`?'],
  ])('%s is none', (name, remedy) => {
    expect(() => choiceOf(name, bases)).toThrow(
      expect.objectContaining({ category: 'invalid', problems: [expect.objectContaining({ remedy })] }),
    );
  });
});

describe('questions', () => {
  /** Answers one question after another, and keeps what was asked. */
  function answering(...answers: string[]): { ask: (question: string) => Promise<string>; asked: string[] } {
    const asked: string[] = [];
    return {
      asked,
      ask: async (question) => {
        asked.push(question);
        return answers[asked.length - 1] ?? '';
      },
    };
  }

  test.each([
    [[''], 'efficientnet_lite0'],
    [['2'], 'dinov2_small'],
    [[' vgg16 '], 'vgg16'],
    [['9', 'resnet50'], 'resnet50'],
    [['x', 'y', 'z', 'vgg16'], 'efficientnet_lite0'],
  ])('the base, answered by %j', async (answers, name) => {
    expect(await askForBase(answering(...answers).ask, bases)).toBe(name);
  });

  test('each base is offered with its use and its download', async () => {
    const { ask, asked } = answering();
    await askForBase(ask, bases);
    expect(asked).toEqual([
      `Base network:
  1  efficientnet_lite0  for most photos (downloaded once, about 18.7 MB)
  2  dinov2_small        for fine differences; several times slower (downloaded once, 88.5 MB)
  3  mobilenet_v2        for apps and pages with TF.js (downloaded once, 9.4 MB)
  4  compact32           for drawings and icons; weak on photos (comes with the tool)
Choose 1 to 4, or type a name [1]: `,
    ]);
  });

  test.each([
    ['y', true],
    ['Yes', true],
    ['', false],
    ['n', false],
  ])('overwriting, answered by %j', async (answer, overwrites) => {
    expect(await askToOverwrite(answering(answer).ask, 'a.yaml')).toBe(overwrites);
  });
});
