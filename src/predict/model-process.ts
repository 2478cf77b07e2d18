/**
 * An exported model in a process of its own. Anyone may have made the model, and a native library that computes cannot
 * be stopped from outside of its thread: `worker.terminate()` waits until it returns. A process can be killed at any
 * moment.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { packageFile } from '../core/package.js';
import { failure, fromParts, type PipelineError } from '../core/problem.js';
import type { Answer, ModelPredictor, Outcome, ImageInput } from './answers.js';
import type { OpenModel, OpenOptions } from './open-model.js';
import type { ModelRequest, ModelResponse } from './messages.js';

/** Most inputs sent at once. Limits the answers that wait for a slow reader, and the copies of bytes in memory. */
const SENT_AT_ONCE = 1024;
const BYTES_AT_ONCE = 2 ** 26;

/** Bytes kept of the process's stderr, where native libraries report why they failed. */
const KEPT_TEXT = 4096;

interface Placed {
  readonly index: number;
  readonly outcome: Outcome;
}

export class ModelProcess implements ModelPredictor {
  private readonly waiting = new Map<number, Readable>();
  private readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private opening:
    { resolve: (opened: ModelResponse & { kind: 'opened' }) => void; reject: (error: unknown) => void } | undefined;
  private text = '';
  private lastId = 0;
  private closed = false;

  private constructor(private readonly path: string) {
    this.child = fork(packageFile('dist/predict/model-worker.js'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString()).slice(-KEPT_TEXT)));
    this.child.on('message', (response: ModelResponse) => this.take(response));
    const kill = (): void => void this.child.kill('SIGKILL');
    process.once('exit', kill);
    this.ended = new Promise((resolve) => {
      const end = (error: PipelineError): void => {
        process.off('exit', kill);
        this.fail(error);
        resolve();
      };
      this.child.once('exit', (code, signal) => end(this.endedBy(code, signal)));
      this.child.once('error', (error) => end(this.broken('cannot be started', error)));
    });
  }

  get running(): boolean {
    return !this.closed && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Opens a model. Throws as {@link openModel}. */
  static async open(
    path: string,
    engine: string,
    { signal, device, waits = false }: OpenOptions = {},
  ): Promise<OpenModel> {
    const model = new ModelProcess(path);
    const stop = (): void => void model.close();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const { bundle, notes } = await new Promise<ModelResponse & { kind: 'opened' }>((resolve, reject) => {
        model.opening = { resolve, reject };
        model.send({ kind: 'open', path, engine, device, waits });
        if (signal?.aborted) stop();
      });
      return { bundle, notes, predictor: model };
    } catch (error) {
      await model.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async *predict<Input extends ImageInput>(
    inputs: readonly Input[],
    signal?: AbortSignal,
  ): AsyncGenerator<Answer<Input>, void, undefined> {
    const stop = (): void => void this.close();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (const part of parts(inputs)) {
        if (signal?.aborted || !this.running) throw this.endedBy(this.child.exitCode, this.child.signalCode);
        yield* this.ask(part);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Kills the process. */
  close(): Promise<void> {
    this.closed = true;
    this.child.kill('SIGKILL');
    return this.ended;
  }

  private async *ask<Input extends ImageInput>(
    inputs: readonly Input[],
  ): AsyncGenerator<Answer<Input>, void, undefined> {
    const id = ++this.lastId;
    const answers = new Readable({ objectMode: true, read: () => undefined });
    this.waiting.set(id, answers);
    try {
      this.send({ kind: 'predict', id, inputs: inputs.map(({ name, from, inFolder }) => ({ name, from, inFolder })) });
      for await (const { index, outcome } of answers as AsyncIterable<Placed>)
        yield { ...outcome, input: inputs[index] };
    } finally {
      this.waiting.delete(id);
    }
  }

  private send(request: ModelRequest): void {
    // If the process has ended, its end is reported instead.
    this.child.send(request, () => undefined);
  }

  private take(response: ModelResponse): void {
    switch (response.kind) {
      case 'opened':
        return this.opening?.resolve(response);
      case 'not-opened':
        return this.opening?.reject(fromParts(response.failure));
      case 'answer':
        return void this.waiting
          .get(response.id)
          ?.push({ index: response.index, outcome: response.outcome } satisfies Placed);
      case 'done': {
        const answers = this.waiting.get(response.id);
        if (response.failure === undefined) answers?.push(null);
        else answers?.destroy(fromParts(response.failure));
      }
    }
  }

  private fail(error: PipelineError): void {
    this.opening?.reject(error);
    for (const answers of this.waiting.values()) answers.destroy(error);
  }

  /** Ctrl-C in a terminal also reaches the child, maybe first; on Windows the child then exits with 0xc000013a. */
  private endedBy(code: number | null, signal: NodeJS.Signals | null): PipelineError {
    const interrupted = this.closed || signal === 'SIGINT' || signal === 'SIGTERM' || code === 0xc000013a;
    if (interrupted) return failure('interrupted', { code: 'interrupted', where: this.path, found: 'interrupted' });
    return this.broken(`ended (${signal ?? `exit code ${code}`})`);
  }

  private broken(what: string, cause: unknown = new Error(this.text)): PipelineError {
    return failure(
      'bad-data',
      {
        code: 'model-process-ended',
        where: this.path,
        found: `the process that runs the model ${what}`,
        expected: 'a model that the engine can run in the memory of this machine',
        remedy: 'free some memory and run again; if it ends again, export the model again',
      },
      cause,
    );
  }
}

/** Splits inputs into parts that are sent one after another. */
function* parts<Input extends ImageInput>(inputs: readonly Input[]): Generator<readonly Input[], void, undefined> {
  let part: Input[] = [];
  let bytes = 0;
  for (const input of inputs) {
    const own = 'bytes' in input.from ? input.from.bytes.length : 0;
    if (part.length === SENT_AT_ONCE || (part.length > 0 && bytes + own > BYTES_AT_ONCE)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(input);
    bytes += own;
  }
  if (part.length > 0) yield part;
}
