/** Rules about heads: layers in an order that works, an ending that gives probabilities, and a loss that fits it. */
import { onlyMember } from '../../core/only-member.js';
import type { Problem } from '../../core/problem.js';
import type { HeadLayer } from '../../core/schema-types.js';
import type { FieldPath } from '../values.js';
import type { Stage } from '../pipeline.js';
import { type LintContext, nearestOf, stagesOf, trainings } from './lineage.js';

/** How a head ends. `units` is undefined where no dense layer says it. */
export type Ending =
  | { readonly kind: 'classifier' }
  | { readonly kind: 'other' }
  | { readonly kind: 'sigmoid' | 'softmax'; readonly units: number | undefined; readonly denseAt: number | undefined };

/** The last layer decides, with the last dense layer before it where it is an activation of its own. */
export function endingOf(layers: readonly HeadLayer[]): Ending {
  const last = layers[layers.length - 1];
  if (last.classifier !== undefined) return { kind: 'classifier' };
  const activation = last.dense?.activation ?? last.activation?.function;
  if (activation !== 'sigmoid' && activation !== 'softmax') return { kind: 'other' };
  const denseAt = layers.findLastIndex((layer) => layer.dense !== undefined);
  return { kind: activation, units: layers[denseAt]?.dense?.units, denseAt: denseAt < 0 ? undefined : denseAt };
}

function nameOf(layer: HeadLayer): string {
  return onlyMember(layer).kind;
}

export function pathOfLayer(head: Stage<'build-head'>, index: number): FieldPath {
  return ['stages', head.name, 'layers', index];
}

/** Whether the base's output is known to be an image: a foreign model may end in a pooling of its own. */
function hasImageOutput(context: LintContext, head: Stage<'build-head'>): boolean {
  const base = nearestOf(context.stages, head, 'base', 'load-base');
  return base !== undefined && base.config.architecture !== 'layers_model';
}

/** Each layer has to be able to take what the one before it gives. */
export function layerOrder(context: LintContext): Problem[] {
  return stagesOf(context.stages, 'build-head').flatMap((head) => {
    const { layers } = head.config;
    const at = (index: number) => context.locator.at(pathOfLayer(head, index));
    const flatAt = layers.findIndex(
      (layer) => layer.flatten !== undefined || layer.global_average_pooling !== undefined,
    );
    const denseAt = layers.findIndex((layer) => layer.dense !== undefined || layer.classifier !== undefined);
    const problems: Problem[] = [];
    if (denseAt >= 0 && (flatAt < 0 || denseAt < flatAt) && hasImageOutput(context, head)) {
      const found = `\`${nameOf(layers[denseAt])}\` stands directly on the image-shaped output of the base`;
      const expected = '`flatten` or `global_average_pooling` before it';
      const remedy = 'add `- global_average_pooling` before this layer';
      problems.push({ code: 'dense-on-image', ...at(denseAt), found, expected, remedy });
    }
    const poolingAt = layers.findLastIndex((layer) => layer.global_average_pooling !== undefined);
    if (poolingAt > flatAt) {
      const found = `\`global_average_pooling\` comes after \`${nameOf(layers[flatAt])}\`, which leaves no image to pool`;
      problems.push({ code: 'pooling-after-flatten', ...at(poolingAt), found, remedy: 'take one of the two away' });
    }
    const classifierAt = layers.findIndex((layer) => layer.classifier !== undefined);
    if (classifierAt >= 0 && classifierAt < layers.length - 1) {
      const found = `\`${nameOf(layers[classifierAt + 1])}\` comes after \`classifier\``;
      const expected = '`classifier` as the last layer: it gives the probabilities of the classes';
      problems.push({ code: 'classifier-not-last', ...at(classifierAt), found, expected });
    }
    return problems;
  });
}

const unitsThatFit = {
  expected: 'one sigmoid unit for two classes, or a softmax unit for each',
  remedy: 'write `classifier` instead: it fits the classes',
};

/** A head ends in probabilities: one sigmoid unit, or a softmax of several. */
export function headEnding({ stages, locator }: LintContext): Problem[] {
  return stagesOf(stages, 'build-head').flatMap((head): Problem[] => {
    const { layers } = head.config;
    const last = layers.length - 1;
    const ending = endingOf(layers);
    // A misplaced classifier is told of already.
    if (ending.kind === 'classifier' || layers.some((layer) => layer.classifier !== undefined)) return [];
    if (ending.kind === 'other') {
      const found = `the head ends in \`${nameOf(layers[last])}\`, which gives no probabilities`;
      const expected = '`classifier` as the last layer, or a dense layer with the activation `sigmoid` or `softmax`';
      const remedy = 'add `- classifier` at the end';
      return [{ code: 'no-probabilities', ...locator.at(pathOfLayer(head, last)), found, expected, remedy }];
    }
    const place = locator.at(pathOfLayer(head, ending.denseAt ?? last));
    if (ending.kind === 'softmax' && ending.units === 1) {
      const found = 'a softmax of 1 unit, which is 1 for every picture';
      return [{ code: 'softmax-of-one', ...place, found, ...unitsThatFit }];
    }
    if (ending.kind === 'sigmoid' && ending.units !== undefined && ending.units > 1) {
      const found = `${ending.units} sigmoid units, as if a picture could be of several classes at once`;
      return [{ code: 'several-sigmoids', ...place, found, ...unitsThatFit }];
    }
    return [];
  });
}

const lossOf = { sigmoid: 'binary_crossentropy', softmax: 'categorical_crossentropy' } as const;

/** A sigmoid is trained with the binary loss, a softmax with the categorical one. */
export function lossFitsHead({ stages, locator }: LintContext): Problem[] {
  return trainings(stages).flatMap(({ train, head }): Problem[] => {
    if (head === undefined || train.config.loss === 'auto') return [];
    const { kind } = endingOf(head.config.layers);
    if (kind === 'classifier' || kind === 'other' || train.config.loss === lossOf[kind]) return [];
    const line = locator.mention(pathOfLayer(head, head.config.layers.length - 1));
    return [
      {
        code: 'loss-does-not-fit',
        ...locator.at(['stages', train.name, 'loss']),
        found: `\`${train.config.loss}\` does not fit the head \`${head.name}\`, which ends in a ${kind} (${line})`,
        expected: `\`${lossOf[kind]}\`, or \`auto\`, which follows the head`,
        remedy: `write \`loss: ${lossOf[kind]}\``,
      },
    ];
  });
}
