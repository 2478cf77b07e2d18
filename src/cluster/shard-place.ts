/** Which share of the work a process of an array does, from an option or from the scheduler. */
import { failure, type PipelineError } from '../core/problem.js';

/** `index` counts from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const MOST = 100_000;

/** Reads `i/n`, or the variables of Slurm, Kubernetes and AWS Batch. Throws `invalid` if neither says which share. */
export function shardOf(
  option: string | undefined,
  count: number | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Shard {
  if (option !== undefined) {
    const [, index, of] = /^(\d+)\/(\d+)$/.exec(option) ?? [];
    if (index === undefined) throw wrong('--shard', `must be INDEX/COUNT, but got \`${option}\``);
    return checked('--shard', Number(index), Number(of));
  }
  const {
    SLURM_ARRAY_TASK_ID: slurm,
    SLURM_ARRAY_TASK_MIN: first = '0',
    SLURM_ARRAY_TASK_COUNT: tasks,
    JOB_COMPLETION_INDEX: kubernetes,
    AWS_BATCH_JOB_ARRAY_INDEX: batch,
    AWS_BATCH_JOB_ARRAY_SIZE: size,
  } = environment;
  if (slurm !== undefined) return checked('SLURM_ARRAY_TASK_ID', Number(slurm) - Number(first), count ?? Number(tasks));
  if (batch !== undefined) return checked('AWS_BATCH_JOB_ARRAY_INDEX', Number(batch), count ?? Number(size));
  if (kubernetes === undefined) throw wrong('--shard', 'is missing, and this is not a task of a job array');
  if (count === undefined)
    throw wrong('--shards', 'is missing: Kubernetes does not say how many completions an Indexed Job has');
  return checked('JOB_COMPLETION_INDEX', Number(kubernetes), count);
}

function checked(where: string, index: number, count: number): Shard {
  const isShard = Number.isInteger(index) && Number.isInteger(count) && index >= 0 && index < count && count <= MOST;
  if (isShard) return { index, count };
  throw wrong(where, `says share ${index} of ${count}, but shares count from 0 to one less than their number`);
}

function wrong(where: string, found: string): PipelineError {
  return failure('invalid', {
    code: 'bad-shard',
    where,
    found,
    expected: 'which share of how many, such as `--shard 0/4`; arrays of Slurm must have consecutive numbers',
  });
}
