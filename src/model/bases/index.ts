/** The pretrained networks that can be named: where their layers and weights come from, how they want their pixels. */
import {
  hubBases,
  hubUrl,
  packageBases,
  type HubBase,
  type HubName,
  type PackageBase,
  type PackageName,
} from '../../core/hub-bases.js';
import { allWeightSpecs, type Graph } from '../graph.js';
import type { PreprocessingMode } from '../preprocessing.js';
import { sizeOf } from '../tensor.js';
import { mobilenetAlphas, mobilenetV2 } from './mobilenet-v2.js';
import { resnet50 } from './resnet50.js';
import { vgg16, vgg19 } from './vgg.js';

export type Architecture =
  'vgg16' | 'vgg19' | 'mobilenet_v2' | 'resnet50' | 'compact32' | HubName | PackageName | 'layers_model' | 'onnx';

/** A file that is published for a base: weights without the top from Keras, or an ONNX file of the hub. */
interface PublishedWeights {
  readonly url: string;
  readonly sha256: string | null;
  /** As pinned in Keras's source; null if it pins none. */
  readonly md5: string | null;
  /** Null if it is not known. */
  readonly bytes: number | null;
  /** Height and width of the images that they were trained on. */
  readonly imageSize: number;
  /** The width of a MobileNetV2; null for networks of one width. */
  readonly alpha: number | null;
}

export interface Base {
  /** Builds the layers, `alpha` times as wide if the network comes in widths; null if a file brings them. */
  readonly build: ((alpha: number) => Graph) | null;
  /** What the network was trained with; null if nobody but the user knows. */
  readonly preprocessing: PreprocessingMode | null;
  /** Height and width of the images that it was trained on; null if nobody but the user knows. */
  readonly imageSize: number | null;
  /** The smallest and the largest side of images that it was measured to work with as well as at its own size. */
  readonly sides?: readonly [smallest: number, largest: number];
  readonly published: readonly PublishedWeights[];
  /** Of the published weights; null for a file of one's own. */
  readonly license: string | null;
  /** For a network of the hub, and for one in an npm package of its own. */
  readonly hub?: HubBase;
  readonly inPackage?: PackageBase;
  /** The model.json that ships with this package, from its root, and its number of parameters. */
  readonly packaged?: { readonly file: string; readonly parameters: number };
}

const storage = 'https://storage.googleapis.com/tensorflow/keras-applications';

function notop(path: string, md5: string, bytes: number): PublishedWeights {
  const url = `${storage}/${path}_weights_tf_dim_ordering_tf_kernels_notop.h5`;
  return { url, sha256: null, md5, bytes, imageSize: 224, alpha: null };
}

/** Keras writes widths with a decimal point, and pins no digests for these. */
const mobilenetWeights = mobilenetAlphas.flatMap((alpha) =>
  [224, 192, 160, 128, 96].map((imageSize): PublishedWeights => {
    const width = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
    const url = `${storage}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${width}_${imageSize}_no_top.h5`;
    return {
      url,
      sha256: null,
      md5: null,
      bytes: alpha === 1 && imageSize === 224 ? 9_406_464 : null,
      imageSize,
      alpha,
    };
  }),
);

function ofHub(hub: HubBase): Base {
  const { sha256 = null, bytes = null, license } = hub;
  const imageSize = hub.size[0];
  const published = [{ url: hubUrl(hub), sha256, md5: null, bytes, imageSize, alpha: null }];
  return { build: null, preprocessing: null, imageSize, published, license, hub };
}

function inPackage(base: PackageBase): Base {
  const { license } = base;
  return { build: null, preprocessing: null, imageSize: base.size[0], published: [], license, inPackage: base };
}

export const bases: Readonly<Record<Architecture, Base>> = {
  vgg16: {
    build: vgg16,
    preprocessing: 'caffe',
    imageSize: 224,
    published: [notop('vgg16/vgg16', '6d6bbae143d832006294945121d1f1fc', 58_889_256)],
    license: 'CC BY 4.0',
  },
  vgg19: {
    build: vgg19,
    preprocessing: 'caffe',
    imageSize: 224,
    published: [notop('vgg19/vgg19', '253f8cb515780f3b799900260a226db6', 80_134_624)],
    license: 'CC BY 4.0',
  },
  mobilenet_v2: {
    build: mobilenetV2,
    preprocessing: 'tf',
    imageSize: 224,
    published: mobilenetWeights,
    license: 'Apache-2.0',
  },
  resnet50: {
    build: resnet50,
    preprocessing: 'caffe',
    imageSize: 224,
    published: [notop('resnet/resnet50', '4d473c1dd8becc155b73f8504c6f6626', 94_765_736)],
    license: 'MIT',
  },
  compact32: {
    build: null,
    preprocessing: 'tf',
    imageSize: 32,
    sides: [32, 128],
    published: [],
    license: 'MIT',
    packaged: { file: 'examples/base/model.json', parameters: 189_304 },
  },
  ...(Object.fromEntries(Object.entries(hubBases).map(([name, hub]) => [name, ofHub(hub)])) as Record<HubName, Base>),
  tf_efficientnet_lite0: inPackage(packageBases.tf_efficientnet_lite0),
  layers_model: { build: null, preprocessing: null, imageSize: null, published: [], license: null },
  onnx: { build: null, preprocessing: null, imageSize: null, published: [], license: null },
};

/** One line of the list of bases. */
export interface BaseSummary {
  readonly name: string;
  readonly alpha: number | null;
  /** Null if the file of weights says. */
  readonly parameters: number | null;
  readonly preprocessing: PreprocessingMode | null;
  readonly imageSize: number | null;
  /** Published files, the one for the default size of images first. */
  readonly published: readonly PublishedWeights[];
  /** Whether the weights come with this package. */
  readonly packaged: boolean;
  /** The npm package that carries the weights. */
  readonly package: string | null;
  readonly license: string | null;
  /** How images are brought to size for a network of the hub, and what it gives. */
  readonly hub: HubSummary | null;
}

interface HubSummary extends Pick<HubBase, 'interpolation' | 'mean' | 'std' | 'output' | 'features'> {
  readonly fit: 'crop' | 'stretch';
  readonly crop_pct: number | null;
  readonly tokens: string | null;
}

function summaryOf({ cropPct, tokens, interpolation, mean, std, output, features }: HubBase | PackageBase): HubSummary {
  const fit = cropPct === undefined ? 'stretch' : 'crop';
  return { fit, crop_pct: cropPct ?? null, interpolation, mean, std, output, tokens: tokens ?? null, features };
}

/** Every base, and every width of those that come in several. */
export function summarizeBases(): BaseSummary[] {
  return Object.entries(bases).flatMap(([name, base]): BaseSummary[] => {
    const { build, preprocessing, imageSize, published, packaged, license, inPackage } = base;
    const hub = base.hub ?? inPackage;
    const alphas = [...new Set(published.map(({ alpha }) => alpha))];
    return (alphas.length > 0 ? alphas : [null]).map((alpha) => ({
      name,
      alpha,
      parameters: build === null ? (packaged?.parameters ?? hub?.parameters ?? null) : parametersOf(build(alpha ?? 1)),
      preprocessing,
      imageSize,
      published: published.filter((weights) => weights.alpha === alpha),
      packaged: packaged !== undefined,
      package: inPackage?.package ?? null,
      license,
      hub: hub === undefined ? null : summaryOf(hub),
    }));
  });
}

function parametersOf(graph: Graph): number {
  return allWeightSpecs(graph).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
