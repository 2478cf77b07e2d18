#!/usr/bin/env node
/** Starts the command. */
import { fileURLToPath } from 'node:url';
import { runScript } from './start/run-script.js';

/** What the command shares with files that are loaded on demand. */
export const main = runScript(fileURLToPath(new URL('./main.cjs', import.meta.url)), (name) => import(name));
