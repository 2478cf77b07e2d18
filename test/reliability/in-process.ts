/** Runs a project inside the test, where a run takes a fraction of the time of a command, and on any disk. */
import { join } from 'node:path';
import { loadChecked } from '../../src/runner/open.js';
import { select, type SelectionOptions } from '../../src/runner/selection.js';
import type { RunEvent } from '../../src/core/event.js';
import { execute } from '../../src/runner/execute.js';
import type { RunResult } from '../../src/runner/outcome.js';
import { openSession } from '../../src/runner/session.js';
import { stages } from '../../src/stages/index.js';
import { nodeFs, type CacheFs } from '../../src/store/disk/cache-fs.js';
import { openStore } from '../../src/store/store.js';

export interface RanHere extends RunResult {
  readonly events: readonly RunEvent[];
  /** Texts of notes about the cache. */
  readonly notes: readonly string[];
}

export interface HereOptions extends SelectionOptions {
  readonly fs?: CacheFs;
  readonly set?: readonly string[];
}

export async function runHere(
  root: string,
  { fs = nodeFs, set = [], ...selection }: HereOptions = {},
): Promise<RanHere> {
  const events: RunEvent[] = [];
  const emit = (event: RunEvent): void => void events.push(event);
  const onDamage = ({ path, reason }: { path: string; reason: string }): void =>
    emit({ event: 'note', code: 'cache-damage', text: `${path}: ${reason}` });
  const pipeline = await loadChecked(join(root, 'pets.yaml'), { set }, root);
  const session = await openSession(
    pipeline,
    stages,
    (folder) => openStore(folder, { onDamage, tool: 'test', fs }),
    emit,
  );
  const result = await execute(session, {
    ...select(session.graph, [], selection),
    jobs: 2,
    signal: new AbortController().signal,
  });
  const notes = events.flatMap((event) =>
    event.event === 'note' && event.code === 'cache-damage' ? [event.text] : [],
  );
  return { ...result, events, notes };
}
