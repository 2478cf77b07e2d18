/** A small model on a base that is an ONNX file, for the tests of its page. */
import { writeFile } from 'node:fs/promises';
import { tinyNetwork } from '../model/onnx/tiny-network.js';
import type { Project, RunOutcome } from './rig.js';

const pipeline = `version: 1
stages:
  ingest: {source: pictures, image: {size: [32, 32], fit: crop, interpolation: bicubic}}
  load-base: {architecture: onnx, weights: tiny.onnx, preprocessing: {mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}}
  freeze: {layers: all}
  build-head: {layers: [{dense: 8}, classifier]}
  train: {epochs: 3}
  export: {to: models/pets, formats: [onnx]}
`;

/** Writes its pipeline, `pets.yaml`, with drawn pets and the base. */
export async function prepareOnOnnx(project: Project): Promise<void> {
  await project.addPets('pictures', 6);
  await writeFile(project.path('tiny.onnx'), tinyNetwork());
  await project.write('pets.yaml', pipeline);
}

/** Trains it on drawn pets, and exports it to models/pets. */
export async function trainOnOnnx(project: Project): Promise<RunOutcome> {
  await prepareOnOnnx(project);
  return project.run();
}
