import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PipelineError } from '../../src/core/problem.js';
import { parseYaml } from '../../src/config/yaml.js';
import { testProject } from './project.js';

const project = testProject();

const syntaxErrors: readonly (readonly [string, string, string])[] = [
  [
    'a tab',
    'version: 1\n\tseed: 2\n',
    `pets.yaml:2:1: this is not valid YAML: Tabs are not allowed as indentation
  1 | version: 1
  2 |   seed: 2
    | ^^
  -> indent with spaces`,
  ],
  [
    'a missing colon',
    'version: 1\nstages\nseed: 2\n',
    `pets.yaml:2:1: this is not valid YAML: Implicit keys need to be on a single line
  1 | version: 1
  2 | stages
    | ^^^^^^
  3 | seed: 2
  -> check the indentation, and that each name is followed by \`:\``,
  ],
  [
    'errors in two lines',
    'version: 1\nname: @pets\ndescription: `pets`\n',
    `pets.yaml:2:7: this is not valid YAML: Plain value cannot start with reserved character @
  1 | version: 1
  2 | name: @pets
    |       ^
  3 | description: \`pets\`
  -> quote this string

pets.yaml:3:14: this is not valid YAML: Plain value cannot start with reserved character \`
  2 | name: @pets
  3 | description: \`pets\`
    |              ^
  -> quote this string`,
  ],
  [
    'a second document',
    'version: 1\n---\nversion: 1\n',
    `pets.yaml:3:1: a second YAML document starts here
  2 | ---
  3 | version: 1
    | ^
  expected: one pipeline per file
  -> remove the \`---\` line before it, or move it into its own file`,
  ],
  [
    'a tag',
    'version: !!int "1"\nseed: !seed 2\n',
    `pets.yaml:2:7: this is not valid YAML: Unresolved tag: !seed
  1 | version: !!int "1"
  2 | seed: !seed 2
    |       ^^^^^
  -> remove the tag: pipelines do not use tags`,
  ],
  [
    'a directive',
    '%YAML 1.1\n---\nversion: yes\n',
    `pets.yaml:1:1: YAML directives are not supported
  1 | %YAML 1.1
    | ^^^^^^^^^
  2 | ---
  -> remove this line`,
  ],
  [
    'nothing but a comment',
    '# pets\n',
    `pets.yaml: the file is empty
  expected: a pipeline
  -> start with:
     version: 1
     stages:
       ingest:
         source: pictures`,
  ],
  [
    'a list',
    '- ingest\n- train\n',
    `pets.yaml:1:1: the file contains a list of 2
  1 | - ingest
    | ^^^^^^^^
  2 | - train
  expected: a mapping with \`version\`, \`stages\` and other fields, each followed by \`:\`
  -> start with:
     version: 1
     stages:
       ingest:
         source: pictures`,
  ],
];

test.each(syntaxErrors)('reports %s', async (_name, yaml, complaint) => {
  expect(await project.complaint(yaml)).toBe(complaint);
  expect((await project.refuse(yaml)).category).toBe('invalid');
});

test('after a tab, errors of other lines are not reported', async () => {
  const { problems } = await project.refuse(
    'version: 1\nstages:\n  ingest:\n    source: x\n\timage: {size: [8, 8]}\n  train:\n    epochs: 1\n',
  );
  expect(problems.map(({ position, remedy }) => [position?.line, remedy])).toEqual([[5, 'indent with spaces']]);
});

test('of a file that is not YAML the first errors are reported, and the others counted', async () => {
  const wrong = (lines: number): string =>
    `version: 1\n${Array.from({ length: lines }, (_, line) => `a${line}: @x\n`).join('')}`;
  const five = (await project.refuse(wrong(5))).problems;
  expect(five.map(({ position }) => position?.line)).toEqual([2, 3, 4, 5, 6]);
  const { problems } = await project.refuse(wrong(41));
  expect(problems.slice(0, 5)).toMatchObject(five.map(({ code, found, remedy }) => ({ code, found, remedy })));
  expect(problems.slice(5)).toMatchObject([
    {
      found: '36 more lines are not valid YAML, possibly because of the first',
      where: expect.stringMatching(/pets\.yaml$/),
    },
  ]);
});

test('the example for an empty file is valid', async () => {
  const { problems } = await project.refuse('');
  const example = problems[0].remedy?.split('\n').slice(1).join('\n') ?? '';
  expect((await project.load(example)).stages).toHaveLength(1);
});

test('columns count characters, and carets stand under wide ones', async () => {
  const yaml = '\ufeffversion: 1\r\nstages:\r\n  ingest: {source: "🐈 猫 é", imag: {}}\r\n';
  expect(await project.complaint(yaml)).toBe(`pets.yaml:3:29: unknown field \`imag\` in \`ingest\`
  2 | stages:
  3 |   ingest: {source: "🐈 猫 é", imag: {}}
    |                               ^^^^
  expected: one of \`uses\`, \`source\`, \`labels\`, \`image\`, \`max_megapixels\`, \`split\`, \`split_folders\`, \`task\`, \`classes\`,
            \`ignore\`, \`per_class\`, \`on_bad_image\`, \`on_bad_row\` or \`on_label_conflict\`
  -> did you mean \`image\`?`);
});

test('a byte order mark does not move the first line', async () => {
  const { problems } = await project.refuse('\ufeffverson: 1\nstages: {ingest: {source: a}}\n');
  expect(problems.map(({ code, position }) => [code, position?.line, position?.column])).toEqual([
    ['unknown-field', 1, 1],
  ]);
});

test('a file that is not UTF-8 has an error of its own', async () => {
  const latin = Buffer.from('version: 1\ndescription: caf\xe9\n', 'latin1');
  expect(await project.complaint(latin)).toBe('pets.yaml: the file is not UTF-8 text\n  -> save it as UTF-8');
});

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test.each([
  ['aliases', 'a: &a [1, 2]\nb: &b [*a, *a]\n', 'yaml-alias', [2, 2]],
  ['keys that reach prototypes', '__proto__: 1\na: {constructor: 2, "prototype": 3}\n', 'forbidden-key', [1, 2, 2]],
  ['deep nesting in brackets', '['.repeat(100_000), 'too-deep', [1]],
  ['deep nesting in dashes', '- '.repeat(100_000), 'too-deep', [1]],
  ['too many values', 'a: [' + '1,'.repeat(200_000) + ']', 'too-large', [1]],
])('refuses %s as unsafe', async (_name, yaml, code, lines) => {
  const { category, problems } = await project.refuse(yaml);
  expect(category).toBe('unsafe');
  expect(problems.map((problem) => [problem.code, problem.position?.line])).toEqual(lines.map((line) => [code, line]));
});

test('takes 64 levels, and not 65', () => {
  expect(() => parseYaml(nested(64), 'a.yaml')).not.toThrow();
  expect(() => parseYaml(nested(65), 'a.yaml')).toThrow('more than 64 levels');
});

test('refuses a file of more than 1 MiB without reading it', async () => {
  const { category, problems } = await project.refuse(`# ${'x'.repeat(1024 * 1024)}\n`);
  expect([category, problems[0].code]).toEqual(['unsafe', 'file-too-large']);
});

test('values are those of the YAML 1.2 core schema, with text keys and no prototypes', () => {
  const { value } = parseYaml('yes: no\n1: 0o17\n~: [1e3, .5, null, ~, "1", 2024-01-01, <<]\ntoString: x\n', 'a.yaml');
  expect(JSON.stringify(value)).toBe(
    '{"1":15,"yes":"no","~":[1000,0.5,null,null,"1","2024-01-01","<<"],"toString":"x"}',
  );
  expect(Object.getPrototypeOf(value)).toBeNull();
});

test('no text makes the loader throw anything but a PipelineError', async () => {
  const words = [
    'version: 1\n',
    'stages:',
    '  ingest:',
    ' {',
    '}',
    '[',
    ']',
    '\n',
    '  ',
    '- ',
    ': ',
    '&a ',
    '*a',
    '!t ',
    '"',
    "'",
    '|',
    '>',
    '\t',
    '# ',
    '? ',
    'train',
    'uses: ',
    'base',
    'é',
    '\u0000',
    '---\n',
    'layers',
    ',',
    '1',
    '0.5',
  ];
  const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(text, async (parts) => {
      const thrown: unknown = await project.load(`version: 1\nstages:\n${parts.join('')}`).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (thrown === undefined) return;
      if (!(thrown instanceof PipelineError)) throw thrown;
      expect(thrown.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});
