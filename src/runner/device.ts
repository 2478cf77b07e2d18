/** Resolves `engine.device` for a session: keys contain a device and its adapter, never the word auto. */
import type { Pipeline } from '../config/pipeline.js';
import { deviceOf, deviceText, type DeviceName, type DeviceUse } from '../core/engine-choice.js';
import { isShapedAs, isString } from '../core/guards.js';
import type { Emit } from '../core/event.js';
import type { Found } from '../engine/device/find.js';
import type { Store } from '../store/store.js';
import type { Checkout } from './checkout/checkout.js';
import type { StageGraph } from './graph.js';

interface Surroundings {
  readonly graph: StageGraph;
  readonly checkout: Pick<Checkout, 'get'>;
  readonly facts: Store['facts'];
  readonly emit: Emit;
}

/** Undefined for the processor. Throws `invalid` if a device is asked for by name and cannot be used here. */
export async function resolveDevice(
  { engine, device: { name, fallback } }: Pick<Pipeline, 'engine' | 'device'>,
  surroundings: Surroundings,
): Promise<DeviceUse | undefined> {
  if (name === 'cpu' || engine === 'tfjs') return undefined;
  const use = name === 'auto' ? await automatic(surroundings) : await named(name, surroundings);
  const device = use.device && { ...use.device, fallback };
  const text = deviceText(device?.backend ?? 'cpu');
  surroundings.emit({ event: 'note', code: 'device', text: `device: ${text}${use.why}` });
  return device;
}

interface Use {
  /** Undefined for the processor. */
  readonly device?: Omit<DeviceUse, 'fallback'>;
  /** What follows it in a note. */
  readonly why: string;
}

async function named(name: DeviceName, { facts }: Surroundings): Promise<Use> {
  const { backendOf, unusable } = await import('../engine/device/find.js');
  const found = await findKnown(name, facts);
  if (found.kind === 'refused') throw unusable(name, found);
  return { device: { backend: backendOf(name, found.adapter) }, why: '' };
}

/**
 * The device of the last results, even if a better one is here now: another one would make everything stale. Only a first
 * run takes the best one.
 */
async function automatic({ graph, checkout, facts }: Surroundings): Promise<Use> {
  const before = lastBackend(graph, checkout);
  if (before === undefined) {
    const { bestDevice } = await import('../engine/device/find.js');
    const best = await bestDevice();
    return { ...(best && { device: { backend: best } }), why: ', the best one here (auto)' };
  }
  const why = ', as for the last results (auto)';
  const device = deviceOf(before);
  if (device === undefined) return { why };
  const found = await findKnown(device.name, facts);
  if (found.kind === 'works' && found.adapter === device.adapter) return { device: { backend: before }, why };
  const missing = found.kind === 'refused' ? found.reason : `the adapter here is ${found.adapter}`;
  return { device: { backend: before, missing }, why };
}

/** Looks up an adapter without loading a native library if nothing that decides it has changed since it was found. */
async function findKnown(name: DeviceName, facts: Store['facts']): Promise<Found> {
  const { decidesAdapter, findDevice } = await import('../engine/device/find.js');
  const decides = { adapter: decidesAdapter(name) };
  const adapter = await facts.recall(decides, isString);
  if (adapter !== undefined) return { kind: 'works', adapter };
  const found = await findDevice(name);
  if (found.kind === 'works') await facts.remember(decides, found.adapter);
  return found;
}

const isOfOnnx = isShapedAs({ engine: isShapedAs({ name: isString, backend: isString }) });

/** That of most stages that compute on the device; of two, that of the later stage. */
export function lastBackend({ nodes }: StageGraph, checkout: Surroundings['checkout']): string | undefined {
  const counts = new Map<string, number>();
  for (const { stage, definition } of nodes) {
    const environment = definition.onDevice === true ? checkout.get(stage.name)?.preimage.environment : undefined;
    if (!isOfOnnx(environment) || environment.engine.name !== 'onnx') continue;
    const { backend } = environment.engine;
    const count = (counts.get(backend) ?? 0) + 1;
    counts.delete(backend);
    counts.set(backend, count);
  }
  return [...counts].reduce<readonly [string | undefined, number]>(
    (most, one) => (one[1] >= most[1] ? one : most),
    [undefined, 0],
  )[0];
}
