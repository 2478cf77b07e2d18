/**
 * The kind of this machine's processor, as far as it decides the last bits of results: onnxruntime's library of kernels
 * (MLAS) chooses among them by the features of the processor, and each sums in an order of its own. Machines of one class
 * run the same kernels. `MLAS_PLATFORM` in onnxruntime/core/mlas/lib/platform.cpp makes the choice that is followed here.
 */
import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';

declare const brand: unique symbol;
/** Such as `x64-avx512-vnni`. */
export type MachineClass = string & { readonly [brand]: 'MachineClass' };

/** What a system shows of its processor. */
export interface ProcessorFacts {
  readonly platform: string;
  readonly arch: string;
  /** The text of /proc/cpuinfo; undefined off Linux. */
  readonly cpuinfo?: string;
  /** What the system calls the processor. */
  readonly model?: string;
}

let ours: MachineClass | undefined;

export function machineClass(): MachineClass {
  return (ours ??= machineClassOf({
    platform: process.platform,
    arch: arch(),
    cpuinfo: process.platform === 'linux' ? cpuinfo() : undefined,
    model: cpus()[0]?.model,
  }));
}

/** The first processor is enough, which is the beginning of a file that grows with their number. */
const mostCpuinfo = 16 * 1024;

function cpuinfo(): string | undefined {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8').slice(0, mostCpuinfo);
  } catch {
    return undefined;
  }
}

export function machineClassOf(facts: ProcessorFacts): MachineClass {
  return classOf(facts) as MachineClass;
}

function classOf({ platform, arch: name, cpuinfo: text = '', model = '' }: ProcessorFacts): string {
  const flags = flagsIn(text);
  if (name === 'x64' && flags.size > 0) return `x64${x64Kernels(flags)}`;
  if (name === 'arm64' && flags.size > 0) return `arm64${arm64Kernels(flags)}`;
  if (name === 'arm64' && platform === 'darwin') return `arm64-apple${hasAppleMatrixUnit(model) ? '-sme' : ''}`;
  // Without its features, only a processor of the same model is known to run the same kernels.
  const slug = model
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64);
  return slug === '' || slug === 'unknown' ? name : `${name}-${slug}`;
}

/** Linux calls them `flags` on x64 and `Features` on arm64. */
function flagsIn(text: string): ReadonlySet<string> {
  const [, list = ''] = /^(?:flags|Features)[ \t]*:(.*)$/m.exec(text) ?? [];
  return new Set(list.split(/\s+/).filter(Boolean));
}

function x64Kernels(flags: ReadonlySet<string>): string {
  const has = (...names: string[]) => names.every((name) => flags.has(name));
  if (!has('avx')) return '';
  if (!has('avx2', 'fma')) return '-avx';
  // Sums of 8-bit products saturate without VNNI; those of AMX are the same as with it.
  const isCore = has('avx512bw', 'avx512dq', 'avx512vl');
  const vnni = has('avx_vnni') || (isCore && has('avx512_vnni')) ? '-vnni' : '';
  return has('avx512f') ? `-avx512${vnni}` : `-avx2${vnni}`;
}

function arm64Kernels(flags: ReadonlySet<string>): string {
  if (flags.has('sme')) return '-sme';
  return flags.has('sve') ? '-sve' : '';
}

/** From M4 on, the processors of Apple have the matrix unit (SME) that products of matrices run on. */
function hasAppleMatrixUnit(model: string): boolean {
  const [, generation = '0'] = /^Apple M(\d+)/.exec(model) ?? [];
  return Number(generation) >= 4;
}
