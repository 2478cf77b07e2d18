/** Tests with Python's public packages; `PYTHON` names another interpreter than python3. */
import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';

export const python = process.env.PYTHON ?? 'python3';

const known = new Map<string, boolean>();

/** Asked once for each: onnxruntime alone takes a second. */
function imports(modules: readonly string[]): boolean {
  const names = modules.join(', ');
  if (!known.has(names))
    known.set(names, spawnSync(python, ['-c', `import ${names}`], { stdio: 'ignore' }).status === 0);
  return known.get(names)!;
}

/** Whether there is a Python, with its own server for static files. */
export const hasPython = imports(['http.server']);

type PythonTest = (name: string, body: () => Promise<void> | void, timeout?: number) => void;

/** `test` if Python has the modules; otherwise a test that is shown as skipped, with the reason. */
function testWith(modules: readonly string[], packages: string): PythonTest {
  const available = imports(modules);
  return (name, body, timeout) => {
    if (available) test(name, body, timeout);
    else test.skip(`${name} (skipped: needs Python with ${packages}: pip install ${packages})`, () => undefined);
  };
}

export const testWithOnnxChecker: PythonTest = (...args) => testWith(['onnx'], 'onnx')(...args);

/** What the Python code beside exported models needs. */
export const testWithOnnxruntime: PythonTest = (...args) =>
  testWith(['onnxruntime', 'numpy', 'PIL'], 'onnxruntime numpy pillow')(...args);

/** The schemas of several versions of Kubernetes. */
export const testWithKubernetesSchemas: PythonTest = (...args) =>
  testWith(['kubernetes_validate'], 'kubernetes-validate')(...args);

/** A parser of Compose files that refuses what the specification does not have. */
export const testWithComposeSchema: PythonTest = (...args) => testWith(['compose_spec'], 'compose-spec')(...args);

/** The models of AWS's services; moto brings it. */
export const testWithBotocore: PythonTest = (...args) => testWith(['botocore'], 'botocore')(...args);
