import { rm } from 'node:fs/promises';

export default () => rm(process.env.PIPELINE_TEST_INSTALLATION, { recursive: true, force: true });
