/**
 * The `pretrained_cfg` or `data_config` of timm. Sources: timm, models/_pretrained.py (PretrainedCfg) for the keys,
 * data/config.py (resolve_data_config) for what is left out, data/transforms_factory.py (transforms_imagenet_eval) for
 * the modes of cropping.
 */
import {
  share,
  sides,
  triple,
  type Interpolation,
  type Json,
  type PreprocessorConfig,
  type Refuse,
} from './preprocessor-values.js';

const modes: readonly Interpolation[] = ['nearest', 'bilinear', 'bicubic', 'lanczos'];

/** Where the weights are from, what they classify, and other sizes that are used only if asked for. */
const withoutMeaning: readonly string[] = [
  ...['url', 'file', 'state_dict', 'hf_hub_id', 'hf_hub_filename', 'source', 'architecture', 'tag', 'custom_load'],
  ...['test_input_size', 'min_input_size', 'fixed_input_size', 'test_crop_pct', 'pool_size', 'test_pool_size'],
  ...['num_classes', 'label_offset', 'label_names', 'label_descriptions', 'first_conv', 'classifier'],
  ...['license', 'description', 'origin_url', 'paper_name', 'paper_ids', 'notes'],
];

/** Throws `refuse`'s error naming the key that is not understood. */
export function fromTimm(config: Json, refuse: Refuse): PreprocessorConfig {
  const {
    input_size: input = [3, 224, 224],
    mean = [0.485, 0.456, 0.406],
    std = [0.229, 0.224, 0.225],
    interpolation = 'bicubic',
    crop_pct: pct = 0.875,
    crop_mode: mode = 'center',
    ...others
  } = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
  for (const [key, value] of Object.entries(others))
    if (!withoutMeaning.includes(key)) throw refuse(`the key \`${key}\` (${JSON.stringify(value)}) is not understood`);
  const size =
    Array.isArray(input) && input.length === 3 && input[0] === 3
      ? sides(input.slice(1), 'input_size', refuse)
      : undefined;
  if (size === undefined) throw refuse(`\`input_size\` is ${JSON.stringify(input)}`, '[3, height, width]');
  const filter = modes.find((name) => name === interpolation);
  if (filter === undefined) throw refuse(`\`interpolation\` is ${JSON.stringify(interpolation)}`, modes.join(', '));
  return {
    preprocessing: {
      kind: 'normalize',
      scale: 1 / 255,
      mean: triple(mean, 'mean', refuse),
      std: triple(std, 'std', refuse),
      channels: 'rgb',
    },
    size,
    fit: fitOf(mode, share(pct, refuse), size, refuse),
    interpolation: filter,
  };
}

function fitOf(
  mode: unknown,
  pct: number,
  [height, width]: readonly [number, number],
  refuse: Refuse,
): PreprocessorConfig['fit'] {
  if (mode === 'squash' && pct === 1) return undefined;
  if (mode === 'squash')
    throw refuse(
      `\`crop_mode\` is "squash" with a \`crop_pct\` of ${pct}: a stretched image, cropped`,
      'a `crop_pct` of 1',
    );
  if (mode !== 'center') throw refuse(`\`crop_mode\` is ${JSON.stringify(mode)}`, 'center or squash');
  // timm rounds the sides of an image differently before it cuts out what is not a square.
  if (height !== width) throw refuse(`\`input_size\` is [3, ${height}, ${width}] with a center crop`, 'a square');
  return { kind: 'crop', crop_pct: pct, rounding: 'even' };
}
