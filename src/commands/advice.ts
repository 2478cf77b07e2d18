/** Adapts the advice of findings to the pipeline: what it already does is not advised. */
import { trainings } from '../config/lint/lineage.js';
import type { Stage } from '../config/pipeline.js';
import type { Finding } from '../core/finding.js';
import { nameList } from '../core/text/names.js';

/** The finding about the images of an ingest stage, as shown for this pipeline. */
export function adviseFor(finding: Finding, ingest: string, stages: readonly Stage[]): Finding {
  if (finding.code !== 'class-imbalance') return finding;
  const trained = trainings(stages)
    .filter((training) => training.ingest?.name === ingest)
    .map(({ train }) => train);
  const unweighted = trained.filter(({ config }) => config.class_weight === undefined).map(({ name }) => name);
  if (trained.length === 0) return { ...finding, remedy: 'add images of the smaller class' };
  if (unweighted.length > 0)
    return { ...finding, remedy: `set \`class_weight: balanced\` in ${nameList(unweighted)}, or add images` };
  return { ...finding, level: 'note', text: `${finding.text}; \`class_weight\` compensates for it`, remedy: undefined };
}
