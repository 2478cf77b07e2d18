/**
 * Reads how a published network wants its images: the preprocessor_config.json of Hugging Face's image processors, and the
 * `pretrained_cfg` or `data_config` of timm. Sources: transformers, image_processing_utils.py and the processors of ViT,
 * CLIP, SigLIP, ConvNeXT and EfficientNet; timm, data/config.py and models/_pretrained.py.
 */
import { parseBounded } from './bounded-json.js';
import { isRecord } from './is-record.js';
import { failure, type PipelineError } from './problem.js';
import type { IngestConfig } from './schema-types.js';

type Interpolation = IngestConfig['image']['interpolation'];

/** What hubs call such a file, beside the network. */
export const PREPROCESSOR = 'preprocessor_config.json';

export interface PreprocessorConfig {
  /** Each level times `scale`, less the mean and by the deviation of its channel. */
  readonly preprocessing: {
    readonly kind: 'normalize';
    readonly scale: number;
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
    readonly channels: 'rgb' | 'bgr';
  };
  /** [height, width] of what the network takes in; undefined if the file does not resize. */
  readonly size: readonly [number, number] | undefined;
  /** Undefined for images that are stretched. */
  readonly fit: { readonly kind: 'crop'; readonly crop_pct: number } | undefined;
  readonly interpolation: Interpolation | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** PIL.Image.Resampling by its number. */
const resamplings: Readonly<Record<number, Interpolation>> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
};

const IDENTITY = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

/** Keys that say nothing about the pixels of a square image, and what they may hold. */
const withoutMeaning: Readonly<Record<string, (value: unknown) => boolean>> = {
  image_processor_type: () => true,
  feature_extractor_type: () => true,
  processor_class: () => true,
  _processor_class: () => true,
  auto_map: () => true,
  _valid_processor_keys: () => true,
  data_format: () => true,
  input_data_format: () => true,
  return_tensors: () => true,
  device: () => true,
  default_to_square: () => true,
  disable_grouping: () => true,
  do_convert_rgb: () => true,
  size_divisor: (value) => value === null,
  do_pad: (value) => value === false || value === null,
  pad_size: (value) => value === null,
  do_flip_channel_order: () => true,
  include_top: () => true,
};

/** Reads the text of such a file. Throws `bad-data` naming the key that is not understood; `where` names the file. */
export function readPreprocessorConfig(text: string, where: string): PreprocessorConfig {
  const refuse = (found: string, expected?: string): PipelineError =>
    failure('bad-data', {
      code: 'preprocessor-config',
      where,
      found,
      expected,
      remedy: 'write `preprocessing: {mean: [...], std: [...]}` and `image.fit` by hand instead',
    });
  const parsed = parse(text, refuse);
  const own = isRecord(parsed['pretrained_cfg']) ? parsed['pretrained_cfg'] : parsed['data_config'];
  if (isRecord(own)) return fromTimm(own, refuse);
  return 'input_size' in parsed ? fromTimm(parsed, refuse) : fromTransformers(parsed, refuse);
}

type Refuse = (found: string, expected?: string) => PipelineError;

function parse(text: string, refuse: Refuse): Json {
  try {
    const parsed: unknown = parseBounded(text);
    if (isRecord(parsed)) return parsed;
  } catch (error) {
    throw refuse(`is not valid JSON: ${(error as Error).message}`, 'a preprocessor_config.json');
  }
  throw refuse('is not a JSON object', 'a preprocessor_config.json');
}

function fromTransformers(config: Json, refuse: Refuse): PreprocessorConfig {
  const rest = new Map(Object.entries(config));
  const take = (key: string): unknown => {
    const value = rest.get(key);
    rest.delete(key);
    return value ?? undefined;
  };
  const flag = (key: string, fallback: boolean): boolean => {
    const value = take(key) ?? fallback;
    if (typeof value !== 'boolean') throw refuse(`\`${key}\` is ${JSON.stringify(value)}`, 'true or false');
    return value;
  };
  const resizes = flag('do_resize', true);
  const [size, pct] = [take('size'), take('crop_pct')];
  const crops = flag('do_center_crop', false);
  const cropSize = take('crop_size');
  const resample = take('resample');
  const rescales = flag('do_rescale', true);
  const factor = take('rescale_factor') ?? 1 / 255;
  const normalizes = flag('do_normalize', true);
  const [mean, std] = [take('image_mean'), take('image_std')];
  // Mobile networks of Apple and others take BGR.
  const flips = config['do_flip_channel_order'] === true;
  for (const [key, value] of rest) {
    const holds = withoutMeaning[key];
    if (holds === undefined || !holds(value))
      throw refuse(`the key \`${key}\` (${JSON.stringify(value)}) is not understood`);
  }
  if (typeof factor !== 'number' || !(factor > 0))
    throw refuse(`\`rescale_factor\` is ${JSON.stringify(factor)}`, 'a number above 0');
  const numbers = normalizes
    ? { mean: triple(mean, 'image_mean', refuse), std: triple(std, 'image_std', refuse) }
    : IDENTITY;
  const geometry = resizes
    ? geometryOf({ size, pct, crop: crops ? cropSize : undefined }, refuse)
    : crops
      ? { size: sides(cropSize, 'crop_size', refuse), fit: undefined }
      : { size: undefined, fit: undefined };
  return {
    preprocessing: {
      kind: 'normalize',
      scale: rescales ? factor : 1,
      mean: [...numbers.mean],
      std: [...numbers.std],
      channels: flips ? 'bgr' : 'rgb',
    },
    ...geometry,
    interpolation: interpolationOf(resample, refuse),
  };
}

interface Sizes {
  readonly size: unknown;
  readonly pct: unknown;
  readonly crop: unknown;
}

function geometryOf({ size, pct, crop }: Sizes, refuse: Refuse): Pick<PreprocessorConfig, 'size' | 'fit'> {
  const short = shortestEdge(size, refuse);
  if (short === undefined) {
    const whole = sides(size, 'size', refuse);
    if (crop === undefined) return { size: whole, fit: undefined };
    const cut = sides(crop, 'crop_size', refuse);
    if (cut[0] === whole[0] && cut[1] === whole[1]) return { size: whole, fit: undefined };
    throw refuse(
      `\`size\` [${whole.join(', ')}] stretches images, of which \`crop_size\` cuts out [${cut.join(', ')}]`,
      'a shortest_edge, or the same size in both',
    );
  }
  if (crop !== undefined) {
    const cut = sides(crop, 'crop_size', refuse);
    if (cut[0] !== cut[1]) throw refuse(`\`crop_size\` is [${cut.join(', ')}]`, 'a square');
    if (short < cut[0]) throw refuse(`\`crop_size\` is larger than the \`shortest_edge\` of ${short}`);
    return { size: cut, fit: { kind: 'crop', crop_pct: cut[0] / short } };
  }
  if (pct === undefined)
    throw refuse(
      '`size.shortest_edge` without a center crop gives images of different sizes',
      '`do_center_crop: true` with a `crop_size`',
    );
  if (typeof pct !== 'number' || !(pct > 0 && pct <= 1))
    throw refuse(`\`crop_pct\` is ${JSON.stringify(pct)}`, 'a number from 0 to 1');
  // ConvNeXT's processor crops below 384 px only.
  return { size: [short, short], fit: short >= 384 ? undefined : { kind: 'crop', crop_pct: pct } };
}

/** Undefined if both sides are given. A bare number is a shortest edge for processors that crop, both sides for others. */
function shortestEdge(size: unknown, refuse: Refuse): number | undefined {
  if (!isRecord(size) || !('shortest_edge' in size)) return undefined;
  const { shortest_edge: edge, ...others } = size;
  if (Object.keys(others).length > 0)
    throw refuse(`\`size\` is ${JSON.stringify(size)}`, '`shortest_edge` alone, or height and width');
  return side(edge, 'size.shortest_edge', refuse);
}

function sides(value: unknown, key: string, refuse: Refuse): [number, number] {
  if (typeof value === 'number') return [side(value, key, refuse), side(value, key, refuse)];
  if (isRecord(value))
    return [side(value['height'], `${key}.height`, refuse), side(value['width'], `${key}.width`, refuse)];
  if (Array.isArray(value) && value.length === 2) return [side(value[0], key, refuse), side(value[1], key, refuse)];
  throw refuse(`\`${key}\` is ${JSON.stringify(value)}`, 'height and width in pixels');
}

function side(value: unknown, key: string, refuse: Refuse): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 4096) return value;
  throw refuse(`\`${key}\` is ${JSON.stringify(value)}`, 'a whole number of pixels up to 4096');
}

function triple(value: unknown, key: string, refuse: Refuse): [number, number, number] {
  const numbers = Array.isArray(value) ? value.filter((number): number is number => Number.isFinite(number)) : [];
  if (numbers.length === 3 && Array.isArray(value) && value.length === 3) return [numbers[0], numbers[1], numbers[2]];
  throw refuse(`\`${key}\` is ${JSON.stringify(value)}`, 'three numbers, one per channel');
}

function interpolationOf(value: unknown, refuse: Refuse): PreprocessorConfig['interpolation'] {
  if (value === undefined) return undefined;
  const found = typeof value === 'number' ? resamplings[value] : undefined;
  if (found === undefined)
    throw refuse(`\`resample\` is ${JSON.stringify(value)}`, '0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic)');
  return found;
}

const timmModes: readonly Interpolation[] = ['nearest', 'bilinear', 'bicubic', 'lanczos'];

/** timm's configs hold much that training needs; what decides the pixels is known by name. */
function fromTimm(config: Json, refuse: Refuse): PreprocessorConfig {
  const { input_size: input, mean, std, interpolation, crop_pct: pct = 0.875, crop_mode: mode = 'center' } = config;
  const size =
    Array.isArray(input) && input.length === 3 && input[0] === 3
      ? sides(input.slice(1), 'input_size', refuse)
      : undefined;
  if (size === undefined) throw refuse(`\`input_size\` is ${JSON.stringify(input)}`, '[3, height, width]');
  if (typeof pct !== 'number' || !(pct > 0 && pct <= 1))
    throw refuse(`\`crop_pct\` is ${JSON.stringify(pct)}`, 'a number from 0 to 1');
  const filter = interpolation === undefined ? undefined : timmModes.find((name) => name === interpolation);
  if (interpolation !== undefined && filter === undefined)
    throw refuse(`\`interpolation\` is ${JSON.stringify(interpolation)}`, timmModes.join(', '));
  if (mode !== 'center' && mode !== 'squash')
    throw refuse(`\`crop_mode\` is ${JSON.stringify(mode)}`, 'center or squash');
  return {
    preprocessing: {
      kind: 'normalize',
      scale: 1 / 255,
      mean: triple(mean, 'mean', refuse),
      std: triple(std, 'std', refuse),
      channels: 'rgb',
    },
    size,
    fit: mode === 'center' ? { kind: 'crop', crop_pct: pct } : undefined,
    interpolation: filter,
  };
}
