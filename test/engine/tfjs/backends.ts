/**
 * The backends that the tests of this engine run on: wasm and plain JavaScript are always there, the native one where
 * it is installed. `npm run test:tfjs-node` demands it: without it the tests fail that would otherwise leave it out.
 */
import { nativeState, type TfjsBackend } from '../../../src/engine/tfjs/identity.js';

export const native = process.env.TEST_TFJS_NODE === 'demanded' || nativeState() === 'ready';

const natively: readonly TfjsBackend[] = native ? ['node'] : [];

/** Everything that computes what the networks say. */
export const inference: readonly TfjsBackend[] = ['wasm', 'cpu', ...natively];

/** What trains convolutions. */
export const convolutions: readonly TfjsBackend[] = ['cpu', ...natively];

/** What other engines are compared with: the fastest one here. */
export const reference: TfjsBackend = native ? 'node' : 'wasm';

/** The same where convolutions are trained. */
export const trainingReference: TfjsBackend = native ? 'node' : 'cpu';
