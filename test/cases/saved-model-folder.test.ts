/** A SavedModel folder and other formats beside it: each is called what it is, by load-base, doctor, predict and serve. */
import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { fixtureBytes } from '../model/keras/files.js';
import { projectWithBase } from './with-base.js';

test('is called what it is', async () => {
  const project = await projectWithBase('architecture: layers_model\n    weights: saved\n    preprocessing: tf', 2);
  try {
    await project.write('saved/saved_model.pb', '\x08\x01\x12\x80\x02\n\x10');
    await project.write('m.tflite', '\x1c\0\0\0TFL3');
    await writeFile(project.path('base.keras'), fixtureBytes('nested-row-keras3.keras'));
    const message =
      /saved: is a TensorFlow SavedModel, which has operations but no layers\n[^]*model\.save\("base\.keras"\)/;
    expect(await project.command('run', 't.yaml', 'load-base')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(message),
    });
    const lite = await project.command('run', 't.yaml', 'load-base', '--set', 'stages.load-base.weights=m.tflite');
    expect(lite).toMatchObject({ code: 3, stderr: expect.stringMatching(/m\.tflite: is a TensorFlow Lite model/) });
    const doctor = await project.command('doctor', 't.yaml');
    expect(doctor.stdout + doctor.stderr).toMatch(/is a TensorFlow SavedModel/);
    const noExport = {
      code: 2,
      stderr: expect.stringMatching(
        /is a TensorFlow SavedModel, which has operations but no layers, not an\s+exported model/,
      ),
    };
    expect(await project.command('predict', 'saved', 'pictures')).toMatchObject(noExport);
    expect(await project.command('serve', 'saved')).toMatchObject(noExport);
    const keras = {
      code: 2,
      stderr: expect.stringMatching(
        /base\.keras: is a zip, as \.keras files are, not an exported model[^]*weights` of load-base/,
      ),
    };
    expect(await project.command('predict', 'base.keras', 'pictures')).toMatchObject(keras);
  } finally {
    await project.remove();
  }
});
