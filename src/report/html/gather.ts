/** Collects the contents of a report: the record of the run, and the results still in the store and on disk. */
import type { ActionKey } from '../../core/digest.js';
import type { RecordedNode } from '../../core/run-record.js';
import type { ImageSpec } from '../../image/dataset.js';
import { isRight } from '../../model/predicted-row.js';
import type { Folds } from './folds.js';
import type { Detailed, Report } from './page.js';
import type { Made } from './provenance.js';
import { rankedEvaluations, readEvaluation, worstFirst, type Evaluation } from '../results/evaluations.js';
import { foldTrainings, monitorsHeldOut } from '../results/folds.js';
import { outcomeOf, valueOf, type RunResults } from '../results/kept.js';
import { Thumbnails, type ReadShown } from '../results/thumbnails.js';
import { verdictOf } from '../verdict/verdict.js';
import { readData, readTraining } from '../results/training.js';

/** Evaluations shown in detail, best first. */
const MOST_DETAILED = 3;
/** Mistakes shown of each evaluation. */
const MOST_MISTAKES = 24;
/** Images shown even if there are fewer mistakes. */
const MIN_IMAGES = 6;

export interface ReportSources extends RunResults {
  readonly state: Report['state'];
  readonly readMade: (key: ActionKey) => Promise<Made | undefined>;
  readonly readImage: ReadShown;
}

export async function gatherReport(sources: ReportSources): Promise<Report> {
  const { run, state, end, readImage } = sources;
  const inRun = (kind: string): RecordedNode[] =>
    run.graph.filter(
      (node) => node.kind === kind && node.fold === undefined && end?.stages.some(({ name }) => name === node.name),
    );
  const ranked = rankedEvaluations(sources);
  const thumbnails = new Thumbnails(readImage);
  const detailed: Detailed[] = [];
  // One after another, because the images share the size limit.
  for (const node of ranked.slice(0, MOST_DETAILED)) detailed.push(await detail(sources, node, thumbnails));
  const shown = new Set(detailed.map(({ training }) => training?.node.name));
  // A sweep has as many trainings as variants: show only those of the best, and the ones they continue.
  const isTrained = ({ name }: RecordedNode): boolean => {
    const { outputs } = outcomeOf(sources, name) ?? {};
    // An ensemble is made of trainings.
    return outputs === undefined || outputs.history !== undefined;
  };
  const others = ranked.length > MOST_DETAILED ? continuedBy(run.graph, shown) : inRun('train');
  const trainings = others.filter((node) => !shown.has(node.name) && isTrained(node)).slice(0, MOST_DETAILED);
  return {
    run,
    state,
    end,
    verdict: await verdictOf(sources),
    ranked,
    detailed,
    trainings: await Promise.all(trainings.map((node) => readTraining(sources, node))),
    data: await Promise.all(inRun('ingest').map((node) => readData(sources, node))),
    made: await readAllMade(sources),
  };
}

/** The trainings that others continue. */
function continuedBy(graph: readonly RecordedNode[], names: ReadonlySet<string | undefined>): RecordedNode[] {
  const from = new Set(graph.filter(({ name }) => names.has(name)).map(({ reads }) => reads.from));
  return graph.filter(({ name }) => from.has(name));
}

async function detail(sources: ReportSources, node: RecordedNode, thumbnails: Thumbnails): Promise<Detailed> {
  const evaluation = await readEvaluation(sources, node);
  const trained = sources.run.graph.find(({ name, kind }) => name === node.reads.model && kind === 'train');
  const training = trained && (await readTraining(sources, trained));
  const rows = worstFirst(valueOf(evaluation.predictions)?.rows ?? []);
  const wrong = rows.filter((row) => !isRight(row)).length;
  const files = valueOf(evaluation.files);
  const orientation = orientationOf(sources, node);
  const examples: Detailed['examples'][number][] = [];
  for (const row of rows.slice(0, Math.min(MOST_MISTAKES, Math.max(wrong, MIN_IMAGES)))) {
    const image =
      files === undefined ? ({ state: 'gone' } as const) : await thumbnails.show(row.digest, files, orientation);
    examples.push({ row, files: files?.paths[row.digest] ?? [], image });
  }
  return { evaluation, training, folds: await foldsOf(sources, evaluation), examples };
}

async function foldsOf(sources: ReportSources, { node, figures }: Evaluation): Promise<Folds | undefined> {
  // An evaluation may read folds only for its thresholds.
  if (valueOf(figures)?.folds === undefined) return undefined;
  const trainings = await foldTrainings(sources, node);
  return { trainings, monitored: trainings.some((one) => one !== undefined && monitorsHeldOut(sources, one)) };
}

/** The `orientation` of the ingest stage that a stage's images come from. */
function orientationOf(sources: ReportSources, stage: RecordedNode): ImageSpec['orientation'] {
  const { graph } = sources.run;
  let node: RecordedNode | undefined = stage;
  while (node !== undefined && node.kind !== 'ingest') {
    const { data }: RecordedNode['reads'] = node.reads;
    node = graph.find(({ name }) => name === data);
  }
  const preimage =
    node && (outcomeOf(sources, node.name)?.preimage as { config?: { image?: Partial<ImageSpec> } } | undefined);
  return preimage?.config?.image?.orientation === 'stored' ? 'stored' : 'exif';
}

async function readAllMade({ end, readMade }: ReportSources): Promise<Map<string, Made>> {
  const made = new Map<string, Made>();
  for (const { name, key } of end?.stages ?? []) {
    const record = key && (await readMade(key));
    if (record !== undefined) made.set(name, record);
  }
  return made;
}
