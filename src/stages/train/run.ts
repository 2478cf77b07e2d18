/** The work of train: features of the frozen part, computed once, and epochs over them. */
import { failure } from '../../core/problem.js';
import type { StageContext } from '../../core/stage.js';
import { engineNotes, openEngine, resolveEngine } from '../../engine/resolve.js';
import { readData, type Data } from '../../features/data.js';
import { Features } from '../../features/features.js';
import type { Variation } from '../../features/feature-set.js';
import { PLAIN_VIEW } from '../../features/pictures.js';
import type { Augmentation } from '../../image/augmentation.js';
import { readWeights, type ModelDocument, type TrainedDocument } from '../../model/document.js';
import { outputOf, shapesOf, type Graph } from '../../model/graph.js';
import { finalActivationOf } from '../../model/logits.js';
import type { Loss } from '../../model/loss.js';
import type { Preprocessing } from '../../model/preprocessing.js';
import { splitAtFrozen } from '../../model/split.js';
import { weightsOfLayers, type Weights } from '../../model/tensor.js';
import { encodeWeights } from '../../model/weights-file.js';
import { TrainingSet, trainEpochs } from './loop.js';
import { classWeights, optimizerOf } from './objective.js';

type Context = StageContext<'train'>;

export async function runTrain(context: Context): Promise<void> {
  const { name, config, settings, inputs, noteOnce, pass, putBytes, putJson, readBytes, readJson } = context;
  const document = await readJson<ModelDocument>(inputs.model!.model);
  const data = await readData(inputs.data!, context);
  const weights = await readWeights(document, readBytes);
  const { prefix, suffix, featureShape } = splitAtFrozen(document.graph);
  const preprocessing = preprocessingOf(document, data.augmentation, name);
  const sets = await openSets(context, data, { prefix, weights, featureShape, preprocessing });

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

interface Prepared {
  readonly prefix: Graph;
  readonly weights: Weights;
  readonly featureShape: readonly number[];
  readonly preprocessing: Preprocessing;
}

/** Training and validation features; where nothing varies the two share one set. */
async function openSets(context: Context, data: Data, prepared: Prepared): Promise<{ training: TrainingSet; validation: TrainingSet | undefined }> {
  const { config, settings, noteOnce } = context;
  const { augmentation } = data;
  const open = (variation: Variation | null, keep: boolean): Promise<Features> => {
    const { featureShape, ...rest } = prepared;
    const recipe = { ...rest, image: data.spec.image, variation, engine: resolveEngine(settings.engine) };
    return Features.open(context, { recipe, source: data, featureShape, keep });
  };
  const frozen = prepared.prefix.layers.length > 1;
  const plain = await open(null, frozen);
  const labels = data.of('validation');
  const validation = labels.size === 0 ? undefined : new TrainingSet(plain, labels, () => PLAIN_VIEW);
  if (augmentation == null || augmentation.parameters === null) {
    return { training: new TrainingSet(plain, data.of('train'), () => PLAIN_VIEW), validation };
  }
  const { parameters, seed, version, views } = augmentation;
  if (views !== 'online' && views < config.epochs) {
    noteOnce('views-repeat', `${views} views for ${config.epochs} epochs: from epoch ${views + 1} on views come again`);
  }
  const features = await open({ parameters, seed, version }, frozen && views !== 'online');
  const viewOf = (epoch: number): number => (views === 'online' ? epoch : epoch % views);
  return { training: new TrainingSet(features, data.of('train'), viewOf), validation };
}

function lossOf(config: 'auto' | Loss, suffix: Graph): Loss {
  const activation = finalActivationOf(suffix, config === 'auto' ? undefined : config);
  return activation === 'sigmoid' ? 'binary_crossentropy' : 'categorical_crossentropy';
}
