/** A pipeline file after loading: checked, defaults filled in, references found. */
import type { Part } from '../core/cross-validation.js';
import type { RememberedFolders } from '../core/folder-entries.js';
import type { Problem } from '../core/problem.js';
import type { ReferenceField } from '../core/stage.js';
import type { PipelinePlace } from './project-root.js';
import type { Locator } from './locator.js';
import type {
  DeviceChoice,
  EngineChoice,
  FloatType,
  PipelineConfig,
  StageConfigs,
  StageKind,
} from '../core/schema-types.js';

export interface Stage<Kind extends StageKind = StageKind> {
  readonly name: string;
  readonly kind: Kind;
  /** All fields with their defaults; short forms such as `adam` or `flatten` written out as `{adam: {...}}`. */
  readonly config: StageConfigs[Kind];
  /** The stages that this one reads, by field; found for those that the file leaves out. */
  readonly references: Readonly<Partial<Record<ReferenceField, string>>>;
  /** What it does, where the pipeline has `cross_validation`. */
  readonly part?: Part;
  /** The stages whose results it reads, one per fold. */
  readonly folds?: readonly string[];
  /** The training whose exports wait for it, if it does not read that model itself. */
  readonly measures?: string;
}

interface DeviceConfig {
  readonly name: DeviceChoice;
  /** Whether operators that the device lacks may run on the CPU. */
  readonly fallback: boolean;
}

/** The cache that a team shares, as the file names it. */
export type CacheConfig = NonNullable<PipelineConfig['cache']>;

export type { ReferenceField, Role } from '../core/stage.js';

/** What a matrix or `cross_validation` made a stage from. */
export interface Variant {
  /** The stage of the file. */
  readonly base: string;
  /** The value of each axis that reaches it, in the order of the file. */
  readonly values: Readonly<Record<string, number | string | boolean>>;
  /** The fold (from 1) that it holds out. */
  readonly fold?: number;
}

export interface Pipeline extends PipelinePlace {
  readonly name: string;
  /** The file's text, and what was set on the command line, `stages.train.epochs=10`, in order. */
  readonly source: { readonly text: string; readonly set: readonly string[] };
  readonly seed: number;
  readonly engine: EngineChoice;
  /** What the engine computes on, as the file or `--device` asks for it. */
  readonly device: DeviceConfig;
  readonly features: { readonly dtype: FloatType };
  readonly cache?: CacheConfig;
  /**
   * In the order of the file, those of a matrix in place of the one that it multiplies. The references make no cycle.
   */
  readonly stages: readonly Stage[];
  /** The stages among them that a matrix or `cross_validation` made, by name. */
  readonly variants: ReadonlyMap<string, Variant>;
  /** What is probably a mistake, although it runs. */
  readonly warnings: readonly Problem[];
  /** Folders of images that the check has read, for the survey that follows it. */
  readonly remembered?: RememberedFolders;
  /** Where fields are written; those of a stage by `variant(name)`. */
  readonly locator: Locator;
}
