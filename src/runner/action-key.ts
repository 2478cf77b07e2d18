/** The only place that builds a key. */
import { canonical, type Json } from '../core/canonical.js';
import type { Part } from '../core/cross-validation.js';
import { digestOf, type ActionKey, type FeatureSetKey } from '../core/digest.js';
import { isRecord } from '../core/is-record.js';
import { own } from '../core/own.js';
import type { Inputs, Outputs, ReferenceField, Settings, Survey } from '../core/stage.js';
import { resolveReference, stageSchema, type Schema } from '../config/schemas.js';
import type { Node } from './graph.js';

/** Changes when the rules of this file change: every key changes with it. */
const KEY_SCHEMA = 1;

/** All that decides a stage's output. Stored with the result: `explain` is the difference between two of these. */
export interface Preimage {
  readonly schema: number;
  readonly kind: string;
  /** The author's version of the kind: other code, other results. */
  readonly impl: number;
  /** The fields that affect the output, defaults filled in; never names of stages, nor places to write to. */
  readonly config: Json;
  /** Digests of the outputs that are read: equal bytes from a stage that ran again change nothing. */
  readonly inputs: Json;
  /** What is outside the pipeline, such as the images. */
  readonly survey: Json;
  /** Versions of libraries and engine whose numbers the output holds. */
  readonly environment: Json;
}

/** Builds the preimage of a stage whose inputs are known. */
export function preimageOf(
  node: Node,
  inputs: Inputs,
  survey: Survey | undefined,
  settings: Settings,
  seed: number,
): Preimage {
  const { stage, definition } = node;
  const schema = stageSchema(stage.kind);
  // The kind is named beside the configuration already; further in, `uses` is a name like others, such as a class's.
  const { uses: _kind, ...own } = stage.config;
  const seeded = hasSeed(schema) ? { seed, ...own } : own;
  const config = affecting(
    definition.relevant ? definition.relevant(seeded as never) : (seeded as Json),
    schema,
    schema,
  );
  return {
    schema: KEY_SCHEMA,
    kind: stage.kind,
    impl: definition.impl,
    config: stage.part === undefined ? (config ?? {}) : { ...(config as object), cross_validation: partOf(stage.part) },
    inputs: inputDigests(node, inputs),
    survey: survey?.preimage ?? null,
    environment: ofClass(definition.environment?.(settings, stage.config as never) ?? null, settings),
  };
}

export function actionKeyOf(preimage: Preimage): ActionKey {
  return digestOf(`pipeline-action\n${canonical(preimage)}`) as string as ActionKey;
}

/** The name of a feature set. */
export function featureSetKeyOf(preimage: Json, settings: Pick<Settings, 'machineClass'>): FeatureSetKey {
  return digestOf(`pipeline-features\n${canonical(ofClass(preimage, settings))}`) as string as FeatureSetKey;
}

/** Adds the kind of processor to what an engine decides, if others do not count. */
function ofClass(preimage: Json, { machineClass }: Pick<Settings, 'machineClass'>): Json {
  if (machineClass === undefined || !isRecord(preimage) || !('engine' in preimage)) return preimage;
  return { ...preimage, machineClass };
}

function hasSeed(schema: Schema): boolean {
  return schema.properties?.seed !== undefined;
}

/** A model that is trained once more does not depend on how many folds there were, unless it reads them. */
function partOf(part: Part): Json {
  switch (part.kind) {
    case 'fold':
      return { folds: part.folds, fold: part.fold };
    case 'summary':
      return { folds: part.folds };
    case 'final':
      return { final: part.model };
  }
}

/** Digests of the outputs that a kind reads, by field and output name. */
function inputDigests({ definition, stage }: Node, inputs: Inputs): Json {
  const pick = (names: readonly string[], outputs: Outputs): Json =>
    Object.fromEntries(names.map((name) => [name, own(outputs, name)?.digest ?? null]));
  const there = (field: ReferenceField, outputs: Outputs): string[] =>
    [
      ...(definition.readsIfThere?.[field] ?? []),
      ...((stage.part?.kind === 'fold' ? definition.readsInFolds?.[field] : undefined) ?? []),
    ].filter((name) => own(outputs, name) !== undefined);
  const digests: Record<string, Json> = {};
  for (const [field, names] of Object.entries(definition.reads)) {
    const outputs = inputs[field as keyof Inputs];
    if (outputs === undefined) continue;
    if (Array.isArray(outputs)) digests[field] = outputs.map((one) => pick(names, one));
    else digests[field] = pick([...names, ...there(field as ReferenceField, outputs as Outputs)], outputs as Outputs);
  }
  return digests;
}

/** Walks config and schema together and drops what the schema marks as not affecting the output, and references. */
function affecting(value: Json | undefined, schema: Schema, root: Schema): Json | undefined {
  const resolved = resolveReference(schema, root);
  if (resolved['x-affects-output'] === false || resolved['x-reference'] !== undefined) return undefined;
  if (Array.isArray(value)) {
    return value.map((item) => affecting(item as Json, resolved.items ?? {}, root) as Json);
  }
  if (value === null || typeof value !== 'object') return value;
  const properties = { ...resolved.properties, ...resolved.else?.properties };
  const members = Object.entries(value)
    .map(([name, member]) => [name, affecting(member as Json, own(properties, name) ?? {}, root)] as const)
    .filter(([, member]) => member !== undefined);
  return Object.fromEntries(members) as Json;
}
