/** The export formats, each with the runtime that verifies it: never the code that wrote it. */
import type { FloatType, StageConfigs } from '../../core/schema-types.js';
import { type TfjsBackend, tfjsIdentity } from '../../engine/tfjs/identity.js';
import type { TrainedDocument } from '../../model/document.js';
import { writeLayersModel } from '../../model/layers-model/write.js';
import { scoresOf } from '../../model/prediction.js';
import type { Weights } from '../../model/tensor.js';
import { inputsOf, pixelsOf, type Probe } from './probes.js';

export type FormatName = StageConfigs['export']['formats'][number];

export interface Exported {
  readonly document: TrainedDocument;
  /** For a model that gives an image any number of classes: one for each. */
  readonly thresholds?: readonly number[];
  /** As in the files: already rounded if they are stored as float16. */
  readonly weights: Weights;
  readonly weightType: FloatType;
}

export interface Reloaded {
  /** One score per class for each probe, row by row. */
  readonly scores: Float32Array;
  /** Those of a second run without graph optimization, if the runtime can turn it off. */
  readonly literalScores?: Float32Array;
  /** The values in the files by the names of the weights, with the axes of Keras. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

type FormatFiles = ReadonlyMap<string, Uint8Array>;

export interface Format {
  /** For people. */
  readonly runtime: string;
  write(model: Exported): Promise<FormatFiles>;
  reload(files: FormatFiles, probes: readonly Probe[], model: Exported): Promise<Reloaded>;
}

const tfjs: Format = {
  runtime: 'TF.js',
  async write({ document, weights, weightType, thresholds }) {
    const { classes, image, preprocessing, task } = document;
    const several = thresholds && { task, thresholds };
    const userDefinedMetadata = { classes, ...several, preprocessing, image };
    return writeLayersModel(document.graph, weights, { generatedBy: 'pipeline', userDefinedMetadata, weightType })
      .files;
  },
  async reload(files, probes, { document }) {
    const { reloadLayersModel } = await import('../../engine/tfjs/reload.js');
    const backend = tfjsIdentity().backend as TfjsBackend;
    const shape = [...document.image.size, 3] as const;
    const { predictions, weights } = await reloadLayersModel(
      files,
      inputsOf(probes, document),
      probes.length,
      shape,
      backend,
    );
    return { scores: allScores(predictions, probes.length), weights };
  },
};

const ONNX_FILE = 'model.onnx';

const onnx: Format = {
  runtime: 'onnxruntime',
  async write({ document, weights, weightType, thresholds }) {
    const { exportOnnx } = await import('../../engine/onnx/export-model.js');
    return new Map([[ONNX_FILE, exportOnnx(document, weights, weightType, thresholds)]]);
  },
  async reload(files, probes, { document }) {
    // Its library is optional: loaded only here, if it is known to be installed.
    const { reloadOnnx } = await import('../../engine/onnx/reload.js');
    return reloadOnnx(files.get(ONNX_FILE)!, pixelsOf(probes), probes.length, document.graph);
  },
};

export const formats: Readonly<Record<FormatName, Format>> = { tfjs, onnx };

/** One score per class for each row of a model's outputs. */
export function allScores(outputs: Float32Array, rows: number): Float32Array<ArrayBuffer> {
  const units = outputs.length / rows;
  return Float32Array.from(Array.from({ length: rows }, (_, row) => scoresOf(outputs, row, units)).flat());
}
