/** The table of commands, in the order of the help. */
import { bases } from './bases.js';
import { cache } from './cache.js';
import { completion } from './completion.js';
import type { CommandSpec } from './host.js';
import { diff } from './diff.js';
import { doctor } from './doctor.js';
import { explain } from './explain.js';
import { graph } from './graph.js';
import { init } from './init.js';
import { planCommand } from './plan.js';
import { predict } from './predict.js';
import { preview } from './preview.js';
import { report } from './report.js';
import { run } from './run.js';
import { runs } from './runs.js';
import { serve } from './serve.js';
import { summary } from './summary.js';
import { worker } from './worker.js';
import { status } from './status.js';

export const commands: readonly CommandSpec[] = [
  run,
  planCommand,
  explain,
  status,
  graph,
  summary,
  preview,
  report,
  runs,
  diff,
  predict,
  serve,
  worker,
  init,
  bases,
  cache,
  doctor,
  completion,
];
