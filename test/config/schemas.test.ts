import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { stageKinds } from '../../src/core/schema-types.js';
import { describe as describeSchema, patternWords } from '../../src/config/expectations.js';
import { memberSchema, projectSchema, type Schema, stageSchema, trustSchema } from '../../src/config/schemas.js';

const schemas = [projectSchema(), trustSchema(), ...stageKinds.map(stageSchema)];

/** All schemas inside a schema. */
function within(value: unknown): Schema[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(within)];
}

test('the schemas that ship are valid JSON Schema', () => {
  const ajv = new Ajv2020({ strict: false });
  for (const schema of schemas) expect([schema.$id, ajv.validateSchema(schema)]).toEqual([schema.$id, true]);
});

test('every pattern has words', () => {
  const patterns = schemas.flatMap(within).flatMap(({ pattern }) => (typeof pattern === 'string' ? [pattern] : []));
  expect(patterns.filter((pattern) => !Object.hasOwn(patternWords, pattern))).toEqual([]);
  expect(patterns.length).toBeGreaterThan(0);
});

test('branches of anyOf hold no $ref, which the wording of their errors rests on', () => {
  const branches = schemas.flatMap(within).flatMap(({ anyOf }) => (Array.isArray(anyOf) ? anyOf.flatMap(within) : []));
  expect(branches.filter(({ $ref }) => typeof $ref === 'string')).toEqual([]);
});

function inWords(kind: (typeof stageKinds)[number], field: string): string {
  const root = stageSchema(kind);
  const schema = memberSchema(root, field, root);
  return schema === undefined ? 'no such field' : describeSchema(schema, root);
}

test('fields are described in words', () => {
  expect(inWords('train', 'epochs')).toBe('an integer from 1 to 1000000');
  expect(inWords('train', 'class_weight')).toBe('`balanced`, or a mapping from names to values');
  expect(inWords('augment', 'zoom_range')).toBe(
    'a number from 0 to below 1, or a list of 2, each item a number above 0',
  );
  expect(inWords('augment', 'views')).toBe('an integer from 1 to 1000, or `online`');
  expect(inWords('augment', 'rescale')).toBe('a number above 0, or a fraction such as `1/255`');
  expect(inWords('freeze', 'layers')).toBe(
    '`all` or `none`, or a list, each item a non-empty string, or a mapping of `until`',
  );
  expect(inWords('evaluate', 'threshold')).toBe('a number above 0 and below 1, or `f1`');
  expect(inWords('load-base', 'include_top')).toBe('false');
});
