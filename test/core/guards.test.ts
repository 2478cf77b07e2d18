/** What JSON from a disk may hold: digests, names and numbers of their own form, and nothing that names another place. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { join, resolve } from 'node:path';
import { digestOf, fileNameOf, type Digest } from '../../src/core/digest.js';
import { isCount, isFiniteNumber, isShapedAs, isString, optional, parseJson } from '../../src/core/guards.js';
import { isBlobRef, isOutputName, isOutputs } from '../../src/core/outputs.js';
import { isInnerPath, isWithin, staysInside } from '../../src/core/paths.js';
import { archiveRoot, isRoot, parseArchiveRoot } from '../../src/core/source.js';

const digest = digestOf('');
const climbing = ['..', '../a', 'a/../../b', 'a/..', './a', 'a//b', '/a', '', 'a/', 'a\0b'];

describe('names of places', () => {
  test('lead nowhere else', () => {
    expect(
      [
        ...climbing,
        'C:/a',
        'C:a',
        'a\\b',
        '..\\a',
        'a\nb',
        '\u001b[2J',
        '__proto__',
        'a/__proto__',
        'a'.repeat(256),
        'a/'.repeat(600) + 'a',
      ].filter(isInnerPath),
    ).toEqual([]);
    expect(
      ['model.json', 'probes/1.png', '..a', 'a..', 'é', 'constructor'].filter((name) => !isInnerPath(name)),
    ).toEqual([]);
  });

  test('of people may hold what a file system takes', () => {
    expect(climbing.filter(staysInside)).toEqual([]);
    expect(['cats/a\nb:c.jpg', 'cats/..a.jpg'].filter((name) => !staysInside(name))).toEqual([]);
  });

  test('that are let through stay inside their folder, whatever they are', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '/', '\\', 'C:', '\0'), fc.string());
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.constantFrom('/', ''), (parts, between) => {
        const name = parts.join(between);
        if (staysInside(name)) expect(isWithin(resolve(join('/project/models', name)), '/project/models')).toBe(true);
        expect(!isInnerPath(name) || staysInside(name)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('of archives stay inside them', () => {
    expect(parseArchiveRoot(archiveRoot(digest, 'a/b'))).toEqual({ archive: digest, folder: 'a/b' });
    for (const folder of ['..', '../..', 'a/../../b', '/etc']) {
      expect(parseArchiveRoot(`archive:${digest}/${folder}`)).toBeUndefined();
      expect(isRoot(`archive:${digest}/${folder}`)).toBe(false);
    }
    expect([isRoot('archive:short'), isRoot(`archive:${digest}`), isRoot('../pictures'), isRoot(1)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

test('outputs have digests, sizes and names that stay inside', () => {
  expect(isOutputs({ metrics: { digest, size: 1 }, 'file:probes/1.png': { digest, size: 0 } })).toBe(true);
  for (const size of [-1, 0.5, NaN, Infinity, '1', 2 ** 60, undefined]) expect(isBlobRef({ digest, size })).toBe(false);
  for (const forged of ['../../../../thesis.tex', digest.toUpperCase(), `${digest}\n`, digest.slice(1), [digest]])
    expect(isBlobRef({ digest: forged, size: 1 })).toBe(false);
  expect(
    ['file:../x', 'file:/x', 'file:', 'file:a/../../x', '../x', '', 'file:..\\x', '__proto__', 'file:C:x'].filter(
      isOutputName,
    ),
  ).toEqual([]);
  expect(() => fileNameOf('../../x' as Digest)).toThrow('"../../x" is not a SHA-256 digest');
});

test('a shape lets later fields through, and asks own ones alone', () => {
  const isPoint = isShapedAs({ x: isFiniteNumber, label: optional(isString) });
  expect([{ x: 1 }, { x: 1, label: 'a', y: 2 }].every(isPoint)).toBe(true);
  expect([{}, { x: '1' }, { x: 1, label: 2 }, null, [], { x: 1e999 }].some(isPoint)).toBe(false);
  expect(isShapedAs({ toString: isString })({})).toBe(false);
  expect([isCount(0), isCount(-0.5), isCount(2 ** 53)]).toEqual([true, false, false]);
});

test('what is not JSON, or nested too deeply, is read as nothing', () => {
  for (const text of ['', '{', '['.repeat(1_000_000), '{"x": 1}x'])
    expect(parseJson(text, isShapedAs({}))).toBeUndefined();
});
