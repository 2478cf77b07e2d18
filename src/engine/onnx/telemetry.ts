/**
 * onnxruntime's official builds for Linux and macOS send telemetry since 1.29, keep a database of it in the home folder
 * and open a file under a guessable name in `/tmp`. This variable ends all of that, but only if the library finds it in
 * the environment of the process before it is loaded.
 */

export const TELEMETRY_SWITCH = 'ORT_DISABLE_TELEMETRY';

/** Works on the main thread alone: others have a copy of the environment, which the library never sees. */
export function disableTelemetry(): void {
  process.env[TELEMETRY_SWITCH] = '1';
}
