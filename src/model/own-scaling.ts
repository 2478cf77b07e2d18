/** Bases that prepare their pixels themselves: nothing may scale them before. */
import type { Graph, Layer } from './graph.js';
import type { Weights } from './tensor.js';

/** Factors below are meant for levels up to 255, such as 1/127.5 and 1/255. */
const ofLevels = 0.05;

/** A mean above is that of levels up to 255: scaled ones are at most 1. */
const meanOfLevels = 2;

/** How a network begins by preparing levels of 0 to 255. */
export interface OwnScaling {
  readonly layer: string;
  /** `times 0.007843, plus -1` */
  readonly how: string;
}

/** Whether a factor brings levels of 0 to 255 to the range that networks compute in. */
export function scalesLevels(factor: number): boolean {
  return Math.abs(factor) <= ofLevels;
}

/**
 * The layer by which a network begins by preparing levels of 0 to 255: a Rescaling, or a Normalization, whose weights
 * tell levels from what is scaled already.
 */
export function ownScaling({ layers }: Graph, weights?: Weights): OwnScaling | undefined {
  const own = layers.at(1);
  if (own?.kind === 'rescaling' && scalesLevels(own.scale))
    return { layer: own.name, how: `times ${own.scale.toPrecision(4)}, plus ${own.offset}` };
  return own?.kind === 'normalization' ? normalization(own, weights) : undefined;
}

function normalization({ name }: Layer, weights: Weights | undefined): OwnScaling | undefined {
  const mean = weights?.get(`${name}/moving_mean`)?.data;
  const variance = weights?.get(`${name}/moving_variance`)?.data;
  if (mean === undefined || variance === undefined || !mean.some((value) => value > meanOfLevels)) return undefined;
  const list = (values: Float32Array) => Array.from(values, (value) => Number(value.toPrecision(4))).join(', ');
  return { layer: name, how: `mean ${list(mean)}, deviation ${list(variance.map(Math.sqrt))}` };
}

/** `the base scales its pixels itself (layer rescale: times 0.007843, plus -1)` */
export function describeOwnScaling({ layer, how }: OwnScaling): string {
  return `the base scales its pixels itself (layer ${layer}: ${how})`;
}
