/** The work of export: the model's files, read back by other runtimes and compared with the engine on real images. */
import { count } from '../../core/text/count.js';
import { percent } from '../../core/text/ratio.js';
import { FILE_PREFIX } from '../../core/outputs.js';
import type { StageContext } from '../../core/stage.js';
import { openEngine, resolveEngine } from '../../engine/resolve.js';
import { compileVerified } from '../../engine/second-opinion.js';
import { readData } from '../../features/data.js';
import { countParameters, isTrainedDocument, readWeights } from '../../model/document.js';
import { describeRounding } from '../../model/metrics.js';
import { graphRoundsCoarsely } from '../../model/onnx/coarse-rounding.js';
import { roundedWeights } from '../../model/rounding.js';
import { weightsOfLayers } from '../../model/tensor.js';
import { isEvaluationMetrics } from '../../model/results.js';
import { modelCard } from './card.js';
import { companions } from './companions.js';
import { PROBES_FOLDER } from './files.js';
import { allScores, formats, type Exported } from './formats.js';
import { inputsOf, loadProbes, pngOf, type Probe } from './probes.js';
import { measureRounding } from './rounding.js';
import { thresholdsOf } from './thresholds.js';
import { toleranceOf, verifyExport } from './verify.js';

export async function runExport(context: StageContext<'export'>): Promise<void> {
  const { config, inputs, note, putBytes, readBytes, readJson } = context;
  const document = await readJson(inputs.model!.model, isTrainedDocument);
  const data = await readData(inputs.data!, context);
  const { graph, image } = document;
  const trained = await readWeights(document, readBytes);
  const metrics = await Promise.all((inputs.gates ?? []).map((gate) => readJson(gate.metrics, isEvaluationMetrics)));
  const thresholds = thresholdsOf(document, metrics);
  const weights = roundedWeights(trained, config.weights);
  const model: Exported = { document, thresholds, weights, weightType: config.weights };
  const probes = await loadProbes({ data, image });
  const outputs = await predict(context, model, probes);
  const put = (file: string, content: Uint8Array | string) =>
    putBytes(`${FILE_PREFIX}${file}`, typeof content === 'string' ? Buffer.from(content) : content);

  // `train` has proved that training left them unchanged; this proves that the files contain them.
  const frozen = weightsOfLayers(
    model.weights,
    graph.layers.filter(({ trainable }) => !trainable),
  );
  const scores = allScores(outputs, probes.length);
  const coarse = graphRoundsCoarsely(graph);
  for (const format of config.formats) {
    const { runtime, write, reload } = formats[format];
    const files = await write(model);
    verifyExport(await reload(files, probes, model), { frozen, scores, coarse }, runtime);
    note('verified', `${format}: reloaded with ${runtime}, same scores on ${count(probes.length, 'image')}`);
    for (const [file, bytes] of files) await put(file, bytes);
  }

  const rounding = config.weights === 'float16' ? await measureRounding(context, data, model, trained) : undefined;
  if (rounding !== undefined) {
    const { split, measure, accuracy } = rounding;
    note(
      'rounded',
      `weights as float16: ${split} ${measure} ${percent(accuracy.exact)} -> ${percent(accuracy.rounded)}, ${describeRounding(rounding)}`,
    );
  }
  const imageFiles = config.probe_pictures ? probes.map((_, row) => `${PROBES_FOLDER}${row + 1}.png`) : [];
  for (const [row, file] of imageFiles.entries()) await put(file, await pngOf(probes[row], image.size));
  await put('probes.json', `${JSON.stringify(probeRows(probes, imageFiles, outputs, scores), null, 2)}\n`);
  const { classes, task } = document;
  await put('classes.json', `${JSON.stringify(thresholds === undefined ? classes : { task, classes, thresholds })}\n`);
  await put('preprocessing.json', `${JSON.stringify({ image, preprocessing: document.preprocessing }, null, 2)}\n`);
  const parameters = countParameters(graph, trained);
  const facts = { formats: config.formats, probes: imageFiles.length, tolerance: toleranceOf(coarse) };
  for (const [file, content] of await companions(facts)) await put(file, content);
  await put('README.md', await modelCard({ ...facts, document, thresholds, metrics, parameters, rounding }));
}

/** Each probe with its results; `outputs` are those of the network, `scores` one per class. */
function probeRows(
  probes: readonly Probe[],
  imageFiles: readonly string[],
  outputs: Float32Array,
  scores: Float32Array,
): object[] {
  const row = (numbers: Float32Array, index: number): number[] => {
    const length = numbers.length / probes.length;
    return [...numbers.subarray(index * length, (index + 1) * length)];
  };
  return probes.map((probe, index) => ({
    ...(imageFiles.length === 0 ? {} : { picture: imageFiles[index] }),
    sha256: probe.digest,
    ...(typeof probe.label === 'string' ? { class: probe.label } : { classes: probe.label }),
    outputs: row(outputs, index),
    scores: row(scores, index),
  }));
}

/** The engine's outputs for the probes, with the written weights. */
async function predict(
  { settings }: StageContext<'export'>,
  { document, weights }: Exported,
  probes: readonly Probe[],
): Promise<Float32Array> {
  const engine = await openEngine(resolveEngine(settings.engine));
  const runner = await compileVerified(engine, document.graph, weights);
  try {
    return await runner.run(inputsOf(probes, document), probes.length);
  } finally {
    runner.dispose();
  }
}
