import { expect, test } from '@jest/globals';
import { arch } from 'node:os';
import { machineClass, machineClassOf } from '../../src/core/machine-class.js';

const avx2 = 'fpu sse sse2 ssse3 fma sse4_1 sse4_2 avx f16c avx2';
const avx512 = `${avx2} avx512f avx512dq avx512cd avx512bw avx512vl`;
const x64 = (flags: string): string => `processor\t: 0\nmodel name\t: Some Xeon\nflags\t\t: ${flags}\nbugs\t\t: avx2\n`;
const arm = (features: string): string => `processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: ${features}\n`;

test.each([
  ['x64', 'fpu sse sse2 ssse3 sse4_1', 'x64'],
  ['x64', 'fpu sse sse2 avx f16c', 'x64-avx'],
  ['x64', 'fpu sse sse2 avx avx2', 'x64-avx'],
  ['x64', avx2, 'x64-avx2'],
  ['x64', `${avx2} avx_vnni`, 'x64-avx2-vnni'],
  ['x64', `${avx2} avx512f`, 'x64-avx512'],
  ['x64', `${avx2} avx512f avx512_vnni`, 'x64-avx512'],
  ['x64', avx512, 'x64-avx512'],
  ['x64', `${avx512} avx512_vnni`, 'x64-avx512-vnni'],
  ['x64', `${avx512} avx512_vnni avx_vnni amx_tile amx_int8`, 'x64-avx512-vnni'],
  ['arm64', 'fp asimd evtstrm aes asimdhp asimddp', 'arm64'],
  ['arm64', 'fp asimd asimddp sve i8mm', 'arm64-sve'],
  ['arm64', 'fp asimd asimddp sve i8mm sme sme2', 'arm64-sme'],
])('on Linux, %s with the features %s is %s', (name, flags, expected) => {
  const cpuinfo = name === 'x64' ? x64(flags) : arm(flags);
  expect(machineClassOf({ platform: 'linux', arch: name, cpuinfo, model: 'Some Xeon' })).toBe(expected);
});

test.each([
  ['darwin', 'arm64', 'Apple M1 Pro', 'arm64-apple'],
  ['darwin', 'arm64', 'Apple M4', 'arm64-apple-sme'],
  ['darwin', 'arm64', 'Apple M10 Max', 'arm64-apple-sme'],
  ['darwin', 'arm64', undefined, 'arm64-apple'],
  ['darwin', 'x64', 'Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz', 'x64-intel-r-core-tm-i7-9750h-cpu-2-60ghz'],
  ['win32', 'x64', 'AMD EPYC 7763 64-Core Processor                ', 'x64-amd-epyc-7763-64-core-processor'],
  ['linux', 'x64', 'unknown', 'x64'],
  ['linux', 'riscv64', undefined, 'riscv64'],
])('without features, on %s %s, the model %s decides: %s', (platform, name, model, expected) => {
  expect(machineClassOf({ platform, arch: name, model })).toBe(expected);
});

test('the class of this machine is of its architecture, and the same each time', () => {
  expect(machineClass().split('-')[0]).toBe(arch());
  expect(machineClass()).toBe(machineClass());
});
