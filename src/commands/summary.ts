/** pipeline summary: the layers of a network, their shapes and their parameters. */
import { asPipelineError, failure, isNotFetchedYet, PipelineError } from '../core/problem.js';
import type { Outputs } from '../core/stage.js';
import type { Network } from '../report/network/network.js';
import { nameOfAllFolds } from '../report/folds.js';
import { isKind } from '../config/lint/lineage.js';
import { walkKnown, type Node } from '../runner/graph.js';
import { loadChecked, openFor, type PipelineOptions } from '../runner/open.js';
import { inputsOf, type Session } from '../runner/session.js';
import { stageError } from '../runner/stage-error.js';
import { withPipelineOptions, type CommandSpec, type Host } from './host.js';
import { locateModel } from './locate-model.js';

interface SummaryOptions extends PipelineOptions {
  readonly json?: boolean;
}

const help = `
For a pipeline file, shows the network of each train stage, without training: which layers are frozen, and what is trained.
Weights that are not downloaded yet are not needed. Counts and units are those of Keras's model.summary(): 1 MB is 1024 KB.

Examples:
  pipeline summary pets.yaml
  pipeline summary pets.yaml --set stages.freeze.layers=none
  pipeline summary models/pets
  pipeline summary base.keras --json`;

export const summary: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('summary')
      .description('show the layers of a network: output shapes, parameters, and what is trained')
      .argument('[model]', 'a pipeline file, the folder of an exported model, or a .keras, .h5 or .onnx file')
      .option('--json', 'print one JSON object per network to stdout')
      .addHelpText('after', help);
    withPipelineOptions(command).action(async (model: string | undefined, options: SummaryOptions) => {
      const isPipeline = model === undefined || /\.ya?ml$/i.test(model);
      const networks = isPipeline ? await networksOf(model, options, host) : [await networkIn(model, options, host)];
      const { networkLines } = await import('../report/network/lines.js');
      const layout = { color: host.color, width: host.showsOutput ? host.width() : Infinity };
      for (const [index, { network, ...place }] of networks.entries()) {
        const title = `Model: "${network.name}" (${'stages' in place ? place.stages.join(', ') : place.file})`;
        const lines = options.json
          ? [JSON.stringify({ event: 'summary', ...place, ...network })]
          : [...(index > 0 ? [''] : []), ...networkLines(network, title, layout)];
        for (const line of lines) host.stdout(`${line}\n`);
      }
      done(0);
    });
  },
};

type Found = { readonly network: Network } & ({ readonly file: string } | { readonly stages: string[] });

async function networkIn(model: string, { set }: SummaryOptions, host: Host): Promise<Found> {
  if (set !== undefined)
    throw failure('invalid', {
      code: 'bad-option',
      where: '--set',
      found: 'changes a pipeline file, and this is a model',
      remedy: 'leave it out, or name a pipeline file',
    });
  const { readNetwork } = await import('../report/network/read.js');
  return { file: model, network: await readNetwork(await locateModel(model, host), model) };
}

/** The networks of the train stages; of stages that build one if no stage trains it. Equal ones are shown once. */
async function networksOf(file: string | undefined, options: SummaryOptions, host: Host): Promise<Found[]> {
  const session = await openFor(await loadChecked(file, options, host.cwd), host, () => undefined, {
    ...options,
    offline: true,
    buckets: true,
    withoutDevice: true,
  });
  const { networkOfStage } = await import('../report/network/read.js');
  const { DryRun } = await import('../runner/preview/dry-run.js');
  const dryRun = new DryRun(session);
  const found = new Map<string, { stages: string[]; network: Network }>();
  const trained = trainedBy(session);
  await walkKnown(session.graph, async (node, outputs, unknown): Promise<Outputs | undefined> => {
    const { name, kind } = node.stage;
    if (node.definition.dryRun === undefined || unknown !== undefined) return undefined;
    try {
      const inputs = inputsOf(node, outputs);
      const made = (await dryRun.simulate(withLayers(node), inputs))?.outputs;
      if (made === undefined) return undefined;
      if (kind === 'train' || (kind === 'build-head' && !trained.has(name))) {
        const { context } = await dryRun.contextOf(node, inputs);
        const network = await networkOfStage(context.readJson, made.model);
        const key = JSON.stringify(network);
        const same = found.get(key) ?? { stages: [], network };
        found.set(key, { ...same, stages: [...new Set([...same.stages, nameOfAllFolds(node.stage)])] });
      }
      return made;
    } catch (thrown) {
      throw withWayOut(stageError(thrown, node, session.pipeline));
    }
  });
  if (found.size > 0) return [...found.values()];
  throw failure('invalid', {
    code: 'no-network',
    where: session.pipeline.file,
    found: 'has no stage that builds or trains a network',
    expected: 'a build-head or train stage',
  });
}

/** Names of the stages whose network a train stage begins with. */
function trainedBy({ graph }: Session): ReadonlySet<string | undefined> {
  return new Set(graph.nodes.flatMap(({ stage }) => (stage.kind === 'train' ? [stage.references.model] : [])));
}

/** The classes are in images that nothing has fetched yet. */
function withWayOut(error: PipelineError): PipelineError {
  const problems = asPipelineError(error).problems.map((problem) =>
    isNotFetchedYet(problem) && problem.remedy === undefined
      ? { ...problem, remedy: 'the network depends on it: run the pipeline once, then try again' }
      : problem,
  );
  return new PipelineError(error.category, problems, { cause: error.cause });
}

/** The layers of a base on 8-bit integers are those that it has in float32, and known without a look at images. */
function withLayers(node: Node): Node {
  const { stage } = node;
  if (!isKind(stage, 'load-base')) return node;
  return { ...node, stage: { ...stage, config: { ...stage.config, precision: 'float32' } } };
}
