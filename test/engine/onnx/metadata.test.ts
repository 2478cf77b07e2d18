/** The metadata of a stranger's `.onnx` file: whatever they hold, they are read within bounds or refused in plain words. */
import { expect, test } from '@jest/globals';
import type { PipelineError } from '../../../src/core/problem.js';
import { fromProperties, metadataOf, toProperties } from '../../../src/engine/onnx/metadata.js';

const metadata = metadataOf({
  classes: ['cat', 'dog'],
  image: { size: [32, 32], interpolation: 'bilinear', orientation: 'exif' },
  preprocessing: { kind: 'mode', mode: 'tf' },
  activation: 'softmax',
  weights: 'float32',
});

const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;

function read(changed: Readonly<Record<string, string>>) {
  return fromProperties(new Map(Object.entries({ ...toProperties(metadata), ...changed })), 'model.onnx');
}

function foundIn(changed: Readonly<Record<string, string>>): string {
  try {
    read(changed);
  } catch (error) {
    const [{ code, where, found }] = (error as PipelineError).problems;
    return `${where}: ${code}: ${found}`;
  }
  throw new Error('it is taken');
}

test.each(Object.keys(toProperties(metadata)))('%s of too many values is refused before any is made', (key) => {
  const many = `[${'0,'.repeat(1_000_000)}0]`;
  expect(foundIn({ [key]: many })).toBe(`model.onnx: not-an-exported-model: ${key} has more than 1,000,000 values`);
});

test.each([
  ['pipeline.version', 'its metadata have the version [...]'],
  ['pipeline.classes', 'the classes are [...]'],
  ['pipeline.image', 'image is [...]'],
  ['pipeline.preprocessing', 'preprocessing is [...]'],
  ['pipeline.input', 'pipeline.input is [...]'],
  ['pipeline.output', 'pipeline.output is [...]'],
  ['pipeline.weights', 'pipeline.weights is [...]'],
])('%s that is nested deep is refused', (key, found) => {
  expect(foundIn({ [key]: deep })).toBe(`model.onnx: not-an-exported-model: ${found}`);
});

test('what the tool did not write is left behind, and not even read under other names', () => {
  const input = JSON.stringify({ ...metadata.input, name: 'levels', range: 'deep', more: 'deep' });
  expect(
    read({ 'pipeline.input': input.replaceAll('"deep"', deep), 'pipeline.more': `[${'0,'.repeat(1_000_000)}0]` }),
  ).toEqual({ ...metadata, input: { ...metadata.input, name: 'levels' } });
});

test('damaged JSON is as good as none', () => {
  expect(foundIn({ 'pipeline.version': '{' })).toBe(
    'model.onnx: not-an-exported-model: the file does not name its classes',
  );
});

test('a model of several classes per image has a version that older programs refuse, and its thresholds', () => {
  const several = metadataOf({
    ...metadata,
    thresholds: [0.5, 0.25],
    activation: 'sigmoid',
    preprocessing: { kind: 'mode', mode: 'tf' },
  });
  expect(several).toMatchObject({ version: 3, task: 'multilabel', thresholds: [0.5, 0.25] });
  const properties = toProperties(several);
  expect(properties['pipeline.thresholds']).toBe('[0.5,0.25]');
  expect(read(properties)).toEqual(several);
  expect(foundIn({ ...properties, 'pipeline.thresholds': '[0.5]' })).toContain('the thresholds are [0.5]');
  expect(foundIn({ ...properties, 'pipeline.task': '"several"' })).toContain('pipeline.task is "several"');
  // Of a model of one class per image they mean nothing.
  expect(read({ 'pipeline.thresholds': '[0.5,0.5]' })).toEqual(metadata);
});
