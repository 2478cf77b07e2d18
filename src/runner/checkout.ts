/** What this checkout holds: for each stage of a pipeline the key and outputs that its files here come from. */
import type { Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ActionKey, Digest } from '../core/digest.js';
import { isDigest } from '../core/digest.js';
import type { Outputs } from '../core/stage.js';
import type { Preimage } from './action-key.js';
import { AddedFile, type During } from './added-file.js';

/** A file that was delivered into the project, as it lay there afterwards. */
export interface DeliveredFile {
  readonly digest: Digest;
  readonly size: number;
  readonly mtimeMs: number;
  /** What no program sets back with the time of its contents; left out by versions before this one. */
  readonly ctimeMs?: number;
}

/** Whether a file is there as it was delivered, told without reading it. */
export function isUntouched(before: DeliveredFile, now: Pick<Stats, 'size' | 'mtimeMs' | 'ctimeMs'>): boolean {
  return now.size === before.size && now.mtimeMs === before.mtimeMs && now.ctimeMs === before.ctimeMs;
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

/**
 * The memory of one pipeline file in one project. Without it results are found again in the store, but files that were
 * delivered and are to be replaced count as somebody's: a run refuses to touch them. Runs at the same time each add theirs.
 */
export class Checkout {
  private readonly file: AddedFile;

  private constructor(
    private readonly path: string,
    private readonly stages: Map<string, StageMemory>,
    during: During,
  ) {
    this.file = new AddedFile({ path, kind: 'checkout', label: 'writes the memory of a checkout', during });
  }

  /** Reads the memory; a missing or damaged one is an empty one. */
  static async open(path: string, during: During): Promise<Checkout> {
    return new Checkout(path, (await read(path)) ?? new Map<string, StageMemory>(), during);
  }

  /** What was known when it was opened, or set since. */
  get(stage: string): StageMemory | undefined {
    return this.stages.get(stage);
  }

  /** What the file says by now: another run may have delivered meanwhile. */
  async latest(stage: string): Promise<StageMemory | undefined> {
    return ((await read(this.path)) ?? this.stages).get(stage);
  }

  /** Remembers a stage and writes the file anew, so that an interrupted run forgets nothing that it finished. */
  async set(stage: string, memory: StageMemory): Promise<void> {
    this.stages.set(stage, memory);
    await this.file.change(async () => {
      const known = new Map((await read(this.path)) ?? this.stages).set(stage, memory);
      const content: CheckoutFile = { format: 1, stages: Object.fromEntries(known) };
      return `${JSON.stringify(content)}\n`;
    });
  }
}

/** Undefined where the file is missing or damaged. */
async function read(path: string): Promise<Map<string, StageMemory> | undefined> {
  try {
    const content = JSON.parse(await readFile(path, 'utf8')) as Partial<CheckoutFile>;
    if (content.format !== 1 || typeof content.stages !== 'object') return undefined;
    return new Map(Object.entries(content.stages).filter(([, memory]) => isDigest(memory.key)));
  } catch {
    return undefined;
  }
}
