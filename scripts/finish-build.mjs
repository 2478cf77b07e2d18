/** Makes the built command executable, and `npx pipeline` find it in a checkout as it does where it is installed. */
import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

await chmod(at('dist/cli.js'), 0o755);
await mkdir(at('node_modules/.bin'), { recursive: true });
await rm(at('node_modules/.bin/pipeline'), { force: true });
await symlink('../../dist/cli.js', at('node_modules/.bin/pipeline'));
