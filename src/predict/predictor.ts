/** Classifies images with an exported model: threads load images while the engine computes. */
import { asPipelineError, failure, PipelineError, type Problem } from '../core/problem.js';
import type { Runner } from '../engine/engine.js';
import { ImagePool } from '../features/image-pool.js';
import { imageBatches, imagesPerBatch } from '../image/batches.js';
import { hasImageName } from '../core/image-name.js';
import { allFinite } from '../model/finite.js';
import { predictionOf } from '../model/prediction.js';
import type { Answer, ModelPredictor, ImageInput } from './answers.js';
import type { Network } from './network.js';

/** An input with its position. */
interface Placed<Input> {
  readonly input: Input;
  readonly index: number;
}

type BadImage<Input> = Placed<Input> & { readonly problem: Problem };

interface PlacedAnswer<Input extends ImageInput> {
  readonly index: number;
  readonly answer: Answer<Input>;
}

export class Predictor implements ModelPredictor {
  running = true;
  private readonly pool: ImagePool;
  private readonly compiling: Promise<Runner>;

  /** Starts compiling at once, while the first images are loaded. */
  constructor(private readonly network: Network) {
    const { image, preprocessing } = network;
    this.pool = new ImagePool({ image, preprocessing, variation: null });
    this.compiling = network.open((path, bytes) => this.pool.load({ path, bytes }));
    this.compiling.catch(() => undefined);
  }

  /**
   * Predicts images and yields answers in their order; memory holds a few batches of them. An image that cannot be read
   * yields an answer too. Throws `interrupted` if the signal aborts, after which it cannot be used again.
   */
  async *predict<Input extends ImageInput>(
    inputs: readonly Input[],
    signal?: AbortSignal,
  ): AsyncGenerator<Answer<Input>, void, undefined> {
    const [height, width] = this.network.image.size;
    let bad: BadImage<Input>[] = [];
    const batches = imageBatches({
      items: inputs.map((input, index): Placed<Input> => ({ input, index })),
      batchSize: Math.max(1, Math.min(inputs.length, imagesPerBatch([height, width]))),
      inFlight: this.pool.inFlight,
      ahead: this.pool.ahead(height * width * 3),
      release: (image) => this.pool.release(image),
      numbersPerImage: height * width * 3,
      load: ({ input }) => this.load(input),
      nameOf: ({ input }) => input.name,
      onBad: (placed, error) => {
        bad.push({ ...placed, problem: error.problems[0] });
        return 'skip';
      },
      signal,
    });
    // Large images take a while: an interruption does not wait until they are decoded.
    const stop = (): void => void this.pool.close();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for await (const { items, pixels } of batches) {
        const answers = [...bad.map(badAnswer), ...(await this.compute(items, pixels))].sort(
          (a, b) => a.index - b.index,
        );
        bad = [];
        for (const { answer } of answers) yield answer;
      }
      for (const placed of bad) yield badAnswer(placed).answer;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Resolves when the network is compiled and verified; rejects as predicting would. */
  async ready(): Promise<void> {
    await this.compiling;
  }

  /** Any error of reading one image concerns only that image. */
  private load({ name, from }: ImageInput): Promise<Float32Array> {
    const task = 'path' in from ? from : { path: name, bytes: from.bytes };
    return this.pool.load(task).catch((error: unknown) => {
      const { category, problems, cause } = asPipelineError(error);
      if (category === 'interrupted') throw error;
      const [{ code, found }] = problems;
      throw new PipelineError('bad-data', [{ code, where: name, found }], { cause });
    });
  }

  private async compute<Input extends ImageInput>(
    items: readonly Placed<Input>[],
    pixels: Float32Array,
  ): Promise<PlacedAnswer<Input>[]> {
    const runner = await this.compiling;
    const outputs = await runner.run(pixels, items.length);
    if (!allFinite(outputs)) throw notFinite(this.network);
    return items.map(({ input, index }, row) => ({
      index,
      answer: { kind: 'prediction', input, ...predictionOf(outputs, row, this.network.units, this.network) },
    }));
  }

  /** Frees the engine's memory and ends the threads. */
  async close(): Promise<void> {
    this.running = false;
    await this.pool.close();
    const runner = await this.compiling.catch(() => undefined);
    runner?.dispose();
  }
}

function badAnswer<Input extends ImageInput>({ input, index, problem }: BadImage<Input>): PlacedAnswer<Input> {
  const meant = input.inFolder !== true || hasImageName(input.name);
  return { index, answer: { kind: meant || !notAnImage.has(problem.code) ? 'bad' : 'passed-over', input, problem } };
}

/** Problems of files that ingest skips as well. A file that cannot be opened may be anything. */
const notAnImage: ReadonlySet<string> = new Set(['picture-foreign', 'picture-damaged', 'picture-too-large']);

function notFinite({ where }: Network): PipelineError {
  return failure('bad-data', {
    code: 'no-scores',
    where,
    found: 'the network outputs NaN or infinite values',
    remedy: 'its weights are damaged, or the training diverged: export it again, or train with a lower learning rate',
  });
}
