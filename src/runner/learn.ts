/** Lets a stage find something out once: what it remembers is found again by all that decides it. */
import type { Json } from '../core/canonical.js';
import type { Guard } from '../core/guards.js';
import type { StageContext } from '../core/stage.js';
import type { Store } from '../store/store.js';
import type { Node } from './graph.js';

export function learnerOf({ facts }: Store, { definition: { kind, impl } }: Node): StageContext['learn'] {
  return async <Value extends Json>(fact: Json, isValue: Guard<Value>, find: () => Promise<Value>): Promise<Value> => {
    const decides = { kind, impl, fact };
    const known = await facts.recall(decides, isValue);
    if (known !== undefined) return known;
    const found = await find();
    await facts.remember(decides, found);
    return found;
  };
}
