import { beforeAll, describe, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { PipelineError } from '../../src/core/problem.js';
import { isPublicKey, privateKeyText, signerOf, type PublicKey } from '../../src/core/signing/keys.js';
import { isTrusted, parseTrust, readTrust } from '../../src/config/trust.js';
import { withKey } from '../../src/config/trust-edit.js';
import { formatProblems } from '../../src/report/problems.js';
import { testProject } from './project.js';

const project = testProject();
const keys = [1, 2, 3].map((byte) => signerOf(privateKeyText(Buffer.alloc(32, byte)))!.publicKey);
const [ci, ada, bob] = keys;
const file = 'pipeline.trust.yaml';

const text = `version: 1
keys:
  - name: ci
    key: "${ci}"
  - {name: ada, key: "${ada}"}
`;

function complaint(content: string): string {
  try {
    parseTrust(content, '/p/pipeline.trust.yaml');
  } catch (error) {
    if (error instanceof PipelineError)
      return formatProblems(error.problems, { color: false, width: () => 200, cwd: '/p' });
    throw error;
  }
  throw new Error('it was taken');
}

test('reads names and keys in the order of the file', async () => {
  await project.write(file, `\uFEFF${text}`);
  const trust = await readTrust({ home: project.root });
  expect([...trust!.keys]).toEqual([
    [ci, 'ci'],
    [ada, 'ada'],
  ]);
});

test('no file trusts nobody in particular; an empty list trusts nobody', async () => {
  await rm(`${project.root}/${file}`);
  expect(await readTrust({ home: project.root })).toBeUndefined();
  expect(parseTrust('version: 1\nkeys: []\n', file).keys.size).toBe(0);
});

describe('problems', () => {
  const wrong: readonly (readonly [content: string, message: string])[] = [
    [text.replace('version: 1\n', ''), `${file}:1:1: the trust file has no \`version\``],
    ['version: 1\n', `${file}:1:1: the trust file has no \`keys\``],
    ['', `${file}:1:1: the trust file is empty`],
    ['version: 1\nkeys:\n', `${file}:2:1: \`keys\` is empty`],
    [text.replace('version: 1', 'version: 2'), `${file}:1:10: \`version\` is 2`],
    [`${text}expires: 2027\n`, `${file}:6:1: unknown field \`expires\` in the trust file`],
    [text.replace('name: ci', 'nam: ci'), `${file}:3:5: unknown field \`nam\` in item 1 of \`keys\``],
    [text.replace(`"${ci}"`, 'abc'), `${file}:4:10: \`key\` is the string "abc"`],
    [text.replace('name: ada', 'name: a b'), `${file}:5:12: \`name\` is the string "a b"`],
    [text.replace('name: ada', 'name: ci'), `${file}:5:12: the name \`ci\` appears twice`],
    [text.replace(ada, ci), `${file}:5:22: the key of \`ci\` appears twice`],
    [text.replace('keys:', 'keys: &a'), `${file}:`],
    [`${text}version: 1\n`, `${file}:6:1: \`version\` appears twice`],
  ];

  test.each(wrong)('%#: %j', (content, message) => {
    if (content.includes('&a')) expect(parseTrust(content, file).keys.size).toBe(2);
    else expect(complaint(content)).toContain(message);
  });

  test('say what a key looks like, and what was meant', () => {
    expect(complaint(text.replace(`"${ci}"`, 'abc'))).toContain(
      'expected: a public key from `pipeline cache keygen`: `ed25519:` and 44 characters of base64',
    );
    expect(complaint(text.replace('name: ci', 'nam: ci'))).toContain('did you mean `name`?');
  });

  test('a private key is not shown', () => {
    const secret = privateKeyText(Buffer.alloc(32, 1));
    const shown = complaint(text.replace(ci, secret));
    expect(shown).toContain('contains a private key, which must stay secret');
    expect(shown).not.toContain(secret.slice(-44, -4));
  });
});

describe('adding a key', () => {
  const commented = `# Ours.
version: 1

# People of the team:
keys:
  # The build server.
  - name: ci
    key: "${ci}" # since March
  - { name: ada, key: "${ada}" }
`;

  test('keeps comments, and what was there', () => {
    const changed = withKey(commented, 'bob', bob);
    expect(changed).toBe(`${commented}  - name: bob\n    key: "${bob}"\n`);
    expect([...parseTrust(changed, file).keys.values()]).toEqual(['ci', 'ada', 'bob']);
  });

  test('makes a file that explains itself', () => {
    const made = withKey(undefined, 'ci', ci);
    expect(made).toMatch(/^# Who may write the results /);
    expect([...parseTrust(withKey(made, 'ada', ada), file).keys]).toEqual([
      [ci, 'ci'],
      [ada, 'ada'],
    ]);
  });

  test('into a list on one line', () => {
    const changed = withKey(`{version: 1, keys: [{name: ci, key: "${ci}"}]}\n`, 'ada', ada);
    expect([...parseTrust(changed, file).keys.values()]).toEqual(['ci', 'ada']);
  });

  let trust: ReturnType<typeof parseTrust>;
  beforeAll(() => {
    trust = parseTrust(text, file);
  });

  test('twice adds it once', () => {
    expect([isTrusted(trust, 'ci', ci), isTrusted(trust, 'bob', bob)]).toEqual([true, false]);
  });

  test.each([
    ['ci', bob, '`ci` has another key'],
    ['bob', ci, 'the key is that of `ci`'],
    ['ada', ci, 'the key is that of `ci`'],
  ] as readonly (readonly [string, PublicKey, string])[])(
    '%s with a key or name of another is refused',
    (name, key, found) => {
      expect(isPublicKey(key)).toBe(true);
      expect(() => isTrusted(trust, name, key)).toThrow(found);
    },
  );
});
