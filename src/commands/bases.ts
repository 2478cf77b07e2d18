/** pipeline bases: lists the pretrained networks that load-base knows by name. */
import { resolve } from 'node:path';
import type { InspectedOnnx, InspectedValue } from '../core/inspected-onnx.js';
import { bytesText } from '../core/text/bytes-text.js';
import { columnLines, type Column } from '../report/columns.js';
import { printable } from '../report/words.js';
import type { BaseRow, CommandSpec } from './host.js';

const help = `
--json also lists the URL and the digest of each file, one for each image size that weights are published for, and how
each network wants its pixels. A file without a digest is trusted on first use; the lock file pins it from then on.

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
    { title: 'base', cells: rows.map(nameOf) },
    { title: 'parameters', numeric: true, cells: rows.map(({ parameters }) => millions(parameters)) },
    { title: 'images', cells: rows.map(imagesOf) },
    { title: 'license', cells: rows.map(({ license }) => license ?? '-') },
    { title: 'weights', cells: rows.map(weightsOf) },
  ];
}

function nameOf({ name, alpha }: BaseRow): string {
  return alpha === null ? name : `${name}, alpha ${alpha}`;
}

function millions(parameters: number | null): string {
  return parameters === null ? '-' : `${(parameters / 1e6).toFixed(parameters < 1e6 ? 2 : 1)} M`;
}

/** Images of Keras's networks are stretched. */
function imagesOf({ imageSize, hub }: BaseRow): string {
  if (imageSize === null) return '-';
  return `${imageSize} px, ${hub?.fit === 'crop' ? `crop ${hub.crop_pct}` : 'stretch'}`;
}

function weightsOf({ name, published, packaged, package: inPackage }: BaseRow): string {
  if (packaged) return 'included';
  if (inPackage !== null) return 'npm';
  if (published.length === 0) return name === 'onnx' ? 'your .onnx' : 'your file';
  const [{ bytes }] = published;
  return bytes === null ? 'download' : bytesText(bytes);
}

function inspectedLines({ inputs, outputs, auto, tensors }: InspectedOnnx): string[] {
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
