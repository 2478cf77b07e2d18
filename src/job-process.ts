/** The process in which a worker computes: it has the stages, and its parent the queue. */
import { Computer } from './cluster/compute.js';
import { sentFailure, type JobReport, type JobRequest } from './cluster/messages.js';
import { endWithParent } from './core/child.js';
import { stages } from './stages/index.js';

let computer: Computer | undefined;

function send(report: JobReport): void {
  process.send?.(report);
}

async function take(request: JobRequest): Promise<void> {
  if (request.kind === 'begin') {
    computer = new Computer(request.place, stages, {
      progress: (progress) => send({ kind: 'progress', progress }),
      log: (code, text) => send({ kind: 'log', code, text }),
    });
    return;
  }
  try {
    send({ kind: 'done', answer: await computer!.do(request.job, request.again) });
  } catch (error) {
    send({ kind: 'failed', failure: sentFailure(error, request.job.kind) });
  }
}

endWithParent();
process.on('message', (request: JobRequest) => void take(request));
