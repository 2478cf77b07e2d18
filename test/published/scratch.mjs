/** The folder in which the tests of one call of jest share an installation: made before them, removed after them. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The workers inherit it.
export default () => {
  process.env.PIPELINE_TEST_INSTALLATION = mkdtempSync(join(tmpdir(), 'pipeline-published-'));
};
