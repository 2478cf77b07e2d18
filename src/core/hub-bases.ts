/**
 * Networks that are published as ONNX files on the Hugging Face hub and can be named: their addresses, and how they want
 * their images. All are frozen as a whole. None was fetched where this was written; the facts are from the model cards,
 * the configurations beside the files, and the hub's listings. A digest is here only where several publishers' download
 * lists agree on it; every other file is trusted on first use, and pinned by the lock file from then on.
 */
import type { IngestConfig, LoadBaseConfig } from './schema-types.js';

/** How images are brought to size. */
export interface HubImages {
  /** Height and width. */
  readonly size: readonly [number, number];
  /** The share of the short side that a center crop keeps; undefined for images that are stretched. */
  readonly cropPct?: number;
  /** Given if the margins of the crop are rounded as torchvision does. */
  readonly cropRounding?: 'even';
  readonly interpolation: IngestConfig['image']['interpolation'];
}

/** An ONNX file that is known by name. */
interface NamedOnnx extends HubImages {
  /** Of the part that is used, rounded to 100,000. */
  readonly parameters: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** The tensor that is the output, and what is used of a list of tokens. */
  readonly output: string;
  readonly tokens?: NonNullable<LoadBaseConfig['tokens']>;
  /** How many numbers it gives for an image. */
  readonly features: number;
  readonly license: string;
}

/** One that an npm package carries, which is installed beside the tool or in the project. */
export interface PackageBase extends NamedOnnx {
  readonly package: string;
  /** The file in the package, whose bytes are pinned: anyone could publish a package. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** One of the hub. */
export interface HubBase extends NamedOnnx {
  /** The address of the file: what follows the host in the hub's URLs, without `resolve`. */
  readonly repository: string;
  /** The commit of the repository. */
  readonly revision: string;
  readonly file: string;
  readonly sha256?: string;
  readonly bytes?: number;
}

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const halves = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
/** 224 of 256, the usual crop. */
const cropped = { size: [224, 224], cropPct: 0.875, interpolation: 'bicubic' } as const;
const apache = 'Apache-2.0';

/** timm's networks as `deepghs/timms` exports them: `embedding` is what the classifier reads. */
const timms = (revision: string, name: string) =>
  ({
    repository: 'deepghs/timms',
    revision,
    file: `${name}/model.onnx`,
    output: 'embedding',
    license: apache,
  }) as const;

const table = {
  efficientnet_lite0: {
    ...timms('36eb6fd19c0332d06b122391f8dccb61dcc604d8', 'efficientnet_lite0.ra_in1k'),
    ...cropped,
    ...imagenet,
    parameters: 3_400_000,
    features: 1280,
  },
  mobilenet_v3_large: {
    repository: 'onnx-community/mobilenetv3_large_100.ra_in1k',
    revision: '5d2a48c332a69c55c9ac3ad081fa0db74b6aa608',
    file: 'onnx/model.onnx',
    ...cropped,
    ...imagenet,
    parameters: 4_200_000,
    output: 'auto',
    features: 1280,
    license: apache,
  },
  mobilenet_v4_conv_small: {
    // The hub's own copy of onnx-community/mobilenetv4_conv_small.e2400_r224_in1k.
    repository: 'onnx-community/mobilenetv4s-webnn',
    revision: '6ca92b20143e375839f0e6b0f4ee6ba5605d36f8',
    file: 'onnx/model.onnx',
    ...cropped,
    ...imagenet,
    parameters: 2_500_000,
    output: 'auto',
    features: 1280,
    license: apache,
  },
  efficientnet_v2_rw_s: {
    ...timms('966f2c20251ec40f05d7e4ef3d56c502eed02d80', 'efficientnetv2_rw_s.ra2_in1k'),
    ...imagenet,
    size: [288, 288],
    cropPct: 1,
    interpolation: 'bicubic',
    parameters: 22_100_000,
    features: 1792,
  },
  convnext_tiny: {
    repository: 'Xenova/convnext-tiny-224',
    revision: '2d989c0a31d7ed2c87186ca6396eda0cf62e523a',
    file: 'onnx/model.onnx',
    ...cropped,
    ...imagenet,
    parameters: 27_800_000,
    output: 'auto',
    features: 768,
    license: apache,
  },
  resnet50_timm: {
    ...timms('0f33556fc1ceb01969a4d6532bc90b36833e2e02', 'resnet50.b1k_in1k'),
    ...imagenet,
    size: [224, 224],
    cropPct: 0.95,
    interpolation: 'bicubic',
    parameters: 23_500_000,
    features: 2048,
  },
  vit_small: {
    ...timms('553b46754fcc5f9a4e3bb183e99dfe522032c818', 'vit_small_patch16_224.augreg_in1k'),
    ...halves,
    size: [224, 224],
    cropPct: 0.9,
    interpolation: 'bicubic',
    parameters: 21_700_000,
    features: 384,
  },
  dinov2_small: {
    repository: 'Xenova/dinov2-small',
    revision: 'c2bb04a51fab207c420665f1946016107bffc701',
    file: 'onnx/model.onnx',
    sha256: '83141175ec78b4ff9a2bb58a4c7c264ba0054d1c2e122e5a8114b79a8d4179ea',
    bytes: 88_459_888,
    ...cropped,
    ...imagenet,
    parameters: 22_100_000,
    output: 'last_hidden_state',
    tokens: 'cls',
    features: 384,
    license: apache,
  },
  dinov2_base: {
    repository: 'Xenova/dinov2-base',
    revision: 'd5c6f95370b205a804bf4415fd98fd6d7f778cf9',
    file: 'onnx/model.onnx',
    ...cropped,
    ...imagenet,
    parameters: 86_600_000,
    output: 'last_hidden_state',
    tokens: 'cls',
    features: 768,
    license: apache,
  },
  siglip_base: {
    repository: 'Xenova/siglip-base-patch16-224',
    revision: '4649052661e53c7000355844105f8a1792088239',
    file: 'onnx/vision_model.onnx',
    sha256: 'f89d41bac7f4d4b87e010a467d93f98689d708916ed22f5a07f96fdfa26f475f',
    bytes: 371_819_850,
    ...halves,
    size: [224, 224],
    interpolation: 'bicubic',
    parameters: 92_900_000,
    output: 'pooler_output',
    features: 768,
    license: apache,
  },
  clip_vit_b32: {
    repository: 'Xenova/clip-vit-base-patch32',
    revision: 'd15189d7028b43f1d3e65039190477f6af591c2a',
    file: 'onnx/vision_model.onnx',
    sha256: 'fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40',
    bytes: 351_685_709,
    size: [224, 224],
    cropPct: 1,
    interpolation: 'bicubic',
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
    parameters: 87_800_000,
    output: 'image_embeds',
    features: 512,
    // Of OpenAI's repository, which published the weights: https://github.com/openai/CLIP.
    license: 'MIT',
  },
} as const satisfies Record<string, HubBase>;

export type HubName = keyof typeof table;
export const hubBases: Readonly<Record<HubName, HubBase>> = table;

/**
 * Bases in npm packages, for those who cannot reach the hub. tools/base-photos makes the file: Google's EfficientNet-Lite0,
 * with weights stored as float16.
 */
export const packageBases = {
  tf_efficientnet_lite0: {
    package: 'transfer-pipeline-base-photos',
    file: 'model.onnx',
    sha256: '34b22a6076227ec7f8f74a3170ffdd32d06b636600f4f40a7e0fe05faee27519',
    bytes: 6_801_740,
    ...cropped,
    mean: [127 / 255, 127 / 255, 127 / 255],
    std: [128 / 255, 128 / 255, 128 / 255],
    parameters: 3_400_000,
    output: 'embedding',
    features: 1280,
    license: apache,
  },
} as const satisfies Record<string, PackageBase>;
export type PackageName = keyof typeof packageBases;

/** Undefined for an architecture that is not an ONNX file of the hub or of a package. */
export function namedOnnxOf(architecture: string): HubBase | PackageBase | undefined {
  if (Object.hasOwn(hubBases, architecture)) return hubBases[architecture as HubName];
  return packageBaseOf(architecture);
}

/** Undefined for an architecture that is not in an npm package of its own. */
export function packageBaseOf(architecture: string): PackageBase | undefined {
  return Object.hasOwn(packageBases, architecture) ? packageBases[architecture as PackageName] : undefined;
}

/** Whether a base is an ONNX file, named or of one's own: it has no layers, and is frozen as a whole. */
export function isOnnxBase(architecture: string): boolean {
  return architecture === 'onnx' || namedOnnxOf(architecture) !== undefined;
}

/** Where the file of a base is fetched. */
export function hubUrl({ repository, revision, file }: HubBase): string {
  return `https://huggingface.co/${repository}/resolve/${revision}/${file}`;
}

/** `crop 0.875, bicubic`; how images are brought to size, for people. */
export function describeHubFit({ size, cropPct, cropRounding, interpolation }: HubImages): string {
  const crop = cropPct === undefined ? 'stretch' : `crop ${shareText(cropPct, size)}`;
  return `${crop}${cropRounding === 'even' ? ' rounded to even' : ''}, ${interpolation}`;
}

/** The `image` of an ingest stage that fits, as it is written. */
export function hubImageText({ size, cropPct, cropRounding, interpolation }: HubImages): string {
  const pct = cropPct === undefined || cropPct === 0.875 ? '' : `, crop_pct: ${shareText(cropPct, size)}`;
  const rounding = cropRounding === 'even' ? ', crop_rounding: even' : '';
  const fit = cropPct === undefined ? '' : `, fit: crop${pct}${rounding}`;
  return `{size: [${size.join(', ')}]${fit}, interpolation: ${interpolation}}`;
}

/** Whether two shares resize images alike before a crop to `size`: their sides are rounded down to whole pixels. */
export function isSameShare(a: number, b: number, size: HubImages['size']): boolean {
  return size.every((side) => sideBeforeCrop(side, a) === sideBeforeCrop(side, b));
}

/** `sidesBeforeCrop` of image/fit.ts. */
function sideBeforeCrop(side: number, share: number): number {
  return Math.floor(side / share + 1e-6);
}

/** The shortest decimal of three places or more that gives the same pixels: 32 of 36 as 0.888, since 32 / 0.889 is below 36. */
function shareText(share: number, size: HubImages['size']): string {
  for (let places = 3; places < 9; places++) {
    const power = 10 ** places;
    const near = [Math.round(share * power) / power, Math.floor(share * power) / power];
    const found = near.find((decimal) => isSameShare(decimal, share, size));
    if (found !== undefined) return String(found);
  }
  return String(share);
}
