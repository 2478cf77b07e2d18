/**
 * Rules about bases that are ONNX files or computed in 8-bit integers: they run as they are, so they are frozen whole and
 * exported as ONNX alone.
 */
import { isOnnxBase } from '../../core/hub-bases.js';
import type { Problem } from '../../core/problem.js';
import type { EngineChoice } from '../../core/schema-types.js';
import { exportsOfOnnxBases, isOnnxNetwork } from '../export-formats.js';
import type { Stage } from '../pipeline.js';
import { type LintContext, nearestOf, stagesOf, trainings } from './lineage.js';

function isWhole(base: Stage<'load-base'> | undefined): base is Stage<'load-base'> {
  return base !== undefined && isOnnxNetwork(base.config);
}

/** What a base is that has no layers. */
function kindOf({ config }: Stage<'load-base'>): string {
  return isOnnxBase(config.architecture) ? 'an ONNX file' : 'computed in 8-bit integers (`precision: int8`)';
}

/** Fields that only an ONNX file has a meaning for. */
export function onnxFields({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'load-base').flatMap(({ name, config }): Problem[] => {
    const { architecture, output, tokens, input_size: size, preprocessing } = config;
    if (isOnnxBase(architecture)) return [];
    const fields = [
      ...(output === undefined ? [] : ['output']),
      ...(tokens === undefined ? [] : ['tokens']),
      ...(size === undefined ? [] : ['input_size']),
    ];
    const paths = fields.map((field) => ['stages', name, field]);
    if (typeof preprocessing === 'object' && preprocessing.from !== undefined)
      paths.push(['stages', name, 'preprocessing', 'from']);
    return paths.map((path) => ({
      code: 'only-for-onnx',
      ...locator.at(path),
      found: `\`${path.slice(2).join('.')}\` does not apply to \`architecture: ${architecture}\``,
      expected: `\`${path.slice(2).join('.')}\` only with \`architecture: onnx\``,
      remedy: `remove it, or use \`architecture: onnx\` for an .onnx file`,
    }));
  });
}

/** What an ONNX file computes has no layers that could be trained. */
export function onnxFrozen(context: LintContext): Problem[] {
  const { stages, locator } = context;
  const refusal = (path: (string | number)[], what: string, base: Stage<'load-base'>): Problem => ({
    code: 'onnx-is-frozen',
    ...locator.at(path),
    found: `${what}, but the base is ${kindOf(base)}, so it is used as a whole and cannot be trained`,
    expected: '`layers: all`',
    remedy: isOnnxBase(base.config.architecture)
      ? 'freeze all of it, or use a base from Keras (`architecture: layers_model`) to train some of its layers'
      : 'freeze all of it, or remove `precision: int8` to train some of its layers',
  });
  const freezes = stagesOf(stages, 'freeze').flatMap((freeze) => {
    const base = nearestOf(stages, freeze, 'base', 'load-base');
    return isWhole(base) && freeze.config.layers !== 'all'
      ? [refusal(['stages', freeze.name, 'layers'], '`layers` leaves layers to train', base)]
      : [];
  });
  const trained = trainings(stages).flatMap(({ train: stage, base }) =>
    isWhole(base) && stage.config.freeze !== undefined && stage.config.freeze !== 'all'
      ? [refusal(['stages', stage.name, 'freeze'], '`freeze` leaves layers to train', base)]
      : [],
  );
  return [...freezes, ...trained];
}

/** The head needs the base to be frozen: without a freeze stage in between, nothing is. */
export function onnxFreezeStage({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'build-head').flatMap((head) => {
    const base = nearestOf(stages, head, 'base', 'load-base');
    if (!isWhole(base) || nearestOf(stages, head, 'base', 'freeze') !== undefined) return [];
    return [
      {
        code: 'onnx-is-frozen',
        ...locator.at(['stages', head.name, 'base']),
        found: `the base \`${base.name}\` is ${kindOf(base)} and is not frozen`,
        expected: 'a freeze stage with `layers: all` between the two: such a base cannot be trained',
        remedy: 'add `freeze: {layers: all}`',
      },
    ];
  });
}

/** A layers-model of TF.js has layers, an ONNX file has none. */
export function onnxExports({ stages, locator }: LintContext): Problem[] {
  return exportsOfOnnxBases(stages).flatMap(({ name, config }) => {
    const index = config.formats.indexOf('tfjs');
    if (index < 0) return [];
    return [
      {
        code: 'onnx-exports-onnx',
        ...locator.at(['stages', name, 'formats', index]),
        found:
          'a model on a base that is an ONNX file, or in 8-bit integers, cannot be exported as `tfjs`, whose models consist of layers',
        expected: '`formats: [onnx]`; the page of `pipeline serve` runs such a model in the browser',
        remedy: 'write `formats: [onnx]`, or remove `formats`: onnx is the default for such a base',
      },
    ];
  });
}

/** TF.js runs layers, and such a base has none. */
export function onnxEngine({ stages, locator }: LintContext, engine: EngineChoice | undefined): Problem[] {
  if (engine !== 'tfjs') return [];
  const base = stagesOf(stages, 'load-base').find(isWhole);
  if (base === undefined) return [];
  const line = locator.mention(['stages', base.name, 'architecture']);
  return [
    {
      code: 'onnx-engine',
      ...locator.at(['engine']),
      found: `\`engine: tfjs\` cannot run the base \`${base.name}\` (${line}), which is ${kindOf(base)}`,
      expected: '`engine: auto` or `engine: onnx`',
      remedy: 'remove `engine: tfjs`, or use a base from Keras or TF.js',
    },
  ];
}
