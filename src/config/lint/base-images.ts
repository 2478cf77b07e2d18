/**
 * Rules that compare what a pipeline says about its images with what its base was made for: a network of the hub by its
 * name, any other ONNX file by the preprocessor_config.json that belongs to it. Nothing else is read.
 */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  describeHubFit,
  namedOnnxOf,
  hubImageText,
  type HubImages,
  isOnnxBase,
  isSameShare,
} from '../../core/hub-bases.js';
import { PREPROCESSOR, readPreprocessorConfig } from '../../core/preprocessor-config.js';
import type { Problem } from '../../core/problem.js';
import { pathOf } from '../../core/source.js';
import type { Stage } from '../pipeline.js';
import { type LintContext, stagesOf, trainings } from './lineage.js';

/** Such files have some hundred bytes. */
const LARGEST = 1024 * 1024;

interface Wants extends HubImages {
  /** Who says so, for messages. */
  readonly by: string;
  /** The network takes no other size. */
  readonly isFixed: boolean;
}

/** Problems of images that the base cannot take, and of bases about whose pixels nothing is known; warnings of images that it was not made for. */
export function lintBaseImages(context: LintContext): { readonly problems: Problem[]; readonly warnings: Problem[] } {
  const problems = stagesOf(context.stages, 'load-base').flatMap((base) => unknownPixels(context, base));
  const warnings: Problem[] = [];
  const seen = new Set<string>();
  for (const { base, ingest } of trainings(context.stages)) {
    if (base === undefined || ingest === undefined || seen.has(`${base.name}\n${ingest.name}`)) continue;
    seen.add(`${base.name}\n${ingest.name}`);
    const wants = isOnnxBase(base.config.architecture) ? wantsOf(base, context.root) : undefined;
    if (wants === undefined) continue;
    const size = sizeProblem(context, ingest, wants);
    if (size !== undefined) (wants.isFixed ? problems : warnings).push(size);
    const fit = fitProblem(context, ingest, wants);
    if (fit !== undefined) warnings.push(fit);
  }
  return { problems, warnings };
}

function wantsOf({ name, config }: Stage<'load-base'>, root: string): Wants | undefined {
  const file = preprocessorOf(config, root);
  const own = config.input_size;
  if (file !== undefined) {
    const { size = own, fit, interpolation = 'bilinear' } = readWants(file) ?? {};
    if (size === undefined) return undefined;
    return {
      size: own ?? size,
      cropPct: fit?.crop_pct,
      cropRounding: fit?.rounding,
      interpolation,
      by: `${PREPROCESSOR} of \`${name}\``,
      isFixed: false,
    };
  }
  const hub = namedOnnxOf(config.architecture);
  if (hub === undefined) return undefined;
  return { ...hub, size: own ?? hub.size, by: `\`${config.architecture}\``, isFixed: config.weights === undefined };
}

/** The file that load-base reads; undefined if there is none. */
function preprocessorOf({ preprocessing, weights }: Stage<'load-base'>['config'], root: string): string | undefined {
  if (typeof preprocessing === 'object' && preprocessing.from !== undefined) return resolve(root, preprocessing.from);
  const path = weights === undefined ? undefined : pathOf(weights);
  const beside = path === undefined ? undefined : join(resolve(root, path), PREPROCESSOR);
  return beside !== undefined && kindOf(beside) === 'file' ? beside : undefined;
}

/** What is wrong with the file is reported by load-base. */
function readWants(path: string): ReturnType<typeof readPreprocessorConfig> | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > LARGEST) return undefined;
    return readPreprocessorConfig(readFileSync(path, 'utf8'), path);
  } catch {
    return undefined;
  }
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a path is an .onnx file, or a folder that hubs lay out so; what else is there is reported by load-base. */
function isOnnxAt(path: string, kind: ReturnType<typeof kindOf>): boolean {
  if (kind === 'file') return path.endsWith('.onnx');
  return kind === 'folder' && kindOf(join(path, 'onnx', 'model.onnx')) === 'file';
}

function sizeProblem({ locator }: LintContext, ingest: Stage<'ingest'>, wants: Wants): Problem | undefined {
  const { size } = ingest.config.image;
  if (size[0] === wants.size[0] && size[1] === wants.size[1]) return undefined;
  return {
    code: 'base-image-size',
    ...locator.at(['stages', ingest.name, 'image', 'size']),
    found: `\`image.size\` is [${size.join(', ')}], but ${wants.by} takes images of [${wants.size.join(', ')}]`,
    expected: `\`size: [${wants.size.join(', ')}]\``,
    remedy: `write \`image: ${hubImageText(wants)}\``,
  };
}

function fitProblem({ locator }: LintContext, ingest: Stage<'ingest'>, wants: Wants): Problem | undefined {
  const { fit, crop_pct: share, crop_rounding: rounding, interpolation } = ingest.config.image;
  const isSameFit =
    wants.cropPct === undefined ? fit === 'stretch' : fit === 'crop' && isSameShare(share, wants.cropPct, wants.size);
  const isSameRounding = wants.cropRounding === undefined || rounding === wants.cropRounding;
  if (isSameFit && isSameRounding && interpolation === wants.interpolation) return undefined;
  const ofFit = fit === 'crop' && wants.cropPct !== undefined ? 'crop_pct' : 'fit';
  const field = !isSameFit ? ofFit : isSameRounding ? 'interpolation' : 'crop_rounding';
  const written = `${fit === 'crop' ? `crop ${share}${rounding === 'even' ? ' rounded to even' : ''}` : fit}, ${interpolation}`;
  return {
    code: 'base-image-fit',
    ...locator.at(['stages', ingest.name, 'image', field]),
    found: `images are brought to size by ${written}, but ${wants.by} was made with ${describeHubFit(wants)}`,
    expected: 'the same way, which usually gives better results',
    remedy: `write \`image: ${hubImageText(wants)}\``,
  };
}

/** A single ONNX file says nothing about its pixels. */
function unknownPixels(context: LintContext, { name, config }: Stage<'load-base'>): Problem[] {
  const { architecture, preprocessing, weights } = config;
  if (architecture !== 'onnx' || preprocessing !== undefined || weights === undefined || weights === 'random')
    return [];
  const uses = trainings(context.stages).filter(({ base }) => base?.name === name);
  const isCovered = uses.every(({ augments }) => augments.some(({ config: { rescale } }) => rescale !== undefined));
  if (uses.length > 0 && isCovered) return [];
  const path = pathOf(weights);
  const at = path === undefined ? undefined : resolve(context.root, path);
  const kind = at === undefined ? 'file' : kindOf(at);
  if ((at !== undefined && !isOnnxAt(at, kind)) || preprocessorOf(config, context.root) !== undefined) return [];
  return [
    {
      code: 'missing-preprocessing',
      ...context.locator.at(['stages', name, 'weights']),
      found:
        kind === 'file'
          ? 'an .onnx file does not say how its images are prepared, and there is no `preprocessing`'
          : `this folder has no ${PREPROCESSOR}, and there is no \`preprocessing\``,
      expected: `\`preprocessing: {from: ${PREPROCESSOR}}\`, \`{mean: [...], std: [...]}\`, or \`none\` for a network that takes 0 to 255`,
      remedy: `download the ${PREPROCESSOR} that is published with the file and name it in \`preprocessing.from\`; or write what the network was trained with`,
    },
  ];
}
