/** Which labels belong to which class, as `classes` and `ignore` of an ingest stage say. */
import { compareCodePoints } from './canonical.js';
import { classNameOf } from './class-layout.js';
import type { IngestConfig } from './schema-types.js';

/** A label that the pipeline names. */
export interface NamedLabel {
  readonly label: string;
  readonly className: string;
  /** Where it is written, below the stage. */
  readonly field: readonly (string | number)[];
}

export interface ClassNames {
  /** In the order of the model's outputs; undefined if every label is a class. */
  readonly names: readonly string[] | undefined;
  /** The labels of `classes`. */
  readonly labels: readonly NamedLabel[];
  /** The class of a label; undefined if its images are left out. */
  of(label: string): string | undefined;
}

export function classNamesOf({ classes, ignore }: Pick<IngestConfig, 'classes' | 'ignore'>): ClassNames {
  const ignored = new Set(ignore?.map(classNameOf));
  const labels = namedLabels(classes);
  if (classes === undefined)
    return {
      names: undefined,
      labels,
      of: (label) => (ignored.has(classNameOf(label)) ? undefined : classNameOf(label)),
    };
  const byLabel = new Map(labels.map(({ label, className }) => [label, className]));
  const names = [...new Set(labels.map(({ className }) => className))];
  return {
    // The order of a mapping means nothing, so that it is in no key either.
    names: Array.isArray(classes) ? names : names.sort(compareCodePoints),
    labels,
    of: (label) => (ignored.has(classNameOf(label)) ? undefined : byLabel.get(classNameOf(label))),
  };
}

function namedLabels(classes: IngestConfig['classes']): NamedLabel[] {
  if (classes === undefined) return [];
  if (Array.isArray(classes))
    return classes.map((name, index) => ({
      label: classNameOf(name),
      className: classNameOf(name),
      field: ['classes', index],
    }));
  return Object.entries(classes).flatMap(([name, labels]) =>
    typeof labels === 'string'
      ? [{ label: classNameOf(labels), className: classNameOf(name), field: ['classes', name] }]
      : labels.map((label, index) => ({
          label: classNameOf(label),
          className: classNameOf(name),
          field: ['classes', name, index],
        })),
  );
}
