/** An exported model, independent of its format. */
import { stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { changedMeanwhile } from '../core/regular-file.js';
import type { EngineIdentity, Runner } from '../engine/engine.js';
import type { OnnxBundle } from '../engine/onnx/onnx-bundle.js';
import { openEngine, type EngineOptions } from '../engine/resolve.js';
import { verifyCompiled } from '../engine/second-opinion.js';
import type { ImageSpec } from '../image/dataset.js';
import { readBundle, type Bundle } from '../model/bundle.js';
import { graphCost, refuseExcessive } from '../model/cost.js';
import { outputOf, shapesOf } from '../model/graph.js';
import { folderIdentity, ModelFolder } from '../model/model-folder.js';
import type { ClassList } from '../model/prediction.js';
import type { Preprocessing } from '../model/preprocessing.js';
import { agreesWithProbes, type LoadImage } from './probes.js';

export interface Network extends ClassList {
  /** Its path, for messages. */
  readonly where: string;
  readonly image: ImageSpec;
  /** How pixel values are preprocessed before they reach the network. */
  readonly preprocessing: Preprocessing;
  /** Outputs per image: one, or one per class. */
  readonly units: number;
  /** Compiles it, and compares it with the images of its export or else with a second opinion. */
  open(load: LoadImage): Promise<Runner>;
}

/** Swaps that one reading can meet; a run replaces a folder once. */
const TRIES = 3;

/**
 * Reads the model in a folder, that of a `model.json`, or an `.onnx` file. Throws as {@link readBundle} does. A run may
 * replace the folder in the meantime: then it is read again, because what was read may be of two models.
 */
export async function readModel(path: string): Promise<Bundle | OnnxBundle> {
  for (let tries = 1; ; tries++) {
    const before = await folderIdentity(path);
    const [result] = await Promise.allSettled([readOnce(path)]);
    const isSame = before === (await folderIdentity(path));
    if (!isSame && tries < TRIES) continue;
    if (!isSame) throw changedMeanwhile(path);
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }
}

async function readOnce(path: string): Promise<Bundle | OnnxBundle> {
  const file = await onnxFileOf(path);
  if (file === undefined) {
    const bundle = await readBundle(path);
    refuseExcessive(graphCost(bundle.graph), bundle.folder);
    return bundle;
  }
  const { readOnnxBundle } = await import('../engine/onnx/model-reader.js');
  return readOnnxBundle(file);
}

/** The `.onnx` file that `path` means. A folder with both formats means its layers-model. */
async function onnxFileOf(path: string): Promise<string | undefined> {
  const isFile = async (one: string): Promise<boolean> => (await stat(one).catch(() => undefined))?.isFile() === true;
  if (extname(path) === '.onnx' && (await isFile(path))) return path;
  const inside = join(path, 'model.onnx');
  if (!(await isFile(inside)) || (await isFile(join(path, 'model.json')))) return undefined;
  await new ModelFolder(path).targetOf('model.onnx');
  return inside;
}

export function networkOf(model: Bundle | OnnxBundle, engine: EngineIdentity, options: EngineOptions = {}): Network {
  const { classes, image, thresholds } = model;
  const list: ClassList = { classes, ...(thresholds && { thresholds }) };
  if (model.format === 'onnx') {
    const open = async (load: LoadImage): Promise<Runner> => {
      const { openOnDevice, openModelFile, verifyModelFile } = await import('../engine/onnx/file-runner.js');
      if (options.device !== undefined) return openOnDevice(model, options.device, options.note);
      const runner = await openModelFile(model);
      const probed = { folder: dirname(model.path), size: image.size, units: classes.length, field: 'scores' } as const;
      if (!(await agreesWithProbes(runner, probed, load))) await verifyModelFile(model, runner);
      return runner;
    };
    // The graph includes preprocessing and outputs a score per class.
    return {
      where: model.path,
      ...list,
      image,
      preprocessing: { kind: 'mode', mode: 'none' },
      units: classes.length,
      open,
    };
  }
  const { folder, graph, weights, preprocessing } = model;
  const [units] = shapesOf(graph).get(outputOf(graph).name)!;
  return {
    where: folder,
    ...list,
    image,
    preprocessing,
    units,
    async open(load) {
      const opened = await openEngine(engine, options);
      const runner = await opened.compile(graph, weights);
      if (opened.device !== undefined) return verifyCompiled(opened, runner, graph, weights);
      const probed = { folder, size: image.size, units, field: 'outputs' } as const;
      if (!(await agreesWithProbes(runner, probed, load))) return verifyCompiled(opened, runner, graph, weights);
      return runner;
    },
  };
}
