/** Replaces a folder by another one's files, as export does: `node deliver-once.mjs FROM TO`. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { deliverFolder } from '../../dist/runner/checkout/deliver.js';

const [from, to] = process.argv.slice(2);
const entries = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const files = new Map(
  entries.map(({ parentPath, name }) => {
    const bytes = readFileSync(join(parentPath, name));
    const digest = createHash('sha256').update(bytes).digest('hex');
    return [relative(from, join(parentPath, name)), { digest, size: bytes.length, bytes }];
  }),
);
await deliverFolder(to, files, {
  before: undefined,
  force: true,
  stage: 'export',
  readBytes: ({ bytes }) => Promise.resolve(bytes),
  display: (path) => path,
});
