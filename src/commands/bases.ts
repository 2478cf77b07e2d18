/** pipeline bases: lists the pretrained networks that load-base knows by name. */
import { resolve } from 'node:path';
import { bytesText } from '../core/text/bytes-text.js';
import { columnLines, type Column } from '../report/columns.js';
import { printable } from '../report/words.js';
import type { BaseRow, CommandSpec, InspectedFile, InspectedValue } from './host.js';

const help = `
If weights are published for several image sizes, --json lists the file for each size.

Examples:
  pipeline bases
  pipeline bases --json
  pipeline bases --inspect model.onnx    tensors that \`output\` of load-base can name`;

interface BasesOptions {
  readonly json?: boolean;
  readonly inspect?: string;
}

export const bases: CommandSpec = {
  register(program, host, done) {
    program
      .command('bases')
      .description('list the pretrained networks that load-base can load by name')
      .option('--inspect <file>', 'list the tensors of an .onnx file instead, with their shapes')
      .option('--json', 'print one JSON object to stdout')
      .addHelpText('after', help)
      .action(async ({ json, inspect }: BasesOptions) => {
        if (inspect !== undefined) {
          const file = await host.inspect(resolve(host.cwd, inspect), inspect);
          if (json) host.stdout(`${JSON.stringify({ event: 'inspected', file: inspect, ...file })}\n`);
          else for (const line of inspectedLines(file)) host.stdout(`${printable(line)}\n`);
          return done(0);
        }
        const rows = host.bases();
        if (json) host.stdout(`${JSON.stringify({ event: 'bases', bases: rows })}\n`);
        else for (const line of columnLines(columnsOf(rows))) host.stdout(`${line}\n`);
        done(0);
      });
  },
};

function columnsOf(rows: readonly BaseRow[]): Column[] {
  return [
    { title: 'base', cells: rows.map(({ name, alpha }) => (alpha === null ? name : `${name}, alpha ${alpha}`)) },
    {
      title: 'parameters',
      numeric: true,
      cells: rows.map(({ parameters }) => parameters?.toLocaleString('en-US') ?? '-'),
    },
    { title: 'image size', cells: rows.map(({ imageSize }) => (imageSize === null ? '-' : `${imageSize} px`)) },
    { title: 'preprocessing', cells: rows.map(({ preprocessing }) => preprocessing ?? '-') },
    { title: 'weights', cells: rows.map(weightsOf) },
  ];
}

function weightsOf({ name, published, packaged }: BaseRow): string {
  if (packaged) return 'included in this tool';
  if (published.length === 0)
    return name === 'onnx' ? 'your own .onnx file' : 'your own file: Keras .h5 or .keras, or TF.js model.json';
  const [{ url, md5, bytes }] = published;
  const facts = [bytes === null ? '' : bytesText(bytes), md5 === null ? '' : `md5 ${md5}`].filter(
    (fact) => fact !== '',
  );
  return facts.length === 0 ? url : `${url} (${facts.join(', ')})`;
}

function inspectedLines({ inputs, outputs, auto, tensors }: InspectedFile): string[] {
  const shapeOf = ({ shape }: InspectedValue) =>
    shape === null ? 'unknown' : `[${shape.map((extent) => extent ?? 'any').join(', ')}]`;
  const facts = [
    ...inputs.map((value) => `input   ${value.name} ${shapeOf(value)}`),
    ...outputs.map((value) => `output  ${value.name} ${shapeOf(value)}`),
    `auto    ${auto ?? 'finds none: name one of these as `output`'}`,
  ];
  const table = columnLines([
    { title: 'tensor', cells: tensors.map(({ name }) => name) },
    { title: 'made by', cells: tensors.map(({ op }) => op) },
    { title: 'shape', cells: tensors.map(shapeOf) },
  ]);
  return [...facts, '', ...table];
}
