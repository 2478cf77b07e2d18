/** Matches weights from a file with what a network declares. */
import { PipelineError, type Problem } from '../../core/problem.js';
import { allWeightSpecs, type Graph, type Shape } from '../graph.js';
import type { Tensor, Weights } from '../tensor.js';

/** At most this many problems are reported: in a wrong file, everything is wrong. */
const most = 5;

/**
 * The weights that a network declares, and no others, in its order. The size of the network's input must be known.
 * Throws `bad-data` with every weight that is missing, has another shape or, unless `ignoreOthers`, belongs to no layer
 * (a base without its top is made from a file with it by `ignoreOthers`). `where` names the source of the weights.
 */
export function fitWeights(
  graph: Graph,
  weights: Weights,
  where: string,
  options: { readonly ignoreOthers?: boolean } = {},
): Weights {
  const problems: Problem[] = [];
  const fitted = new Map<string, Tensor>();
  const specs = allWeightSpecs(graph);
  for (const { name, shape } of specs) {
    const tensor = weights.get(name);
    if (tensor === undefined) problems.push(missing(name, shape, where));
    else if (!sameShape(tensor.shape, shape)) problems.push(misshapen(name, tensor.shape, shape, where));
    else fitted.set(name, tensor);
  }
  if (!options.ignoreOthers) {
    const declared = new Set(specs.map(({ name }) => name));
    const others = [...weights.keys()].filter((name) => !declared.has(name));
    problems.push(...others.map((name) => unused(name, graph, where)));
  }
  if (problems.length > 0) throw new PipelineError('bad-data', problems.slice(0, most));
  return fitted;
}

function missing(name: string, shape: Shape, where: string): Problem {
  const found = 'the weight is missing';
  return {
    code: 'weight-missing',
    where: whereOf(name, where),
    found,
    expected: `the shape ${shapeText(shape)}`,
    remedy,
  };
}

function misshapen(name: string, found: Shape, expected: Shape, where: string): Problem {
  return {
    code: 'weight-shape',
    where: whereOf(name, where),
    found: `the weight has the shape ${shapeText(found)}`,
    expected: `the shape ${shapeText(expected)}`,
    remedy,
  };
}

function unused(name: string, graph: Graph, where: string): Problem {
  const found = `the network ${graph.name} has no such weight`;
  return { code: 'weight-unused', where: whereOf(name, where), found, remedy };
}

const remedy = 'use the weights for this architecture, and for its `alpha` if it is mobilenet_v2';

function whereOf(name: string, where: string): string {
  return `${where}, ${name}`;
}

function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}
