#!/usr/bin/env node
/** Starts the command. The build makes `cli.cjs` of it; `cli.js` passes on its export to modules. */
import { fileURLToPath } from 'node:url';
import { runScript } from './start/run-script.js';
import { sizeThreadPool } from './start/thread-pool.js';

sizeThreadPool(process.env);

/** What the command shares with files that are loaded on demand. */
export const main = runScript(fileURLToPath(new URL('./main.cjs', import.meta.url)), (name) => import(name));
