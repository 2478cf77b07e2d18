/** The findings of doctor about a pipeline itself: its warnings, and why a run would fail. */
import type { Finding } from '../core/finding.js';
import { isNotFetchedYet, type FailureCategory, type Problem } from '../core/problem.js';
import { destinationFailures } from '../runner/checkout/destinations.js';
import type { Session } from '../runner/session.js';

const abouts: Readonly<Partial<Record<FailureCategory, Finding['about']>>> = {
  invalid: 'pipeline',
  'bad-data': 'data',
};

/** Skips stages with an `inspect`, which reports problems of their inputs itself. Throws errors about neither pipeline nor data. */
export async function findingsAhead(session: Session): Promise<Finding[]> {
  const warnings = session.pipeline.warnings.map((problem) => findingOf(problem, 'warning', 'pipeline', session));
  const { failuresAhead } = await import('../runner/preview/failures.js');
  const errors: Finding[] = [];
  for (const { node, error } of await failuresAhead(session)) {
    if (node.definition.inspect !== undefined || error.problems.some(isNotFetchedYet)) continue;
    const about = abouts[error.category];
    if (about === undefined) throw error;
    errors.push(...error.problems.map((problem) => findingOf(problem, 'error', about, session, node.stage.name)));
  }
  for (const { category, problems } of await destinationFailures(session.graph.nodes, session.project)) {
    const about = category === 'input-output' ? 'machine' : 'pipeline';
    errors.push(...problems.map((problem) => findingOf(problem, 'error', about, session)));
  }
  // Variants of a stage fail alike; report each failure once.
  const all = [...errors, ...warnings];
  return all.filter(({ text }, index) => all.findIndex((other) => other.text === text) === index);
}

function findingOf(
  { code, position, where, found, expected, remedy }: Problem,
  level: Finding['level'],
  about: Finding['about'],
  { project }: Session,
  stage = '',
): Finding {
  const place =
    position === undefined
      ? [stage, where === stage ? undefined : where]
      : [`${project.display(position.file)}:${position.line}:${position.column}`];
  const text = `${[...place, found].filter(Boolean).join(': ')}${expected === undefined ? '' : `; expected ${expected}`}`;
  return { level, about, code, text, remedy };
}
