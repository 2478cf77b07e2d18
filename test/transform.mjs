/**
 * swc takes the types off, and each module gets constants of the globals that it may use in loops: jest's sandbox asks a
 * function of Node's for each global by name, which takes longer than the arithmetic around it (noise.ts: 20 times).
 * TF.js gets them too. Not the globals that a test may replace, such as timers.
 */
import { createHash } from 'node:crypto';
import swc from '@swc/jest';

const names = [
  'Array',
  'ArrayBuffer',
  'BigInt',
  'DataView',
  'Float32Array',
  'Float64Array',
  'Int32Array',
  'JSON',
  'Map',
  'Math',
  'Number',
  'Object',
  'Set',
  'String',
  'Symbol',
  'Uint16Array',
  'Uint32Array',
  'Uint8Array',
];
const constants = `const { ${names.join(', ')} } = globalThis; `;
const hash = (text) => createHash('sha256').update(text).digest('hex');

/** Takes code as it is: that of TF.js is strict CommonJS. */
const asItIs = {
  process: (code) => ({ code: `'use strict'; ${code}` }),
  getCacheKey: (code) => hash(code),
};

export default {
  createTransformer({ typescript = true, ...options } = {}) {
    const inner = typescript ? swc.createTransformer(options) : asItIs;
    // On the first line, so that the numbers of lines stay.
    const withConstants = ({ code, ...more }) => ({
      ...more,
      code: code.replace(/^('use strict'; )?/, `$1${constants}`),
    });
    return {
      canInstrument: inner.canInstrument,
      process: (...args) => withConstants(inner.process(...args)),
      processAsync: async (...args) => withConstants(await (inner.processAsync ?? inner.process)(...args)),
      getCacheKey: (...args) => hash(inner.getCacheKey(...args) + constants),
    };
  },
};
