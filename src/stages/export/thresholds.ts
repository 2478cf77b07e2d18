/** The thresholds that go with a model whose images have any number of classes. */
import { canonical } from '../../core/canonical.js';
import { own } from '../../core/own.js';
import { failure } from '../../core/problem.js';
import type { TrainedDocument } from '../../model/document.js';
import { DEFAULT_THRESHOLD } from '../../core/task.js';
import type { MultilabelClassMetrics } from '../../model/multilabel-results.js';
import type { EvaluationMetrics } from '../../model/results.js';

/**
 * One threshold per class, as the evaluations used them, or 0.5 without an evaluation; undefined for a model that gives
 * an image one class. Throws `invalid` if evaluations used different ones.
 */
export function thresholdsOf(
  { task, classes }: Pick<TrainedDocument, 'task' | 'classes'>,
  evaluations: readonly EvaluationMetrics[],
): readonly number[] | undefined {
  if (task === undefined) return undefined;
  const used = evaluations.flatMap((metrics) => {
    const rows = classes.map((name) => own<MultilabelClassMetrics>(thresholded(metrics), name)?.threshold);
    const known = rows.filter((threshold) => threshold !== undefined);
    return known.length === classes.length ? [known] : [];
  });
  const [first = classes.map(() => DEFAULT_THRESHOLD), ...others] = used;
  const other = others.find((thresholds) => canonical(thresholds) !== canonical(first));
  if (other === undefined) return first;
  throw failure('invalid', {
    code: 'thresholds-differ',
    found: `the evaluations of this model use different thresholds (${first.join(', ')} and ${other.join(', ')}), but a model is exported with one per class`,
    expected: 'the same `threshold` in all evaluate stages of a model',
    remedy: 'write the same `threshold` in each, such as `threshold: f1`',
  });
}

function thresholded(metrics: EvaluationMetrics): Readonly<Record<string, MultilabelClassMetrics>> {
  return metrics.task === 'multilabel' ? metrics.per_class : {};
}
