/** `Sequential([base, pooling, head])`, what most tutorials save: the inner network is the base, in both of Keras's formats. */
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { fixtureBytes } from '../model/keras/files.js';
import { projectWithBase, trainsAndPredicts } from './with-base.js';

test('the inner network is taken as the base', async () => {
  const project = await projectWithBase('architecture: layers_model\n    weights: base.keras\n    preprocessing: tf');
  try {
    await writeFile(project.path('base.keras'), fixtureBytes('nested-row-keras3.keras'));
    expect(
      await project.command('run', 't.yaml', 'load-base', '--set', 'stages.ingest.image.size=[8, 8]'),
    ).toMatchObject({ code: 0, stderr: expect.stringContaining('row: 6 layers up to point, ') });
    // An image of another size than the model was made for.
    await trainsAndPredicts(project);
  } finally {
    await project.remove();
  }
});
