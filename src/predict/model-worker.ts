/** The process that holds one exported model and predicts with it. Its parent kills it at any time. */
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../core/package.js';
import { failureParts } from '../core/problem.js';
import { openHere } from './here.js';
import type { ModelRequest, ModelResponse } from './messages.js';
import type { Predictor } from './predictor.js';

let predictor: Predictor | undefined;

function send(response: ModelResponse): void {
  process.send?.(response);
}

async function open({ path, engine, waits }: ModelRequest & { kind: 'open' }): Promise<void> {
  try {
    const { bundle, notes, ...opened } = await openHere(path, engine);
    predictor = opened.predictor;
    if (waits) await predictor.ready();
    send({ kind: 'opened', bundle, notes });
  } catch (error) {
    send({ kind: 'not-opened', failure: failureParts(error, path) });
  }
}

async function predict({ id, inputs }: ModelRequest & { kind: 'predict' }): Promise<void> {
  try {
    if (predictor === undefined) throw new Error('no model is open');
    for await (const { input, ...outcome } of predictor.predict(inputs.map((one, index) => ({ ...one, index })))) {
      send({ kind: 'answer', id, index: input.index, outcome });
    }
    send({ kind: 'done', id });
  } catch (error) {
    send({ kind: 'done', id, failure: failureParts(error, 'predict') });
  }
}

/** If a model takes all memory, Linux ends this process before any other. */
function offerToBeEnded(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not available everywhere; then the system chooses.
  }
}

offerToBeEnded();
new Worker(packageFile('dist/predict/parent-watch.js'), { workerData: process.ppid }).unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (request: ModelRequest) => void (request.kind === 'open' ? open(request) : predict(request)));
