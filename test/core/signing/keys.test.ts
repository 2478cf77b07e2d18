import { describe, expect, test } from '@jest/globals';
import { isPublicKey, isSignature, privateKeyText, signerOf, verifies } from '../../../src/core/signing/keys.js';
import { encryptedPem, otherKinds, pem, publicKeyOfPem } from './openssl.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature. */
const vectors = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

test.each(vectors)('the vector of RFC 8032 with the seed %s', (seed, key, message, signature) => {
  const signer = signerOf(privateKeyText(hex(seed)))!;
  expect(signer.publicKey).toBe(`ed25519:${hex(key).toString('base64')}`);
  const made = signer.sign(hex(message));
  expect(Buffer.from(made, 'base64').toString('hex')).toBe(signature);
  expect([isPublicKey(signer.publicKey), isSignature(made)]).toEqual([true, true]);
  expect(verifies(signer.publicKey, hex(message), made)).toBe(true);
  expect(verifies(signer.publicKey, hex(`${message}00`), made)).toBe(false);
});

test('a key that openssl wrote', () => {
  expect(signerOf(pem)?.publicKey).toBe(publicKeyOfPem);
  expect(signerOf(`\n${pem.replaceAll('\n', '\r\n')}\r\n`)?.publicKey).toBe(publicKeyOfPem);
});

describe('what is not a private key', () => {
  const seed = Buffer.alloc(32, 7);
  const text = privateKeyText(seed);
  test.each([
    '',
    'ed25519-private:',
    text.slice(0, -1),
    `${text}=`,
    text.replace('ed25519-private:', 'ed25519:'),
    seed.toString('base64'),
    'a'.repeat(100_000),
    encryptedPem,
    ...otherKinds,
  ])('%#', (wrong) => {
    expect(signerOf(wrong)).toBeUndefined();
  });

  test('has another length than 32 bytes', () => {
    expect(() => privateKeyText(Buffer.alloc(31))).toThrow(RangeError);
  });
});

describe('a key and a signature have one text each', () => {
  const { publicKey, sign } = signerOf(privateKeyText(Buffer.alloc(32, 7)))!;
  const signature = sign(Buffer.from('x'));
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

  test('the other texts of the same bytes are refused', () => {
    const others = (value: string, end: string): string[] => {
      const last = value.length - end.length - 1;
      const bytes = Buffer.from(value.split(':').at(-1)!, 'base64');
      return [...alphabet]
        .map((character) => `${value.slice(0, last)}${character}${end}`)
        .filter((other) => other !== value && Buffer.from(other.split(':').at(-1)!, 'base64').equals(bytes));
    };
    expect(others(publicKey, '=')).toHaveLength(3);
    expect(others(publicKey, '=').filter(isPublicKey)).toEqual([]);
    expect(others(signature, '==')).toHaveLength(15);
    expect(others(signature, '==').filter(isSignature)).toEqual([]);
  });

  test.each([undefined, null, 1, '', publicKey.slice(8), `${publicKey}\n`, publicKey.replace('=', ''), [publicKey]])(
    '%j is not a public key',
    (value) => {
      expect(isPublicKey(value)).toBe(false);
    },
  );
});

test('bytes that are not a point of the curve verify nothing', () => {
  const nowhere = `ed25519:${Buffer.alloc(32, 2).toString('base64')}`;
  const signature = signerOf(pem)!.sign(Buffer.from('x'));
  if (!isPublicKey(nowhere)) throw new Error('it has the form of a key');
  expect(verifies(nowhere, Buffer.from('x'), signature)).toBe(false);
});
