/** What a pipeline says about its images, against what its base was made for. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Problem } from '../../src/core/problem.js';
import { formatProblems } from '../../src/report/problems.js';
import { testProject } from './project.js';

const project = testProject();
beforeAll(async () => {
  await project.write('hub/onnx/model.onnx', '');
  await project.write(
    'hub/preprocessor_config.json',
    '{"size": {"shortest_edge": 36}, "do_center_crop": true, "crop_size": 32, "resample": 3, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}',
  );
  await project.write('bare/onnx/model.onnx', '');
  await project.write('alone.onnx', '');
});

const yaml = (base: string, image: string, first = ''): string => `version: 1
${first}stages:
  ingest: {source: pictures, image: ${image}}
  load-base: {architecture: ${base}}
  freeze: {layers: all}
  build-head: {layers: [classifier]}
  train: {epochs: 1}
`;
const text = (problems: readonly Problem[]): string =>
  formatProblems(problems, { color: false, width: () => 120, cwd: project.root });
const warnings = async (base: string, image: string): Promise<string> =>
  text((await project.load(yaml(base, image))).warnings);

describe('of a network of the hub', () => {
  test.each([
    ['dinov2_small', '{fit: crop, interpolation: bicubic}'],
    ['siglip_base', '{interpolation: bicubic}'],
    ['vit_small', '{fit: crop, crop_pct: 0.9, interpolation: bicubic}'],
    ['efficientnet_v2_rw_s', '{size: [288, 288], fit: crop, crop_pct: 1, interpolation: bicubic}'],
    ['dinov2_small, input_size: [112, 112]', '{size: [112, 112], fit: crop, interpolation: bicubic}'],
  ])('%s with images as it was made with', async (base, image) => {
    expect(await warnings(base, image)).toBe('');
  });

  test('images of another size are refused', async () => {
    expect(await project.complaint(yaml('dinov2_small', '{size: [96, 96], fit: crop}')))
      .toBe(`pets.yaml:3:44: \`image.size\` is [96, 96], but \`dinov2_small\` takes images of [224, 224]
  2 | stages:
  3 |   ingest: {source: pictures, image: {size: [96, 96], fit: crop}}
    |                                            ^^^^^^^^
  4 |   load-base: {architecture: dinov2_small}
  expected: \`size: [224, 224]\`
  -> write \`image: {size: [224, 224], fit: crop, interpolation: bicubic}\``);
  });

  test.each([
    ['{}', 'pets.yaml:3:37: images are brought to size by stretch, bilinear'],
    ['{fit: stretch, interpolation: bicubic}', 'pets.yaml:3:43: images are brought to size by stretch, bicubic'],
    [
      '{fit: crop, crop_pct: 1, interpolation: bicubic}',
      'pets.yaml:3:59: images are brought to size by crop 1, bicubic',
    ],
    ['{fit: crop, interpolation: lanczos}', 'pets.yaml:3:64: images are brought to size by crop 0.875, lanczos'],
  ])('%s is a warning', async (image, found) => {
    const warning = await warnings('dinov2_small', image);
    expect(warning).toContain(`${found}, but \`dinov2_small\` was made with crop 0.875, bicubic`);
    expect(warning).toContain('-> write `image: {size: [224, 224], fit: crop, interpolation: bicubic}`');
  });
});

describe('of a file', () => {
  const fitting = '{size: [32, 32], fit: crop, crop_pct: 0.888, interpolation: bicubic}';
  test.each([
    'onnx, weights: hub',
    'onnx, weights: hub/onnx/model.onnx, preprocessing: {from: hub/preprocessor_config.json}',
  ])('%s', async (base) => {
    expect(await warnings(base, fitting)).toBe('');
    const warning = await warnings(base, '{size: [64, 64], fit: pad}');
    expect(warning).toContain(
      'pets.yaml:3:44: `image.size` is [64, 64], but preprocessor_config.json of `load-base` takes images of [32, 32]',
    );
    expect(warning).toContain(
      'pets.yaml:3:59: images are brought to size by pad, bilinear, but preprocessor_config.json',
    );
    expect(warning).toContain(`-> write \`image: ${fitting}\``);
  });

  test.each([
    ['alone.onnx', 'an .onnx file does not say how its images are prepared, and there is no `preprocessing`'],
    ['"https://example.com/model.onnx"', 'an .onnx file does not say how its images are prepared'],
    ['bare', 'this folder has no preprocessor_config.json, and there is no `preprocessing`'],
  ])('%s about whose pixels nothing is known', async (weights, found) => {
    const complaint = await project.complaint(yaml(`onnx, weights: ${weights}`, '{}'));
    expect(complaint).toContain(`pets.yaml:4:44: ${found}`);
    expect(complaint).toContain('download the preprocessor_config.json that is published with the file');
    expect(await warnings(`onnx, weights: ${weights}, preprocessing: none`, '{}')).toBe('');
  });

  test('a share that gives other pixels is reported, and so is how timm rounds', async () => {
    // 32 / 0.889 is below 36.
    expect(await warnings('onnx, weights: hub', fitting.replace('0.888', '0.889'))).toContain(
      'brought to size by crop 0.889, bicubic, but preprocessor_config.json of `load-base` was made with crop 0.888, bicubic',
    );
    await project.write('timm.json', '{"pretrained_cfg": {"input_size": [3, 32, 32], "crop_pct": 0.9}}');
    const timm = 'onnx, weights: alone.onnx, preprocessing: {from: timm.json}';
    const image = '{size: [32, 32], fit: crop, crop_pct: 0.9, crop_rounding: even, interpolation: bicubic}';
    expect(await warnings(timm, image)).toBe('');
    const warning = await warnings(timm, image.replace('even', 'down'));
    expect(warning).toContain(
      'crop 0.9, bicubic, but preprocessor_config.json of `load-base` was made with crop 0.9 rounded to even',
    );
    expect(warning).toContain(`-> write \`image: ${image}\``);
  });

  test('a damaged preprocessor_config.json is left to load-base', async () => {
    await project.write('damaged.json', '{');
    expect(await warnings('onnx, weights: alone.onnx, preprocessing: {from: damaged.json}', '{}')).toBe('');
    expect(await warnings('onnx, weights: alone.onnx, preprocessing: {from: nowhere.json}', '{}')).toBe('');
  });
});

test.each(['onnx, weights: hub', 'dinov2_small'])('engine: tfjs with %s is refused at its line', async (base) => {
  const complaint = await project.complaint(
    yaml(base, '{size: [32, 32]}', 'engine: tfjs\n').replace(
      '[32, 32]',
      base.startsWith('o') ? '[32, 32]' : '[224, 224]',
    ),
  );
  expect(complaint).toContain(
    'pets.yaml:2:9: `engine: tfjs` cannot run the base `load-base` (line 5), which is an ONNX file',
  );
});
