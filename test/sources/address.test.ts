import { describe, expect, test } from '@jest/globals';
import { PipelineError } from '../../src/core/problem.js';
import { checkedUrl, guardedLookup, isAllowedAddress } from '../../src/sources/address.js';

describe('addresses', () => {
  test('of inner networks may not be asked, in any notation', () => {
    const rules = { allowHttpLoopback: false };
    for (const bad of [
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.1.1',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      'fe80::1',
      'fd12::1',
      'ff02::1',
      '::ffff:10.0.0.1',
      '::ffff:127.0.0.1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
    ]) {
      expect([bad, isAllowedAddress(bad, rules)]).toEqual([bad, false]);
    }
    for (const good of ['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])
      expect([good, isAllowedAddress(good, rules)]).toEqual([good, true]);
    for (const url of [
      'https://0x7f.1/',
      'https://2130706433/',
      'https://127.1/',
      'https://[::ffff:7f00:1]/',
      'http://127.0.0.1/',
      'https://me:secret@example.com/',
      'nothing',
    ]) {
      expect(() => checkedUrl(url, undefined, rules)).toThrow(PipelineError);
    }
    expect(checkedUrl('https://example.com/a', undefined, rules).hostname).toBe('example.com');
  });

  test('of private networks may be asked if the pipeline allows it; this machine and its links never', () => {
    const rules = { allowHttpLoopback: false, allowPrivate: true };
    for (const good of ['10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', 'fd12::1', '::ffff:10.0.0.1', '8.8.8.8'])
      expect([good, isAllowedAddress(good, rules)]).toEqual([good, true]);
    for (const bad of ['127.0.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1', '::1', 'fe80::1', '::ffff:127.0.0.1'])
      expect([bad, isAllowedAddress(bad, rules)]).toEqual([bad, false]);
    expect(checkedUrl('https://10.1.2.3/a', undefined, rules).hostname).toBe('10.1.2.3');
    expect(() => checkedUrl('http://10.1.2.3/a', undefined, rules)).toThrow(PipelineError);
    expect(() => checkedUrl('https://10.1.2.3/a', undefined, { allowHttpLoopback: false })).toThrow(
      expect.objectContaining({
        problems: [expect.objectContaining({ remedy: expect.stringContaining('`allow_private: true`') })],
      }),
    );
  });

  test('that a name leads to are checked when the connection is made', async () => {
    const ask = (allowHttpLoopback: boolean) =>
      new Promise((resolve) =>
        guardedLookup({ allowHttpLoopback })('localhost', { all: true }, (error, found) => resolve(error ?? found)),
      );
    expect(await ask(false)).toMatchObject({ category: 'unsafe' });
    expect(await ask(true)).toEqual(expect.arrayContaining([expect.objectContaining({ address: expect.any(String) })]));
  });
});
