/** What planning and execution share: the pipeline, its graph, the store, the memory of this checkout. */
import type { Pipeline } from '../config/pipeline.js';
import type { Digest } from '../core/digest.js';
import type { Emit } from '../core/event.js';
import { machineClass } from '../core/machine-class.js';
import type { BucketPlace } from '../core/image-place.js';
import { PipelineError } from '../core/problem.js';
import type {
  Inputs,
  LinkPolicy,
  Outputs,
  Probe,
  ReferenceField,
  Settings,
  Survey,
  SurveyContext,
} from '../core/stage.js';
import { nodeFs, type CacheFs } from '../store/disk/cache-fs.js';
import type { Store } from '../store/store.js';
import type { During } from './checkout/shared-file.js';
import { Buckets } from './buckets.js';
import { sourcesApart } from './separate-folders.js';
import { cachePlaceOf } from './cache-place.js';
import { Checkout } from './checkout/checkout.js';
import { recoverDestinations } from './checkout/destinations.js';
import { FeatureSets } from './feature-sets.js';
import { resolveDevice } from './device.js';
import { buildGraph, type Node, type StageGraph, type StageTable } from './graph.js';
import { learnerOf } from './learn.js';
import { lockBeside, LockFile, lockPathOf } from './checkout/lock-file.js';
import { refuseLinks } from './checkout/own-folder.js';
import { projectOf, type Project } from './checkout/project.js';
import { Rates } from './rates.js';
import { RootGuard } from './checkout/root-guard.js';
import { sharedSources, sourcesOf, type SharedSources, type SourceOptions } from './source-host.js';
import { stageError } from './stage-error.js';

export interface Session {
  readonly pipeline: Pipeline;
  readonly project: Project;
  /** Asked before anything is written into the project. */
  readonly guard: RootGuard;
  readonly graph: StageGraph;
  readonly settings: Settings;
  readonly store: Store;
  readonly checkout: Checkout;
  /** Features that its stages share; `execute` closes them. */
  readonly features: FeatureSets;
  readonly lock: LockFile;
  /** How fast this machine is. */
  readonly rates: Rates;
  /** What is the same for all stages that download files. */
  readonly sources: SharedSources;
  readonly buckets: Buckets;
  readonly emit: Emit;
  /** Images that end the process which reads them: they count as damaged. */
  readonly lethal: ReadonlySet<Digest>;
  /** Notes that are shown once per run, whichever stage shows them first. */
  readonly shownNotes: Set<string>;
  /** What a stage finds outside the pipeline; looked up once a session. */
  survey(node: Node): Promise<Survey | undefined>;
  /** The same, looked up again. */
  resurvey(node: Node): Promise<Survey | undefined>;
}

export interface SessionOptions extends SourceOptions {
  /** Buckets are read even if nothing is downloaded. */
  readonly buckets?: boolean;
  /** Results that another kind of processor has computed do not count: their last bits may differ. */
  readonly requireSameMachineClass?: boolean;
  /** Nothing is computed or planned, so the device is not looked for. */
  readonly withoutDevice?: boolean;
  /** The address of the queue, if workers do the work. */
  readonly workers?: string;
}

export async function openSession(
  pipeline: Pipeline,
  table: StageTable,
  openStore: (root: string, fs: CacheFs) => Promise<Store>,
  emit: Emit,
  options: SessionOptions = {},
): Promise<Session> {
  const project = projectOf(pipeline);
  refuseLinks(project);
  const place = cachePlaceOf(project);
  const problems = sourcesApart(pipeline, place.root);
  if (problems.length > 0) throw new PipelineError('invalid', problems);
  const guard = new RootGuard(project.home);
  const store = await openStore(place.root, guard.over(nodeFs));
  const during: During = (name, label, work) =>
    store.during(name, label, () => {
      guard.check();
      return work();
    });
  const opened = [
    Checkout.open(project.checkout, project, pipeline.file, during),
    LockFile.open(lockPathOf(pipeline), during, lockBeside(pipeline)),
  ] as const;
  const [checkout, lock] = await Promise.all(opened);
  const graph = buildGraph(pipeline, table);
  await recoverDestinations(graph.nodes, project, emit);
  const sources = sharedSources(store, options);
  const buckets = new Buckets(store, options.offline === true && options.buckets !== true);
  const device = options.withoutDevice
    ? undefined
    : await resolveDevice(pipeline, { graph, checkout, facts: store.facts, emit });
  const settings: Settings = {
    engine: pipeline.engine,
    ...(device && { device }),
    featureType: pipeline.features.dtype,
    ...(options.requireSameMachineClass === true && { machineClass: machineClass() }),
  };
  const surveys = new Map<string, Promise<Survey | undefined>>();
  const resurvey = (node: Node): Promise<Survey | undefined> => {
    const surveyed = surveyStage(node, { pipeline, project, store, lock, sources, buckets, emit });
    surveys.set(node.stage.name, surveyed);
    return surveyed;
  };
  return {
    pipeline: place.warning === undefined ? pipeline : { ...pipeline, warnings: [...pipeline.warnings, place.warning] },
    project,
    guard,
    graph,
    settings,
    store,
    checkout,
    features: new FeatureSets(settings, (...set) => store.openFeatures(...set)),
    lock,
    rates: new Rates(project.rates),
    sources,
    buckets,
    emit,
    lethal: new Set(),
    shownNotes: new Set(),
    survey: (node) => surveys.get(node.stage.name) ?? resurvey(node),
    resurvey,
  };
}

type Surveying = Pick<Session, 'pipeline' | 'project' | 'store' | 'lock' | 'sources' | 'buckets' | 'emit'>;

async function surveyStage(
  node: Node,
  { pipeline, project, store, lock, sources, buckets, emit }: Surveying,
): Promise<Survey | undefined> {
  const { stage, definition } = node;
  if (definition.survey === undefined) return undefined;
  const note = (code: string, text: string): void => emit({ event: 'note', stage: stage.name, code, text });
  const context: SurveyContext = {
    name: stage.name,
    config: stage.config,
    resolvePath: project.resolvePath,
    digestFolder: (root: string, probe: Probe, links?: LinkPolicy) =>
      store.digestFolder(root, probe, links, pipeline.remembered),
    digestFile: (path: string) => store.digestFile(path),
    digestBucket: (place: BucketPlace, probe: Probe) => buckets.digest(place, probe, note),
    bringObject: (place: BucketPlace, name: string, digest: Digest) => buckets.bring(place, name, digest),
    learn: learnerOf(store, node),
    lock: sourcesOf(stage, pipeline, project, lock, sources).lock,
    note,
  };
  try {
    return await definition.survey(context);
  } catch (error) {
    throw stageError(error, node, pipeline);
  }
}

/** The outputs that a stage reads, from those of the stages before it, as far as they are known. */
export function inputsOf(node: Node, outputs: (stage: string) => Outputs | undefined): Inputs {
  const inputs: { [Field in ReferenceField]?: Outputs } = {};
  for (const [field, name] of Object.entries(node.stage.references)) inputs[field as ReferenceField] = outputs(name);
  const known = (names: readonly string[]) => names.map(outputs).filter((one) => one !== undefined);
  return {
    ...inputs,
    ...(node.folds.length === 0 ? {} : { folds: known(node.folds) }),
    ...(node.gates.length === 0 ? {} : { gates: known(node.gates) }),
  };
}
