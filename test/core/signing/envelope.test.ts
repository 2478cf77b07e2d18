import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../../src/core/canonical.js';
import { signed, verifySigned, type TrustedKeys } from '../../../src/core/signing/envelope.js';
import { privateKeyText, signerOf, type Signer } from '../../../src/core/signing/keys.js';
import { pem, publicKeyOfPem, signedByOpenssl } from './openssl.js';

const signer = signerOf(pem)!;
const stranger = signerOf(privateKeyText(Buffer.alloc(32, 9)))!;
const trusted: TrustedKeys = new Map([[signer.publicKey, 'ci']]);
const stateOf = (envelope: unknown): string => verifySigned(JSON.stringify(envelope), trusted).state;

/** The values that JSON gives back as they were. */
const values = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** The same value, with the members of every object in another order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Json>>)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

test('a signature by openssl counts, and ours is the same', () => {
  expect(verifySigned(JSON.stringify(signedByOpenssl), trusted)).toEqual({
    state: 'trusted',
    by: 'ci',
    signature: signedByOpenssl.signature.value,
    key: publicKeyOfPem,
    value: signedByOpenssl.value,
  });
  expect(signed(signedByOpenssl.value, signer)).toEqual(signedByOpenssl);
});

test('any value comes back with the name of the key that signed it', () => {
  fc.assert(
    fc.property(values, (value) => {
      const text = JSON.stringify(signed(value, signer));
      const { signature } = JSON.parse(text) as { signature: { value: string } };
      const found = { key: signer.publicKey, signature: signature.value, value };
      expect(verifySigned(text, trusted)).toEqual({ state: 'trusted', by: 'ci', ...found });
      expect(verifySigned(text, new Map())).toEqual({ state: 'foreign', ...found });
    }),
  );
});

test('neither the order of fields nor blanks matter', () => {
  fc.assert(
    fc.property(values, (value) => {
      const envelope = signed(value, signer);
      const other = { signature: reversed(envelope.signature as unknown as Json), value: reversed(value) };
      expect(verifySigned(JSON.stringify(other, null, 3), trusted).state).toBe('trusted');
    }),
  );
});

test('no text with a flipped bit counts, unless it says the same', () => {
  const value: Json = { key: 'ab', outputs: { model: { digest: 'cd', size: 3 } }, list: [1, -0.5, true, null, 'ä€𝄞'] };
  const text = Buffer.from(JSON.stringify(signed(value, signer)));
  const accepted: number[] = [];
  for (let bit = 0; bit < text.length * 8; bit++) {
    const changed = Buffer.from(text);
    changed[bit >> 3] ^= 1 << (bit & 7);
    if (verifySigned(changed.toString('utf8'), trusted).state === 'trusted') accepted.push(bit);
  }
  expect(accepted).toEqual([]);
});

test('a signature of another value is refused', () => {
  fc.assert(
    fc.property(values, values, (one, other) => {
      fc.pre(JSON.stringify(reversed(one)) !== JSON.stringify(reversed(other)));
      const { signature } = signed(one, signer);
      const found = stateOf({ value: other, signature });
      // Objects that differ in the order of their fields alone are the same value.
      const isSame = signed(other, signer).signature!.value === signature!.value;
      expect(found).toBe(isSame ? 'trusted' : 'forged');
    }),
  );
});

describe('the other states', () => {
  const value: Json = { key: 'ab' };
  const { signature } = signed(value, signer);
  const by = (other: Signer) => signed(value, other);

  test('no signature', () => {
    expect(verifySigned(JSON.stringify({ value }), trusted)).toEqual({ state: 'unsigned', value });
    expect(verifySigned('{"value":null}', trusted)).toEqual({ state: 'unsigned', value: null });
  });

  test('a key that nobody trusts', () => {
    expect(verifySigned(JSON.stringify(by(stranger)), trusted)).toEqual({
      state: 'foreign',
      key: stranger.publicKey,
      signature: by(stranger).signature!.value,
      value,
    });
  });

  test('a signature that the key did not make', () => {
    const borrowed = { value, signature: { key: signer.publicKey, value: by(stranger).signature!.value } };
    expect(verifySigned(JSON.stringify(borrowed), trusted)).toEqual({ state: 'forged', key: signer.publicKey });
    expect(stateOf({ value: { key: 'ac' }, signature })).toBe('forged');
  });

  test('a signature of another kind of thing', () => {
    const pack = JSON.stringify(signed(value, signer, 'pack'));
    expect(verifySigned(pack, trusted).state).toBe('forged');
    expect(verifySigned(pack, trusted, 'pack').state).toBe('trusted');
  });

  test.each([
    [null],
    [[]],
    [1],
    [{}],
    [{ signature }],
    [{ value, signature: null }],
    [{ value, signature: undefined, more: 1 }],
    [{ value, signature, more: 1 }],
    [{ value, signature: { ...signature, more: 1 } }],
    [{ value, signature: { key: signature!.key } }],
    [{ value, signature: { key: signature!.key, value: signature!.value.slice(0, -2) } }],
    [{ value, signature: { key: signature!.key.slice(8), value: signature!.value } }],
    [{ value, signature: [signature] }],
  ])('%j is malformed', (envelope) => {
    expect(stateOf(envelope)).toBe('malformed');
  });

  test.each([
    ['no JSON', '{"value":'],
    ['nothing', ''],
    ['infinity', '{"value":1e999}'],
    ['lists without end', `{"value":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
    ['more values than bytes for them', `{"value":[${'0,'.repeat(2_000_000)}0]}`],
    ['a prototype in place of a value', '{"__proto__":{"value":1}}'],
  ])('%s is malformed', (_, text) => {
    expect(verifySigned(text, trusted)).toEqual({ state: 'malformed' });
  });

  test('a member called __proto__ is signed like any other', () => {
    const text = JSON.stringify(signed(JSON.parse('{"__proto__":{"a":1}}') as Json, signer));
    expect(verifySigned(text, trusted).state).toBe('trusted');
    expect(verifySigned(text.replace('{"a":1}', '{"a":2}'), trusted).state).toBe('forged');
  });
});

test('what JSON cannot carry is not signed', () => {
  expect(() => signed(NaN, signer)).toThrow(TypeError);
});
