/** Rules about bases: where their weights come from, and how they want their pixels. */
import { namedOnnxOf, isOnnxBase } from '../../core/hub-bases.js';
import type { Problem } from '../../core/problem.js';
import type { LoadBaseConfig } from '../../core/schema-types.js';
import { publishedWord } from '../shorthand.js';
import { type LintContext, stagesOf, trainings } from './lineage.js';

const onnxFormats = 'the path of an .onnx file, or of a folder that contains one';
const layersFormats = 'the path of a .h5 or .keras file saved by Keras, or of the model.json of a TF.js layers model';
/** The architecture whose weights come with the tool. */
const embedded = 'compact32';

/** Architectures whose network is in the file that `weights` names, or in a published ONNX file, and known from there alone. */
export function isOwnNetwork(architecture: LoadBaseConfig['architecture']): boolean {
  return architecture === 'layers_model' || isOnnxBase(architecture);
}

/** A network of one's own is a file: there is nothing that stands for it. */
export function baseWeights({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'load-base').flatMap(({ name, config: { architecture, weights } }) => {
    if (!isOwnNetwork(architecture)) return [];
    const formats = architecture === 'layers_model' ? layersFormats : onnxFormats;
    if (weights === undefined && namedOnnxOf(architecture) !== undefined) return [];
    if (weights === undefined) {
      return [
        {
          code: 'missing-weights',
          ...locator.at(['stages', name, 'architecture']),
          found: `\`${architecture}\` has no \`weights\``,
          expected: `${formats}, or {url: URL, sha256: DIGEST}${architecture === 'onnx' ? '' : '; `random` is only for tests'}`,
          remedy: `add \`weights:\`, or use \`architecture: ${embedded}\`, which includes its weights`,
        },
      ];
    }
    if (weights === publishedWord) {
      const found = `\`weights: ${publishedWord}\` means the published weights of a named network, but \`${architecture}\` is read from a file`;
      const remedy = `set \`weights\` to the file, or \`architecture\` to a named network such as vgg16. A file of that name is \`./${publishedWord}\``;
      return [
        {
          code: 'published-without-name',
          ...locator.at(['stages', name, 'weights']),
          found,
          expected: formats,
          remedy,
        },
      ];
    }
    if (weights === 'random') {
      const found = `\`${architecture}\` cannot start from \`random\` weights, because its layers are read from the weights file`;
      return [{ code: 'random-without-layers', ...locator.at(['stages', name, 'weights']), found, expected: formats }];
    }
    return [];
  });
}

/** Only MobileNetV2 comes in widths, and is published for several sizes of pictures. */
export function baseVariant({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'load-base').flatMap(({ name, config }): Problem[] => {
    const { architecture, alpha, image_size: size } = config;
    if (architecture === 'mobilenet_v2') return [];
    const fields = [
      { field: 'alpha', value: alpha, usual: 1 },
      { field: 'image_size', value: size, usual: 224 },
    ];
    return fields
      .filter(({ value, usual }) => value !== usual)
      .map(({ field, value }) => ({
        code: 'only-one-variant',
        ...locator.at(['stages', name, field]),
        found: `\`${field}: ${value}\` does not apply to \`architecture: ${architecture}\`, which has one width and one image size`,
        expected: `\`${field}\` only with \`architecture: mobilenet_v2\``,
        remedy: `remove \`${field}\``,
      }));
  });
}

/** Pixels are prepared in one way: by the base's own preprocessing, by one that is named, or by `rescale`. */
export function basePreprocessing({ stages, locator }: LintContext): Problem[] {
  const all = trainings(stages);
  const augmentsOf = (base: string) =>
    all.filter((training) => training.base?.name === base).map(({ augments }) => augments);
  return stagesOf(stages, 'load-base').flatMap(({ name, config: { preprocessing } }): Problem[] => {
    const rescaling = augmentsOf(name)
      .flat()
      .find(({ config }) => config.rescale !== undefined);
    if (preprocessing !== undefined && rescaling !== undefined) {
      const line = locator.mention(['stages', rescaling.name, 'rescale']);
      return [
        {
          code: 'two-preprocessings',
          ...locator.at(['stages', name, 'preprocessing']),
          found: `\`preprocessing: ${preprocessing}\` conflicts with \`rescale\` of \`${rescaling.name}\` (${line})`,
          expected: 'one of them: `rescale` replaces the preprocessing of the base',
          remedy: 'remove one of the two',
        },
      ];
    }
    return [];
  });
}
