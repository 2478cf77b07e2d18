/** Runs the script of the command, `main.cjs`, with its compiled code if that is there. */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { readCompiled, scriptName, writeCompiled } from './compiled-code.js';

/** What the build has wrapped the script in. */
type Main = (
  require: NodeJS.Require,
  module: { exports: Record<string, unknown> },
  exports: Record<string, unknown>,
  moduleUrl: string,
  importModule: ImportModule,
  keepCode: KeepCode,
) => void;

type ImportModule = (name: string) => Promise<unknown>;

/**
 * Keeps the compiled code when the process ends. For commands that do little: V8 drops functions that have not been used
 * for a while, and what a start needs is what the next one should find.
 */
export type KeepCode = (command: string) => void;

/** Returns what the script exports; `importModule` is how it imports. */
export function runScript(path: string, importModule: ImportModule): Record<string, unknown> {
  // The build writes ASCII, of which V8 takes bytes as they are.
  const source = readFileSync(path, 'latin1');
  const name = scriptName(source, statSync(path));
  const kept = readCompiled(path, name);
  const script = new Script(source, { filename: path, cachedData: kept?.code });
  const known = script.cachedDataRejected === false ? kept!.commands : [];
  const keepCode: KeepCode = (command) => {
    if (known.includes(command)) return;
    process.once('exit', () =>
      writeCompiled(path, { script: name, commands: [...known, command].sort(), code: script.createCachedData() }),
    );
  };
  const url = pathToFileURL(path).href;
  const module = { exports: {} };
  const main = script.runInThisContext() as Main;
  main(requireOnUse(createRequire(url)), module, module.exports, url, importModule, keepCode);
  return module.exports;
}

/** Node's modules for networks, compression and processes: they take 5 ms to load, and few commands use them. */
const seldom = new Set(['node:http', 'node:https', 'node:dns', 'node:net', 'node:zlib', 'node:child_process']);

/** A `require` that loads some modules when one of their members is asked for. */
function requireOnUse(require: NodeJS.Require): NodeJS.Require {
  const onUse = (name: string): object => {
    let loaded: object | undefined;
    return new Proxy({}, { get: (_, member) => Reflect.get((loaded ??= require(name) as object), member) as unknown });
  };
  return Object.assign((name: string): unknown => (seldom.has(name) ? onUse(name) : require(name)), require);
}
