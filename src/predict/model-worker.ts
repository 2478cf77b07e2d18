/** The process that holds one exported model and predicts with it. Its parent kills it at any time. */
import { endWithParent } from '../core/child.js';
import { failureParts } from '../core/problem.js';
import { openHere } from './here.js';
import type { ModelRequest, ModelResponse } from './messages.js';
import type { Predictor } from './predictor.js';

let predictor: Predictor | undefined;

function send(response: ModelResponse): void {
  process.send?.(response);
}

async function open({ path, engine, device, waits }: ModelRequest & { kind: 'open' }): Promise<void> {
  try {
    const { bundle, notes, ...opened } = await openHere(path, engine, device);
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

endWithParent();
process.on('message', (request: ModelRequest) => void (request.kind === 'open' ? open(request) : predict(request)));
