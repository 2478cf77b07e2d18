/**
 * Whether the engines can be loaded here and compute what they should: each runs and trains a network of four weights.
 */
import type { Finding } from '../core/finding.js';
import type { EngineChoice } from '../core/schema-types.js';
import type { EngineIdentity } from './engine.js';
import { engineNotes, openEngine, resolveEngine } from './resolve.js';
import { EXPECTED, graph, ROW, weights } from './unit-network.js';

/** A finding for the engine that the choice comes to, and for the other one if it is another. */
export async function checkEngines(choice: EngineChoice = 'auto'): Promise<Finding[]> {
  let used: EngineIdentity;
  try {
    used = resolveEngine(choice);
  } catch {
    return [
      {
        level: 'error',
        about: 'machine',
        code: 'engine-missing',
        text: `the engine ${choice} is not installed for this machine`,
        remedy: 'install onnxruntime-node, or use `engine: auto`',
      },
    ];
  }
  const notes = engineNotes(choice, used).map(({ code, text }): Finding => ({
    level: 'warning',
    about: 'machine',
    code,
    text,
  }));
  const others = used.name === 'tfjs' ? [] : [await check(resolveEngine('tfjs'), false)];
  return [await check(used, true), ...notes, ...others];
}

async function check(identity: EngineIdentity, used: boolean): Promise<Finding> {
  const { name, backend, version } = identity;
  // That of TF.js names all its packages.
  const title = `engine ${name} on ${backend} (${version.split(',')[0]})`;
  try {
    const fault = await tryOut(identity);
    if (fault === undefined)
      return {
        level: 'ok',
        about: 'machine',
        code: 'engine',
        text: `${title}: runs and trains${used ? ' (in use)' : ''}`,
      };
    return {
      level: used ? 'error' : 'warning',
      about: 'machine',
      code: 'engine-wrong',
      text: `${title}: ${fault}`,
      remedy: 'reinstall its package',
    };
  } catch (error) {
    const found = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return {
      level: used ? 'error' : 'warning',
      about: 'machine',
      code: 'engine-broken',
      text: `${title}: does not work: ${found}`,
      remedy: used ? 'reinstall its package, or use --engine tfjs' : undefined,
    };
  }
}

async function tryOut(identity: EngineIdentity): Promise<string | undefined> {
  const engine = await openEngine(identity);
  const runner = await engine.compile(graph, weights);
  const [score] = await runner.run(ROW, 1);
  runner.dispose();
  if (!(Math.abs(score - EXPECTED) < 1e-5)) return `computes ${score} instead of ${EXPECTED.toFixed(6)}`;
  const trainer = await engine.train({
    graph,
    weights,
    loss: 'binary_crossentropy',
    optimizer: { kind: 'sgd', momentum: 0, nesterov: false },
    batchSize: 1,
  });
  const batch = {
    count: 1,
    features: ROW,
    targets: Float32Array.of(1),
    sampleWeights: Float32Array.of(1),
    masks: new Map(),
    learningRate: 1,
  };
  await trainer.step(batch);
  const [after] = await trainer.predict(ROW, 1);
  trainer.dispose();
  return after > score ? undefined : 'a training step does not reduce the loss';
}
