import { expect, test } from '@jest/globals';
import { type Graph, type Layer, outputOf } from '../../src/model/graph.js';
import { finalActivationOf, logitsGraph } from '../../src/model/logits.js';
import { denseHead } from './graphs.js';

/** The head with a last layer of one's own on its logits. */
function ending(last: Layer): Graph {
  const { name, layers } = logitsGraph(denseHead(4, 3));
  return { name, layers: [...layers, last] };
}

test('the activation of a last dense layer is left off, and nothing else changes', () => {
  const graph = denseHead(4, 3);
  const logits = logitsGraph(graph, 'categorical_crossentropy');
  expect(logits.layers.slice(0, -1)).toEqual(graph.layers.slice(0, -1));
  expect(outputOf(logits)).toEqual({ ...outputOf(graph), activation: 'linear' });
  expect(finalActivationOf(denseHead(4, 1), 'binary_crossentropy')).toBe('sigmoid');
});

test('a last activation layer stays in its place and does nothing', () => {
  const last: Layer = { kind: 'activation', name: 'p', inputs: ['classes'], trainable: true, activation: 'softmax' };
  expect(outputOf(logitsGraph(ending(last)))).toEqual({ ...last, activation: 'linear' });
});

test('a network that ends otherwise, or not as the loss wants, is refused', () => {
  const relu: Layer = { kind: 'activation', name: 'p', inputs: ['classes'], trainable: true, activation: 'relu' };
  const drop: Layer = { kind: 'dropout', name: 'p', inputs: ['classes'], trainable: true, rate: 0.1 };
  expect(() => logitsGraph(ending(relu))).toThrow('the network ends in the activation relu');
  expect(() => logitsGraph(ending(drop))).toThrow('the network ends in a dropout layer');
  expect(() => logitsGraph(denseHead(4, 3), 'binary_crossentropy')).toThrow(
    'the network ends in the activation softmax',
  );
});
