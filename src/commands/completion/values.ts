/** The values that can be completed: stages of a pipeline, runs, bases, and the fixed ones of options. */
import { printable } from '../../report/words.js';
import { deviceChoices, engineChoices } from '../../core/schema-types.js';
import { diffFormats } from '../diff.js';
import { graphFormats } from '../graph.js';
import type { Host } from '../host.js';
import { reportFormats } from '../report.js';
import { logLevels } from '../run.js';
import { shells } from './scripts.js';
import type { Candidate, Completion, Place } from './complete.js';

/** Values of options that take one of a few, by command where it decides. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  '--engine': engineChoices,
  '--device': deviceChoices,
  '--log-level': logLevels,
  'graph --format': graphFormats,
  'report --format': reportFormats,
  'diff --format': diffFormats,
};

/** Runs that are offered, newest first. */
const MOST_RUNS = 20;

export async function valuesAt({ command, option, value, file }: Place, host: Host): Promise<Completion> {
  const known = option === undefined ? undefined : (fixed[option] ?? fixed[`${command} ${option}`]);
  if (known !== undefined) return only(known);
  switch (value) {
    case 'file':
      return { native: option === undefined ? 'yaml' : 'file', candidates: [] };
    case 'model':
    case 'images':
      return { native: 'file', candidates: [] };
    case 'folder':
      return { native: 'folder', candidates: [] };
    case 'stage':
    case 'stages':
      return only(await stagesOf(file, host));
    case 'run':
    case 'before':
    case 'after':
      return { native: 'yaml', candidates: await runsIn(host) };
    case 'shell':
      return only(shells);
    case 'name':
      return option === '--base' ? only(host.bases().map(({ name }) => name)) : only([]);
    default:
      return only([]);
  }
}

function only(values: readonly string[]): Completion {
  return { native: 'none', candidates: [...new Set(values)].map((value) => ({ value, description: '' })) };
}

/** Names of the stages; one with a matrix stands for its variants. None if the file has an error. */
async function stagesOf(file: string | undefined, host: Host): Promise<string[]> {
  const { loadChecked } = await import('../../runner/open.js');
  const pipeline = await loadChecked(file, {}, host.cwd).catch(() => undefined);
  return (pipeline?.stages ?? []).map(({ name }) => pipeline?.variants.get(name)?.base ?? name);
}

async function runsIn({ cwd }: Host): Promise<Candidate[]> {
  const { runsOf } = await import('../../runner/runs/open-run.js');
  const { runs } = await runsOf(undefined, cwd).catch(() => ({ runs: [] }));
  const last = runs.length === 0 ? [] : [{ value: 'last', description: 'the run that began last' }];
  const named = runs.slice(0, MOST_RUNS).map((found) => ({
    value: found.id,
    description: found.state === 'unreadable' ? found.state : printable(found.run.pipeline.name),
  }));
  return [...last, ...named];
}
