/** The table of rules: one for each kind of layer. */
import type { Layer } from '../../../model/graph.js';
import { applyActivation } from './activation.js';
import { applyBatchNormalization } from './batch-normalization.js';
import { applyAdd, applyConcatenate, applyMultiply } from './combining.js';
import { applyConv2d, applyDepthwiseConv2d, applySeparableConv2d } from './convolution.js';
import { applyDense } from './dense.js';
import { applyLayerNormalization, applyNormalization } from './normalization.js';
import { applyOnnx } from './onnx.js';
import { applyGlobalAveragePooling, applyGlobalMaxPooling, applyPooling } from './pooling.js';
import type { Applied, Scope, Value } from './rule.js';
import {
  applyCropping,
  applyDropout,
  applyFlatten,
  applyRescaling,
  applyReshape,
  applyZeroPadding,
} from './shaping.js';

/** Adds a layer's nodes to the scope's graph. */
export function applyLayer(scope: Scope, layer: Exclude<Layer, { kind: 'input' }>, inputs: readonly Value[]): Applied {
  switch (layer.kind) {
    case 'conv2d':
      return applyConv2d(scope, layer, inputs);
    case 'depthwise_conv2d':
      return applyDepthwiseConv2d(scope, layer, inputs);
    case 'separable_conv2d':
      return applySeparableConv2d(scope, layer, inputs);
    case 'max_pooling2d':
    case 'average_pooling2d':
      return applyPooling(scope, layer, inputs);
    case 'zero_padding2d':
      return applyZeroPadding(scope, layer, inputs);
    case 'cropping2d':
      return applyCropping(scope, layer, inputs);
    case 'reshape':
      return applyReshape(scope, layer, inputs);
    case 'layer_normalization':
      return applyLayerNormalization(scope, layer, inputs);
    case 'normalization':
      return applyNormalization(scope, layer, inputs);
    case 'batch_normalization':
      return applyBatchNormalization(scope, layer, inputs);
    case 'dense':
      return applyDense(scope, layer, inputs);
    case 'activation':
      return applyActivation(scope.graph, layer.activation, inputs[0]);
    case 'rescaling':
      return applyRescaling(scope, layer, inputs);
    case 'dropout':
      return applyDropout(scope, layer, inputs);
    case 'add':
      return applyAdd(scope, layer, inputs);
    case 'multiply':
      return applyMultiply(scope, layer, inputs);
    case 'concatenate':
      return applyConcatenate(scope, layer, inputs);
    case 'onnx':
      return applyOnnx(scope, layer, inputs);
    case 'flatten':
      return applyFlatten(scope, layer, inputs);
    case 'global_average_pooling2d':
      return applyGlobalAveragePooling(scope, layer, inputs);
    case 'global_max_pooling2d':
      return applyGlobalMaxPooling(scope, layer, inputs);
  }
}
