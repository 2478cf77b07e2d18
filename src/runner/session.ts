/** What planning and execution share: the pipeline, its graph, the store, the memory of this checkout. */
import type { Pipeline } from '../config/pipeline.js';
import type { Emit } from '../core/event.js';
import { asPipelineError } from '../core/problem.js';
import type { Inputs, Outputs, Probe, ReferenceField, Settings, Survey, SurveyContext } from '../core/stage.js';
import type { Store } from '../store/store.js';
import { Checkout } from './checkout.js';
import { FeatureSets } from './feature-sets.js';
import { buildGraph, type Node, type StageGraph, type StageTable } from './graph.js';
import { projectOf, type Project } from './project.js';

export interface Session {
  readonly pipeline: Pipeline;
  readonly project: Project;
  readonly graph: StageGraph;
  readonly settings: Settings;
  readonly store: Store;
  readonly checkout: Checkout;
  /** Features that its stages share; `execute` closes them. */
  readonly features: FeatureSets;
  readonly emit: Emit;
  /** Texts that are said once a run, whichever stage says them first. */
  readonly said: Set<string>;
  /** What a stage finds outside the pipeline; looked up once a session. */
  survey(node: Node): Promise<Survey | undefined>;
}

export async function openSession(pipeline: Pipeline, table: StageTable, openStore: (root: string) => Promise<Store>, emit: Emit): Promise<Session> {
  const project = projectOf(pipeline);
  const [store, checkout] = await Promise.all([openStore(project.store), Checkout.open(project.checkout)]);
  const settings: Settings = { engine: pipeline.engine, featureType: pipeline.features.dtype };
  const surveys = new Map<string, Promise<Survey | undefined>>();
  return {
    pipeline,
    project,
    graph: buildGraph(pipeline, table),
    settings,
    store,
    checkout,
    features: new FeatureSets((key, preimage, rowLength) => store.openFeatures(key, preimage, rowLength, settings.featureType)),
    emit,
    said: new Set(),
    survey: (node) => {
      const { name } = node.stage;
      if (!surveys.has(name)) surveys.set(name, surveyStage(node, project, store, emit));
      return surveys.get(name)!;
    },
  };
}

async function surveyStage(node: Node, project: Project, store: Store, emit: Emit): Promise<Survey | undefined> {
  const { stage, definition } = node;
  if (definition.survey === undefined) return undefined;
  const context: SurveyContext = {
    name: stage.name,
    config: stage.config,
    resolvePath: project.resolvePath,
    digestFolder: (root: string, probe: Probe) => store.digestFolder(root, probe),
    digestFile: (path: string) => store.digestFile(path),
    note: (code, text) => emit({ event: 'note', stage: stage.name, code, text }),
  };
  try {
    return await definition.survey(context);
  } catch (error) {
    throw asPipelineError(error, stage.name);
  }
}

/** The outputs that a stage reads, from those of the stages before it. */
export function inputsOf(node: Node, outputs: (stage: string) => Outputs): Inputs {
  const inputs: { [Field in ReferenceField]?: Outputs } = {};
  for (const [field, name] of Object.entries(node.stage.references)) inputs[field as ReferenceField] = outputs(name);
  return node.gates.length === 0 ? inputs : { ...inputs, gates: node.gates.map(outputs) };
}
