/** The work of export: the model's files, read back by TF.js and compared with the engine on real pictures. */
import { join } from 'node:path';
import type { Digest } from '../../core/digest.js';
import type { StageContext } from '../../core/stage.js';
import { openEngine, resolveEngine } from '../../engine/resolve.js';
import { tfjsIdentity, type TfjsBackend } from '../../engine/tfjs/identity.js';
import { readData } from '../../features/data.js';
import { createPictureLoader, isUndecodable, PLAIN_VIEW } from '../../features/pictures.js';
import { countParameters, readWeights, type TrainedDocument } from '../../model/document.js';
import { writeLayersModel } from '../../model/layers-model/write.js';
import { weightsOfLayers, type Weights } from '../../model/tensor.js';
import { reloadLayersModel } from '../../engine/tfjs/reload.js';
import { modelCard, type CardMetrics } from './card.js';
import { FILE_PREFIX } from './files.js';
import { verifyExport } from './verify.js';

/** Pictures on which the written model is compared. */
const PROBES = 4;

export async function runExport(context: StageContext<'export'>): Promise<void> {
  const { name, inputs, note, putBytes, readBytes, readJson } = context;
  const document = await readJson<TrainedDocument>(inputs.model!.model);
  const weights = await readWeights(document, readBytes);
  const probes = await probePictures(context, document);
  const expected = await predict(context, document, weights, probes);

  const { classes, image, preprocessing } = document;
  const metadata = { classes, preprocessing: { ...preprocessing }, image };
  const { files } = writeLayersModel(document.graph, weights, { generatedBy: 'pipeline', userDefinedMetadata: metadata });
  const shape = [...image.size, 3] as const;
  const backend = tfjsIdentity().backend as TfjsBackend;
  const reloaded = await reloadLayersModel(files, probes.inputs, probes.digests.length, shape, backend);
  const frozen = weightsOfLayers(weights, document.graph.layers.filter(({ trainable }) => !trainable));
  verifyExport(reloaded, frozen, expected, name);

  const metrics = await Promise.all((inputs.gates ?? []).map((outputs) => readJson<CardMetrics>(outputs.metrics)));
  const units = expected.length / probes.digests.length;
  const scores = probes.digests.map((digest, row) => ({ sha256: digest, outputs: [...expected.subarray(row * units, (row + 1) * units)] }));
  const texts: Record<string, string> = {
    'classes.json': `${JSON.stringify(classes)}\n`,
    'preprocessing.json': `${JSON.stringify({ image, preprocessing }, null, 2)}\n`,
    'probes.json': `${JSON.stringify(scores, null, 2)}\n`,
    'README.md': modelCard(document, metrics, countParameters(document.graph, weights)),
  };
  for (const [file, bytes] of files) await putBytes(`${FILE_PREFIX}${file}`, bytes);
  for (const [file, text] of Object.entries(texts)) await putBytes(`${FILE_PREFIX}${file}`, Buffer.from(text));
  note('verified', `reloaded by TF.js and compared on ${probes.digests.length} pictures`);
}

interface Probes {
  readonly digests: readonly Digest[];
  readonly inputs: Float32Array;
}

/** The first pictures by digest: always the same ones for the same data. */
async function probePictures(context: StageContext<'export'>, document: TrainedDocument): Promise<Probes> {
  const data = await readData(context.inputs.data!, context);
  const folder = await data.openFolder();
  const { image, preprocessing } = document;
  const load = createPictureLoader({ image, preprocessing, variation: null });
  const validation = data.of('validation');
  const digests: Digest[] = [];
  const pictures: Float32Array[] = [];
  for (const digest of (validation.size > 0 ? validation : data.of('train')).keys()) {
    if (digests.length === PROBES) break;
    const path = join(folder, data.files.paths[digest][0]);
    const picture = await load({ path, digest, view: PLAIN_VIEW }).catch((error: unknown) => {
      if (data.files.onBadImage === 'fail' || !isUndecodable(error)) throw error;
      return undefined;
    });
    if (picture === undefined) continue;
    digests.push(digest);
    pictures.push(picture);
  }
  const joined = new Float32Array(pictures.reduce((sum, picture) => sum + picture.length, 0));
  pictures.forEach((picture, row) => joined.set(picture, row * picture.length));
  return { digests, inputs: joined };
}

async function predict({ settings }: StageContext<'export'>, document: TrainedDocument, weights: Weights, probes: Probes): Promise<Float32Array> {
  const engine = await openEngine(resolveEngine(settings.engine));
  const runner = await engine.compile(document.graph, weights);
  try {
    return await runner.run(probes.inputs, probes.digests.length);
  } finally {
    runner.dispose();
  }
}
