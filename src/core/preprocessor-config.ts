/**
 * Reads how a published network wants its images: the preprocessor_config.json of Hugging Face's image processors, and the
 * `pretrained_cfg` or `data_config` of timm. Sources: transformers, image_processing_utils.py and the processors of ViT,
 * CLIP, SigLIP, ConvNeXT, PoolFormer and EfficientNet.
 */
import { parseBounded } from './bounded-json.js';
import { isRecord } from './is-record.js';
import { failure, type PipelineError } from './problem.js';
import {
  IDENTITY,
  share,
  side,
  sides,
  triple,
  type Interpolation,
  type Json,
  type PreprocessorConfig,
  type Refuse,
  type Triple,
} from './preprocessor-values.js';
import { fromTimm } from './timm-config.js';

export type { PreprocessorConfig };

/** What hubs call such a file, beside the network. */
export const PREPROCESSOR = 'preprocessor_config.json';

/** PIL.Image.Resampling by its number. */
const resamplings: Readonly<Record<number, Interpolation>> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
};

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
  const flips = flag('do_flip_channel_order', false);
  const type = typeOf(config);
  // EfficientNet's processor: levels less 1, and divided by the deviation twice.
  const offset = flag('rescale_offset', false) ? 1 : 0;
  const again = flag('include_top', type.startsWith('EfficientNet'));
  for (const [key, value] of rest) {
    const holds = withoutMeaning[key];
    if (holds === undefined || !holds(value))
      throw refuse(`the key \`${key}\` (${JSON.stringify(value)}) is not understood`);
  }
  if (typeof factor !== 'number' || !(factor > 0))
    throw refuse(`\`rescale_factor\` is ${JSON.stringify(factor)}`, 'a number above 0');
  const numbers = {
    mean: normalizes ? triple(mean, 'image_mean', refuse) : IDENTITY.mean,
    std: normalizes ? triple(std, 'image_std', refuse) : IDENTITY.std,
    again: again ? triple(std, 'image_std', refuse) : IDENTITY.std,
  };
  if (crops && !resizes)
    throw refuse('`do_center_crop` without `do_resize` cuts images of any size', '`do_resize: true` with a `size`');
  const geometry = resizes
    ? geometryOf({ size, pct, crop: crops ? cropSize : undefined, type }, refuse)
    : { size: undefined, fit: undefined };
  return {
    preprocessing: {
      kind: 'normalize',
      scale: rescales ? factor : 1,
      mean: mapped(numbers.mean, (one) => one + (rescales ? offset : 0)),
      std: mapped(numbers.std, (one, channel) => one * numbers.again[channel]),
      channels: flips ? 'bgr' : 'rgb',
    },
    ...geometry,
    interpolation: interpolationOf(resample, refuse),
  };
}

function mapped([red, green, blue]: Triple, change: (number: number, channel: number) => number): Triple {
  return [change(red, 0), change(green, 1), change(blue, 2)];
}

/** The class of the processor, `ConvNextImageProcessor`; '' if the file does not say. */
function typeOf(config: Json): string {
  const type = config['image_processor_type'] ?? config['feature_extractor_type'];
  return typeof type === 'string' ? type : '';
}

interface Sizes {
  readonly type: string;
  readonly size: unknown;
  readonly pct: unknown;
  readonly crop: unknown;
}

function geometryOf({ size, pct, crop, type }: Sizes, refuse: Refuse): Pick<PreprocessorConfig, 'size' | 'fit'> {
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
    if (pct !== undefined) {
      // PoolFormer's processor enlarges the short side first. ConvNeXT's would crop twice.
      if (!type.startsWith('PoolFormer') || cut[0] !== short)
        throw refuse('`crop_pct` and `do_center_crop` crop twice', 'one of both');
      return { size: cut, fit: { kind: 'crop', crop_pct: share(pct, refuse) } };
    }
    return { size: cut, fit: { kind: 'crop', crop_pct: cut[0] / short } };
  }
  if (pct === undefined)
    throw refuse(
      '`size.shortest_edge` without a center crop gives images of different sizes',
      '`do_center_crop: true` with a `crop_size`',
    );
  const kept = share(pct, refuse);
  // ConvNeXT's processor crops below 384 px only.
  return { size: [short, short], fit: short >= 384 ? undefined : { kind: 'crop', crop_pct: kept } };
}

/** Undefined if both sides are given. A bare number is a shortest edge for processors that crop, both sides for others. */
function shortestEdge(size: unknown, refuse: Refuse): number | undefined {
  if (!isRecord(size) || !('shortest_edge' in size)) return undefined;
  const { shortest_edge: edge, ...others } = size;
  if (Object.keys(others).length > 0)
    throw refuse(`\`size\` is ${JSON.stringify(size)}`, '`shortest_edge` alone, or height and width');
  return side(edge, 'size.shortest_edge', refuse);
}

function interpolationOf(value: unknown, refuse: Refuse): PreprocessorConfig['interpolation'] {
  if (value === undefined) return undefined;
  const found = typeof value === 'number' ? resamplings[value] : undefined;
  if (found === undefined)
    throw refuse(`\`resample\` is ${JSON.stringify(value)}`, '0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic)');
  return found;
}
