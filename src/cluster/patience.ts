/** How long a shared cache that does not answer is waited for, by workers and by the one who runs: five minutes. */
export const PAUSE_MS = 10_000;
/** How often it is tried. */
export const PATIENCE = 30;
