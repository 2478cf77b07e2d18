/** The result of a stage that another machine has made. */
import type { Delegated } from '../runner/delegate.js';
import type { Node } from '../runner/graph.js';
import type { Work } from '../runner/work.js';

/** Whether a stage takes long enough to be worth another machine: it puts images through the base. */
export function isForOthers({ definition }: Node): boolean {
  return definition.needs !== undefined;
}

/** Asks the shared cache again, and brings the result here; undefined if it is not there, or could not be fetched. */
export async function broughtWork({ session, key, preimage }: Delegated): Promise<Work | undefined> {
  const hit = await session.store.hit(key, true);
  if (hit === undefined || !(await session.store.bring(hit))) return undefined;
  const { outputs, features = { extracted: 0, reused: 0 } } = hit.record;
  return { preimage, outputs, features };
}
