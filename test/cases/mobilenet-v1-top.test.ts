/** The top of MobileNet v1: pooling with keepdims, a 1x1 convolution, Reshape. It is left out, so it need not be understood. */
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { fixtureBytes } from '../model/keras/files.js';
import { projectWithBase, trainsAndPredicts } from './with-base.js';

test('the base ends before the pooling', async () => {
  const project = await projectWithBase('architecture: layers_model\n    weights: base.keras\n    preprocessing: tf');
  try {
    await writeFile(project.path('base.keras'), fixtureBytes('nested-top-keras3.keras'));
    expect(await trainsAndPredicts(project)).toContain('top: 2 layers up to stem, 112 parameters');
  } finally {
    await project.remove();
  }
});
