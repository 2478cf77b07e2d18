/** The table of commands, in the order of the help. */
import { bases } from './bases.js';
import { cache } from './cache.js';
import type { CommandSpec } from './host.js';
import { explain } from './explain.js';
import { graph } from './graph.js';
import { init } from './init.js';
import { planCommand } from './plan.js';
import { run } from './run.js';
import { status } from './status.js';

export const commands: readonly CommandSpec[] = [run, planCommand, explain, status, graph, init, bases, cache];
