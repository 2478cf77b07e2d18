/** The default of `formats` follows from the base. */
import { expect, test } from '@jest/globals';
import { changed, petsYaml, testProject } from './project.js';

const project = testProject();
const withBase = (base: string): string => changed(petsYaml, 'vgg16\n    weights: weights/model.json', base);

async function formatsOf(yaml: string, set: string[] = []): Promise<unknown[]> {
  const { stages } = await project.load(yaml, { set });
  return stages.flatMap(({ kind, config }) => (kind === 'export' ? [(config as { formats: unknown }).formats] : []));
}

test('an ONNX base is exported as onnx, any other as tfjs, and what is written counts', async () => {
  expect(await formatsOf(withBase('compact32'))).toEqual([['tfjs']]);
  expect(await formatsOf(withBase('efficientnet_lite0'))).toEqual([['onnx']]);
  expect(await formatsOf(withBase('compact32'), ['stages.export.formats=[onnx]'])).toEqual([['onnx']]);
  const yaml = changed(withBase('efficientnet_lite0'), 'to: models/pets', 'to: models/pets\n    formats: [tfjs]');
  expect(await project.complaint(yaml)).toMatch(/cannot be exported as `tfjs`.*remove `formats`/s);
});

test('each variant of a matrix follows its own base', async () => {
  const axis = 'matrix:\n  base: {field: stages.load-base.architecture, values: [compact32, efficientnet_lite0]}\n';
  const yaml = changed(withBase('compact32'), 'stages:\n', `${axis}stages:\n`);
  expect(await formatsOf(yaml)).toEqual([['tfjs'], ['onnx']]);
});
