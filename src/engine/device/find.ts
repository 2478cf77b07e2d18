/**
 * Finds out whether a device can be used here and which adapter it is: a network of two operators runs on it in a process
 * of its own, as a driver may end the process that loads it.
 */
import { fork } from 'node:child_process';
import type { DeviceName, DeviceUse } from '../../core/engine-choice.js';
import { packageFile } from '../../core/package.js';
import { failure, type PipelineError } from '../../core/problem.js';
import type { DeviceChoice, EngineChoice } from '../../core/schema-types.js';
import { onnxruntimePackage } from '../onnx/library.js';
import { EXPECTED } from '../unit-network.js';
import { isForThisSystem, systemAdapter } from './facts.js';
import { reasonOf, type Refusal } from './reasons.js';

export type { Refusal } from './reasons.js';
export { decidesAdapter } from './facts.js';

export type Found = { readonly kind: 'works'; readonly adapter: string } | Refusal;

export type TryResponse =
  { readonly kind: 'computed'; readonly value: number } | { readonly kind: 'failed'; readonly message: string };

/** Drivers compile their first program for a while. */
const LONGEST_MS = 60_000;

/** Of stderr, where the loader of Vulkan drivers writes which adapter is used. */
const MOST_TEXT = 2 ** 20;

/** Adapters that compute on the processor: correct, but slower than onnxruntime's own kernels for it. */
const software = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

export function isSoftware(adapter: string): boolean {
  return software.test(adapter);
}

const finding = new Map<DeviceName, Promise<Found>>();

/** Asked once per process. */
export function findDevice(device: DeviceName): Promise<Found> {
  const found = finding.get(device) ?? find(device);
  finding.set(device, found);
  return found;
}

async function find(device: DeviceName): Promise<Found> {
  if (onnxruntimePackage() === undefined)
    return {
      kind: 'refused',
      reason: 'onnxruntime-node is not installed for this machine',
      remedy: 'install onnxruntime-node',
    };
  if (!isForThisSystem(device)) return reasonOf(device, { kind: 'not-included' });
  const { response, text, ended, late } = await tryOut(device);
  if (response === undefined) return reasonOf(device, late ? { kind: 'late' } : { kind: 'ended', how: ended });
  if (response.kind === 'failed') return reasonOf(device, { kind: 'failed', text: `${response.message}\n${text}` });
  if (!(Math.abs(response.value - EXPECTED) < 1e-3)) return reasonOf(device, { kind: 'wrong' });
  return { kind: 'works', adapter: adapterIn(text) ?? systemAdapter(device) };
}

interface Outcome {
  readonly response?: TryResponse;
  readonly text: string;
  readonly ended: string;
  /** Whether it was ended because it took too long. */
  readonly late: boolean;
}

function tryOut(device: DeviceName): Promise<Outcome> {
  const child = fork(packageFile('dist/engine/device/try-device-worker.js'), [device], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // The loader of Vulkan drivers then writes which adapter it opens; onnxruntime does not.
    env: { ...process.env, VK_LOADER_DEBUG: 'all' },
  });
  const kill = (): void => void child.kill('SIGKILL');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, LONGEST_MS);
  process.once('exit', kill);
  let response: TryResponse | undefined;
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-MOST_TEXT)));
  child.once('message', (message: TryResponse) => (response = message));
  return new Promise<Outcome>((resolve) => {
    // Not `exit`: what it wrote is complete then.
    child.once('close', (code, signal) => resolve({ response, text, ended: signal ?? `exit code ${code}`, late }));
    child.once('error', (error) => resolve({ response, text, ended: error.message, late }));
  }).finally(() => {
    clearTimeout(timer);
    process.off('exit', kill);
  });
}

/** The last adapter that a Vulkan device was made of, by what the loader writes. */
export function adapterIn(text: string): string | undefined {
  const [, name] = [...text.matchAll(/Using "([^"\n]+)" with driver/g)].at(-1) ?? [];
  return name
    ?.replace(/[^\x20-\x7e]/g, ' ')
    .trim()
    .slice(0, 100);
}

/** Devices that `auto` tries, best first. The others are for those who ask for them by name. */
const tried: readonly DeviceName[] = ['cuda', 'webgpu'];

/** The device of a first run under `auto`; undefined for the processor. */
export async function bestDevice(): Promise<string | undefined> {
  for (const name of tried) {
    if (!isForThisSystem(name)) continue;
    const found = await findDevice(name);
    if (found.kind === 'works' && !isSoftware(found.adapter)) return backendOf(name, found.adapter);
  }
  return undefined;
}

export function backendOf(name: DeviceName, adapter: string): string {
  return `${name}:${adapter}`;
}

/** What to compute on, as a call asks for it. Throws `invalid` for a device that cannot be used here. */
export async function deviceFor(
  wanted: Exclude<DeviceChoice, 'cpu'>,
  engine: EngineChoice,
): Promise<DeviceUse | undefined> {
  if (wanted === 'auto') {
    const best = engine === 'tfjs' || onnxruntimePackage() === undefined ? undefined : await bestDevice();
    return best === undefined ? undefined : { backend: best, fallback: true };
  }
  if (engine === 'tfjs')
    throw failure('invalid', {
      code: 'device-needs-onnx',
      where: `--device ${wanted}`,
      found: 'does not apply to the engine tfjs',
      expected: 'a device only with the engine onnx',
      remedy: 'use `--engine onnx`, or remove `--device`',
    });
  const found = await findDevice(wanted);
  if (found.kind === 'refused') throw unusable(wanted, found);
  return { backend: backendOf(wanted, found.adapter), fallback: true };
}

export function unusable(device: DeviceName, { reason, remedy }: Refusal): PipelineError {
  return failure('invalid', {
    code: 'device-unusable',
    where: `device ${device}`,
    found: `cannot be used here: ${reason}`,
    expected: 'a device that `pipeline doctor` lists as usable',
    remedy: remedy === undefined ? 'use `--device cpu`' : `${remedy}, or use \`--device cpu\``,
  });
}
