/** The device in the spec of a worker: it has no results that `auto` could keep to. */
import { expect, test } from '@jest/globals';
import { specOf } from '../../src/cluster/spec.js';

type Session = Parameters<typeof specOf>[0];

test.each([
  ['auto', 'webgpu:A10', ['seed=1', 'engine.device=webgpu']],
  ['auto', undefined, ['seed=1', 'engine.device=cpu']],
  ['webgpu', 'webgpu:A10', ['seed=1']],
  ['cpu', undefined, ['seed=1']],
])('%s that came to %s', (name, backend, set) => {
  const session = {
    pipeline: { file: '/p/pets.yaml', root: '/p', source: { text: '', set: ['seed=1'] }, device: { name } },
    settings: backend === undefined ? {} : { device: { backend } },
  };
  expect(specOf(session as unknown as Session, 'train', {}, []).set).toEqual(set);
});
