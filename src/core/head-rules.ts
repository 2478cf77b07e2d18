/** Rules of heads: which order of layers works, how a head ends, and which ending fits how many classes. */
import { onlyMember } from './only-member.js';
import type { Problem } from './problem.js';
import type { HeadLayer, TrainConfig } from './schema-types.js';
import type { Multilabel } from './task.js';

/** What a rule says, for any place. */
type Fault = Pick<Problem, 'found' | 'expected' | 'remedy'>;

export interface LayerFault extends Fault {
  readonly code: string;
  /** Index of the layer. */
  readonly layer: number;
}

/** What the first layer of a head gets; `unknown` if the base may end in a pooling of its own. */
export type HeadInput = 'image' | 'vector' | 'unknown';

export type FinalActivation = 'sigmoid' | 'softmax';

/** How a head ends. `units` is undefined if no dense layer sets it. */
export type Ending =
  | { readonly kind: 'classifier' }
  | { readonly kind: 'other' }
  | { readonly kind: FinalActivation; readonly units: number | undefined; readonly denseAt: number | undefined };

/** The loss of each final activation. */
export const lossOf = {
  sigmoid: 'binary_crossentropy',
  softmax: 'categorical_crossentropy',
} as const satisfies Record<FinalActivation, TrainConfig['loss']>;

/**
 * What `classifier` stands for: one sigmoid unit for two classes, otherwise a softmax with a unit for each. Where an
 * image has several classes, each has a sigmoid unit, two classes too.
 */
export function classifierOf(
  classes: number,
  task: Multilabel | undefined,
): { readonly units: number; readonly activation: FinalActivation } {
  if (task === 'multilabel') return { units: classes, activation: 'sigmoid' };
  return classes === 2 ? { units: 1, activation: 'sigmoid' } : { units: classes, activation: 'softmax' };
}

/** The endings that fit: `1 sigmoid unit or 2 softmax units`. */
export function endingsFor(classes: number, task: Multilabel | undefined): string {
  if (task === 'multilabel') return `${classes} sigmoid units, one per class`;
  return classes === 2 ? '1 sigmoid unit or 2 softmax units' : `${classes} softmax units`;
}

/** How many classes an output can distinguish; undefined if it gives no probabilities of classes. */
export function classesOfEnding(
  units: number,
  activation: string | undefined,
  task: Multilabel | undefined,
): number | undefined {
  if (task === 'multilabel') return activation === 'sigmoid' ? units : undefined;
  if (activation === 'softmax') return units;
  return activation === 'sigmoid' && units === 1 ? 2 : undefined;
}

/** An ending that does not fit the classes; `context` says where those come from: `` `pictures` has 3 classes ``. */
export function unitsFault(
  { units, activation }: { readonly units: number; readonly activation: FinalActivation },
  classes: number,
  context: string,
  task: Multilabel | undefined,
): Fault | undefined {
  if (classesOfEnding(units, activation, task) === classes) return undefined;
  const several = task === 'multilabel' ? ', of which an image may have several' : '';
  return {
    found: `the head ends in ${units} ${activation} unit${units === 1 ? '' : 's'}, but ${context}${several}`,
    expected: endingsFor(classes, task),
    remedy: fitting,
  };
}

const fitting = 'use `classifier` instead, which always fits the classes';

/** The last layer decides, with the last dense layer before it if it is an activation of its own. */
export function endingOf(layers: readonly HeadLayer[]): Ending {
  const last = layers[layers.length - 1];
  if (last.classifier !== undefined) return { kind: 'classifier' };
  const activation = last.dense?.activation ?? last.activation?.function;
  if (activation !== 'sigmoid' && activation !== 'softmax') return { kind: 'other' };
  const denseAt = layers.findLastIndex((layer) => layer.dense !== undefined);
  return { kind: activation, units: layers[denseAt]?.dense?.units, denseAt: denseAt < 0 ? undefined : denseAt };
}

/** A head ends in probabilities: one sigmoid unit, or a softmax of several; with `multilabel` a sigmoid unit per class. */
export function endingFault(layers: readonly HeadLayer[], task: Multilabel | undefined): LayerFault | undefined {
  const ending = endingOf(layers);
  // A misplaced classifier is a problem of the order.
  if (ending.kind === 'classifier' || layers.some((layer) => layer.classifier !== undefined)) return undefined;
  const last = layers.length - 1;
  if (ending.kind === 'other') {
    return {
      code: 'no-probabilities',
      layer: last,
      found: `the head ends in \`${nameOf(layers[last])}\`, which gives no probabilities`,
      expected: '`classifier` as the last layer, or a dense layer with the activation `sigmoid` or `softmax`',
      remedy: 'add `- classifier` at the end',
    };
  }
  const { kind, units, denseAt = last } = ending;
  if (task === 'multilabel') {
    if (kind === 'sigmoid') return undefined;
    return {
      code: 'softmax-with-multilabel',
      layer: last,
      found:
        'the head ends in a softmax, whose scores sum to 1, but with `task: multilabel` an image has any number of classes',
      expected: 'one sigmoid unit per class',
      remedy: fitting,
    };
  }
  const expected = 'one sigmoid unit for two classes, or a softmax unit per class';
  if (kind === 'softmax' && units === 1) {
    const found = 'a softmax of 1 unit is 1 for every image';
    return { code: 'softmax-of-one', layer: denseAt, found, expected, remedy: fitting };
  }
  if (kind === 'sigmoid' && units !== undefined && units > 1) {
    const found = `${units} sigmoid units allow several classes per image, but the images have one each`;
    const remedy = `${fitting}, or write \`task: multilabel\` in the ingest stage`;
    return { code: 'several-sigmoids', layer: denseAt, found, expected, remedy };
  }
  return undefined;
}

/** Each layer has to be able to take what the one before it gives. */
export function orderFaults(layers: readonly HeadLayer[], input: HeadInput): LayerFault[] {
  const faults: LayerFault[] = [];
  let image = input;
  let flattener: string | undefined;
  for (const [layer, item] of layers.entries()) {
    const kind = nameOf(item);
    if (kind === 'flatten' || kind === 'global_average_pooling') {
      if (kind === 'global_average_pooling' && image === 'vector') faults.push(poolingFault(layer, flattener));
      flattener ??= kind;
      image = 'vector';
    } else if ((kind === 'dense' || kind === 'classifier') && image === 'image') {
      faults.push({
        code: 'dense-on-image',
        layer,
        found: `\`${kind}\` cannot take the image-shaped output of the base`,
        expected: '`flatten` or `global_average_pooling` before it',
        remedy: 'add `- global_average_pooling` before this layer',
      });
      // Once: the layers after it have the same reason.
      image = 'unknown';
    }
  }
  const classifier = layers.findIndex((item) => item.classifier !== undefined);
  if (classifier >= 0 && classifier < layers.length - 1) {
    faults.push({
      code: 'classifier-not-last',
      layer: classifier,
      found: `\`${nameOf(layers[classifier + 1])}\` comes after \`classifier\``,
      expected: '`classifier` as the last layer: its output is the probabilities of the classes',
    });
  }
  return faults;
}

function poolingFault(layer: number, flattener: string | undefined): LayerFault {
  const code = 'pooling-after-flatten';
  return flattener === undefined
    ? {
        code,
        layer,
        found: '`global_average_pooling` needs an image, but the output of the base is a vector',
        remedy: 'remove it',
      }
    : {
        code,
        layer,
        found: `\`global_average_pooling\` comes after \`${flattener}\`, which leaves no image to pool`,
        remedy: 'remove one of the two',
      };
}

function nameOf(layer: HeadLayer): string {
  return onlyMember(layer).kind;
}
