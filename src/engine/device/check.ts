/** A finding for each device: whether the engine onnx can compute on it here, and why not. */
import { deviceNames, type DeviceName } from '../../core/engine-choice.js';
import type { Finding } from '../../core/finding.js';
import type { DeviceChoice } from '../../core/schema-types.js';
import { findDevice, isSoftware, type Found } from './find.js';

/** `wanted` is the device that is asked for: an error if it cannot be used. */
export function checkDevices(
  wanted: DeviceChoice = 'cpu',
  find: (device: DeviceName) => Promise<Found> = findDevice,
): Promise<Finding[]> {
  return Promise.all(deviceNames.map(async (device) => findingOf(device, await find(device), device === wanted)));
}

function findingOf(device: DeviceName, found: Found, wanted: boolean): Finding {
  if (found.kind === 'refused')
    return {
      // Not a warning otherwise: most machines have no other device than the processor, and need none.
      level: wanted ? 'error' : 'note',
      about: 'machine',
      code: 'device-unusable',
      text: `device ${device}: cannot be used here: ${found.reason}`,
      ...(found.remedy !== undefined && { remedy: found.remedy }),
    };
  const { adapter } = found;
  if (isSoftware(adapter))
    return {
      level: 'note',
      about: 'machine',
      code: 'device',
      text: `device ${device}: works on ${adapter}, which computes on the processor and is slower than the device cpu`,
    };
  return {
    level: 'ok',
    about: 'machine',
    code: 'device',
    text: `device ${device}: works on ${adapter} (${wanted ? 'in use' : `--device ${device}`})`,
  };
}
