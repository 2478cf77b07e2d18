/**
 * What this machine says of its devices without loading a native library: enough to know that an adapter which was found
 * before is still the one that would be used.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { arch, cpus, homedir, release } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../core/canonical.js';
import type { DeviceName } from '../../core/engine-choice.js';
import { onnxruntimePackage } from '../onnx/library.js';

/** Systems on which a build of onnxruntime-node includes a device. */
const systems: Readonly<Record<DeviceName, readonly string[]>> = {
  webgpu: ['linux-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
  cuda: ['linux-x64'],
  coreml: ['darwin-arm64'],
  dml: ['win32-x64', 'win32-arm64'],
};

export function isForThisSystem(device: DeviceName): boolean {
  return systems[device].includes(`${process.platform}-${arch()}`);
}

/** Variables that choose among drivers and adapters. */
const variables = [
  'CUDA_VISIBLE_DEVICES',
  'DRI_PRIME',
  'LD_LIBRARY_PATH',
  'MESA_VK_DEVICE_SELECT',
  'VK_ADD_DRIVER_FILES',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'VK_LOADER_DRIVERS_DISABLE',
  'VK_LOADER_DRIVERS_SELECT',
];

/** Where the Vulkan loader looks for drivers. */
const driverFolders = [
  '/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  join(homedir(), '.local/share/vulkan/icd.d'),
];

/** All that decides which adapter a device is here. A new driver or card changes it, and the adapter is looked up again. */
export function decidesAdapter(device: DeviceName): Json {
  return {
    device,
    onnxruntime: onnxruntimePackage()?.version ?? null,
    system: `${process.platform}-${arch()} ${release()}`,
    processor: cpus()[0]?.model ?? null,
    variables: variables.map((name) => process.env[name] ?? null),
    drivers: driverFolders.flatMap(filesIn),
    cards: [...pciCards(), ...nvidiaCards()],
  };
}

/** The adapter by what the system says, where the device itself does not say it. */
export function systemAdapter(device: DeviceName): string {
  // On Apple's chips the GPU is part of the processor.
  if (process.platform === 'darwin') return cpus()[0]?.model.trim() ?? 'unknown';
  return device === 'cuda' ? adapterOf(nvidiaCards(), process.env.CUDA_VISIBLE_DEVICES) : adapterOf(pciCards());
}

/** Of several kinds of cards, it is not known which one computes, only what chooses it. */
export function adapterOf(cards: readonly string[], chosen?: string): string {
  const names = [...new Set(cards)];
  const choice = names.length > 1 && chosen !== undefined ? ` (CUDA_VISIBLE_DEVICES=${JSON.stringify(chosen)})` : '';
  return `${names.join(' + ') || 'unknown'}${choice}`.slice(0, 200);
}

function nvidiaCards(): string[] {
  const folder = '/proc/driver/nvidia/gpus';
  return namesIn(folder).flatMap((name) => {
    const [, model] = /^Model:\s*(.+)$/m.exec(textOf(join(folder, name, 'information'))) ?? [];
    return model === undefined ? [] : [model.trim()];
  });
}

/** Vendor and device of each graphics card, `pci 10de:2204`. */
function pciCards(): string[] {
  const folder = '/sys/class/drm';
  return namesIn(folder)
    .filter((name) => /^card\d+$/.test(name))
    .flatMap((name) => {
      const [vendor, device] = ['vendor', 'device'].map((fact) => textOf(join(folder, name, 'device', fact)).trim());
      return vendor === '' ? [] : [`pci ${vendor.slice(2)}:${device.slice(2)}`];
    });
}

function filesIn(folder: string): string[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? [] : [`${path} ${stats.size} ${stats.mtimeMs}`];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
