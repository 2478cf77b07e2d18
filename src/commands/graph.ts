/** pipeline graph: the stages and what they read, as text, Mermaid or DOT. */
import { buildGraph, type StageGraph } from '../runner/graph.js';
import { nameOfAllFolds } from '../report/folds.js';
import { formatOf, withPipelineOptions, type CommandSpec } from './host.js';
import { loadChecked, type PipelineOptions } from '../runner/open.js';

const help = `
Examples:
  pipeline graph pets.yaml
  pipeline graph pets.yaml --format mermaid`;

interface Edge {
  readonly from: string;
  readonly to: string;
  /** The field with the reference, `minimum` for an evaluation that an export waits for, `fold` for a fold's results. */
  readonly label: string;
}

export const graph: CommandSpec = {
  register(program, host, done) {
    const command = program
      .command('graph')
      .description('show the stages and what each one reads')
      .argument('[file]', 'the pipeline file (default: the only one in this folder)')
      .option('--format <name>', 'output format: text, mermaid or dot', formatOf(graphFormats), 'text')
      .addHelpText('after', help);
    withPipelineOptions(command).action(
      async (file: string | undefined, options: PipelineOptions & { readonly format: GraphFormat }) => {
        host.stdout(formats[options.format](buildGraph(await loadChecked(file, options, host.cwd), host.stages)));
        done(0);
      },
    );
  },
};

/** The names that `--format` takes. */
export const graphFormats = ['text', 'mermaid', 'dot'] as const;
type GraphFormat = (typeof graphFormats)[number];

function edgesOf({ nodes }: StageGraph): Edge[] {
  return nodes.flatMap(({ stage, gates, folds }) => [
    ...Object.entries(stage.references).map(([label, from]): Edge => ({ from, to: stage.name, label })),
    ...folds.map((from): Edge => ({ from, to: stage.name, label: 'fold' })),
    ...gates.map((from): Edge => ({ from, to: stage.name, label: 'minimum' })),
  ]);
}

const formats: Readonly<Record<GraphFormat, (stages: StageGraph) => string>> = {
  text: (stages) => {
    const edges = new Map<string, Edge[]>(stages.nodes.map(({ stage }) => [stage.name, []]));
    for (const edge of edgesOf(stages)) edges.get(edge.to)!.push(edge);
    const nameOf = (name: string) => nameOfAllFolds(stages.byName.get(name)!.stage);
    const rows = stages.nodes.map(({ stage }) => {
      const reads = (edges.get(stage.name) ?? []).map(({ from, label }) => `${label}: ${nameOf(from)}`);
      const kind = stage.kind === stage.name ? '' : ` (${stage.kind})`;
      return `${nameOf(stage.name)}${kind}${reads.length === 0 ? '' : `  <- ${[...new Set(reads)].join(', ')}`}\n`;
    });
    return [...new Set(rows)].join('');
  },
  mermaid: (stages) => {
    const rows = edgesOf(stages).map(({ from, to, label }) => `  ${id(from)} -->|${label}| ${id(to)}\n`);
    const names = stages.nodes.map(({ stage }) => `  ${id(stage.name)}["${stage.name}"]\n`);
    return `flowchart TD\n${names.join('')}${rows.join('')}`;
  },
  dot: (stages) => {
    const rows = edgesOf(stages).map(({ from, to, label }) => `  "${from}" -> "${to}" [label="${label}"];\n`);
    const names = stages.nodes.map(({ stage }) => `  "${stage.name}";\n`);
    return `digraph pipeline {\n${names.join('')}${rows.join('')}}\n`;
  },
};

/** Mermaid gives `end`, hyphens and commas a meaning of their own, so all characters but letters and digits become their code. */
function id(name: string): string {
  return `stage_${name.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0).toString(16)}`)}`;
}
