import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/core/canonical.js';
import type { Preimage } from '../../src/runner/action-key.js';
import { describeChange } from '../../src/runner/explain.js';

const preimage = (changes: Partial<Preimage>): Preimage => ({
  schema: 1,
  kind: 'train',
  impl: 1,
  config: {},
  inputs: {},
  survey: null,
  environment: null,
  ...changes,
});
const changed = (field: keyof Preimage, before: Json, after: Json): string[] =>
  describeChange(preimage({ [field]: before }), preimage({ [field]: after }));

describe('why a stage runs, in words', () => {
  test.each<[keyof Preimage, Json, Json, string[]]>([
    ['config', { epochs: 3 }, { epochs: 4 }, ['epochs 3 -> 4']],
    [
      'config',
      { layers: [{ flatten: {} }, { dense: { units: 256 } }] },
      { layers: [{ flatten: {} }, { dense: { units: 128 } }] },
      ['dense.units 256 -> 128'],
    ],
    ['config', {}, { class_weight: 'balanced' }, ['class_weight none -> balanced']],
    ['config', { layers: 'all' }, { layers: { until: 'x' } }, ['layers all -> {until: x}']],
    ['config', { size: [96, 96] }, { size: [224, 224] }, ['size [96, 96] -> [224, 224]']],
    [
      'config',
      { layers: [{ flatten: {} }, { classifier: { units: 2, kernel_initializer: 'glorot_uniform', use_bias: true } }] },
      { layers: [{ flatten: {} }] },
      ['layers [flatten, classifier] -> [flatten]'],
    ],
    [
      'inputs',
      { data: { samples: 'a', spec: 's' } },
      { data: { samples: 'b', spec: 's' } },
      ['the images or their labels changed'],
    ],
    ['inputs', { gates: [{ metrics: 'a' }] }, { gates: [{ metrics: 'b' }] }, ['an evaluation changed']],
    ['survey', { files: 48, content: 'a' }, { files: 58, content: 'b' }, ['files 48 -> 58']],
    ['survey', { files: 48, content: 'a' }, { files: 48, content: 'b' }, ['files were renamed, moved or edited']],
    ['survey', { weights: 'a' }, { weights: 'b' }, ['the weights file changed']],
    ['environment', { engine: { name: 'onnx' } }, { engine: { name: 'tfjs' } }, ['engine.name onnx -> tfjs']],
    ['impl', 1, 2, ["this tool's train 1 -> 2"]],
    ['config', { epochs: 3 }, { epochs: 3 }, []],
  ])('%s', (field, before, after, words) => {
    expect(changed(field, before, after)).toEqual(words);
  });
});
