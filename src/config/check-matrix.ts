/** Checks a pipeline at every combination of its matrix, and reports each problem once. */
import type { Problem } from '../core/problem.js';
import { check, type Checked, type Surroundings } from './check.js';
import { type Axis, type Combination, combinationsOf, movesOf, pipelineAt } from './matrix.js';
import type { Locator } from './locator.js';
import type { Mapping } from './values.js';
import { expand, type Expansion } from './variants.js';

export interface CheckedMatrix extends Omit<Checked, 'stages'>, Expansion {}

/**
 * Checks the pipeline as it would be without a matrix and with the values of each combination: a variant is valid, and
 * means, what that pipeline would be and mean. Fills in defaults in place if there are no axes.
 */
export function checkCombinations(
  pipeline: Mapping,
  axes: readonly Axis[],
  locator: Locator,
  around: Surroundings,
): CheckedMatrix {
  if (axes.length === 0) return { ...check(pipeline, locator, around), variants: new Map() };
  const written = check(pipelineAt(pipeline, []), locator, around);
  const combined: (Checked & { combination: Combination })[] = [];
  for (const combination of combinationsOf(axes)) {
    combined.push({
      combination,
      ...check(pipelineAt(pipeline, combination), locator.moving(movesOf(combination)), around),
    });
  }
  const problems = problemsOf(written, combined, locator);
  if (problems.length > 0) return { project: written.project, stages: [], variants: new Map(), problems, warnings: [] };
  const warnings = distinct(combined.flatMap((checked) => checked.warnings));
  return { project: written.project, problems, warnings, ...expand(axes, combined) };
}

/** The problems without duplicates: two are the same if their texts and places are. */
function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [identity(problem), problem])).values()];
}

function identity({ code, where, position, found }: Problem): string {
  return JSON.stringify([code, where, position?.line, position?.column, found]);
}

/**
 * Problems of the combinations. One that the file has without the matrix too, or that is at a value of the
 * matrix, is reported as it is. Any other names its variant, because the place does not show it.
 */
function problemsOf(
  written: Checked,
  combined: readonly (Checked & { combination: Combination })[],
  locator: Locator,
): Problem[] {
  const reported = new Map<string, Problem>();
  const known = new Set(written.problems.map(identity));
  for (const { combination, problems } of combined) {
    const values = combination.map(({ axis, index }) => locator.at(['matrix', axis.name, 'values', index]));
    for (const problem of problems) {
      const id = identity(problem);
      if (reported.has(id)) continue;
      const atValue = values.some(({ position, where }) =>
        position === undefined
          ? where === problem.where
          : position.line === problem.position?.line && position.column === problem.position.column,
      );
      reported.set(
        id,
        known.has(id) || atValue
          ? problem
          : { ...problem, found: `with ${showCombination(combination)}, ${problem.found}` },
      );
    }
  }
  return [...reported.values()];
}

/** `units 64 and rate 0.001` */
function showCombination(combination: Combination): string {
  return combination.map(({ axis, index }) => `\`${axis.name}\` ${axis.values[index]}`).join(' and ');
}
