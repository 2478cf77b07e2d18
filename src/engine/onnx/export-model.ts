/** A classifier as an `.onnx` file that other programs can use with nothing beside it. */
import { bytesText } from '../../core/text/bytes-text.js';
import { failure } from '../../core/problem.js';
import { runsAlone } from '../../model/graph.js';
import type { FloatType } from '../../core/schema-types.js';
import type { TrainedDocument } from '../../model/document.js';
import { finalActivationOf } from '../../model/logits.js';
import { describePreprocessing } from '../../model/preprocessing.js';
import { isStoredAsFloat16 } from '../../model/rounding.js';
import type { Weights } from '../../model/tensor.js';
import { GraphBuilder, type Name } from './builder.js';
import { withHalves } from './half-storage.js';
import { inOrder } from './layers/rule.js';
import { metadataOf, PIXELS, SCORES, toProperties, type ModelMetadata } from './metadata.js';
import { encodeModel, type Model } from './model-file.js';
import { layOut } from './network.js';
import { preprocessingNodes } from './preprocessing.js';

/** A protobuf message has to stay below this; the rest of the graph takes far less than what is left free. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;

/**
 * Writes the file: in go N images as bytes, RGB, of the size that the metadata name; out come N rows of one score a
 * class, for two classes too. Preprocessing is in the graph. Each weight is a constant under its own name, the kernels
 * of convolutions with their axes as ONNX has them. The same model gives the same bytes.
 * Throws `invalid` if a kernel is beyond float16, or the weights are more than one file can hold.
 */
export function exportOnnx(
  document: TrainedDocument,
  weights: Weights,
  type: FloatType,
  thresholds?: readonly number[],
): Uint8Array {
  const { graph, classes, image, preprocessing, task } = document;
  const activation = finalActivationOf(graph);
  const builder = new GraphBuilder(runsAlone(graph) ? 1 : undefined);
  const pixels = builder.batchInput(PIXELS, [...image.size, 3], 'uint8');
  const prepared = preprocessingNodes(builder, pixels, preprocessing);
  const input = { name: prepared, shape: [...image.size, 3], order: 'last' } as const;
  // BatchNorm is not folded: the constants stay comparable to the weights of the base.
  const steps = layOut(builder, graph, input, {
    weights,
    variables: new Set(),
    training: false,
    normalizationOperator: true,
  });
  const output = inOrder(builder, steps.at(-1)?.applied.output ?? input, 'last');
  const scores = activation === 'sigmoid' && task === undefined ? bothScores(builder, output.name) : output.name;
  builder.batchOutput(SCORES, scores, [classes.length]);
  const halved = [...weights].filter(([, tensor]) => isStoredAsFloat16(tensor, type)).map(([name]) => name);
  const metadata = metadataOf({
    classes,
    ...(thresholds && { thresholds }),
    image,
    preprocessing,
    activation,
    weights: type,
  });
  const model = withHalves(builder.build(graph.name), new Set(halved));
  refuseTooLarge(model);
  return encodeModel({ ...model, metadata: toProperties(metadata), documentation: describe(metadata) });
}

/** From the score of the second class, that of both. */
function bothScores(builder: GraphBuilder, second: Name): Name {
  const first = builder.node('Sub', [builder.scalar(1), second]);
  return builder.node('Concat', [first, second], { axis: { int: 1 } });
}

function describe({ classes, image, input, output, preprocessing }: ModelMetadata): string {
  const [height, width] = image.size;
  return [
    `${input.name}: N x ${height} x ${width} x 3 bytes (height x width x RGB), levels of 0 to 255 as they are;`,
    `the graph itself prepares them (${describePreprocessing(preprocessing)}).`,
    `${output.name}: N x ${classes.length}, one score a class in the order of pipeline.classes.`,
  ].join(' ');
}

/** Throws `invalid` for a model that one `.onnx` file cannot hold. */
export function refuseTooLarge({ initializers, name }: Model): void {
  const bytes = initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes <= MOST_BYTES) return;
  throw failure('invalid', {
    code: 'onnx-too-large',
    where: name,
    found: `the weights have ${bytesText(bytes)}`,
    expected: `less than ${bytesText(MOST_BYTES)}, the limit for a single .onnx file`,
    remedy: 'export with `weights: float16`, or remove onnx from `formats`',
  });
}
