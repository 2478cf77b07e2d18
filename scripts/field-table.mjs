/** Writes the reference of all fields, docs/fields.md, from the schemas. */

const code = (text) => `\`${String(text).replaceAll('|', '\\|')}\``;

/** The values that a schema accepts, in words. */
function valuesOf(schema, root) {
  if (schema.$ref !== undefined) return valuesOf(root.$defs[schema.$ref.split('/').at(-1)], root);
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => valuesOf(one, root)).join(', or ');
  if (schema.if?.type === 'string') {
    const names =
      schema.then.enum === undefined
        ? schema.then['x-path']
          ? 'a path or URL'
          : 'a string'
        : schema.then.enum.map(code).join(', ');
    return `${names}, or ${schema.else?.type === 'array' ? 'a list of those' : 'with settings'}`;
  }
  if (schema['x-reference'] !== undefined) return 'a stage';
  if (schema['x-path'] === true) return 'a path';
  if (schema.type === 'array') return listOf(schema, root);
  if (schema['x-short-for'] !== undefined)
    return `${valuesOf(schema.properties[schema['x-short-for']], root)}, or with settings`;
  if (schema.type === 'object') return schema.properties === undefined ? 'names with values' : 'fields, below';
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.type === 'integer' || schema.type === 'number') return numberOf(schema);
  if (Array.isArray(schema.type)) return schema.type.join(', ');
  return 'a string';
}

function listOf({ items, minItems, maxItems }, root) {
  const inner = valuesOf(items ?? {}, root);
  return minItems !== undefined && minItems === maxItems
    ? `[${Array(minItems).fill(inner).join(', ')}]`
    : `a list: ${inner}`;
}

function numberOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  const kind = type === 'integer' ? 'an integer' : 'a number';
  const low =
    exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : minimum !== undefined ? `from ${minimum}` : '';
  const high =
    exclusiveMaximum !== undefined
      ? `below ${exclusiveMaximum}`
      : maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
        ? `up to ${maximum}`
        : '';
  return [kind, low, high].filter(Boolean).join(' ');
}

/** A row for each field, the fields of a field under its name. */
function rowsOf(schema, root, prefix = '') {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (name === 'uses' || name === '$schema') return [];
    const path = `${prefix}${name}`;
    const resolved = field.$ref === undefined ? field : { ...root.$defs[field.$ref.split('/').at(-1)], ...field };
    const fallback = field.default;
    const shown =
      fallback === undefined || (typeof fallback === 'object' && !Array.isArray(fallback))
        ? required.has(name)
          ? 'required'
          : ''
        : code(JSON.stringify(fallback).replaceAll('"', ''));
    const text = (field.description ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
    const own = `| ${code(path)} | ${valuesOf(field, root)} | ${shown} | ${text} |`;
    return [own, ...innerRows(resolved, root, path)];
  });
}

function innerRows(schema, root, path) {
  if (schema.if?.type === 'string') return rowsOf(schema.else, root, `${path}.`);
  if (schema.type === 'array' && schema.items?.$ref !== undefined) {
    return innerRows(root.$defs[schema.items.$ref.split('/').at(-1)], root, `${path}[]`);
  }
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => innerRows(one, root, path));
  if (schema.type !== 'object') return [];
  const named = rowsOf(schema, root, `${path}.`);
  return typeof schema.additionalProperties === 'object'
    ? [...named, ...rowsOf(schema.additionalProperties, root, `${path}.*.`)]
    : named;
}

const head = '| field | values | default | |\n| --- | --- | --- | --- |';

/** The whole page. `stages` are the schemas by kind. */
export function fieldTable(project, stages) {
  const order = ['ingest', 'augment', 'load-base', 'freeze', 'build-head', 'train', 'evaluate', 'export'];
  const kinds = Object.keys(stages).sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const sections = kinds.map(
    (kind) => `## ${kind}\n\n${stages[kind].description}\n\n${head}\n${rowsOf(stages[kind], stages[kind]).join('\n')}`,
  );
  return (
    [
      '<!-- Made by scripts/generate.mjs from schemas/. Do not edit. -->',
      '# All fields',
      'All fields of a pipeline file. Each stage also has `uses:`, its kind, which you can omit if the stage is named after its kind.',
      `## The file\n\n${head}\n${rowsOf(project, project).join('\n')}`,
      ...sections,
    ].join('\n\n') + '\n'
  );
}
