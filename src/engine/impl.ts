/** Keeps correct features when an engine is fixed: each network's key has the version that last changed its numbers. */
import { type Graph, type Layer, shapesOf } from '../model/graph.js';
import { samePadding } from '../model/same-padding.js';
import type { EngineIdentity } from './engine.js';
import { hasWinograd } from './onnx/winograd-rule.js';

/** A version of an engine, and whether it computes a network otherwise than the version before. */
type Change = readonly [version: number, changes: (identity: EngineIdentity, graph: Graph) => boolean];

/** The latest first. All networks had version 1. */
const changes: Readonly<Record<EngineIdentity['name'], readonly Change[]>> = {
  onnx: [
    // Version 2 computed every convolution directly; devices still do.
    [3, ({ backend }, graph) => backend === 'cpu' && hasWinograd(graph)],
    // Version 1 padded pools after zeros with minus infinity.
    [2, (_identity, graph) => poolsAfterZeros(graph)],
  ],
  // Version 1 computed convolutions under `same` wrong where strides leave pixels over.
  tfjs: [[2, ({ backend }, graph) => backend === 'wasm' && leavesPixelsOver(graph)]],
};

/** The identity of an engine as the key of one network's numbers needs it. */
export function identityFor(identity: EngineIdentity, graph: Graph): EngineIdentity {
  const [impl] = changes[identity.name].find(
    ([version, changed]) => version <= identity.impl && changed(identity, graph),
  ) ?? [1];
  return { ...identity, impl };
}

function poolsAfterZeros({ layers }: Graph): boolean {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const follows = (layer: Layer | undefined): boolean => {
    if (layer?.kind === 'zero_padding2d') return true;
    const passes = layer?.kind === 'dropout' || (layer?.kind === 'activation' && layer.activation === 'linear');
    return passes && follows(byName.get(layer.inputs[0]));
  };
  return layers.some(
    (layer) =>
      (layer.kind === 'max_pooling2d' || layer.kind === 'average_pooling2d') && follows(byName.get(layer.inputs[0])),
  );
}

function leavesPixelsOver(graph: Graph): boolean {
  const shapes = shapesOf(graph);
  return graph.layers.some((layer) => {
    if (!('kernelSize' in layer)) return false;
    const input = shapes.get(layer.inputs[0])!;
    const { kernelSize, strides, dilation, padding } = layer;
    const rest = (axis: 0 | 1): boolean =>
      samePadding(input[axis], (kernelSize[axis] - 1) * dilation[axis] + 1, strides[axis]).rest;
    return padding === 'same' && (rest(0) || rest(1));
  });
}
