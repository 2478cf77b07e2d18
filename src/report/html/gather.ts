/** Gathers all that the page of a run shows: its record, and what the store and the disk still hold of its results. */
import type { ActionKey } from '../../core/digest.js';
import type { RecordedNode } from '../../core/run-record.js';
import type { ImageSpec } from '../../image/dataset.js';
import type { Detailed, Report } from './page.js';
import type { Made } from './provenance.js';
import { rankedEvaluations, readEvaluation, worstFirst } from '../results/evaluations.js';
import { outcomeOf, valueOf, type RunResults } from '../results/kept.js';
import { Pictures, type FolderOf } from '../results/pictures.js';
import { readData, readTraining } from '../results/training.js';

/** The evaluations that are shown in full; of a sweep the best ones. */
const MOST_DETAILED = 3;
/** The mistakes that are shown of each evaluation. */
const MOST_MISTAKES = 24;
/** Pictures that are shown even where there are fewer mistakes. */
const LEAST_PICTURES = 6;

export interface ReportSources extends RunResults {
  readonly state: Report['state'];
  readonly readMade: (key: ActionKey) => Promise<Made | undefined>;
  readonly folderOf: FolderOf;
}

export async function gatherReport(sources: ReportSources): Promise<Report> {
  const { run, state, end, folderOf } = sources;
  const inRun = (kind: string): RecordedNode[] =>
    run.graph.filter((node) => node.kind === kind && end?.stages.some(({ name }) => name === node.name));
  const ranked = rankedEvaluations(sources);
  const pictures = new Pictures(folderOf);
  const detailed: Detailed[] = [];
  // One after another, because the pictures share what room there is.
  for (const node of ranked.slice(0, MOST_DETAILED)) detailed.push(await detail(sources, node, pictures));
  const shown = new Set(detailed.map(({ training }) => training?.node.name));
  // Of a sweep there are as many as variants: those of the best are enough, with what they go on from.
  const others = ranked.length > MOST_DETAILED ? comeBefore(run.graph, shown) : inRun('train');
  const trainings = others.filter(({ name }) => !shown.has(name)).slice(0, MOST_DETAILED);
  return {
    run,
    state,
    end,
    ranked,
    detailed,
    trainings: await Promise.all(trainings.map((node) => readTraining(sources, node))),
    data: await Promise.all(inRun('ingest').map((node) => readData(sources, node))),
    made: await readAllMade(sources),
  };
}

/** The trainings that others go on from. */
function comeBefore(graph: readonly RecordedNode[], names: ReadonlySet<string | undefined>): RecordedNode[] {
  const from = new Set(graph.filter(({ name }) => names.has(name)).map(({ reads }) => reads.from));
  return graph.filter(({ name }) => from.has(name));
}

async function detail(sources: ReportSources, node: RecordedNode, pictures: Pictures): Promise<Detailed> {
  const evaluation = await readEvaluation(sources, node);
  const trained = sources.run.graph.find(({ name, kind }) => name === node.reads.model && kind === 'train');
  const training = trained && (await readTraining(sources, trained));
  const rows = worstFirst(valueOf(evaluation.predictions)?.rows ?? []);
  const wrong = rows.filter(({ label, predicted }) => label !== predicted).length;
  const files = valueOf(evaluation.files);
  const orientation = orientationOf(sources, node);
  const looked: Detailed['looked'][number][] = [];
  for (const row of rows.slice(0, Math.min(MOST_MISTAKES, Math.max(wrong, LEAST_PICTURES)))) {
    const picture =
      files === undefined ? ({ state: 'gone' } as const) : await pictures.show(row.digest, files, orientation);
    looked.push({ row, files: files?.paths[row.digest] ?? [], picture });
  }
  return { evaluation, training, looked };
}

/** How the ingest that a stage's pictures come from was told to turn them. */
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
