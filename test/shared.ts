/** The photographs and the MobileNetV2 base that stand beside a developer's checkout; never part of the project. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { isLong } from './reliability/scale.js';

const folder = join(process.cwd(), '..', 'shared');

/** The folder beside the checkout that holds `data/` and `weights/`, where there is one. */
function sharedFolder(): string | undefined {
  return existsSync(join(folder, 'weights')) ? folder : undefined;
}

/** `test` if the photographs and weights are available; otherwise a test that is shown as skipped, with the reason. */
export function testWithShared(name: string, body: (shared: string) => Promise<void> | void, timeout?: number): void {
  const shared = sharedFolder();
  if (shared === undefined) test.skip(`${name} (skipped: needs ../shared)`, () => undefined);
  else test(name, () => body(shared), timeout);
}

/** The same in the long suite alone. */
export function longTestWithShared(
  name: string,
  body: (shared: string) => Promise<void> | void,
  timeout?: number,
): void {
  if (isLong) testWithShared(name, body, timeout);
  else test.skip(`${name} (skipped: part of npm run test:long)`, () => undefined);
}
