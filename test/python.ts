/** Tests with Python's public packages for ONNX; `PYTHON` names another interpreter than python3. */
import { execFileSync } from 'node:child_process';
import { test } from '@jest/globals';

export const python = process.env.PYTHON ?? 'python3';

function hasOnnx(): boolean {
  try {
    execFileSync(python, ['-c', 'import onnx'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `test` if Python has the package `onnx`; otherwise a test that is shown as skipped, with the reason. */
export function testWithOnnxChecker(name: string, body: () => Promise<void> | void, timeout?: number): void {
  if (hasOnnx()) test(name, body, timeout);
  else test.skip(`${name} (skipped: needs Python with onnx: pip install onnx)`, () => undefined);
}
