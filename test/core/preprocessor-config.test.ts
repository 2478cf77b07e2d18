/** How published networks want their images, in the forms of Hugging Face and timm. */
import { describe, expect, test } from '@jest/globals';
import { PipelineError } from '../../src/core/problem.js';
import { preprocess } from '../../src/model/preprocessing.js';
import { readPreprocessorConfig, type PreprocessorConfig } from '../../src/core/preprocessor-config.js';

const read = (config: unknown): PreprocessorConfig => readPreprocessorConfig(JSON.stringify(config), 'p.json');

function refusal(config: unknown): string {
  try {
    read(config);
  } catch (error) {
    return (error as PipelineError).problems[0].found;
  }
  return 'taken';
}

const imagenet = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };
const half = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };

describe('forms of Hugging Face', () => {
  test.each([
    [
      'ViT: both sides stretched',
      { do_normalize: true, do_resize: true, size: { height: 224, width: 224 }, resample: 2, ...half },
      { size: [224, 224], fit: undefined, interpolation: 'bilinear' },
    ],
    ['ViT of old: a number', { do_resize: true, size: 384, ...half }, { size: [384, 384], fit: undefined }],
    [
      'DINOv2: short side, then a crop',
      {
        crop_size: { height: 224, width: 224 },
        do_center_crop: true,
        do_convert_rgb: true,
        size: { shortest_edge: 256 },
        resample: 3,
        ...imagenet,
      },
      { size: [224, 224], fit: { kind: 'crop', crop_pct: 0.875 }, interpolation: 'bicubic' },
    ],
    [
      'CLIP: a crop of the whole short side',
      { crop_size: 224, do_center_crop: true, size: { shortest_edge: 224 }, resample: 3, ...imagenet },
      { size: [224, 224], fit: { kind: 'crop', crop_pct: 1 } },
    ],
    [
      'ConvNeXT: a share of the short side',
      { size: { shortest_edge: 224 }, crop_pct: 0.875, resample: 3, ...imagenet },
      { size: [224, 224], fit: { kind: 'crop', crop_pct: 0.875 } },
    ],
    [
      'ConvNeXT from 384 px on: stretched',
      { size: { shortest_edge: 384 }, crop_pct: 0.875, ...imagenet },
      { size: [384, 384], fit: undefined },
    ],
  ])('%s', (_, config, expected) => {
    expect(read(config)).toMatchObject(expected);
  });

  test('levels are what the file says: rescaled, normalized, in its order of channels', () => {
    const numbers = (config: object) => {
      const into = new Float32Array(3);
      preprocess(Uint8Array.of(0, 51, 255), into, read({ size: 32, ...config }).preprocessing);
      return [...into];
    };
    const level = Math.fround(51 * Math.fround(1 / 255));
    expect(numbers(half)).toEqual([-1, Math.fround(level - 0.5) / 0.5, 1]);
    expect(numbers({ do_normalize: false })).toEqual([0, level, 1]);
    expect(numbers({ do_normalize: false, do_rescale: false })).toEqual([0, 51, 255]);
    expect(numbers({ do_normalize: false, do_flip_channel_order: true })).toEqual([1, level, 0]);
  });
});

test.each(['pretrained_cfg', 'data_config'])('timm: %s', (key) => {
  const config = {
    input_size: [3, 240, 240],
    crop_pct: 0.9,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    interpolation: 'bicubic',
  };
  expect(read({ [key]: config })).toEqual({
    preprocessing: { kind: 'normalize', scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], channels: 'rgb' },
    size: [240, 240],
    fit: { kind: 'crop', crop_pct: 0.9, rounding: 'even' },
    interpolation: 'bicubic',
  });
});

test('timm: what says nothing about pixels is known by name, and all else is refused', () => {
  const known = {
    url: '',
    tag: 'ra',
    num_classes: 1000,
    pool_size: [7, 7],
    first_conv: 'stem',
    license: 'mit',
    file: null,
  };
  const timm = (config: object) => refusal({ pretrained_cfg: { input_size: [3, 224, 224], ...known, ...config } });
  expect(timm({})).toBe('taken');
  expect(timm({ crop_border_pixels: 4 })).toBe('the key `crop_border_pixels` (4) is not understood');
  expect(timm({ crop_mode: 'border' })).toBe('`crop_mode` is "border"');
  expect(timm({ crop_mode: 'squash', crop_pct: 1 })).toBe('taken');
  expect(timm({ crop_mode: 'squash' })).toMatch(/^`crop_mode` is "squash" with a `crop_pct` of 0.875/);
  expect(timm({ input_size: [3, 224, 192] })).toBe('`input_size` is [3, 224, 192] with a center crop');
  expect(timm({ interpolation: 'random' })).toBe('`interpolation` is "random"');
});

test('what is not understood is refused by name', () => {
  expect(refusal({ size: 224, ...half, do_thumbnail: true })).toBe('the key `do_thumbnail` (true) is not understood');
  expect(refusal({ size: 224, ...half, do_pad: true })).toBe('the key `do_pad` (true) is not understood');
  expect(refusal({ size: { longest_edge: 224 }, ...half })).toMatch(/^`size.height` is undefined/);
  expect(refusal({ size: { shortest_edge: 224 }, ...half })).toMatch(/gives images of different sizes$/);
  expect(refusal({ size: 224, image_mean: [0.5], image_std: [1, 1, 1] })).toBe('`image_mean` is [0.5]');
  expect(refusal({ do_resize: false, do_center_crop: true, crop_size: 224, ...half })).toMatch(
    /^`do_center_crop` without/,
  );
  const twice = { size: { shortest_edge: 224 }, crop_pct: 0.9, do_center_crop: true, crop_size: 224, ...half };
  expect(refusal(twice)).toBe('`crop_pct` and `do_center_crop` crop twice');
  expect(refusal({ size: 224, ...half, resample: 4 })).toBe('`resample` is 4');
  expect(refusal({ size: 224, ...half, rescale_factor: 0 })).toBe('`rescale_factor` is 0');
  expect(refusal([])).toBe('is not a JSON object');
});
