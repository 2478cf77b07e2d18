/** A model that outlives the process that runs it: if the process ends, the next request starts another one. */
import { failure, PipelineError } from '../core/problem.js';
import type { Answer, ModelPredictor, ImageInput } from '../predict/answers.js';

/** A process that ended this often within this time would end again: none is started until the time is over. */
const MOST_ENDS = 3;
const WITHIN_MS = 60_000;

export interface LastingOptions {
  readonly first: ModelPredictor;
  /** Opens the model again. */
  readonly open: () => Promise<ModelPredictor>;
  /** Called once per end. */
  readonly onEnd: (error: PipelineError) => void;
  readonly now?: () => number;
}

interface Opened {
  readonly opened: Promise<ModelPredictor>;
  readonly predictor: ModelPredictor;
}

export class LastingPredictor implements ModelPredictor {
  private current: Promise<ModelPredictor>;
  /** The last one whose end was reported. */
  private reported: Promise<ModelPredictor> | undefined;
  private ends: readonly number[] = [];
  private closed = false;
  /** Another model is there now: no further try changes that. */
  private replaced = false;

  constructor(private readonly options: LastingOptions) {
    this.current = Promise.resolve(options.first);
  }

  get running(): boolean {
    return !this.closed;
  }

  /** Whether the next image can be predicted, as far as is known: the process runs, or can be started again. */
  get isAvailable(): boolean {
    return !this.closed && !this.replaced && this.recentEnds().length < MOST_ENDS;
  }

  /** Throws `model-unavailable` if the process ends while it predicts, cannot be started, or has ended too often. */
  async *predict<Input extends ImageInput>(
    inputs: readonly Input[],
    signal?: AbortSignal,
  ): AsyncGenerator<Answer<Input>, void, undefined> {
    const { opened, predictor } = await this.available();
    try {
      yield* predictor.predict(inputs, signal);
    } catch (error) {
      if (predictor.running) throw error;
      // Ctrl-C in a terminal reaches that process too, maybe first: its end is reported only if another request comes.
      if (!(error instanceof PipelineError && error.category === 'interrupted')) this.report(opened, error);
      throw unavailable('the process that runs the model ended; send the image again');
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await (await this.current.catch(() => undefined))?.close();
  }

  /** The process that runs, or another one. Requests that wait start one together. */
  private async available(): Promise<Opened> {
    const before = this.current;
    const predictor = await before.catch(() => undefined);
    if (predictor?.running) return { opened: before, predictor };
    if (this.replaced) throw unavailable(restart);
    if (before === this.current) {
      this.report(before, undefined);
      if (this.closed || this.recentEnds().length >= MOST_ENDS) {
        throw unavailable(
          `the process that runs the model ended ${MOST_ENDS} times within a minute; try again in a minute`,
        );
      }
      this.current = this.options.open();
    }
    const opened = this.current;
    try {
      return { opened, predictor: await opened };
    } catch (error) {
      this.report(opened, error);
      this.replaced = error instanceof PipelineError && error.problems[0].code === 'model-replaced';
      if (this.replaced) throw unavailable(restart);
      throw unavailable('the model cannot be opened again; the terminal of the server shows why');
    }
  }

  private report(ended: Promise<ModelPredictor>, cause: unknown): void {
    if (this.reported === ended || this.closed) return;
    this.reported = ended;
    this.ends = [...this.recentEnds(), this.now()];
    const [problem] =
      cause instanceof PipelineError
        ? cause.problems
        : [{ code: 'model-process-ended', found: 'the process that runs the model ended' }];
    if (problem.code === 'model-replaced') return this.options.onEnd(failure('bad-data', problem, cause));
    const remedy =
      this.ends.length < MOST_ENDS
        ? 'the next request starts it again'
        : `it ended ${MOST_ENDS} times within a minute: requests are answered with 503 for a minute; free some memory, or export the model again`;
    this.options.onEnd(failure('bad-data', { ...problem, remedy }, cause));
  }

  private recentEnds(): readonly number[] {
    const now = this.now();
    return this.ends.filter((end) => now - end < WITHIN_MS);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}

const restart = 'the model was replaced while the server was running; restart the server';

function unavailable(found: string): PipelineError {
  return failure('bad-data', { code: 'model-unavailable', found });
}
