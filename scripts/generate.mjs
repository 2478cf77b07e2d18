/**
 * Generates what follows from the stage schemas: the union of all kinds for editors (schemas/pipeline.schema.json), the
 * config types (src/core/schema-types.ts), the table of fields (docs/fields.md), and the compiled validators (src/config/compiled-validators.ts, not
 * committed: compiling at each start would take a third of a run that has nothing to do).
 * `--check` only checks whether they are current.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';
import { fieldTable } from './field-table.mjs';

const schemas = new URL('../schemas/', import.meta.url);
const readJson = async (name) => JSON.parse(await readFile(new URL(name, schemas), 'utf8'));

const kinds = (await readdir(new URL('stages/', schemas))).map((name) => name.replace('.schema.json', '')).sort();
const project = await readJson('project.schema.json');
const trust = await readJson('trust.schema.json');
const stages = Object.fromEntries(
  await Promise.all(kinds.map(async (kind) => [kind, await readJson(`stages/${kind}.schema.json`)])),
);

/** Applies a change to every object of a schema, inner ones first. */
function rewrite(node, change) {
  if (Array.isArray(node)) return node.map((item) => rewrite(item, change));
  if (node === null || typeof node !== 'object') return node;
  return change(Object.fromEntries(Object.entries(node).map(([key, value]) => [key, rewrite(value, change)])));
}

/** Editors see what is written: the main member's value alone, or the object. Validation sees objects alone. */
function withShortForm({ 'x-short-for': main, ...node }) {
  return main === undefined ? node : { anyOf: [node.properties[main], node] };
}

/** One file for editors: each stage schema under $defs, chosen by the stage's name or by `uses`. */
function editorSchema() {
  const definitions = {};
  for (const [kind, { $schema: _dialect, $id: _id, ...schema }] of Object.entries(stages)) {
    definitions[kind] = rewrite(schema, (node) =>
      typeof node.$ref === 'string'
        ? { ...node, $ref: node.$ref.replace('#/', `#/$defs/${kind}/`) }
        : withShortForm(node),
    );
  }
  const named = Object.fromEntries(kinds.map((kind) => [kind, { $ref: `#/$defs/${kind}` }]));
  const other = kinds.map((kind) => ({
    if: { properties: { uses: { const: kind } }, required: ['uses'] },
    then: { $ref: `#/$defs/${kind}` },
  }));
  const head = rewrite(project.properties, withShortForm);
  return {
    ...project,
    $id: 'pipeline.schema.json',
    properties: {
      ...head,
      stages: {
        ...head.stages,
        properties: named,
        additionalProperties: {
          type: 'object',
          required: ['uses'],
          properties: { uses: { enum: kinds } },
          allOf: other,
        },
      },
    },
    $defs: definitions,
  };
}

/**
 * The schema of a config after loading, for its type: names that stand for an object with that one member are written
 * out, and members with a default are there.
 */
function loaded(schema) {
  return rewrite(schema, (node) => {
    if (node.if?.type === 'string') {
      const { if: _if, then, else: otherwise, default: fallback, ...rest } = node;
      const isWrittenOut = then.enum?.every((name) => otherwise.properties?.[name]) ?? false;
      const text = then.enum ? { enum: then.enum } : { type: 'string' };
      const form = isWrittenOut ? otherwise : { anyOf: [text, otherwise] };
      return { ...rest, ...form, ...(fallback === undefined ? {} : { default: {} }) };
    }
    if (node.minItems !== undefined && node.maxItems === undefined) delete node.minItems;
    if (!node.properties) return node;
    const filled = Object.keys(node.properties).filter((key) => node.properties[key]?.default !== undefined);
    return filled.length === 0 ? node : { ...node, required: [...new Set([...(node.required ?? []), ...filled])] };
  });
}

async function configTypes() {
  const options = {
    bannerComment: '',
    additionalProperties: false,
    style: { singleQuote: true, printWidth: 130 },
    format: true,
  };
  const parts = ['/** Made by scripts/generate.mjs from schemas/. Do not edit. */\n'];
  parts.push(`export const stageKinds = [${kinds.map((kind) => `'${kind}'`).join(', ')}] as const;`);
  parts.push('export type StageKind = (typeof stageKinds)[number];\n');
  const { name: engine, device } = project.properties.engine.properties;
  const namesOf = (choices) => choices.enum.map((name) => `'${name}'`).join(', ');
  parts.push(`/** ${engine.description} */\nexport const engineChoices = [${namesOf(engine)}] as const;`);
  parts.push('export type EngineChoice = (typeof engineChoices)[number];\n');
  parts.push(
    `/** What the engine onnx computes on, as a pipeline file names it. */\nexport const deviceChoices = [${namesOf(device)}] as const;`,
  );
  parts.push('export type DeviceChoice = (typeof deviceChoices)[number];\n');
  parts.push(
    "/** How numbers are stored; they are always computed in float32. */\nexport type FloatType = PipelineConfig['features']['dtype'];\n",
  );
  const titles = {};
  for (const [name, schema] of Object.entries({ project, trust, ...stages })) {
    parts.push(await compile(loaded(schema), schema.title, options));
    if (Object.hasOwn(stages, name)) titles[name] = schema.title;
  }
  const entries = Object.entries(titles).map(([kind, title]) => `  '${kind}': ${title};`);
  parts.push(`/** The config of each kind. */\nexport interface StageConfigs {\n${entries.join('\n')}\n}`);
  return `${parts.join('\n')}\n`;
}

/** What our schemas say beyond JSON Schema; src/config/schemas.ts explains them. */
const marks = [
  'x-affects-output',
  'x-changed',
  'x-in-place-of',
  'x-only-with',
  'x-outputs',
  'x-own-folder',
  'x-path',
  'x-provides',
  'x-reference',
  'x-short-for',
  'x-takes-last',
];

/** The name that a compiled validator is exported under; kinds such as `export` are words of the language. */
const validatorName = (name) => `validate_${name.replaceAll('-', '_')}`;

function compiledValidators() {
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    // Errors carry the value and its schema, which messages are worded from.
    verbose: true,
    // The branches of an `if` take their type from its condition, which the check of types does not see.
    strictTypes: false,
    code: { source: true, esm: true, lines: true },
  });
  for (const keyword of marks) ajv.addKeyword({ keyword });
  const all = Object.entries({ project, trust, ...stages });
  for (const [name, schema] of all) ajv.addSchema(schema, name);
  const code = standalone.default(ajv, Object.fromEntries(all.map(([name]) => [validatorName(name), name])));
  const imports = [];
  const body = code.replaceAll(/require\("([^"]+)"\)/g, (_, path) => {
    if (!imports.includes(path)) imports.push(path);
    return `runtime${imports.indexOf(path)}`;
  });
  const table = ['project', 'trust', ...kinds].map((name) => `  '${name}': ${validatorName(name)},`);
  return [
    '// @ts-nocheck -- made by scripts/generate.mjs from schemas/.',
    ...imports.map((path, index) => `import runtime${index} from '${path}.js';`),
    body.replace('"use strict";', ''),
    `export const validators = {\n${table.join('\n')}\n};\n`,
  ].join('\n');
}

const outputs = [
  [new URL('../docs/fields.md', import.meta.url), fieldTable(project, stages)],
  [new URL('pipeline.schema.json', schemas), `${JSON.stringify(editorSchema(), null, 2)}\n`],
  [new URL('../src/core/schema-types.ts', import.meta.url), await configTypes()],
  [new URL('../src/config/compiled-validators.ts', import.meta.url), compiledValidators()],
];
let stale = false;
for (const [file, text] of outputs) {
  const current = await readFile(file, 'utf8').catch(() => '');
  if (current === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${file.pathname} is not current: run npm run gen`);
    stale = true;
  } else {
    await writeFile(file, text);
  }
}
process.exitCode = stale ? 1 : 0;
