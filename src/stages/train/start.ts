/** The model that training begins with: a base with a new head, or what an earlier training ended with. */
import { canonical } from '../../core/canonical.js';
import { nameList } from '../../core/text/names.js';
import { failure } from '../../core/problem.js';
import type { BlobRef } from '../../core/digest.js';
import type { Outputs, StageContext } from '../../core/stage.js';
import type { DataSpec } from '../../image/dataset.js';
import { describeFit } from '../../image/fit.js';
import {
  countParameters,
  describeParameters,
  readWeights,
  isModelDocument,
  isTrainedDocument,
  type ModelDocument,
} from '../../model/document.js';
import { nonFinite } from '../../model/finite.js';
import { withFrozen } from '../../model/freezing.js';
import type { Weights } from '../../model/tensor.js';

export interface Start {
  readonly document: ModelDocument;
  readonly weights: Weights;
  /** The weights again, as the store has them. */
  readonly reread: () => Promise<Weights>;
  /** The file of the base's weights. */
  readonly base: BlobRef;
}

export async function startOf(context: StageContext<'train'>, spec: DataSpec): Promise<Start> {
  const { config, inputs, note, readBytes, readJson } = context;
  const outputs: Outputs = (inputs.from ?? inputs.model)!;
  const document =
    inputs.from === undefined
      ? await readJson(outputs.model, isModelDocument)
      : await continued(context, inputs.from, spec);
  const reread = () => readWeights(document, readBytes);
  const weights = await reread();
  requireFinite(weights);
  if (config.freeze !== undefined) note('parameters', describeParameters(countParameters(document.graph, weights)));
  return { document, weights, reread, base: outputs.weights };
}

/** An earlier training's model, with other layers frozen if the pipeline says so. */
async function continued(
  { config, readJson }: StageContext<'train'>,
  from: Outputs,
  { classes, image, task }: DataSpec,
): Promise<ModelDocument> {
  const document = await readJson(from.model, isTrainedDocument);
  const differs = (what: string, before: string, now: string) =>
    failure('invalid', {
      code: 'pictures-differ',
      found: `the ${what} of its images (${now}) are not those that \`from\` was trained on (${before})`,
      expected: 'the same classes, in the same order, and the same image size in both',
      remedy: 'use the same ingest stage in both',
    });
  if (canonical([...classes]) !== canonical([...document.classes]))
    throw differs('classes', nameList(document.classes), nameList(classes));
  if (canonical({ ...image }) !== canonical({ ...document.image }))
    throw differs('size and interpolation', describeImage(document.image), describeImage(image));
  if (task !== document.task) throw differs('task', document.task ?? 'single', task ?? 'single');
  if (config.freeze === undefined) return document;
  const { layers } = document.graph;
  const count = document.base.layers!;
  return {
    ...document,
    graph: {
      ...document.graph,
      layers: [...withFrozen(config.freeze, layers.slice(0, count), ['freeze']), ...layers.slice(count)],
    },
  };
}

function describeImage({ size, interpolation, orientation, fit }: DataSpec['image']): string {
  return `${size.join('x')}, ${describeFit(fit)}, ${interpolation}, orientation ${orientation}`;
}

function requireFinite(weights: Weights): void {
  const [name] = nonFinite(weights);
  if (name === undefined) return;
  throw failure('bad-data', {
    code: 'weights-not-finite',
    found: `the weights of ${name} contain NaN or infinity before training begins`,
    expected: 'finite weights',
    remedy: 'check the file that load-base reads: training has not changed the weights yet',
  });
}
