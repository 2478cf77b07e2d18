/** Checks what `run --json` prints against the schema that the package publishes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ strictTypes: false });
const fits = ajv.compile<unknown>(
  JSON.parse(readFileSync(join(process.cwd(), 'schemas/events.schema.json'), 'utf8')) as object,
);

/** Throws for an event that the schema does not describe. */
export function checkEvent(event: unknown): void {
  if (!fits(event)) throw new Error(`${ajv.errorsText(fits.errors)}: ${JSON.stringify(event)}`);
}
