/** The contract of a stage kind: what it reads, what decides its output, and how it does its work. */
import type { ContactSheet, SheetRequest } from './contact-sheet.js';
import type { FolderListing } from './folder-listing.js';
import type { Json } from './canonical.js';
import type { Part } from './cross-validation.js';
import type { BlobRef, Digest } from './digest.js';
import type { Emit, FeatureCounts } from './event.js';
import type { Finding } from './finding.js';
import type { Guard } from './guards.js';
import type { BucketPlace, ImagePlace } from './image-place.js';
import type { DeviceUse } from './engine-choice.js';
import type { EngineChoice, FloatType, StageConfigs, StageKind } from './schema-types.js';
import type { SharedRows } from './shared-rows.js';
import type { DownloadLock, SourceHost } from './source.js';

/** What a reference field asks for: `data` images, a `base`, an untrained `model`, a `trained` one. */
export type Role = 'data' | 'base' | 'model' | 'trained' | 'metrics';

/** The fields of a stage that name another stage. */
export type ReferenceField = 'data' | 'base' | 'model' | 'from';

/** The outputs of a stage, by the names that it chose; see `outputs.ts` for valid names. */
export type Outputs = Readonly<Record<string, BlobRef>>;

/**
 * The outputs of the stages that a stage reads; `folds` are those of the same kind, one per fold; `gates` are the
 * evaluations that an export waits for, in file order.
 */
export interface Inputs {
  readonly data?: Outputs;
  readonly base?: Outputs;
  readonly model?: Outputs;
  readonly from?: Outputs;
  readonly folds?: readonly Outputs[];
  readonly gates?: readonly Outputs[];
}

/** What a stage found outside the pipeline, such as a folder of images. */
export interface Survey {
  /** What enters the key: the digest of what was found, and numbers that help to explain a change. */
  readonly preimage: Json;
  /** What `run` gets; never stored. */
  readonly found: unknown;
  /** Only a run shows what is there: the survey is repeated after it, and the result is kept under that key. */
  readonly provisional?: boolean;
}

/** What a name in the pipeline stands for. */
type Resolved = { readonly classes: readonly string[] } | { readonly base: string };

/** What a kind may know of the pipeline when its key is made, without loading anything heavy. */
export interface Settings {
  readonly engine: EngineChoice;
  /** What the engine computes on; the processor if it is left out. */
  readonly device?: DeviceUse;
  readonly featureType: FloatType;
  /** Set if results of other kinds of processors do not count: it is then in the key of what an engine computes. */
  readonly machineClass?: string;
}

export interface StageDefinition<Kind extends StageKind = StageKind> {
  readonly kind: Kind;
  /** Bumped by the author when the same inputs give other outputs. */
  readonly impl: number;
  /**
   * Outputs of referenced stages that decide this stage's output: they are in its key. Those a stage does not have are
   * null there.
   */
  readonly reads: Readonly<Partial<Record<keyof Inputs, readonly string[]>>>;
  /** More of them, which are in the key only where the stages before have them. */
  readonly readsIfThere?: Readonly<Partial<Record<ReferenceField, readonly string[]>>>;
  /** The same of a stage that works on a fold of a cross-validation; otherwise they are not read. */
  readonly readsInFolds?: Readonly<Partial<Record<ReferenceField, readonly string[]>>>;
  /**
   * The output with the numbers that a result is judged by. Exports of the model that it measures wait for such stages.
   */
  readonly metrics?: string;
  /** Leaves out of a checked config what does not matter given the rest. Everything that is left enters the key. */
  readonly relevant?: (config: StageConfigs[Kind]) => Json;
  /** Versions of libraries and of the engine that decide the output, from package metadata alone. */
  readonly environment?: (settings: Settings, config: StageConfigs[Kind]) => Json;
  /** Whether it computes on the device of the settings; all others use the processor. */
  readonly onDevice?: true;
  /**
   * Throws `invalid` if this machine lacks what the stage will need. Asked of every stage of a run before any of them
   * runs.
   */
  readonly requires?: (config: StageConfigs[Kind]) => void;
  /** Looks at what is outside the pipeline. Called for every plan: it must be fast if nothing changed. */
  readonly survey?: (context: SurveyContext<Kind>) => Promise<Survey>;
  /**
   * Whether the stage needs a file that may be out of reach, judged by what `survey` found. Such stages run before all
   * others, which are not started if one of them fails. `offline`: no network is used in this run.
   */
  readonly runsFirst?: (found: unknown, offline: boolean) => boolean;
  /** What the outputs turned out to be, for the lock file beside the pipeline. Called in every run. */
  readonly resolved?: (context: JudgeContext<Kind>) => Promise<Resolved>;
  /**
   * Refuses a cached result by a rule that is newer than it. Asked by plans and runs before the result is taken, so it
   * must be fast. Throws as `run` would.
   */
  readonly recheck?: (context: JudgeContext<Kind>) => Promise<void>;
  /** Does the work and outputs its results through the context. */
  readonly run: (context: StageContext<Kind>) => Promise<void>;
  /**
   * Replaces `run` when a plan looks ahead: outputs what later stages need to state their needs, at once, from
   * its inputs and what is available. Nothing is kept. `unknown` if they follow only from work that takes long.
   */
  readonly dryRun?: (context: StageContext<Kind>) => Promise<void | 'unknown'>;
  /** What `run` will need from the machine, given its inputs. While a plan looks ahead, inputs may be missing. */
  readonly needs?: (context: StageContext<Kind>) => Promise<Needs>;
  /**
   * Looks closely at what is outside the pipeline, for `doctor`: all that is wrong with it, not just what stops a
   * run. It may be slow, and reports its progress.
   */
  readonly inspect?: (context: StageContext<Kind>) => Promise<Finding[]>;
  /** Draws what the stage does to images, for `preview`, from its outputs. */
  readonly sheet?: (context: StageContext<Kind>, outputs: Outputs, request: SheetRequest) => Promise<ContactSheet>;
  /** Paths of the folders, as the pipeline names them, that `deliver` writes besides the stage's own. */
  readonly writesTo?: (config: StageConfigs[Kind]) => readonly string[];
  /**
   * Writes files for people or other programs. Called in every run, unless what was written last is still there and up
   * to date.
   */
  readonly deliver?: (context: DeliveryContext<Kind>) => Promise<void>;
  /**
   * Judges the outputs in every run, even if they came from the cache. Throws a `gate-missed` failure if the
   * result is not good enough.
   */
  readonly judge?: (context: JudgeContext<Kind>) => Promise<void>;
}

/**
 * Which links of a folder are read. `inside`: those to files in the folder, as of files from elsewhere. `followed`:
 * those to any file or folder, as of a folder that a person names.
 */
export type LinkPolicy = 'inside' | 'followed';

/** A short text about a file's bytes, remembered with their digest. */
export interface Probe {
  readonly version: string;
  readonly of: (bytes: Uint8Array) => string | Promise<string>;
}

export interface SurveyContext<Kind extends StageKind = StageKind> {
  readonly name: string;
  readonly config: StageConfigs[Kind];
  /** The absolute path of a path in the pipeline file. */
  resolvePath(path: string): string;
  /** Digests of a folder's files; unchanged files are not read again. */
  digestFolder(root: string, probe: Probe, links?: LinkPolicy): Promise<FolderListing>;
  /** Digest of one file; an unchanged file is not read again. */
  digestFile(path: string): Promise<Digest>;
  /** Digests of the objects of a bucket; unchanged objects are not read again. */
  digestBucket(place: BucketPlace, probe: Probe): Promise<FolderListing>;
  /** The path of a copy of an object of a bucket, which has this digest. */
  bringObject(place: BucketPlace, name: string, digest: Digest): Promise<string>;
  /** As of a stage that runs; a plan that asks again is answered without work. */
  readonly learn: StageContext['learn'];
  /** What is known of downloads. Nothing is fetched for a plan: keys are made from pins. */
  readonly lock: DownloadLock;
  note(code: string, text: string): void;
}

/** Rows of numbers kept by image and view. */
export interface FeatureStore {
  /** Looks for rows that other machines have made; `has` knows them from then on. */
  lookElsewhere(): Promise<void>;
  /** Offers other machines the rows that are here. */
  shareAll(): Promise<void>;
  has(digest: Digest, view: number): boolean;
  /** Fills rows of `out` from `row` on; returns the indexes into `keys` of the missing ones. */
  readInto(keys: readonly FeatureKey[], out: Float32Array, row?: number): Promise<number[]>;
  /** Those of some rows that are in memory. */
  inMemory(keys: readonly FeatureKey[]): SharedRows;
  append(digest: Digest, view: number, row: Float32Array): Promise<void>;
  /**
   * Does work that adds rows while no other process does: the next caller sees them, and does not have to
   * compute them again.
   */
  inTurn<Result>(work: () => Promise<Result>, waiting?: Waiting): Promise<Result>;
  /** Publishes all rows added so far. Rejects if rows could not be kept. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** How to wait for another process that does the same work. */
export interface Waiting {
  readonly signal?: AbortSignal;
  /** Called once for each process that is waited for. */
  onWait?(holder: { readonly pid: number; readonly label: string }): void;
}

export interface FeatureKey {
  readonly digest: Digest;
  readonly view: number;
}

/**
 * What a stage keeps of work that is not finished, for the next run that comes to the same key; gone once its result is
 * there.
 */
export interface Checkpoint {
  /** What was written last, verified. */
  read(): Promise<Buffer | undefined>;
  /** Whether enough time has passed to write again. The clock decides only that, never the content. */
  due(): boolean;
  write(content: Uint8Array): Promise<void>;
}

/** What a stage will need from the machine. */
export interface Needs {
  readonly features: readonly FeatureNeed[];
  /** Images that go through training, each as often as there are epochs. */
  readonly training?: { readonly workload: Json; readonly pictures: number };
  /** Whether it may turn out to be less, such as where training may stop early. */
  readonly atMost: boolean;
}

/** Images that have to go through the frozen prefix. */
export interface FeatureNeed {
  readonly digests: readonly Digest[];
  /** Of each image. If nothing is kept, one entry for each time that it goes through. */
  readonly views: readonly number[];
  /** Undefined if the base is not known yet. */
  readonly set?: {
    /** Undefined if nothing is kept. */
    readonly preimage: Json | undefined;
    readonly rowLength: number;
    readonly workload: Json;
    /** Runs a few images through the prefix, and keeps nothing. */
    measure(): Promise<Measurement>;
    /** For those who extract a part of it. */
    open(): Promise<Extractor>;
  };
}

/** Puts images through the frozen prefix, and keeps what comes out. */
export interface Extractor {
  /** Extracts what is missing of some images; `leftOut` are those that turned out to be bad. */
  extract(digests: readonly Digest[], view: number): Promise<Measurement & { readonly leftOut: readonly Digest[] }>;
  /** Frees memory and threads. */
  close(): Promise<void>;
}

/** How long some images took. */
export interface Measurement {
  readonly pictures: number;
  readonly ms: number;
}

interface WorkContext<Kind extends StageKind> {
  readonly name: string;
  readonly config: StageConfigs[Kind];
  readonly settings: Settings;
  readonly inputs: Inputs;
  /** What the stage does, where the pipeline has `cross_validation`. It is in the key. */
  readonly part?: Part;
  /** The bytes of an output, verified. */
  readBytes(ref: BlobRef): Promise<Buffer>;
  /** An output that is JSON, of the form that is asked for. */
  readJson<Value>(ref: BlobRef, isValue: Guard<Value>): Promise<Value>;
  resolvePath(path: string): string;
  /**
   * Where the images are that an output names with its root. Where that is an unpacked archive which is gone from the
   * store, the stage that produced `namedBy` runs again, then the one that asked.
   */
  openImages(root: string, namedBy: BlobRef): Promise<ImagePlace>;
  note(code: string, text: string): void;
  /** Shows it unless a stage of this run has shown the same: for what many variants have in common. */
  noteOnce(code: string, text: string): void;
  readonly signal: AbortSignal;
}

export interface StageContext<Kind extends StageKind = StageKind> extends WorkContext<Kind> {
  /** What `survey` found. */
  readonly found: unknown;
  putBytes(name: string, content: Uint8Array): Promise<BlobRef>;
  putJson(name: string, value: unknown): Promise<BlobRef>;
  /** For files from elsewhere. */
  readonly sources: SourceHost;
  digestFolder(root: string, probe: Probe, links?: LinkPolicy): Promise<FolderListing>;
  /** Outputs an input's blob again. */
  pass(name: string, ref: BlobRef): void;
  /** Opens the features of a set, named by a preimage of all that decides them but the image and its view. */
  openFeatures(preimage: Json, rowLength: number, type: FloatType): Promise<FeatureStore>;
  /**
   * What the stage finds out with much work before it has a result: remembered by all that decides it, so that a plan
   * and the run after it find it out once. `find` is not asked for what is known.
   */
  learn<Value extends Json>(preimage: Json, isValue: Guard<Value>, find: () => Promise<Value>): Promise<Value>;
  readonly checkpoint: Checkpoint;
  /** Images that end the process which reads them. */
  readonly lethal: ReadonlySet<Digest>;
  readonly counts: FeatureCounts;
  readonly emit: Emit;
  /**
   * Remembers how long work took; a workload is everything but the machine that decides it. Plans estimate times from
   * it.
   */
  measured(workload: Json, measurement: Measurement): void;
}

export interface JudgeContext<Kind extends StageKind = StageKind> extends WorkContext<Kind> {
  readonly outputs: Outputs;
}

export interface DeliveryContext<Kind extends StageKind = StageKind> extends JudgeContext<Kind> {
  /** A folder of this stage for files that people read. */
  readonly folder: string;
  /** A path as people read it. */
  displayPath(path: string): string;
  /**
   * Makes the folder, absolute or as the pipeline file names it, hold exactly these files, whole or not at all. Files
   * that are there with the right bytes are left; a folder that a person has changed since the last delivery is refused
   * unless the run is forced.
   */
  deliverFiles(folder: string, files: ReadonlyMap<string, BlobRef | string>): Promise<void>;
}
