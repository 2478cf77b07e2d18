/** Where fields come from: a place in the file, or a `--set` of the command line. */
import type { Problem } from '../core/problem.js';
import type { FieldPath } from './values.js';
import type { ParsedYaml, Part } from './yaml.js';

/** A field that was set on the command line. */
export interface Override {
  readonly path: FieldPath;
  /** As it was given, `stages.train.epochs=10`. */
  readonly text: string;
}

export interface Places {
  /** What a problem at a field says of its place: one of the two. */
  at(path: FieldPath, part?: Part): Pick<Problem, 'position' | 'where'>;
  /** The same within a sentence that is about another place: `line 12`. */
  mention(path: FieldPath, part?: Part): string;
}

/** A field at or below an overridden one comes from the last override of it; all others from the file. */
export function placesOf(source: ParsedYaml, overrides: readonly Override[]): Places {
  const overrideOf = (path: FieldPath) => overrides.findLast((override) => startsWith(path, override.path));
  return {
    at: (path, part) => {
      const override = overrideOf(path);
      return override === undefined ? { position: source.locate(path, part) } : { where: whereOf(override.text) };
    },
    mention: (path, part) => {
      const override = overrideOf(path);
      return override === undefined ? `line ${source.locate(path, part).line}` : whereOf(override.text);
    },
  };
}

export function whereOf(text: string): string {
  return `--set ${text}`;
}

/** Whether a field is another one, or lies below it. */
export function startsWith(path: FieldPath, beginning: FieldPath): boolean {
  return beginning.length <= path.length && beginning.every((key, index) => String(key) === String(path[index]));
}
