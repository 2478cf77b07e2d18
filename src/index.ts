/** The tool as a library: load a pipeline, plan it, run it, and predict with an exported model. */
import { resolve } from 'node:path';
import { loadChecked, openFor, type PipelineOptions } from './runner/open.js';
import { select, type SelectionOptions } from './runner/selection.js';
import type { Pipeline } from './config/pipeline.js';
import type { RunEvent } from './core/event.js';
import { packageVersion } from './core/package.js';
import type { AnswerLine } from './core/prediction.js';
import type { DeviceChoice, EngineChoice } from './core/schema-types.js';
import { execute } from './runner/execute.js';
import type { RunResult } from './runner/outcome.js';
import { recoverModel } from './runner/checkout/swap.js';
import { plan as planSession, type Decision } from './runner/plan.js';
import { stages } from './stages/index.js';

const version = packageVersion();

export interface LoadOptions extends PipelineOptions {
  /** Where relative paths start from; the current folder when left out. */
  readonly cwd?: string;
}

export interface RunOptions extends SelectionOptions {
  /** Only these stages and what they need; all when left out. */
  readonly stages?: readonly string[];
  /** Stages that run at the same time; 2 when left out. */
  readonly jobs?: number;
  /** Do not use the network. */
  readonly offline?: boolean;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

export interface StagePlan {
  readonly name: string;
  readonly kind: string;
  readonly state: Decision['state'];
  readonly reason: string;
}

/** Loads and checks a pipeline file. Rejects with a {@link PipelineError} that holds all problems. */
export function load(file: string, options: LoadOptions = {}): Promise<Pipeline> {
  return loadChecked(file, options, options.cwd ?? process.cwd());
}

/** Shows what a run would do and why. Nothing runs. */
export async function plan(pipeline: Pipeline): Promise<StagePlan[]> {
  const session = await openFor(pipeline, { stages, version }, () => undefined);
  const planned = await planSession(session);
  return planned.map(({ node, decision }) => ({
    name: node.stage.name,
    kind: node.stage.kind,
    state: decision.state,
    reason: decision.reason,
  }));
}

/**
 * Runs a pipeline: only what changed is done again. Failures of stages are in the result. Rejects with a PipelineError
 * before anything runs if a stage lacks something or could not write its files in the end.
 */
export async function run(pipeline: Pipeline, options: RunOptions = {}): Promise<RunResult> {
  const { onEvent = () => undefined, signal = new AbortController().signal, jobs = 2 } = options;
  const session = await openFor(pipeline, { stages, version }, onEvent, options);
  const selection = select(session.graph, options.stages ?? [], options);
  return execute(session, { ...selection, jobs, signal });
}

export interface PredictOptions {
  /** Where relative paths start from; the current folder when left out. */
  readonly cwd?: string;
  /** `auto`, the default, `onnx` or `tfjs`. */
  readonly engine?: EngineChoice;
  /** What the engine onnx computes on: `cpu`, the default, `auto` or a device, such as `webgpu`. */
  readonly device?: DeviceChoice;
  readonly signal?: AbortSignal;
}

/** An image's bytes, and what its answer calls it. */
export interface ImageBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Predicts images, given as paths of files or as bytes, with an exported model: its folder, or its `model.json`.
 * Answers come in the order of the images, as they are ready; one that cannot be read has an `error`, and the others
 * continue. Rejects with a {@link PipelineError} if the model is not there (`invalid`), damaged (`bad-data`) or unsafe,
 * and if the signal aborts.
 *
 *     for await (const answer of predict('models/pets', ['cat.jpg'])) {
 *       if ('error' in answer) continue;
 *       console.log(answer.file, answer.class, answer.scores);
 *     }
 */
export async function* predict(
  model: string,
  images: readonly (string | ImageBytes)[],
  options: PredictOptions = {},
): AsyncGenerator<AnswerLine, void, undefined> {
  const { cwd = process.cwd(), engine, device, signal } = options;
  const { openModel, lineOf } = await import('./predict/index.js');
  const path = resolve(cwd, model);
  await recoverModel(path);
  const { predictor } = await openModel(path, engine, { device, signal });
  const inputs = images.map((image) =>
    typeof image === 'string'
      ? { name: image, from: { path: resolve(cwd, image) } }
      : { name: image.name, from: { bytes: image.bytes } },
  );
  try {
    for await (const answer of predictor.predict(inputs, signal)) yield lineOf(answer)!;
  } finally {
    await predictor.close();
  }
}

export { PipelineError } from './core/problem.js';
export type { Problem, FailureCategory } from './core/problem.js';
export type { AnswerLine, ErrorLine, PredictionLine } from './core/prediction.js';
export type { RunEvent, StageSummary } from './core/event.js';
export type { RunResult } from './runner/outcome.js';
export type { Pipeline } from './config/pipeline.js';
