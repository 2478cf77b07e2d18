/** The state of this checkout: for each stage of a pipeline, the key and outputs that its files come from. */
import { existsSync, type Stats } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import type { Json } from '../../core/canonical.js';
import { digestOf, isActionKey, isDigest, type ActionKey, type Digest } from '../../core/digest.js';
import {
  isCount,
  isFiniteNumber,
  isListOf,
  isMapOf,
  isOneOf,
  isShapedAs,
  isString,
  optional,
  type Guard,
} from '../../core/guards.js';
import { isOutputs } from '../../core/outputs.js';
import { isInnerPath, staysInside } from '../../core/paths.js';
import { failure } from '../../core/problem.js';
import { readOwnJson } from '../../core/own-json.js';
import type { Outputs } from '../../core/stage.js';
import type { Preimage } from '../action-key.js';
import { AddedFile, type During } from './shared-file.js';
import type { Project } from './project.js';
import { isPackaged } from './state-name.js';
import { fileState, type FileState } from './unchanged.js';

/** A file that was delivered into the project, as it was afterwards. */
export interface DeliveredFile {
  readonly digest: Digest;
  readonly size: number;
  readonly mtimeMs: number;
  /** What no program sets back with the time of its contents; left out by versions before this one. */
  readonly ctimeMs?: number;
}

/** Whether a file is as it was delivered, decided without reading it. */
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

/** In place of the terms of a delivery that has begun. */
export const UNFINISHED = digestOf('unfinished');

interface CheckoutFile {
  readonly format: 1;
  /** The pipeline file, as its project names it; left out by versions before this one. */
  readonly pipeline?: string;
  readonly stages: Readonly<Record<string, StageMemory>>;
}

/**
 * The memory of one pipeline file in one project. Without it results are found again in the store, but files that were
 * delivered and are to be replaced count as someone's: a run refuses to touch them. Runs at the same time each add theirs.
 */
export class Checkout {
  private readonly file: AddedFile;
  /** The file as it was last read or written: with thousands of stages, to read it for each takes longer than the work. */
  private seen: { readonly state: FileState; readonly stages: Map<string, StageMemory> } | undefined;

  private constructor(
    private readonly path: string,
    private readonly pipeline: string,
    private readonly stages: Map<string, StageMemory>,
    during: During,
  ) {
    this.file = new AddedFile({ path, kind: 'checkout', label: 'writes the memory of a checkout', during });
  }

  /**
   * Reads the memory at `path` of a pipeline file, given as its project names it; a missing or damaged one is an empty
   * one. Throws `invalid` if it is that of another file, which is still there: each would undo what the other did.
   */
  static async open(
    path: string,
    project: Pick<Project, 'home' | 'display'> & Partial<Pick<Project, 'checkoutBefore'>>,
    file: string,
    during: During,
  ): Promise<Checkout> {
    const pipeline = project.display(file);
    const { checkoutBefore = path } = project;
    const content =
      (await read(path)) ?? (checkoutBefore === path ? undefined : await readOf(pipeline, checkoutBefore));
    const other = content?.pipeline ?? pipeline;
    // A recipe of a package keeps its memory under another name from now on.
    if (other !== pipeline && isPackaged(other) && !isPackaged(pipeline))
      return new Checkout(path, pipeline, takenOver(stagesOf(content)!), during);
    if (other !== pipeline && existsSync(resolve(project.home, other))) {
      throw failure('invalid', {
        code: 'same-name',
        where: pipeline,
        found: `and ${other} would keep their results in the same place, under the name ${basename(path, '.json')}`,
        expected: 'names that differ in more than their folder or extension',
        remedy: 'rename one of the two',
      });
    }
    return new Checkout(path, pipeline, stagesOf(content) ?? new Map<string, StageMemory>(), during);
  }

  /** What was known when it was opened, or set since. */
  get(stage: string): StageMemory | undefined {
    return this.stages.get(stage);
  }

  /** The current content of the file: another run may have delivered in the meantime. */
  async latest(stage: string): Promise<StageMemory | undefined> {
    // What this run is writing would have to be read again.
    await this.file.settled();
    return ((await this.written()) ?? this.stages).get(stage);
  }

  /** What the file holds, unless it is that of another pipeline. */
  private async written(): Promise<Map<string, StageMemory> | undefined> {
    const state = await fileState(this.path);
    if (state !== undefined && state === this.seen?.state) return this.seen.stages;
    const content = await read(this.path);
    const isOurs = content?.pipeline === undefined || content.pipeline === this.pipeline;
    const stages = isOurs ? stagesOf(content) : undefined;
    this.seen = state && stages && { state, stages };
    return stages;
  }

  /** Remembers a stage and writes the file again, so that an interrupted run forgets nothing that it finished. */
  async set(stage: string, memory: StageMemory): Promise<void> {
    this.stages.set(stage, memory);
    await this.file.change(async (write) => {
      const known = new Map((await this.written()) ?? this.stages).set(stage, memory);
      await write(textOf(this.pipeline, known));
      // The lock is still ours: what is there now is what was written.
      const state = await fileState(this.path);
      this.seen = state && { state, stages: known };
    });
  }
}

/** Of memories, which never change: all are written for each that is added. */
const texts = new WeakMap<StageMemory, string>();

function memoryText(memory: StageMemory): string {
  const text = texts.get(memory) ?? JSON.stringify(memory);
  texts.set(memory, text);
  return text;
}

/** A {@link CheckoutFile}. */
function textOf(pipeline: string, stages: ReadonlyMap<string, StageMemory>): string {
  const members = [...stages].map(([name, memory]) => `${JSON.stringify(name)}:${memoryText(memory)}`);
  return `{"format":1,"pipeline":${JSON.stringify(pipeline)},"stages":{${members.join(',')}}}\n`;
}

const isDeliveredFile: Guard<DeliveredFile> = isShapedAs({
  digest: isDigest,
  size: isCount,
  mtimeMs: isFiniteNumber,
  ctimeMs: optional(isFiniteNumber),
});

const isPreimage: Guard<Preimage> = isShapedAs({
  schema: isFiniteNumber,
  kind: isString,
  impl: isFiniteNumber,
  config: isJson,
  inputs: isJson,
  survey: isJson,
  environment: isJson,
});

/** The file comes with the project, which may be untrusted: its paths must be inside the project, or it counts as damaged. */
const isStageMemory: Guard<StageMemory> = isShapedAs({
  key: isActionKey,
  preimage: isPreimage,
  outputs: isOutputs,
  terms: isDigest,
  delivered: isMapOf(isMapOf(isDeliveredFile, isInnerPath), isPlace),
  writing: optional(isMapOf(isListOf(isDigest), isPlace)),
});

const isCheckoutFile: Guard<CheckoutFile> = isShapedAs({
  format: isOneOf(1),
  pipeline: optional(staysInside),
  stages: isMapOf(isStageMemory),
});

function isJson(value: unknown): value is Json {
  return value !== undefined;
}

/** Folders are remembered as this system writes them. */
function isPlace(name: string): boolean {
  return staysInside(name.replaceAll(sep, '/'));
}

/** Undefined if the file is missing or damaged. */
async function read(path: string): Promise<CheckoutFile | undefined> {
  return readOwnJson(path, isCheckoutFile);
}

/** The memory at a path if it is that of this pipeline. */
async function readOf(pipeline: string, path: string): Promise<CheckoutFile | undefined> {
  const content = await read(path);
  return content?.pipeline === pipeline ? content : undefined;
}

const OUT = join('.pipeline', 'out') + sep;

/** What a recipe left under this name: of its files, those in `.pipeline/out` are replaced, and all are delivered again. */
function takenOver(stages: ReadonlyMap<string, StageMemory>): Map<string, StageMemory> {
  return new Map(
    [...stages].map(([name, { delivered, writing: _writing, ...memory }]) => {
      const inOut = Object.entries(delivered).filter(([place]) => place.startsWith(OUT));
      return [name, { ...memory, terms: UNFINISHED, delivered: Object.fromEntries(inOut) }];
    }),
  );
}

function stagesOf(content: CheckoutFile | undefined): Map<string, StageMemory> | undefined {
  return content && new Map(Object.entries(content.stages));
}
