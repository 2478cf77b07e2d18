/** Trainings on made-up features. */
import { digestOf, type Digest } from '../../src/core/digest.js';
import type { RunEvent } from '../../src/core/event.js';
import { Random } from '../../src/core/random.js';
import type { TrainConfig } from '../../src/core/schema-types.js';
import type { Checkpoint } from '../../src/core/stage.js';
import type { TrainingProgram } from '../../src/engine/engine.js';
import { createOnnxEngine } from '../../src/engine/onnx/index.js';
import { createTfjsEngine } from '../../src/engine/tfjs/index.js';
import type { Training } from '../../src/stages/train/training.js';
import { trainEpochs, type Trained } from '../../src/stages/train/loop.js';
import { TrainingSet, type FeatureSource } from '../../src/stages/train/training-set.js';
import { denseHead, madeUpWeights } from '../model/graphs.js';

const WIDTH = 6;
export const graph = denseHead(WIDTH, 1);
export const digests = Array.from({ length: 23 }, (_, i) => digestOf(`picture ${i}`)).sort();
const labels = new Map(digests.map((digest, i) => [digest, i % 2]));

/** Features drawn from digest and view; bad images are found when a batch comes to them, as online. */
export class MadeUp implements FeatureSource {
  private readonly bad = new Set<Digest>();
  readonly kept = true;
  readonly msSpent = 0;
  constructor(
    private readonly broken: readonly Digest[] = [],
    private readonly change: (row: Float32Array) => Float32Array = (row) => row,
  ) {}

  get leftOut(): readonly Digest[] {
    return [...this.bad];
  }

  leaveOut(found: readonly Digest[]): void {
    for (const digest of found) this.bad.add(digest);
  }

  async ensure(wanted: readonly Digest[]): Promise<Digest[]> {
    return wanted.filter((digest) => !this.bad.has(digest));
  }

  async *stream(wanted: readonly Digest[], view: number, batchSize: number) {
    let batch: Digest[] = [];
    for (const [index, digest] of wanted.entries()) {
      if (this.broken.includes(digest)) this.bad.add(digest);
      else batch.push(digest);
      if (batch.length < batchSize && index < wanted.length - 1) continue;
      if (batch.length > 0) yield { digests: batch, features: this.rows(batch, view) };
      batch = [];
    }
  }

  private rows(batch: readonly Digest[], view: number): Float32Array {
    const rows = new Float32Array(batch.length * WIDTH);
    batch.forEach((digest, row) => {
      const random = Random.keyed('features', digest, view);
      rows.set(
        this.change(Float32Array.from({ length: WIDTH }, () => random.uniform(-1, 1) + labels.get(digest)!)),
        row * WIDTH,
      );
    });
    return rows;
  }

  async dispose(): Promise<void> {}
}

const plain: TrainConfig = {
  optimizer: { adam: { learning_rate: 0.05, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 } },
  loss: 'auto',
  metrics: ['accuracy'],
  batch_size: 4,
  epochs: 5,
  schedule: { constant: {} },
  warmup_epochs: 0,
  l2: 0,
};

export interface Attempt {
  readonly weights?: ReadonlyMap<Digest, number>;
  readonly config?: Partial<TrainConfig>;
  readonly program?: Partial<TrainingProgram>;
  readonly checkpoint?: Partial<Checkpoint>;
  readonly features?: FeatureSource;
  readonly signal?: AbortSignal;
  readonly events?: RunEvent[];
  readonly notes?: string[];
  readonly learningRate?: number;
  readonly tfjs?: boolean;
}

/** Such a training as plain data, as threads are sent it. */
export function trainingOf(config: TrainConfig = plain): Training {
  return {
    engine: { name: 'onnx', backend: 'cpu', version: '1', impl: 1 },
    program: {
      graph,
      weights: madeUpWeights(graph, 1),
      loss: 'binary_crossentropy',
      l2: config.l2,
      batchSize: 4,
      optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    },
    loop: {
      name: 'train',
      config,
      epochs: config.epochs,
      seed: 3,
      suffix: graph,
      task: undefined,
      units: 1,
      learningRate: 0.05,
      classWeights: [1, 2],
    },
  };
}

/** Trains on all but the last five images, which validate. */
export async function train({
  config,
  program,
  checkpoint,
  features = new MadeUp(),
  signal,
  events = [],
  notes = [],
  learningRate = 0.05,
  tfjs = false,
  weights,
}: Attempt): Promise<Trained> {
  const whole = { ...plain, ...config };
  const engine = tfjs ? await createTfjsEngine({ backend: 'cpu' }) : await createOnnxEngine({ threads: 1 });
  const training = trainingOf(whole);
  const trainer = await engine.train({ ...training.program, ...program });
  const split = (from: number, to: number) =>
    new Map(digests.slice(from, to).map((digest) => [digest, labels.get(digest)!]));
  try {
    return await trainEpochs(trainer, {
      ...training.loop,
      learningRate,
      training: new TrainingSet(features, split(0, 18), (epoch) => epoch % 2, weights),
      validation: new TrainingSet(features, split(18, 23), () => 9),
      checkpoint: { read: async () => undefined, due: () => false, write: async () => undefined, ...checkpoint },
      emit: (event) => void events.push(event),
      note: (_, text) => void notes.push(text),
      signal: signal ?? new AbortController().signal,
    });
  } finally {
    trainer.dispose();
  }
}
