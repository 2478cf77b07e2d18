/**
 * VGG16's convolutions at 224 px, forward, with random weights: Keras against the tool, in turns.
 *
 *     node bench/keras/forward.mjs PYTHON [THREADS] [ROUNDS]
 *
 * PYTHON is that of an environment with tools/keras/requirements.txt. Ratios are those of processor time too: on a
 * machine that has something else to do, wall time says little.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createOnnxEngine } from '../../dist/engine/onnx/index.js';
import { vgg16 } from '../../dist/model/bases/vgg.js';
import { withInputShape } from '../../dist/model/graph.js';
import { initialWeights } from '../../dist/model/initializers.js';
import { noise } from '../engine/head.mjs';
import { median, report, repository, round } from '../lib.mjs';

const [python, threads = `${availableParallelism()}`, rounds = '7'] = process.argv.slice(2);
if (python === undefined) {
  console.log('skipped: say which Python has Keras, as the first argument');
  process.exit(0);
}
const [SIZE, IMAGES] = [224, 8];

const keras = spawn(python, [join(repository, 'bench', 'keras', 'forward.py'), threads, `${IMAGES}`], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = createInterface({ input: keras.stdout })[Symbol.asyncIterator]();
const answer = async () => JSON.parse((await answers.next()).value);
await answer();

const graph = withInputShape(vgg16(), [SIZE, SIZE, 3]);
const runner = await (await createOnnxEngine({ threads: Number(threads) })).compile(graph, initialWeights(graph, 1));
const images = noise(IMAGES * SIZE * SIZE * 3, 1);
async function byTool() {
  const [start, used] = [performance.now(), process.cpuUsage()];
  await runner.run(images, IMAGES);
  const { user, system } = process.cpuUsage(used);
  return { ms: (performance.now() - start) / IMAGES, cpu: (user + system) / 1e3 / IMAGES };
}
async function byKeras() {
  keras.stdin.write('\n');
  return answer();
}

await byTool();
const turns = [];
for (let i = 0; i < Number(rounds); i++) turns.push({ tool: await byTool(), keras: await byKeras() });
keras.stdin.end();
runner.dispose();

const ratio = (what) => median(turns.map((turn) => turn.keras[what] / turn.tool[what]));
const times = (who, what) => round(median(turns.map((turn) => turn[who][what])), 0);
report({
  claim: `VGG16 forward at 224 px against Keras, ${threads} ${threads === '1' ? 'thread' : 'threads'}`,
  bar: 'at least 1.5x',
  seen: `${round(ratio('ms'))}x (${times('tool', 'ms')} against ${times('keras', 'ms')} ms per image); by processor time ${round(ratio('cpu'))}x (${times('tool', 'cpu')} against ${times('keras', 'cpu')} ms)`,
  ratios: turns.map(({ tool, keras }) => round(keras.ms / tool.ms)),
  byProcessorTime: turns.map(({ tool, keras }) => round(keras.cpu / tool.cpu)),
});
