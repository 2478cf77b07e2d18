/** Markup and what is put into it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { html } from '../../../src/report/html/markup.js';

test('texts are escaped, markup is not, lists are joined, undefined is nothing', () => {
  const inner = html`<b>${'a & b'}</b>`;
  expect(html`<p title="${`"'>`}">${[inner, inner]}${undefined}${3}</p>`.text).toBe(
    '<p title="&quot;&#39;&gt;"><b>a &amp; b</b><b>a &amp; b</b>3</p>',
  );
});

test('no text can open a tag, close an attribute or begin an entity', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '/', '\u0000', '=', ' ') }), (text) => {
      expect(html`${text}`.text).not.toMatch(/[<>"'\u0000]|&(?!(amp|lt|gt|quot|#39);)/);
    }),
  );
});

test('controls, half characters and marks that turn writing are shown as unknown; letters of all scripts and line breaks stay', () => {
  expect(html`${'a\u202egpj.\u0007\u009b\ud800'}`.text).toBe('a\ufffdgpj.\ufffd\ufffd\ufffd');
  expect(html`${'Käse 猫 🐈\n\tnext'}`.text).toBe('Käse 猫 🐈\n\tnext');
});
