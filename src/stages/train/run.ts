/** The work of train: features of the frozen part, computed once, and epochs over them. */
import { canonical, type Json } from '../../core/canonical.js';
import { digestOf } from '../../core/digest.js';
import { failure } from '../../core/problem.js';
import type { TrainConfig } from '../../core/schema-types.js';
import type { StageContext } from '../../core/stage.js';
import type { EngineIdentity } from '../../engine/engine.js';
import { engineNotes, openEngine, resolveEngine } from '../../engine/resolve.js';
import { readData, type Data } from '../../features/data.js';
import { Features, type FeatureOptions } from '../../features/features.js';
import type { Variation } from '../../features/feature-set.js';
import { PLAIN_VIEW } from '../../features/pictures.js';
import type { Augmentation } from '../../image/augmentation.js';
import { readWeights, type ModelDocument, type TrainedDocument } from '../../model/document.js';
import { outputOf, shapesOf, type Graph } from '../../model/graph.js';
import { finalActivationOf } from '../../model/logits.js';
import type { Loss } from '../../model/loss.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import { splitAtFrozen, type Split } from '../../model/split.js';
import { weightsOfLayers, type Weights } from '../../model/tensor.js';
import { encodeWeights } from '../../model/weights-file.js';
import { TrainingSet, trainEpochs } from './loop.js';
import { classWeights, optimizerOf } from './objective.js';

type Context = StageContext<'train'>;

export async function runTrain(context: Context): Promise<void> {
  const { name, config, settings, inputs, noteOnce, pass, putBytes, putJson } = context;
  const data = await readData(inputs.data!, context);
  const prepared = await prepare(context, data);
  const { document, weights, suffix, preprocessing } = prepared;
  const sets = await openSets(context, data, prepared);

  const identity = resolveEngine(settings.engine);
  for (const { code, text } of engineNotes(settings.engine, identity)) noteOnce(code, text);
  const engine = await openEngine(identity);
  const { optimizer, learningRate } = optimizerOf(config.optimizer);
  const trainer = await engine.train({
    graph: suffix,
    weights: weightsOfLayers(weights, suffix.layers),
    loss: lossOf(config.loss, suffix),
    optimizer,
    batchSize: config.batch_size,
  });
  try {
    const { classes, image } = data.spec;
    const started = performance.now();
    const trained = await trainEpochs(trainer, {
      name,
      config,
      seed: config.seed!,
      suffix,
      units: shapesOf(suffix).get(outputOf(suffix).name)![0],
      learningRate,
      classWeights: classWeights(config.class_weight, classes, [...sets.training.labels.values()], name),
      ...sets,
      emit: context.emit,
      signal: context.signal,
    });
    const extracting = sets.training.features.msSpent + (sets.validation === undefined || sharesSet(sets) ? 0 : sets.validation.features.msSpent);
    const pictures = trained.history.length * sets.training.labels.size;
    context.measured(trainingWorkload(config, identity, suffix, sets.training.features.kept), { pictures, ms: performance.now() - started - extracting });
    pass('weights', inputs.model!.weights);
    const ref = await putBytes('trained_weights', encodeWeights(trained.weights));
    const result: TrainedDocument = { ...document, preprocessing, classes, image, weights: [document.weights[0], ref] };
    await putJson('model', result);
    await putJson('history', { epochs: trained.history, bestEpoch: trained.bestEpoch });
  } finally {
    trainer.dispose();
    await Promise.all([sets.training.features.dispose(), sets.validation?.features.dispose()]);
  }
}

/** `rescale` takes the place of what the base says. */
function preprocessingOf(document: ModelDocument, augmentation: Augmentation | undefined, stage: string): Preprocessing {
  if (augmentation?.rescale != null) return { kind: 'rescale', factor: augmentation.rescale };
  if (document.preprocessing !== null) return document.preprocessing;
  throw failure('invalid', {
    code: 'preprocessing-unknown',
    where: stage,
    found: 'nothing says how this base wants its pixels',
    remedy: 'say `preprocessing` in load-base, or `rescale` in augment',
  });
}

interface Prepared extends Split {
  readonly document: ModelDocument;
  readonly weights: Weights;
  readonly preprocessing: Preprocessing;
}

/** The model, cut where it is frozen. */
export async function prepare({ name, inputs, readBytes, readJson }: Context, { augmentation }: Data): Promise<Prepared> {
  const document = await readJson<ModelDocument>(inputs.model!.model);
  const weights = await readWeights(document, readBytes);
  return { ...splitAtFrozen(document.graph), document, weights, preprocessing: preprocessingOf(document, augmentation, name) };
}

/** What the features of training pictures and of those that are taken as they are depend on; one where nothing varies. */
export function featureOptions({ settings }: Context, data: Data, prepared: Prepared): { readonly training: FeatureOptions; readonly plain: FeatureOptions } {
  const { prefix, weights, featureShape, preprocessing } = prepared;
  const frozen = prefix.layers.length > 1;
  const of = (variation: Variation | null, keep: boolean): FeatureOptions => {
    const recipe = { prefix, weights, preprocessing, image: data.spec.image, variation, engine: resolveEngine(settings.engine) };
    return { recipe, source: data, featureShape, keep };
  };
  const plain = of(null, frozen);
  const { augmentation } = data;
  if (augmentation == null || augmentation.parameters === null) return { training: plain, plain };
  const { parameters, seed, version, views } = augmentation;
  return { training: of({ parameters, seed, version }, frozen && views !== 'online'), plain };
}

/** The view that an epoch (from 0) takes of the training pictures. */
export function viewOfEpoch({ augmentation }: Data): (epoch: number) => number {
  if (augmentation == null || augmentation.parameters === null) return () => PLAIN_VIEW;
  const { views } = augmentation;
  return (epoch) => (views === 'online' ? epoch : epoch % views);
}

/** Training and validation features; where nothing varies the two share one set. */
async function openSets(context: Context, data: Data, prepared: Prepared): Promise<{ training: TrainingSet; validation: TrainingSet | undefined }> {
  const { config, noteOnce } = context;
  const options = featureOptions(context, data, prepared);
  const plain = await Features.open(context, options.plain);
  const training = options.training === options.plain ? plain : await Features.open(context, options.training);
  const labels = data.of('validation');
  const validation = labels.size === 0 ? undefined : new TrainingSet(plain, labels, () => PLAIN_VIEW);
  const views = training === plain ? undefined : data.augmentation?.views;
  if (typeof views === 'number' && views < config.epochs) {
    noteOnce('views-repeat', `${views} views for ${config.epochs} epochs: from epoch ${views + 1} on views come again`);
  }
  return { training: new TrainingSet(training, data.of('train'), viewOfEpoch(data)), validation };
}

function sharesSet({ training, validation }: { training: TrainingSet; validation: TrainingSet | undefined }): boolean {
  return training.features === validation?.features;
}

/** What decides how long a picture's part in training takes, but the machine; where features are not kept, they are part of it. */
export function trainingWorkload({ batch_size: batchSize, optimizer }: TrainConfig, engine: EngineIdentity, suffix: Graph, kept: boolean): Json {
  return { work: 'training', batchSize, kept, optimizer: Object.keys(optimizer), engine: { ...engine }, layers: digestOf(canonical(suffix.layers)) };
}

function lossOf(config: 'auto' | Loss, suffix: Graph): Loss {
  const activation = finalActivationOf(suffix, config === 'auto' ? undefined : config);
  return activation === 'sigmoid' ? 'binary_crossentropy' : 'categorical_crossentropy';
}
