/** A TF.js graph-model, of TF Hub or converted from a SavedModel: it has no layers, wherever it is used. */
import { expect, test } from '@jest/globals';
import { projectWithBase } from './with-base.js';

test('is called what it is, as a base and by predict', async () => {
  const project = await projectWithBase(
    'architecture: layers_model\n    weights: model.json\n    preprocessing: tf',
    2,
  );
  try {
    const model = {
      format: 'graph-model',
      modelTopology: { node: [{ name: 'x', op: 'Placeholder' }], versions: { producer: 440 } },
    };
    const manifest = [{ paths: ['g.bin'], weights: [{ name: 'module/conv/w', shape: [1], dtype: 'float32' }] }];
    await project.write('model.json', JSON.stringify({ ...model, weightsManifest: manifest }));
    await project.write('g.bin', 'abcd');
    const base = await project.command('run', 't.yaml', 'load-base');
    expect(base).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /model\.json: is a TF\.js graph-model, which has operations but no layers\n[^]*model\.save\("base\.keras"\)/,
      ),
    });
    const predicted = await project.command('predict', 'model.json', 'pictures');
    expect(predicted).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /is a TF\.js graph-model, which has operations but no layers, not an exported\s+model\n[^]*-> go back to the Keras model that it was converted from: [^]*base\.keras[^]*; then set\s+it\s+as `weights` of load-base, train,\s+and export/,
      ),
    });
  } finally {
    await project.remove();
  }
});
