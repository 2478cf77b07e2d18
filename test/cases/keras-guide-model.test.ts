/** The model of Keras's guide to transfer learning: random layers are left out, Rescaling is computed, the base is unfolded. */
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { fixtureBytes } from '../model/keras/files.js';
import { baseText, projectWithBase, trainsAndPredicts } from './with-base.js';

test('pixels that the base scales itself are not scaled before, and the rest works', async () => {
  const base = (preprocessing: string) =>
    `architecture: layers_model\n    weights: base.keras\n    preprocessing: ${preprocessing}`;
  const project = await projectWithBase(base('tf'));
  try {
    await writeFile(project.path('base.keras'), fixtureBytes('nested-guide-keras3.keras'));
    const twice = await project.command('run', 't.yaml', 'load-base');
    expect(twice).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /t\.yaml:\d+[^]*scales its pixels itself \(layer rescale: times 0\.007843, plus -1\)[^]*preprocessing: none/,
      ),
    });
    // `rescale` of augment is preprocessing too.
    const rescaled = (factor: string) =>
      baseText('architecture: layers_model\n    weights: base.keras').replace(
        'stages:\n',
        `stages:\n  augment: {rescale: ${factor}}\n`,
      );
    await project.write('t.yaml', rescaled('1/255'));
    const byAugment = await project.command('run', 't.yaml', 'train');
    expect([byAugment.code, byAugment.stderr]).toEqual([
      2,
      expect.stringMatching(
        /train: the base scales its pixels itself \(layer rescale: times 0\.007843, plus -1\), so `rescale` of augment[^]*remove `rescale` from augment/,
      ),
    ]);
    await project.write('t.yaml', rescaled('1'));
    expect(await project.command('run', 't.yaml', 'train')).toMatchObject({ code: 0 });
    await project.write('t.yaml', baseText(base('none')));
    expect(await trainsAndPredicts(project)).toContain('guide: 7 layers up to point, ');
    // The export brings the scaling along, in both formats.
    expect(await project.read('models/pets/model.json')).toContain('"class_name":"Rescaling"');
    const onnx = await project.command('run', 't.yaml', '--set', 'stages.export.formats=[tfjs, onnx]');
    expect([onnx.code, onnx.stderr]).toEqual([0, expect.any(String)]);
  } finally {
    await project.remove();
  }
});
