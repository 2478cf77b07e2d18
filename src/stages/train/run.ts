/** The work of train: features of the frozen part, computed once, and epochs over them. */
import { lossOf } from '../../core/head-rules.js';
import { count } from '../../core/text/count.js';
import type { StageContext } from '../../core/stage.js';
import { engineNotes, resolveEngine } from '../../engine/resolve.js';
import { readData } from '../../features/data.js';
import { passExact, type ModelDocument, type TrainedDocument } from '../../model/document.js';
import { outputOf, shapesOf, type Graph } from '../../model/graph.js';
import { finalActivationOf } from '../../model/logits.js';
import type { Loss } from '../../model/loss.js';
import type { History } from '../../model/results.js';
import { weightsOfLayers } from '../../model/tensor.js';
import { decodeWeights, encodeWeights } from '../../model/weights-file.js';
import { runEnsemble } from './ensemble.js';
import { planOf } from './final.js';
import { requireEnough } from './fold-sizes.js';
import type { Trained } from './loop.js';
import { requireMonitored } from './monitor.js';
import { classWeights, optimizerOf } from './objective.js';
import { openSets } from './open-sets.js';
import { prepare, trainingWorkload } from './prepared.js';
import { canHaveThread, trainOnThread } from './thread/train-on-thread.js';
import { trainHere } from './train-here.js';
import type { Training } from './training.js';
import { requireUnmoved } from './verify-frozen.js';

type Context = StageContext<'train'>;

export async function runTrain(context: Context): Promise<void> {
  const { settings, inputs, note, noteOnce, part } = context;
  if (part?.kind === 'final' && part.model === 'ensemble') return runEnsemble(context);
  const { config, epochs, bestEpochs } = await planOf(context);
  if (bestEpochs !== undefined)
    note(
      'epochs',
      `trains for ${count(epochs, 'epoch')}, the mean of the folds' best epochs (${bestEpochs.join(', ')})`,
    );
  const data = await readData(inputs.data!, context);
  if (part?.kind === 'fold') requireEnough(data, part.folds, noteOnce);
  requireMonitored(config, data.of('validation').size);
  const prepared = await prepare(context, data);
  const { document, weights, suffix, preprocessing } = prepared;
  const sets = await openSets(context, data, prepared, epochs);

  const identity = resolveEngine(settings.engine, settings.device);
  for (const { code, text } of engineNotes(settings.engine, identity)) noteOnce(code, text);
  const { optimizer, learningRate, clipping } = optimizerOf(config.optimizer);
  const { classes, image, task } = data.spec;
  const training: Training = {
    engine: identity,
    program: {
      graph: suffix,
      weights: weightsOfLayers(weights, suffix.layers),
      loss: requiredLoss(config.loss, suffix),
      optimizer,
      clipping,
      l2: config.l2,
      batchSize: config.batch_size,
    },
    loop: {
      name: context.name,
      config,
      epochs,
      seed: config.seed!,
      suffix,
      task,
      units: shapesOf(suffix).get(outputOf(suffix).name)![0],
      learningRate,
      classWeights: classWeights(config.class_weight, classes, [...sets.training.labels.values()]),
    },
  };
  try {
    const { checkpoint, emit, signal } = context;
    const around = { ...sets, checkpoint, emit, note, signal };
    const { trained, ms } = await (canHaveThread(training, sets)
      ? trainOnThread(training, around)
      : trainHere(training, around, { device: settings.device, note: noteOnce }));
    requireUnmoved({ graph: document.graph, stored: await prepared.reread(), used: weights, trained: trained.weights });
    const { features, labels } = sets.training;
    const others = sets.validation?.features;
    const extracting = features.msSpent + (others === undefined || others === features ? 0 : others.msSpent);
    const pictures = trained.history.length * labels.size;
    context.measured(trainingWorkload(config, identity, suffix, features.kept), { pictures, ms: ms - extracting });
    await putOut(
      context,
      { ...document, preprocessing, classes, image, ...(task && { task }) },
      prepared.base,
      trained,
    );
  } finally {
    await Promise.all([sets.training.features.dispose(), sets.validation?.features.dispose()]);
  }
}

async function putOut(
  { inputs, pass, putBytes, putJson, readBytes }: Context,
  document: TrainedDocument,
  base: ModelDocument['weights'][number],
  { weights, history, bestEpoch }: Trained,
): Promise<void> {
  // Weights that only an earlier training changed are in the new file too: it is used with the base alone.
  const earlier = await Promise.all(
    document.weights.slice(1).map(async (ref) => decodeWeights(await readBytes(ref), ref.digest)),
  );
  const moved = new Map([...earlier.flatMap((file) => [...file]), ...weights]);
  pass('weights', base);
  passExact((inputs.from ?? inputs.model)!, pass);
  const ref = await putBytes('trained_weights', encodeWeights(moved));
  await putJson('model', { ...document, weights: [base, ref] } satisfies TrainedDocument);
  await putJson('history', { epochs: history, bestEpoch } satisfies History);
}

function requiredLoss(config: 'auto' | Loss, suffix: Graph): Loss {
  return lossOf[finalActivationOf(suffix, config === 'auto' ? undefined : config)];
}
