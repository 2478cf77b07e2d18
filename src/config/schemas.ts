/** The schemas that ship, as data: which fields a place has, what they take, which stages provide what. */
import { readFileSync } from 'node:fs';
import { own } from '../core/own.js';
import { packageFile } from '../core/package.js';
import { type StageKind, stageKinds } from '../core/schema-types.js';
import type { ReferenceField, Role } from './pipeline.js';
import type { Plain } from './values.js';

/** The part of JSON Schema (draft 2020-12) that our schemas use, and our own marks. */
export interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: Plain;
  readonly enum?: readonly Plain[];
  readonly default?: Plain;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
  /** A path of a file or folder. */
  readonly 'x-path'?: boolean;
  /** A single value in place of the mapping is that of this member: `dropout: 0.5` is `dropout: {rate: 0.5}`. */
  readonly 'x-short-for'?: string;
  /** The field names a stage that provides this. */
  readonly 'x-reference'?: Role;
  /** The field names a stage in place of the one that this other field would name. */
  readonly 'x-in-place-of'?: string;
  /** The reference is there only if the stage has these values. */
  readonly 'x-only-with'?: Readonly<Record<string, Plain>>;
  /** False: a value that changes nothing in what the stage outputs. */
  readonly 'x-affects-output'?: boolean;
  /** What stages of this kind provide. */
  readonly 'x-provides'?: readonly Role[];
  /** What its outputs are, for sentences such as "the base changed"; those that it only passes on are left out. */
  readonly 'x-outputs'?: Readonly<Record<string, string>>;
  /** The same for whatever the stage reads by this field. */
  readonly 'x-changed'?: string;
  /** The reference for which a chain of stages that pass their input on is meant from its end, such as a freeze. */
  readonly 'x-takes-last'?: ReferenceField;
  /** The path of a folder that each variant of a matrix needs for itself. */
  readonly 'x-own-folder'?: boolean;
}

const loaded = new Map<string, Schema>();

/** The schema of a pipeline file without its stages. */
export function projectSchema(): Schema {
  return load('project');
}

/** The schema of pipeline.trust.yaml. */
export function trustSchema(): Schema {
  return load('trust');
}

/** The closed schema of a kind of stage. */
export function stageSchema(kind: StageKind): Schema {
  return load(`stages/${kind}`);
}

function load(name: string): Schema {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const schema: Schema = JSON.parse(readFileSync(packageFile(`schemas/${name}.schema.json`), 'utf8'));
  loaded.set(name, schema);
  return schema;
}

export function isStageKind(name: unknown): name is StageKind {
  return stageKinds.some((kind) => kind === name);
}

/** The kinds whose stages provide something, such as a trained model. */
export function providersOf(role: Role): StageKind[] {
  return stageKinds.filter((kind) => stageSchema(kind)['x-provides']?.includes(role));
}

/** What an output that a stage of this kind reads is called; undefined if no schema says. */
export function outputName(kind: StageKind, field: string, output: string): string | undefined {
  const { 'x-reference': role, 'x-changed': ofField } = stageSchema(kind).properties?.[field] ?? {};
  // An export waits for what measures its model, by no field.
  const providers = providersOf(role ?? 'metrics');
  return ofField ?? providers.map((provider) => own(stageSchema(provider)['x-outputs'] ?? {}, output)).find(Boolean);
}

/** The fields of a kind with folders that each variant of a matrix needs for itself. */
export function ownFolders(kind: StageKind): string[] {
  const fields = Object.entries(stageSchema(kind).properties ?? {});
  return fields.flatMap(([field, schema]) => (schema['x-own-folder'] === true ? [field] : []));
}

export interface Reference {
  readonly field: ReferenceField;
  readonly role: Role;
  /** The reference that is left out where this one is written; one of this kind is never filled in. */
  readonly inPlaceOf: ReferenceField | undefined;
  /** Fields with the values that the reference needs to have a meaning. */
  readonly onlyWith: Readonly<Record<string, Plain>>;
}

const referenceFields: readonly ReferenceField[] = ['data', 'base', 'model', 'from'];

/** The fields of a kind that name another stage. */
export function referencesOf(kind: StageKind): Reference[] {
  const { properties = {} } = stageSchema(kind);
  return referenceFields.flatMap((field) => {
    const { 'x-reference': role, 'x-in-place-of': other, 'x-only-with': onlyWith = {} } = properties[field] ?? {};
    const inPlaceOf = referenceFields.find((name) => name === other);
    return role === undefined ? [] : [{ field, role, inPlaceOf, onlyWith }];
  });
}

/** All schemas that a value in this place may follow: through `$ref`, each of `anyOf`, both sides of `if`. */
export function alternatives(schema: Schema, root: Schema): Schema[] {
  const target = resolveReference(schema, root);
  const branches = [...(target.anyOf ?? []), target.then, target.else].filter((branch) => branch !== undefined);
  return [target, ...branches.flatMap((branch) => alternatives(branch, root))];
}

/** Follows `#/$defs/name`, the only kind of reference that our schemas use. */
export function resolveReference(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.replace('#/$defs/', '');
  const target = name === undefined ? schema : root.$defs?.[name];
  if (target === undefined) throw new Error(`no definition ${schema.$ref}`);
  return target;
}

/** The schema of one member of a mapping or of one item of a list, if the schema knows it. */
export function memberSchema(schema: Schema, key: string | number, root: Schema): Schema | undefined {
  for (const { properties, additionalProperties, items } of alternatives(schema, root)) {
    const name = String(key);
    if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
    if (typeof additionalProperties === 'object') return additionalProperties;
    if (items !== undefined && /^\d+$/.test(name)) return items;
  }
  return undefined;
}

/** The names that a mapping in this place may hold. */
export function memberNames(schema: Schema, root: Schema): string[] {
  return alternatives(schema, root).flatMap((alternative) => Object.keys(alternative.properties ?? {}));
}
