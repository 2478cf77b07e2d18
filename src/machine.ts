/** What doctor checks of the machine: Node, threads, the engines, the decoder. Beside cli.ts, as it reaches into them all. */
import { availableParallelism, totalmem } from 'node:os';
import { bytesText } from './core/text/bytes-text.js';
import type { Finding } from './core/finding.js';
import { lowestNode } from './core/package.js';
import type { DeviceChoice, EngineChoice } from './core/schema-types.js';
import { checkEngines } from './engine/check.js';
import { checkDevices } from './engine/device/check.js';
import { checkDecoder } from './image/check.js';

export async function checkMachine(choice?: EngineChoice, device?: DeviceChoice): Promise<Finding[]> {
  const devices = checkDevices(device);
  return [node(), threads(), ...(await checkEngines(choice)), ...(await devices), ...(await checkDecoder())];
}

function node(): Finding {
  const { node: version } = process.versions;
  const lowest = lowestNode();
  if (!isOlder(version, lowest))
    return {
      level: 'ok',
      about: 'machine',
      code: 'node',
      text: `Node ${version} on ${process.platform} ${process.arch}`,
    };
  return {
    level: 'error',
    about: 'machine',
    code: 'node-too-old',
    text: `Node ${version} is older than ${lowest}`,
    remedy: `install Node ${lowest} or newer`,
  };
}

function threads(): Finding {
  return {
    level: 'ok',
    about: 'machine',
    code: 'threads',
    text: `${availableParallelism()} threads, ${bytesText(totalmem())} of memory`,
  };
}

/** Versions `20.10.1` and `20.10`, number by number. */
function isOlder(version: string, lowest: string): boolean {
  const [a, b] = [version, lowest].map((text) => text.split('.').map(Number));
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i];
  return false;
}
