/** Pipelines written into a folder of their own, and what loading them says. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { PipelineError } from '../../src/core/problem.js';
import { type LoadOptions, loadPipeline } from '../../src/config/load.js';
import type { Pipeline, Stage } from '../../src/config/pipeline.js';
import { formatProblems } from '../../src/report/problems.js';

export interface TestProject {
  readonly root: string;
  write(name: string, content: string | Uint8Array): Promise<string>;
  load(yaml: string | Uint8Array, options?: LoadOptions): Promise<Pipeline>;
  /** Loads what must be refused. */
  refuse(yaml: string | Uint8Array, options?: LoadOptions): Promise<PipelineError>;
  /** The refusal as people see it, with paths from the project's folder. */
  complaint(yaml: string | Uint8Array, options?: LoadOptions): Promise<string>;
}

/** A project in a temporary folder for the tests of one file. */
export function testProject(): TestProject {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'pipeline-config-'));
  });
  afterAll(() => rm(root, { recursive: true }));
  const project: TestProject = {
    get root() {
      return root;
    },
    write: async (name, content) => {
      const path = join(root, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    load: async (yaml, options) => loadPipeline(await project.write('pets.yaml', yaml), { cwd: root, ...options }),
    refuse: async (yaml, options) => {
      const thrown: unknown = await project.load(yaml, options).catch((error: unknown) => error);
      if (thrown instanceof PipelineError) return thrown;
      if (thrown instanceof Error) throw thrown;
      throw new Error('the pipeline was taken');
    },
    complaint: async (yaml, options) => {
      const { problems } = await project.refuse(yaml, options);
      return formatProblems(problems, { color: false, width: () => 120, cwd: root });
    },
  };
  return project;
}

export function stageOf(pipeline: Pipeline, name: string): Stage {
  const stage = pipeline.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`no stage ${name}`);
  return stage;
}

/** A whole pipeline that is valid, in which tests change lines. */
export const petsYaml = `version: 1
stages:
  ingest:
    source: pictures
  augment:
    data: ingest
    rescale: 1/255
    zoom_range: 0.2
  load-base:
    architecture: vgg16
    weights: weights/model.json
  freeze:
    layers: all
  build-head:
    base: freeze
    layers:
      - flatten
      - dense: {units: 256, activation: relu}
      - dropout: {rate: 0.5}
      - dense: {units: 1, activation: sigmoid}
  train:
    data: augment
    optimizer: adam
    loss: binary_crossentropy
    epochs: 5
  evaluate: {}
  export:
    to: models/pets
`;

/** A copy of a text with one part of it changed, which has to be there. */
export function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`no ${JSON.stringify(from)} in the text`);
  return text.replace(from, () => to);
}
