/** What this checkout holds: for each stage of a pipeline the key and outputs that its files here come from. */
import { readFile } from 'node:fs/promises';
import type { ActionKey, Digest } from '../core/digest.js';
import { isDigest } from '../core/digest.js';
import type { Outputs } from '../core/stage.js';
import type { Preimage } from './action-key.js';
import { writeWhole } from './write-whole.js';

/** A file that was delivered into the project, as it lay there afterwards. */
export interface DeliveredFile {
  readonly digest: Digest;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface StageMemory {
  readonly key: ActionKey;
  readonly preimage: Preimage;
  readonly outputs: Outputs;
  /** Digest of all that decided the delivered files. */
  readonly terms: Digest;
  /** By folder, relative to the project, then by file name. */
  readonly delivered: Readonly<Record<string, Readonly<Record<string, DeliveredFile>>>>;
  /** Digests of files that are on their way into a folder: after a crash they are known to be ours. */
  readonly writing?: Readonly<Record<string, readonly Digest[]>>;
}

interface CheckoutFile {
  readonly format: 1;
  readonly stages: Readonly<Record<string, StageMemory>>;
}

/** The memory of one pipeline file in one project. Losing it costs only words: everything is found again in the store. */
export class Checkout {
  private constructor(
    private readonly path: string,
    private readonly stages: Map<string, StageMemory>,
  ) {}

  /** Reads the memory; a missing or damaged one is an empty one. */
  static async open(path: string): Promise<Checkout> {
    const text = await readFile(path, 'utf8').catch(() => '');
    return new Checkout(path, new Map(Object.entries(parse(text))));
  }

  get(stage: string): StageMemory | undefined {
    return this.stages.get(stage);
  }

  /** Remembers a stage and writes the file anew, so that an interrupted run forgets nothing that it finished. */
  async set(stage: string, memory: StageMemory): Promise<void> {
    this.stages.set(stage, memory);
    this.writing = this.writing.then(() => this.write());
    await this.writing;
  }

  private writing: Promise<void> = Promise.resolve();

  private async write(): Promise<void> {
    const content: CheckoutFile = { format: 1, stages: Object.fromEntries(this.stages) };
    await writeWhole(this.path, `${JSON.stringify(content)}\n`);
  }
}

function parse(text: string): Readonly<Record<string, StageMemory>> {
  try {
    const content = JSON.parse(text) as Partial<CheckoutFile>;
    if (content.format !== 1 || typeof content.stages !== 'object') return {};
    return Object.fromEntries(Object.entries(content.stages).filter(([, memory]) => isDigest(memory.key)));
  } catch {
    return {};
  }
}
