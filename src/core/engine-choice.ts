/** The engines and devices that a pipeline file or a call chooses between. */
import { failure } from './problem.js';
import { deviceChoices, engineChoices, type DeviceChoice, type EngineChoice } from './schema-types.js';

/** What the engine computes on, resolved. */
export interface DeviceUse {
  /** The device and its adapter, as keys have it: `webgpu:NVIDIA A10`. `cpu` stands alone. */
  readonly backend: string;
  /** Whether operators that the device lacks may run on the CPU. */
  readonly fallback: boolean;
  /** Why this machine cannot compute on it, if the results of the last runs were computed on another one. */
  readonly missing?: string;
}

/** Every device but the processor. */
export type DeviceName = Exclude<DeviceChoice, 'auto' | 'cpu'>;

export const deviceNames = deviceChoices.filter((name): name is DeviceName => name !== 'auto' && name !== 'cpu');

/** The device of a backend, `webgpu` of `webgpu:NVIDIA A10`, and its adapter; undefined for `cpu` and those of TF.js. */
export function deviceOf(backend: string): { readonly name: DeviceName; readonly adapter: string } | undefined {
  const [, name, adapter] = /^([a-z]+):(.*)$/s.exec(backend) ?? [];
  const device = deviceNames.find((one) => one === name);
  return device && { name: device, adapter };
}

/** `webgpu on NVIDIA A10`, for people. */
export function deviceText(backend: string): string {
  const device = deviceOf(backend);
  return device === undefined ? backend : `${device.name} on ${device.adapter}`;
}

/** The engine of that name, as `--engine` gives it. Throws `invalid` for any other word. */
export function engineChoiceOf(name: string): EngineChoice {
  return choiceOf('--engine', 'an engine', engineChoices, name);
}

/** The device of that name, as `--device` gives it. Throws `invalid` for any other word. */
export function deviceChoiceOf(name: string): DeviceChoice {
  return choiceOf('--device', 'a device', deviceChoices, name);
}

function choiceOf<Name extends string>(option: string, what: string, names: readonly Name[], name: string): Name {
  const choice = names.find((one) => one === name);
  if (choice !== undefined) return choice;
  throw failure('invalid', {
    code: 'bad-option',
    where: option,
    found: `${name} is not ${what}`,
    expected: `one of ${names.join(', ')}`,
  });
}
