/**
 * Small things that stages found out with much work, before they have a result: what decides each is its key, with the
 * version of this tool. Like everything in the store they may be gone, and are verified when they are read.
 */
import { canonical, type Json } from '../core/canonical.js';
import { digestOf, type ActionKey } from '../core/digest.js';
import { parseJson, type Guard } from '../core/guards.js';
import type { Blobs } from './blobs.js';
import type { Records } from './records.js';

/** The output under which a record holds a fact. */
const FACT = 'fact';

export class Facts {
  constructor(
    private readonly blobs: Blobs,
    private readonly records: Records,
    private readonly tool: string,
  ) {}

  /** What was remembered for a preimage; undefined if that is nothing, or of another form. */
  async recall<Value>(preimage: Json, isValue: Guard<Value>): Promise<Value | undefined> {
    const record = await this.records.hit(this.keyOf(preimage));
    const bytes = record && (await this.blobs.read(record.outputs[FACT]));
    return bytes && parseJson(bytes.toString('utf8'), isValue);
  }

  async remember(preimage: Json, value: Json): Promise<void> {
    const ref = await this.blobs.put(Buffer.from(`${canonical(value)}\n`));
    await this.records.put({
      key: this.keyOf(preimage),
      preimage: { fact: preimage, tool: this.tool },
      outputs: { [FACT]: ref },
      durationMs: 0,
    });
  }

  private keyOf(preimage: Json): ActionKey {
    return digestOf(`pipeline-fact\n${canonical({ preimage, tool: this.tool })}`) as string as ActionKey;
  }
}
