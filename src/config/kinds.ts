/** What kind a stage is: its `uses`, or its name if that is a kind. */
import type { Problem } from '../core/problem.js';
import { type StageKind, stageKinds } from '../core/schema-types.js';
import type { Locator } from './locator.js';
import { isMapping } from './values.js';
import { isStageKind } from './schemas.js';
import { didYouMean, listed, showValue } from './words.js';

export function kindOf(name: string, stage: unknown): StageKind | undefined {
  const uses = isMapping(stage) ? stage.uses : undefined;
  // A `uses` that is not text is left to the schema of the kind in the stage's name, which reports what is expected.
  const kind = typeof uses === 'string' ? uses : name;
  return isStageKind(kind) ? kind : undefined;
}

/** Says that a stage's kind is unknown, by its `uses` or by its name. */
export function unknownKind(name: string, stage: unknown, locator: Locator): Problem {
  const expected = `one of the kinds ${listed(stageKinds, 'or')}`;
  const uses = isMapping(stage) ? stage.uses : undefined;
  if (uses !== undefined) {
    const found = `\`uses\` of the stage \`${name}\` is ${showValue(uses)}, which is not a kind of stage`;
    const remedy = typeof uses === 'string' ? didYouMean(uses, stageKinds) : undefined;
    return { code: 'unknown-kind', ...locator.at(['stages', name, 'uses']), found, expected, remedy };
  }
  return {
    code: 'unknown-kind',
    ...locator.at(['stages', name], 'key'),
    found: `\`${name}\` is not a kind of stage`,
    expected: `${expected}, or another name with \`uses:\` and the kind`,
    remedy: didYouMean(name, stageKinds) ?? `add \`uses:\` with the kind below \`${name}:\``,
  };
}
