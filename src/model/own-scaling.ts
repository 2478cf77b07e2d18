/** Bases that scale their pixels themselves: nothing may scale them before. */
import type { Graph, RescalingLayer } from './graph.js';

/** Factors below are meant for levels up to 255, such as 1/127.5 and 1/255. */
const ofLevels = 0.05;

/** Whether a factor brings levels of 0 to 255 to the range that networks compute in. */
export function scalesLevels(factor: number): boolean {
  return Math.abs(factor) <= ofLevels;
}

/** The layer by which a network begins by scaling levels of 0 to 255. */
export function ownScaling({ layers }: Graph): RescalingLayer | undefined {
  const own = layers[1];
  return own?.kind === 'rescaling' && scalesLevels(own.scale) ? own : undefined;
}

/** `the base scales its pixels itself (layer rescale: times 0.007843, plus -1)` */
export function describeOwnScaling({ name, scale, offset }: RescalingLayer): string {
  return `the base scales its pixels itself (layer ${name}: times ${scale.toPrecision(4)}, plus ${offset})`;
}
