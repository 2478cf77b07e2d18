/** Cached results of versions that let images be scaled twice are refused as new ones are. */
import { expect, test } from '@jest/globals';
import { loadBase } from '../../src/stages/load-base/index.js';
import { train } from '../../src/stages/train/index.js';
import { Bench } from './context.js';

const bench = new Bench();
const modelWith = (scale: number) =>
  bench.putJson({
    graph: {
      name: 'own',
      layers: [
        { kind: 'input', name: 'image', inputs: [], trainable: false, shape: [null, null, 3] },
        { kind: 'rescaling', name: 'scaled', inputs: ['image'], trainable: false, scale, offset: 0 },
      ],
    },
    preprocessing: { kind: 'mode', mode: 'tf' },
  });
const refused = { category: 'invalid', problems: [{ code: 'scaled-twice' }] };

test.each([
  ['a base that scales and a rescale', 1 / 255, 1 / 255, refused],
  ['a base that does not scale levels', 1, 1 / 255, undefined],
  ['a factor that does not', 1 / 255, 1, undefined],
  ['no rescale', 1 / 255, null, undefined],
])('a training with %s', async (_name, scale, rescale, expected) => {
  const data = { augmentation: bench.putJson({ rescale, parameters: null }) };
  for (const start of ['model', 'from']) {
    const context = bench.context<'train'>({} as never, { data, [start]: { model: modelWith(scale) } });
    const checked = train.recheck!({ ...context, outputs: {} });
    await (expected === undefined
      ? expect(checked).resolves.toBeUndefined()
      : expect(checked).rejects.toMatchObject(expected));
  }
});

test('a base', async () => {
  const check = (config: object) =>
    loadBase.recheck!({ ...bench.context<'load-base'>(config as never), outputs: { model: modelWith(1 / 255) } });
  await expect(check({ architecture: 'layers_model', preprocessing: 'tf' })).rejects.toMatchObject(refused);
  await expect(check({ architecture: 'layers_model', preprocessing: 'none' })).resolves.toBeUndefined();
  await expect(check({ architecture: 'vgg16' })).resolves.toBeUndefined();
});
