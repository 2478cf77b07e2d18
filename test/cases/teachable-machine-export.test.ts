/** A base out of a Teachable Machine export, two models down: the same features as TF.js computes, and a whole run. */
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import { fitWeights } from '../../src/model/layers-model/fit.js';
import { readModelFile } from '../../src/model/read-model.js';
import { noise, relativeError } from '../model/graphs.js';
import { teachableMachineModel } from './teachable-machine.js';
import { projectWithBase, trainsAndPredicts } from './with-base.js';

test('the innermost network is the base', async () => {
  const engine = await createTfjsEngine({ backend: 'cpu' });
  const model = await teachableMachineModel();
  const project = await projectWithBase('architecture: layers_model\n    weights: model.json\n    preprocessing: tf');
  try {
    for (const [name, content] of model.files) await writeFile(project.path(name), content);
    const { graph, weights } = await readModelFile(project.path('model.json'), { withoutTop: true });
    expect(graph!.layers.map(({ name }) => name)).toEqual(['input_1', 'Conv1', 'bn_Conv1', 'Conv1_relu', 'Conv_2']);
    const runner = await engine.compile(graph!, fitWeights(graph!, weights, 'model.json', { ignoreOthers: true }));
    const pixels = noise(2 * 32 * 32 * 3, 5);
    expect(relativeError(await runner.run(pixels, 2), await model.base(pixels, 2))).toBeLessThan(1e-5);
    runner.dispose();
    expect(await trainsAndPredicts(project)).toContain('sequential_4: 5 layers up to Conv_2, ');
  } finally {
    await project.remove();
  }
});
